"""State of the Connection page: results of its buttons, shown when it is next drawn."""

from __future__ import annotations

import streamlit as st

from lfclient.errors import LangflowError

SERVER_URL = "connection-url"
API_KEY = "connection-key"
_ADDED = "added-samples"
_LOCAL_ERROR = "local-problem"


def set_added_samples(added: list[str], missing: list[str]) -> None:
    """Save the names of the sample flows that were added, and of those the server can't run."""
    st.session_state[_ADDED] = (added, missing)


def take_added_samples() -> tuple[list[str], list[str]] | None:
    """Return and remove the saved names."""
    samples: tuple[list[str], list[str]] | None = st.session_state.pop(_ADDED, None)
    return samples


def set_local_error(error: LangflowError) -> None:
    """Save an error of the local Langflow."""
    st.session_state[_LOCAL_ERROR] = error


def take_local_error() -> LangflowError | None:
    """Return and remove the saved error."""
    error: LangflowError | None = st.session_state.pop(_LOCAL_ERROR, None)
    return error
