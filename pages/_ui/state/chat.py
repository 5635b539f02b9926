"""State of the Chat page. A conversation is a session of a flow."""

import time

import streamlit as st

from pages._ui.state.query_params import SESSION
from pages._ui.state.run_options import random_session
from pages._ui.state.slot import Slot

_FLOW = "talk-flow"
_ENDS = "talk-ends"
_HISTORY_KEY = "talk-question"
_MAX_SESSION_LENGTH = 500  # characters in a URL
# a change to a session that the page is making
CHANGE: Slot[object] = Slot("talk-change")


def current_session(flow_id: str) -> str | None:
    """Return the session in the URL; None for a new conversation or after a change of flow."""
    previous = st.session_state.get(_FLOW)
    st.session_state[_FLOW] = flow_id
    if previous not in (None, flow_id):
        close_session()
    session_id = st.query_params.get(SESSION, "")
    return session_id if 0 < len(session_id) <= _MAX_SESSION_LENGTH else None


def open_session(session_id: str) -> None:
    """Continue in this session, and name it in the URL."""
    st.query_params[SESSION] = session_id


def close_session() -> None:
    """Start a new conversation."""
    if SESSION in st.query_params:
        del st.query_params[SESSION]


def next_session(owner: str, flow_id: str) -> str:
    """Return the session that the next new conversation will have."""
    return str(st.session_state.setdefault(chat_key("next", owner, flow_id), random_session()))


def start_session(owner: str, flow_id: str, session_id: str) -> None:
    """Open the session that a message was just sent in."""
    key = chat_key("next", owner, flow_id)
    if st.session_state.get(key) == session_id:
        del st.session_state[key]
    open_session(session_id)


def chat_key(part: str, owner: str, flow_id: str, session_id: str = "") -> str:
    """Return the key of a part of the page, for one session or for all of a flow."""
    return f"talk-{part}-{owner[:12]}-{flow_id}-{session_id}"


def replace_history_key(key: str) -> str | None:
    """Save the cache key of the shown history; return the previous one if it differs."""
    previous: str | None = st.session_state.get(_HISTORY_KEY)
    st.session_state[_HISTORY_KEY] = key
    return previous if previous != key else None


def first_seen_ended(run_id: str) -> tuple[float, bool]:
    """Return when the page first showed that a run had ended (monotonic), and if that is now."""
    ends: dict[str, float] = st.session_state.setdefault(_ENDS, {})
    is_first = run_id not in ends
    return ends.setdefault(run_id, time.monotonic()), is_first
