"""The keys of a conversation, which is a session of a flow: as `state.py`, for the chat page."""

from __future__ import annotations

import time

import streamlit as st

from pages._ui.state.query_params import SESSION
from pages._ui.state.run_options import random_session

_TALK_FLOW = "talk-flow"
_TALK_CHANGE = "talk-change"
_TALK_ENDS = "talk-ends"
_TALK_QUESTION = "talk-question"
_LONGEST_SESSION = 500  # characters of a session's name in an address


def talk(flow_id: str) -> str | None:
    """The session in the address; None for a new conversation, and for one of another flow."""
    last = st.session_state.get(_TALK_FLOW)
    st.session_state[_TALK_FLOW] = flow_id
    if last not in (None, flow_id):
        close_talk()
    text = st.query_params.get(SESSION, "")
    return text if 0 < len(text) <= _LONGEST_SESSION else None


def show_talk(session_id: str) -> None:
    """Go on in this session; a reload comes back to it."""
    st.query_params[SESSION] = session_id


def close_talk() -> None:
    """Begin another conversation."""
    if SESSION in st.query_params:
        del st.query_params[SESSION]


def next_talk(owner: str, flow_id: str) -> str:
    """The session of the conversation that begins with the next message."""
    return st.session_state.setdefault(_next_talk_key(owner, flow_id), random_session())


def begin_talk(owner: str, flow_id: str, session_id: str) -> None:
    """A message was sent in this session."""
    key = _next_talk_key(owner, flow_id)
    if st.session_state.get(key) == session_id:
        del st.session_state[key]
    show_talk(session_id)


def _next_talk_key(owner: str, flow_id: str) -> str:
    return f"talk-next-{owner[:12]}-{flow_id}"


def talk_key(part: str, owner: str, flow_id: str, session_id: str = "") -> str:
    """Key of a part of the chat page, for one conversation, or for all of a flow."""
    return f"talk-{part}-{owner[:12]}-{flow_id}-{session_id}"


def change_talk(change: object) -> None:
    """Something is to be done to a session, and its outcome to be looked for from now on."""
    st.session_state[_TALK_CHANGE] = change


def talk_change() -> object | None:
    """What is being done."""
    return st.session_state.get(_TALK_CHANGE)


def end_talk_change() -> None:
    """It is done, or has failed."""
    st.session_state.pop(_TALK_CHANGE, None)


def talk_asked(question: str) -> str | None:
    """Note what the conversation on the screen was asked for as; the one before, if another."""
    before = st.session_state.get(_TALK_QUESTION)
    st.session_state[_TALK_QUESTION] = question
    return before if before != question else None


def end_seen(run: str) -> tuple[float, bool]:
    """When this session first saw that a run had ended (monotonic), and whether that is now."""
    ends: dict[str, float] = st.session_state.setdefault(_TALK_ENDS, {})
    first = run not in ends
    return ends.setdefault(run, time.monotonic()), first
