"""The components of a run as a table: what the graph shows, for screen readers and for reading."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presentation.components import Names
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import ComponentRun
from pages._ui.components.states import all_runs, standing_of, took
from pages._ui.widgets.markdown import first_words, plain

NAME_LIMIT = 80
LINE_LIMIT = 100
HEAD = 2000  # characters of a text in which its line is looked for
HIGHEST = 420  # pixels; above, the rows are scrolled
ROWS_SHOWN = 10
HEADS = ("Component", "State", "Took", "Result")


def draw(flow: Flow, components: Mapping[str, ComponentRun], *, ended: bool) -> None:
    """A row per component that runs; `ended`: nothing more comes of the run."""
    lines = rows(flow, components, ended=ended)
    if not lines:
        st.caption("This flow has no components.")
        return
    # Markdown becomes a real table, which st.dataframe's canvas is not
    rule = "|".join("---" for _ in HEADS)
    table = [f"|{'|'.join(HEADS)}|", f"|{rule}|", *(f"|{'|'.join(row)}|" for row in lines)]
    with st.container(height=HIGHEST if len(lines) > ROWS_SHOWN else "content", border=False):
        st.markdown("\n".join(table))


def rows(
    flow: Flow, components: Mapping[str, ComponentRun], *, ended: bool
) -> list[tuple[str, str, str, str]]:
    """The cells, as Markdown in which strangers' words are letters only."""
    names = Names(flow, components)
    return [
        (
            plain(names.of(run.component_id, name, NAME_LIMIT)),
            _badge(run, component, ended=ended),
            took(run).replace(" ", "\u00a0"),
            plain(result(run)),
        )
        for name, run, component in all_runs(flow, components, ended=ended)
    ]


def _badge(run: ComponentRun, component: Component | None, *, ended: bool) -> str:
    stands = standing_of(run, component, ended=ended)
    return f":{stands.look.colour}-badge[{stands.look.icon} {stands.word}]"


def result(run: ComponentRun) -> str:
    """Why it failed, or what it returned, in a line."""
    if run.error:
        return clip(_first_line(run.error.message), LINE_LIMIT)
    return clip(_line(run.output), LINE_LIMIT) if run.output else ""


def _line(output: Output) -> str:
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
        return first_words(value[:HEAD]) if marked else _first_line(value)
    if output.kind is OutputKind.TABLE:
        return f"{len(value):,} row{'s' * (len(value) != 1)}"
    if isinstance(value, dict):
        return f"{{{', '.join(str(key) for key in list(value)[:8])}}}"
    if isinstance(value, list):
        return f"a list of {len(value):,}"
    return str(value)


def _first_line(text: str) -> str:
    return text[:HEAD].strip().partition("\n")[0]
