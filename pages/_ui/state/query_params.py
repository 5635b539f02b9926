"""Names of the query parameters that pages share."""

import streamlit as st

RUN = "run"  # the shown run
FLOW = "flow"  # the chosen flow
RUNS = "runs"  # the compared runs, separated by commas
BASELINE = "baseline"  # the compared run that the others are compared with
SESSION = "session"  # the open chat session
PRESET = "preset"  # the preset that fills the form
VALUES = "values"  # the encoded values that fill the form
VIEW = "view"  # what is shown without the rest of the console: "present" or "result"
SHARE = "id"  # the token of a shared result


def view() -> str | None:
    """Return the view in the URL, None if there is none."""
    return st.query_params.get(VIEW)
