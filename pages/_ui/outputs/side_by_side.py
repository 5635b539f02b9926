"""Two outputs of a run beside each other, or what differs in them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lfclient.outputs.model import Output
from pages._ui.widgets import controls, diffs
from pages._ui.widgets.markdown import human_name

SIDES, DIFFERENCES = "Side by side", "Differences"


def draw(outputs: dict[str, Output], run_id: str, draw_one: Callable[[Output, str], None]) -> None:
    """A panel that costs nothing until it is opened; `draw_one` takes an output and a key."""
    controls.folded(
        "Compare two outputs",
        ":material/compare:",
        f"compare-{run_id}",
        lambda: _pair(outputs, run_id, draw_one),
    )


def _pair(outputs: dict[str, Output], run_id: str, draw_one: Callable[[Output, str], None]) -> None:
    names = list(outputs)
    left, right = st.columns(2)
    with left:
        one = _choose("First", names, 0, run_id)
    with right:
        other = _choose("Second", names, 1, run_id)
    view = SIDES
    if diffs.way(outputs[one], outputs[other]):
        view = controls.switch("View", (SIDES, DIFFERENCES), f"compare-view-{run_id}")
    if view == DIFFERENCES:
        pair = outputs[one], outputs[other]
        diffs.draw((run_id, one, other), "of-one-run", *pair, ("First", "Second"))
        return
    left, right = st.columns(2)
    with left:
        draw_one(outputs[one], "compared-first")
    with right:
        draw_one(outputs[other], "compared-second")


def _choose(label: str, names: list[str], first: int, run_id: str) -> str:
    return st.selectbox(
        label,
        names,
        index=first,
        key=f"compare-{label}-{run_id}",
        persist_state="session",
    )


def named(outputs: dict[str, Output]) -> dict[str, Output]:
    """Outputs and their named parts, under names of which no two are alike."""
    found: dict[str, Output] = {}
    for output in outputs.values():
        for part, value in (output.parts or {"": output}).items():
            words = [output.display_name or output.component_id, human_name(part)]
            name = " · ".join(word for word in words if word)
            while name in found:
                name += f" ({output.component_id})"
            found[name] = value
    return found
