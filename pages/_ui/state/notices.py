"""The notice that a callback leaves for the page drawn after it."""

from __future__ import annotations

import streamlit as st

_NOTICE = "notice"


def set_notice(notice: object) -> None:
    """Save a notice, to be shown once on the next page."""
    st.session_state[_NOTICE] = notice


def take_notice() -> object | None:
    """Return and remove the saved notice."""
    notice: object | None = st.session_state.pop(_NOTICE, None)
    return notice
