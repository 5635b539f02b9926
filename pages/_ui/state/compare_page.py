"""State of the Compare page."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import streamlit as st

from pages._ui.state.query_params import RUNS

T = TypeVar("T")

_CACHE = "compared"
_MAX_RUNS_LENGTH = 1_000  # characters in a URL


def runs_from_url() -> list[str]:
    """Return the distinct run IDs in the URL, unchecked."""
    texts = st.query_params.get(RUNS, "")[:_MAX_RUNS_LENGTH].split(",")
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def write_runs_to_url(runs: Iterable[str]) -> None:
    """Compare these runs."""
    st.query_params[RUNS] = join_runs(runs)


def join_runs(runs: Iterable[str]) -> str:
    """Return run IDs as the value of the query parameter."""
    return ",".join(runs)


def compare_key(part: str) -> str:
    """Return the key of a part of the page."""
    return f"comparing-{part}"


def cached(version: Hashable, key: str, make: Callable[[], T]) -> T:
    """Return `make()`, computed once until `version`, the compared runs, changes."""
    cache: dict[str, Any] = st.session_state.setdefault(_CACHE, {})
    if cache.get("version") != version:
        cache.clear()
        cache["version"] = version
    if f"value {key}" not in cache:
        cache[f"value {key}"] = make()
    value: T = cache[f"value {key}"]
    return value
