"""The token of the Run button: repeated clicks on one button start one run."""

import uuid

import streamlit as st

_TOKEN = "run-click"


def submit_token() -> str:
    """Return the token of the Run button that is being drawn, a new one once a run used it."""
    return str(st.session_state.setdefault(_TOKEN, uuid.uuid4().hex))


def drop_submit_token(token: str) -> None:
    """Drop the token if this run used it."""
    if st.session_state.get(_TOKEN) == token:
        renew_submit_token()


def renew_submit_token() -> None:
    """Drop the token, so that the next click on Run starts another run."""
    st.session_state.pop(_TOKEN, None)
