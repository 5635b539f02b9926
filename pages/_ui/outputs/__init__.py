"""A run's outputs, each drawn as what it is.

A kind is drawn by one function of this package, listed in `DRAWERS`; it is given a `Block` and
draws the value and its downloads. The frame around it, with the component's name and the notes,
is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import streamlit as st

from lfclient.outputs import Output, OutputKind
from lfclient.run import NotRun, Run
from pages._ui.outputs import file, image, message, structured, table
from pages._ui.outputs.block import Block
from pages._ui.text import plain

DRAWERS: dict[OutputKind, Callable[[Block], None]] = {
    OutputKind.MESSAGE: message.draw,
    OutputKind.IMAGE: image.draw,
    OutputKind.TABLE: table.draw,
    OutputKind.DATA: structured.draw,
    OutputKind.FILE: file.draw,
    OutputKind.ERROR: message.draw_error,
    OutputKind.UNKNOWN: structured.draw,
}
ICONS: dict[OutputKind, str] = {
    OutputKind.MESSAGE: "chat",
    OutputKind.IMAGE: "image",
    OutputKind.TABLE: "table",
    OutputKind.DATA: "data_object",
    OutputKind.FILE: "description",
    OutputKind.ERROR: "error",
    OutputKind.UNKNOWN: "help",
}


def draw(run: Run, run_id: str, download: Callable) -> bool:
    """Draw all outputs of a run, then the components that did not run; False if there is none.

    `download` fetches the bytes of a `FileRef` from the server that has it. An output that only
    repeats why its component failed is left out: the run's status says it already.
    """
    told = {(error.component_id, error.message) for error in run.errors}
    drawn = [
        output
        for output in run.outputs.values()
        if output.kind is not OutputKind.ERROR or (output.component_id, output.value) not in told
    ]
    for output in drawn:
        _card(Block(output, run_id, output.component_id, download))
    for skipped in run.not_run:
        _skipped(skipped)
    return bool(drawn or run.not_run)


def _card(block: Block) -> None:
    output = block.output
    with st.container(border=True, key=f"output-{output.component_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            name = plain(output.display_name or output.component_id)
            st.markdown(f":material/{ICONS[output.kind]}: **{name}**", width="content")
            st.badge(output.type or output.kind.value, color="gray")
            st.space("stretch")
            st.caption(plain(output.component_id), width="content")
        if output.parts:
            _parts(block)
        else:
            _one(block)


def _parts(block: Block) -> None:
    """A component's several named outputs, each under its own tab."""
    names = list(block.output.parts)
    for name, tab in zip(names, st.tabs([plain(name) for name in names]), strict=True):
        with tab:
            part = replace(block.output.parts[name], parts={})
            _one(replace(block, output=part, key=f"{block.key}-{name}"))


def _one(block: Block) -> None:
    readings = list(_readings(block))
    if len(readings) == 1:
        DRAWERS[block.output.kind](block)
    else:
        tabs = st.tabs([label for label, _ in readings])
        for (_, reading), tab in zip(readings, tabs, strict=True):
            with tab:
                DRAWERS[reading.output.kind](reading)
    _notes(block.output)


def _readings(block: Block) -> Iterator[tuple[str, Block]]:
    """The output, then the same value read as something else."""
    yield block.output.kind.value.capitalize(), block
    for number, extra in enumerate(block.output.extras):
        reading = replace(block, output=extra, key=f"{block.key}-as-{number}")
        yield f"As {extra.kind.value}", reading


def _notes(output: Output) -> None:
    """What the server cut, how much, and what lifts it."""
    if output.truncated:
        unit, setting = (
            ("rows", "LANGFLOW_MAX_ITEMS_LENGTH")
            if output.kind in (OutputKind.TABLE, OutputKind.DATA)
            else ("characters", "LANGFLOW_MAX_TEXT_LENGTH")
        )
        gone = f"{output.missing:,} {unit} are missing" if output.missing else "the rest is missing"
        st.caption(
            f":orange[:material/content_cut:] The server cut this: {gone}. Set {plain(setting)} "
            "higher on the Langflow server, or run it with “Wait for the result”, which cuts less."
        )
    if output.note:
        st.caption(f":material/info: {plain(output.note)}")


def _skipped(skipped: NotRun) -> None:
    with st.container(border=True, key=f"output-{skipped.component_id}"):
        st.markdown(
            f":gray[:material/block:] **{plain(skipped.display_name or skipped.component_id)}** "
            f":gray-badge[did not run]"
        )
        st.caption(plain(skipped.reason))
