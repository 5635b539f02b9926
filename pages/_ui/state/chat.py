"""State of the Chat page. A conversation is a session of a flow."""

import time

import streamlit as st

from pages._ui.state.query_params import SESSION
from pages._ui.state.run_options import random_chat_session
from pages._ui.state.slot import Slot, is_drawn

NEW_BUTTON = "talk-new"  # the key of the button that starts a new conversation
# the conversation that the page showed last: owner, flow and session, None for a new one
_SHOWN: Slot[tuple[str, str, str | None]] = Slot("talk-shown")
_ENDS = "talk-ends"
_HISTORY_KEY = "talk-question"
_MAX_SESSION_LENGTH = 500  # characters in a URL
# a change to a session that the page is making
# set while the message box is to get the cursor
TO_BOX: Slot[bool] = Slot("talk-to-box")


def current_session(owner: str, flow_id: str) -> str | None:
    """Return the session in the URL; None for a new conversation or after a change of flow.

    The navigation leads to the page without a session: the one that it showed last is open again.
    """
    *shown_flow, shown_session = _SHOWN.get() or (owner, flow_id, None)
    is_same_flow = shown_flow == [owner, flow_id]
    if is_drawn(NEW_BUTTON):
        if not is_same_flow:
            close_session()
    elif SESSION in st.query_params:  # a link, such as that of a run, leads to the session
        TO_BOX.set(True)
    else:
        TO_BOX.clear()  # what was chosen was left before it was shown
        if is_same_flow and shown_session:
            open_session(shown_session)
    text = st.query_params.get(SESSION, "")
    session_id = text if 0 < len(text) <= _MAX_SESSION_LENGTH else None
    _SHOWN.set((owner, flow_id, session_id))
    return session_id


def open_session(session_id: str) -> None:
    """Continue in this session, and name it in the URL."""
    st.query_params[SESSION] = session_id


def close_session() -> None:
    """Start a new conversation, also if the page can't show it now: its flow may be missing."""
    _SHOWN.clear()
    if SESSION in st.query_params:
        del st.query_params[SESSION]


def choose_session(session_id: str | None) -> None:
    """Open a session, None for a new one, as the callback of a button: its box gets the cursor."""
    TO_BOX.set(True)
    if session_id:
        open_session(session_id)
    else:
        close_session()


def next_session(owner: str, flow_id: str) -> str:
    """Return the session that the next new conversation will have."""
    return str(st.session_state.setdefault(chat_key("next", owner, flow_id), random_chat_session()))


def start_session(owner: str, flow_id: str, session_id: str) -> None:
    """Open the session that a message was just sent in."""
    key = chat_key("next", owner, flow_id)
    if st.session_state.get(key) == session_id:
        del st.session_state[key]
    open_session(session_id)


def chat_key(part: str, owner: str, flow_id: str, session_id: str = "") -> str:
    """Return the key of a part of the page, for one session or for all of a flow.

    `chat_box.js` reads the owner, which is hexadecimal, and the flow in that of the box.
    """
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
