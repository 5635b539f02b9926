"""State of the Compare page."""

from collections.abc import Iterable

import streamlit as st

from pages._ui.state.query_params import BASELINE, EQUAL, RUNS, USUAL
from pages._ui.state.slot import Slot

_MAX_RUNS_LENGTH = 4_000  # characters in a URL
# the run whose differences are shown in detail
CHOSEN_RUN: Slot[str] = Slot("compared-run")


def runs_from_url() -> list[str]:
    """Return the distinct run IDs in the URL, unchecked."""
    texts = st.query_params.get(RUNS, "")[:_MAX_RUNS_LENGTH].split(",")
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def write_runs_to_url(runs: Iterable[str]) -> None:
    """Compare these runs with the chosen baseline if it is among them, else with the oldest.

    None of them is the usual one.
    """
    run_ids, baseline = list(runs), st.query_params.get(BASELINE)
    params = {RUNS: join_runs(run_ids)}
    if baseline and baseline in run_ids:
        params[BASELINE] = baseline
    st.query_params.from_dict(params)


def baseline_from_url() -> str:
    """Return the ID of the baseline in the URL, unchecked; "" for the oldest run."""
    return str(st.query_params.get(BASELINE, usual_from_url()))


def usual_from_url() -> str:
    """Return the ID of the run with the usual result in the URL, unchecked; "" if none is named."""
    return str(st.query_params.get(USUAL, ""))


def equal_counts_from_url() -> dict[str, int]:
    """Return how many runs had the result of a run when the link was made, by run ID; unchecked."""
    counts = st.query_params.get(EQUAL, "").split(",")
    pairs = zip(runs_from_url(), counts, strict=False)
    return {run_id: int(count) for run_id, count in pairs if count.isdecimal() and len(count) < 10}


def write_baseline_to_url(run_id: str) -> None:
    """Compare the other runs with this one."""
    st.query_params[BASELINE] = run_id


def join_runs(runs: Iterable[str]) -> str:
    """Return run IDs as the value of the query parameter."""
    return ",".join(runs)


def compare_key(part: str) -> str:
    """Return the key of a part of the page."""
    return f"comparing-{part}"
