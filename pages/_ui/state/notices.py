"""Notices that a callback leaves for the page drawn after it."""

from __future__ import annotations

import streamlit as st

_NOTICE = "notice"


def set_notice(notice: object) -> None:
    """Something to be said once, on the next page that is drawn."""
    st.session_state[_NOTICE] = notice


def take_notice() -> object | None:
    """What was left to be said, once."""
    return st.session_state.pop(_NOTICE, None)
