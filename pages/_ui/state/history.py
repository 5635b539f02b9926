"""The keys of the list of all runs: as `state.py`, for the history page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import streamlit as st

# in the address: what narrows the list, beside `state.FLOW`, and where in it one is
STATUS, MODE, PERIOD, SINCE, UNTIL = "status", "mode", "when", "from", "to"
SERVER, LABEL, STARRED, SEARCH = "server", "label", "starred", "q"
OLDER, NEWER = "older", "newer"
MAX_TEXT_LENGTH = 300  # characters of a text in the address


def history_key(name: str) -> str:
    """Key of a part of the page."""
    return f"history-{name}"


def short_hash(runs: Iterable[str]) -> str:
    """Tells these runs, in this order, from any others: for the key of what is about them."""
    return hashlib.sha256("\n".join(runs).encode()).hexdigest()[:16]


_SELECTED, _COUNTED, _REQUESTED = (
    history_key("selected"),
    history_key("counted"),
    history_key("wanted"),
)
_UNTIL, _LISTED = history_key("until"), history_key("listed")


def read_filter(name: str) -> list[str]:
    """What the address says under this name, without what no text can hold."""
    texts = (text[:MAX_TEXT_LENGTH].replace("\0", "") for text in st.query_params.get_all(name))
    return [text for text in texts if text.strip()]


def write_filters_to_url(**wanted: list[str]) -> None:
    """Have the address say this; what is empty is left out of it."""
    for name, texts in wanted.items():
        if texts:
            st.query_params[name] = texts
        elif name in st.query_params:
            del st.query_params[name]


def select(runs: list[str]) -> None:
    """These runs are ticked, and no others."""
    st.session_state[_SELECTED] = runs


def selected() -> list[str]:
    """The ids of those that are ticked; some may not be listed any more."""
    return st.session_state.get(_SELECTED, [])


def set_count(listed: object, many: int) -> int:
    """So many runs are found, as long as the same ones are listed; returns the number."""
    st.session_state[_COUNTED] = (listed, many)
    return many


def count(listed: object) -> int | None:
    """How many runs are found, if they were counted since what is listed has changed."""
    before, many = st.session_state.get(_COUNTED, (None, None))
    return many if before == listed else None


def set_until(known: object, time: datetime) -> None:
    """Of the list that is `known` as this, no later runs are shown until somebody wants them."""
    st.session_state[_UNTIL] = (known, time)


def until(known: object) -> datetime | None:
    """When the last run of a list began as it was first drawn; None for one that is drawn anew."""
    before, time = st.session_state.get(_UNTIL, (None, None))
    return time if before == known and is_drawn() else None


def is_drawn() -> bool:
    """Whether the controls are on the screen already.

    Streamlit forgets what stood in a control once another page is drawn.
    """
    return history_key("text") in st.session_state


def is_first_visit() -> bool:
    """Whether the list is drawn for the first time in this session; True once."""
    first = _LISTED not in st.session_state
    st.session_state[_LISTED] = True
    return first


def list_newest() -> None:
    """Have the list begin with the newest run there is by then."""
    st.session_state.pop(_UNTIL, None)


def request_run(run: str, flow_id: str) -> None:
    """Have the page open that run of a flow when it is next drawn."""
    st.session_state[_REQUESTED] = (run, flow_id)


def take_requested_run() -> tuple[str, str] | None:
    """The run and flow that `want` was called with, once."""
    return st.session_state.pop(_REQUESTED, None)
