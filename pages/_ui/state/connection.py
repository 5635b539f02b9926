"""What the connection page has done, to be said when it is next drawn."""

from __future__ import annotations

import streamlit as st

_ADDED = "added-samples"
_LOCAL_PROBLEM = "local-problem"


def leave_added(made: list[str], missing: list[str]) -> None:
    """The names of the sample flows that were added, and of those that could not be."""
    st.session_state[_ADDED] = (made, missing)


def take_added() -> tuple[list[str], list[str]] | None:
    """What `leave_added` left, once."""
    return st.session_state.pop(_ADDED, None)


def leave_local_problem(problem: Exception) -> None:
    """What the local Langflow could not do, to be said beside its buttons."""
    st.session_state[_LOCAL_PROBLEM] = problem


def take_local_problem() -> Exception | None:
    """What `leave_local_problem` left, once."""
    return st.session_state.pop(_LOCAL_PROBLEM, None)


SERVER_URL = "connection-url"


API_KEY = "connection-key"
