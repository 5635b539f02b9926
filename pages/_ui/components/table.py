"""The components of a run as a table: what the graph shows, for screen readers and for reading."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presentation.component_names import ComponentNames
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import ComponentRun
from pages._ui.components.states import duration_text, leaf_runs, leaf_status
from pages._ui.widgets.markdown import escape, first_line

MAX_NAME_LENGTH = 80
MAX_RESULT_LENGTH = 100
MAX_SCANNED = 2000  # characters of a text in which its line is looked for
MAX_HEIGHT = 420  # pixels; above, the rows are scrolled
MAX_ROWS_UNSCROLLED = 10
HEADERS = ("Component", "State", "Took", "Result")


def draw(flow: Flow, components: Mapping[str, ComponentRun], *, ended: bool) -> None:
    """A row per component that runs; `ended`: nothing more comes of the run."""
    lines = table_rows(flow, components, ended=ended)
    if not lines:
        st.caption("This flow has no components.")
        return
    # Markdown becomes a real table, which st.dataframe's canvas is not
    rule = "|".join("---" for _ in HEADERS)
    table = [f"|{'|'.join(HEADERS)}|", f"|{rule}|", *(f"|{'|'.join(row)}|" for row in lines)]
    with st.container(
        height=MAX_HEIGHT if len(lines) > MAX_ROWS_UNSCROLLED else "content", border=False
    ):
        st.markdown("\n".join(table))


def table_rows(
    flow: Flow, components: Mapping[str, ComponentRun], *, ended: bool
) -> list[tuple[str, str, str, str]]:
    """The cells, as Markdown in which strangers' words are letters only."""
    names = ComponentNames(flow, components)
    return [
        (
            escape(names.label(run.component_id, name, MAX_NAME_LENGTH)),
            _state_badge(run, component, ended=ended),
            duration_text(run).replace(" ", "\u00a0"),
            escape(result_text(run)),
        )
        for name, run, component in leaf_runs(flow, components, ended=ended)
    ]


def _state_badge(run: ComponentRun, component: Component | None, *, ended: bool) -> str:
    stands = leaf_status(run, component, ended=ended)
    return f":{stands.look.colour}-badge[{stands.look.icon} {stands.word}]"


def result_text(run: ComponentRun) -> str:
    """Why it failed, or what it returned, in a line."""
    if run.error:
        return clip(_first_line(run.error.message), MAX_RESULT_LENGTH)
    return clip(_output_text(run.output), MAX_RESULT_LENGTH) if run.output else ""


def _output_text(output: Output) -> str:
    """A line about a value; nothing that takes long on a large one."""
    value = output.value
    if value is None:
        return output.note
    if output.kind is OutputKind.IMAGE:
        return "an image"
    if isinstance(value, FileRef):
        return value.name
    if isinstance(value, str):
        marked = output.kind is OutputKind.MESSAGE
        return first_line(value[:MAX_SCANNED]) if marked else _first_line(value)
    if output.kind is OutputKind.TABLE:
        return f"{len(value):,} row{'s' * (len(value) != 1)}"
    if isinstance(value, dict):
        return f"{{{', '.join(str(key) for key in list(value)[:8])}}}"
    if isinstance(value, list):
        return f"a list of {len(value):,}"
    return str(value)


def _first_line(text: str) -> str:
    return text[:MAX_SCANNED].strip().partition("\n")[0]
