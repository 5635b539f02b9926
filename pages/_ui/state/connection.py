"""What the connection page has done, to be said when it is next drawn."""

from __future__ import annotations

import streamlit as st

_ADDED = "added-samples"
_LOCAL_ERROR = "local-problem"


def set_added_samples(made: list[str], missing: list[str]) -> None:
    """The names of the sample flows that were added, and of those that could not be."""
    st.session_state[_ADDED] = (made, missing)


def take_added_samples() -> tuple[list[str], list[str]] | None:
    """What `leave_added` left, once."""
    return st.session_state.pop(_ADDED, None)


def set_local_error(problem: Exception) -> None:
    """What the local Langflow could not do, to be said beside its buttons."""
    st.session_state[_LOCAL_ERROR] = problem


def take_local_error() -> Exception | None:
    """What `leave_local_problem` left, once."""
    return st.session_state.pop(_LOCAL_ERROR, None)


SERVER_URL = "connection-url"


API_KEY = "connection-key"
