"""The drafts of forms that this process shares."""

import streamlit as st

from lfclient.console.presets.drafts import Drafts


@st.cache_resource(show_spinner=False)
def drafts() -> Drafts:
    """Return the drafts of all browsers."""
    return Drafts()
