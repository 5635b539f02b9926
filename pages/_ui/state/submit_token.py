"""The token of the Run button: repeated clicks of one button start one run."""

from __future__ import annotations

import uuid

import streamlit as st

_TOKEN = "run-click"


_TOKEN_USED = "run-click-used"


def submit_token() -> str:
    """The word of the Run button that is being drawn: all presses of that button are one run."""
    if st.session_state.get(_TOKEN_USED) or _TOKEN not in st.session_state:
        renew_submit_token()
    return st.session_state[_TOKEN]


def use_submit_token(word: str) -> None:
    """A run was started with this word: the next Run button that is drawn gets another."""
    st.session_state[_TOKEN_USED] = st.session_state.get(_TOKEN) == word


def renew_submit_token() -> None:
    """The next press of Run is another run."""
    st.session_state[_TOKEN] = uuid.uuid4().hex
    st.session_state[_TOKEN_USED] = False
