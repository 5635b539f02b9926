"""State of the History page."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

import streamlit as st

from pages._ui.state import query_params, slot
from pages._ui.state.slot import Slot

# query parameters, besides `query_params.FLOW`: the filters, then the place in the list
STATUS, MODE, PERIOD, SINCE, UNTIL = "status", "mode", "when", "from", "to"
SERVER, STARRED, SHARED, SEARCH = "server", "starred", "shared", "q"
OLDER, NEWER = "older", "newer"
_QUERY = (
    *(query_params.FLOW, STATUS, MODE, PERIOD, SINCE, UNTIL, SERVER),
    *(STARRED, SHARED, SEARCH),
)
MAX_TEXT_LENGTH = 300  # characters of a value in the URL


def history_key(name: str) -> str:
    """Return the key of a part of the page."""
    return f"history-{name}"


def short_hash(runs: Iterable[str]) -> str:
    """Return a hash of these run IDs in this order, for the keys of widgets about them."""
    return hashlib.sha256("\n".join(runs).encode()).hexdigest()[:16]


_SELECTED = history_key("selected")
_LISTED = history_key("listed-query")
_TOTALS = history_key("totals")
# the run to open when the page is next drawn, and its flow
REQUESTED: Slot[tuple[str, str]] = Slot(history_key("wanted"))
_UNTIL = history_key("until")


def read_filter(name: str) -> list[str]:
    """Return the values of a query parameter, without NUL, which no database can store."""
    texts = (text[:MAX_TEXT_LENGTH].replace("\0", "") for text in st.query_params.get_all(name))
    return [text for text in texts if text.strip()]


def write_filters_to_url(filters: Mapping[str, str | list[str] | None]) -> None:
    """Set query parameters; an empty value removes its parameter."""
    for name, value in filters.items():
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]


def select(runs: list[str]) -> None:
    """Replace the selection."""
    st.session_state[_SELECTED] = runs


def selected() -> list[str]:
    """Return the IDs of the selected runs; some may no longer be listed."""
    return list(st.session_state.get(_SELECTED, []))


def keep_selection() -> None:
    """Clear the selection if the page was left with other filters than it opens with."""
    query = {name: values for name in _QUERY if (values := st.query_params.get_all(name))}
    if not is_drawn() and last_query() != query:
        select([])
    st.session_state[_LISTED] = query


def last_query() -> dict[str, list[str]]:
    """Return the filters that the page was last drawn with, as query parameters."""
    return dict(st.session_state.get(_LISTED, {}))


def set_totals(query: object, runs: int, tokens: int | None, cost: str) -> None:
    """Save the number of runs that a query finds, that of their tokens, and what they cost."""
    st.session_state[_TOTALS] = (query, (runs, tokens, cost))


def totals(query: object) -> tuple[int, int | None, str] | None:
    """Return the saved numbers of runs and tokens, and the cost, if they belong to this query."""
    saved_query, numbers = st.session_state.get(_TOTALS, (None, None))
    return numbers if saved_query == query else None


def set_until(query: object, time: datetime) -> None:
    """Hide runs of this query started after `time`, until the user requests them."""
    st.session_state[_UNTIL] = (query, time)


def until(query: object) -> datetime | None:
    """Return the saved time if it belongs to this query and the list is on the screen."""
    saved_query, time = st.session_state.get(_UNTIL, (None, None))
    return time if saved_query == query and is_drawn() else None


def is_drawn() -> bool:
    """Return whether the controls are on the screen."""
    return slot.is_drawn(history_key("text"))


def list_newest() -> None:
    """Show runs started since the list was first drawn."""
    st.session_state.pop(_UNTIL, None)
