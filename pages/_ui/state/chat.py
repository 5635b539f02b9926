"""The keys of a conversation, which is a session of a flow: as `state.py`, for the chat page."""

from __future__ import annotations

import time

import streamlit as st

from pages._ui.state.query_params import SESSION
from pages._ui.state.run_options import random_session

_FLOW = "talk-flow"
_CHANGE = "talk-change"
_ENDS = "talk-ends"
_HISTORY_KEY = "talk-question"
_MAX_SESSION_LENGTH = 500  # characters of a session's name in an address


def current_session(flow_id: str) -> str | None:
    """The session in the address; None for a new conversation, and for one of another flow."""
    last = st.session_state.get(_FLOW)
    st.session_state[_FLOW] = flow_id
    if last not in (None, flow_id):
        close_session()
    text = st.query_params.get(SESSION, "")
    return text if 0 < len(text) <= _MAX_SESSION_LENGTH else None


def open_session(session_id: str) -> None:
    """Go on in this session; a reload comes back to it."""
    st.query_params[SESSION] = session_id


def close_session() -> None:
    """Begin another conversation."""
    if SESSION in st.query_params:
        del st.query_params[SESSION]


def next_session(owner: str, flow_id: str) -> str:
    """The session of the conversation that begins with the next message."""
    return st.session_state.setdefault(_next_session_key(owner, flow_id), random_session())


def start_session(owner: str, flow_id: str, session_id: str) -> None:
    """A message was sent in this session."""
    key = _next_session_key(owner, flow_id)
    if st.session_state.get(key) == session_id:
        del st.session_state[key]
    open_session(session_id)


def _next_session_key(owner: str, flow_id: str) -> str:
    return f"talk-next-{owner[:12]}-{flow_id}"


def chat_key(part: str, owner: str, flow_id: str, session_id: str = "") -> str:
    """Key of a part of the chat page, for one conversation, or for all of a flow."""
    return f"talk-{part}-{owner[:12]}-{flow_id}-{session_id}"


def set_change(change: object) -> None:
    """Something is to be done to a session, and its outcome to be looked for from now on."""
    st.session_state[_CHANGE] = change


def pending_change() -> object | None:
    """What is being done."""
    return st.session_state.get(_CHANGE)


def clear_change() -> None:
    """It is done, or has failed."""
    st.session_state.pop(_CHANGE, None)


def replace_history_key(question: str) -> str | None:
    """Note what the conversation on the screen was asked for as; the one before, if another."""
    before = st.session_state.get(_HISTORY_KEY)
    st.session_state[_HISTORY_KEY] = question
    return before if before != question else None


def first_seen_ended(run: str) -> tuple[float, bool]:
    """When this session first saw that a run had ended (monotonic), and whether that is now."""
    ends: dict[str, float] = st.session_state.setdefault(_ENDS, {})
    first = run not in ends
    return ends.setdefault(run, time.monotonic()), first
