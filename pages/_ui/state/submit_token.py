"""The token of the Run button: repeated clicks on one button start one run."""

from __future__ import annotations

import uuid

import streamlit as st

_TOKEN = "run-click"
_TOKEN_USED = "run-click-used"


def submit_token() -> str:
    """Return the token of the Run button that is being drawn, a new one once a run used it."""
    if st.session_state.get(_TOKEN_USED) or _TOKEN not in st.session_state:
        renew_submit_token()
    return str(st.session_state[_TOKEN])


def use_submit_token(token: str) -> None:
    """Note that a run was started with this token."""
    st.session_state[_TOKEN_USED] = st.session_state.get(_TOKEN) == token


def renew_submit_token() -> None:
    """Replace the token, so that the next click on Run starts another run."""
    st.session_state[_TOKEN] = uuid.uuid4().hex
    st.session_state[_TOKEN_USED] = False
