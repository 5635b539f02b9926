"""Two outputs of a run side by side, or their differences."""

from collections.abc import Callable, Mapping

import streamlit as st

from lfclient.common.formatting import humanize, unused_name, with_id
from lfclient.outputs.model import Output
from pages._ui.widgets import controls, diffs

SIDE_BY_SIDE, DIFFERENCES = "Side by side", "Differences"
LABELS = ("First", "Second")

# draws an output under a widget key and a title
DrawOutput = Callable[[Output, str, str], None]


def draw(outputs: dict[str, Output], run_id: str, draw_output: DrawOutput) -> None:
    """Draw a panel that compares two of the outputs, computed once it is opened."""
    controls.lazy_expander(
        "Compare two outputs",
        f"compare-{run_id}",
        lambda: _draw_pair(outputs, run_id, draw_output),
    )


def _draw_pair(outputs: dict[str, Output], run_id: str, draw_output: DrawOutput) -> None:
    names = list(outputs)
    first, second = (
        column.selectbox(
            label, names, index, key=f"compare-{label}-{run_id}", persist_state="session"
        )
        for index, (column, label) in enumerate(zip(st.columns(2), LABELS, strict=True))
    )
    view = SIDE_BY_SIDE
    if diffs.can_diff(outputs[first], outputs[second]):
        view = controls.view_switch("View", (SIDE_BY_SIDE, DIFFERENCES), f"compare-view-{run_id}")
    if view == DIFFERENCES:
        pair = outputs[first], outputs[second]
        diffs.draw((run_id, first, second), "of-one-run", *pair, LABELS)
        return
    for column, name, label in zip(st.columns(2), (first, second), LABELS, strict=True):
        with column:
            place = label.lower()
            draw_output(outputs[name], f"compared-{place}", with_id(name, place))


def label_outputs(outputs: Mapping[str, Output], titles: Mapping[str, str]) -> dict[str, Output]:
    """Return the outputs and their named parts under unique labels, from titles by component."""
    labelled: dict[str, Output] = {}
    for component_id, output in outputs.items():
        for part, value in (output.parts or {"": output}).items():
            label = " · ".join(filter(None, (titles[component_id], humanize(part))))
            labelled[unused_name(label, labelled)] = value
    return labelled
