"""State of the Compare page."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import streamlit as st

from pages._ui.state.query_params import RUNS
from pages._ui.state.run_page import T

_CACHE = "compared"


_MAX_RUNS_LENGTH = 1_000  # characters of the runs in an address


def runs_from_url() -> list[str]:
    """What the address names, each once; it may be no run's id."""
    texts = st.query_params.get(RUNS, "")[:_MAX_RUNS_LENGTH].split(",")
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def write_runs_to_url(runs: Iterable[str]) -> None:
    """Compare these from now on."""
    st.query_params[RUNS] = join_runs(runs)


def join_runs(runs: Iterable[str]) -> str:
    """Runs as the address names them."""
    return ",".join(runs)


def compare_key(part: str) -> str:
    """Key of a part of the page that compares runs."""
    return f"comparing-{part}"


def cached(mark: Hashable, key: str, make: Callable[[], T]) -> T:
    """What was worked out of the runs that are compared: once, until `mark` is another."""
    held: dict[str, Any] = st.session_state.setdefault(_CACHE, {})
    if held.get("mark") != mark:
        held.clear()
        held["mark"] = mark
    if f"made {key}" not in held:
        held[f"made {key}"] = make()
    return held[f"made {key}"]
