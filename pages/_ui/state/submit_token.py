"""The token of the Run button: repeated clicks of one button start one run."""

from __future__ import annotations

import uuid

import streamlit as st

_CLICK = "run-click"


_CLICK_USED = "run-click-used"


def submit_token() -> str:
    """The word of the Run button that is being drawn: all presses of that button are one run."""
    if st.session_state.get(_CLICK_USED) or _CLICK not in st.session_state:
        renew_submit_token()
    return st.session_state[_CLICK]


def use_submit_token(word: str) -> None:
    """A run was started with this word: the next Run button that is drawn gets another."""
    st.session_state[_CLICK_USED] = st.session_state.get(_CLICK) == word


def renew_submit_token() -> None:
    """The next press of Run is another run."""
    st.session_state[_CLICK] = uuid.uuid4().hex
    st.session_state[_CLICK_USED] = False
