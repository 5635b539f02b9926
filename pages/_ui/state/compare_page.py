"""State of the Compare page."""

from collections.abc import Iterable

import streamlit as st

from pages._ui.state.query_params import BASELINE, RUNS
from pages._ui.state.slot import Slot

_MAX_RUNS_LENGTH = 4_000  # characters in a URL
# the run whose differences are shown in detail
CHOSEN_RUN: Slot[str] = Slot("compared-run")


def runs_from_url() -> list[str]:
    """Return the distinct run IDs in the URL, unchecked."""
    texts = st.query_params.get(RUNS, "")[:_MAX_RUNS_LENGTH].split(",")
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def write_runs_to_url(runs: Iterable[str]) -> None:
    """Compare these runs with the chosen baseline if it is among them, else with the oldest."""
    run_ids, baseline = list(runs), st.query_params.get(BASELINE)
    params = {RUNS: join_runs(run_ids)}
    if baseline and baseline in run_ids:
        params[BASELINE] = baseline
    st.query_params.from_dict(params)


def baseline_from_url() -> str:
    """Return the ID of the baseline in the URL, unchecked; "" for the oldest run."""
    return str(st.query_params.get(BASELINE, ""))


def write_baseline_to_url(run_id: str) -> None:
    """Compare the other runs with this one."""
    st.query_params[BASELINE] = run_id


def join_runs(runs: Iterable[str]) -> str:
    """Return run IDs as the value of the query parameter."""
    return ",".join(runs)


def compare_key(part: str) -> str:
    """Return the key of a part of the page."""
    return f"comparing-{part}"
