"""The drafts of forms that this process shares."""

from __future__ import annotations

import streamlit as st

from lfclient.console.presets.drafts import Drafts


@st.cache_resource
def drafts() -> Drafts:
    """Return the drafts of all browsers."""
    return Drafts()
