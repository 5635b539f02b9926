"""A run's outputs, each drawn as what it is.

A kind is drawn by one function of this package, listed in `DRAWERS`; it is given a `Block` and
draws the value and its downloads. The frame around it, with the component's name and the notes,
is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from lfclient.console.content.images import pictures_of
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import NotRun
from lfclient.runs.model import Run
from pages._ui.outputs import file as outputs_file
from pages._ui.outputs import gallery, image, json_viewer, message, side_by_side, table
from pages._ui.outputs.card import Block
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import human_name, plain

DRAWERS: dict[OutputKind, Callable[[Block], None]] = {
    OutputKind.MESSAGE: message.draw,
    OutputKind.IMAGE: image.draw,
    OutputKind.TABLE: table.draw,
    OutputKind.DATA: json_viewer.draw,
    OutputKind.FILE: outputs_file.draw,
    OutputKind.ERROR: message.draw_error,
    OutputKind.UNKNOWN: json_viewer.draw,
}
ALL_IMAGES = "All images"
ICONS: dict[OutputKind, str] = {
    OutputKind.MESSAGE: "chat",
    OutputKind.IMAGE: "image",
    OutputKind.TABLE: "table",
    OutputKind.DATA: "data_object",
    OutputKind.FILE: "description",
    OutputKind.ERROR: "error",
    OutputKind.UNKNOWN: "help",
}


def draw(
    run: Run,
    run_id: str,
    download: Callable[[FileRef], bytes],
    again: Callable[[], Run | None] | None = None,
) -> bool:
    """Draw all outputs of a run, then the components that did not run; False if there is none.

    `download` fetches the bytes of a `FileRef` from the server that has it. An output that only
    repeats why its component failed is left out: the run's status says it already.

    Each output is drawn anew by itself when a person does something in it. `again` gives the run
    then; without it, the run stays in memory for as long as the page is open.
    """
    source = _Source(run, again)
    drawn = _shown(run)
    for component_id in drawn:
        _card(source, component_id, run_id, download)
    if len(side_by_side.named(drawn)) > 1:
        _comparison(source, run_id, download)
    for skipped in run.not_run:
        _skipped(skipped)
    source.let_go()
    return bool(drawn or run.not_run)


def draw_one(output: Output, run_id: str, key: str, download: Callable[[FileRef], bytes]) -> None:
    """Draw an output of any component, without a frame: its readings, parts, downloads, notes.

    `key` is one that nothing else on the page has, and the same for the component's next value,
    so that what a person opened stays open. Any number of these may be inside a fragment.
    """
    block = Block(output, run_id, key, download)
    try:
        if output.parts:
            _parts(block)
        else:
            _one(block)
    except RecursionError:
        alerts.show_words(
            "This value is nested too deeply to be drawn", "", "See the raw answer.", warning=True
        )


class _Source:
    """The run that is drawn: at first as given, later asked for, so that no page holds it."""

    def __init__(self, run: Run, again: Callable[[], Run | None] | None) -> None:
        self._run: Run | None = run
        self._again = again

    def run(self) -> Run | None:
        """None if it is not kept any more."""
        return self._run or (self._again() if self._again else None)

    def let_go(self) -> None:
        """The page is drawn."""
        if self._again:
            self._run = None


def _shown(run: Run) -> dict[str, Output]:
    told = {(error.component_id, error.message) for error in run.errors}
    return {
        name: output
        for name, output in run.outputs.items()
        if output.kind is not OutputKind.ERROR
        or (output.component_id, str(output.value)) not in told
    }


@st.fragment
@alerts.shown()
def _card(source: _Source, name: str, run_id: str, download: Callable) -> None:
    run = source.run()
    output = run.outputs.get(name) if run else None
    if output is None:
        st.caption("This run is not kept any more.")
        return
    with st.container(border=True, key=f"output-{output.component_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            title = plain(output.display_name or output.component_id)
            st.markdown(f":material/{ICONS[output.kind]}: **{title}**", width="content")
            # a file may come under the word of another kind
            file = output.kind is OutputKind.FILE
            st.badge(output.kind.value if file else output.type or output.kind.value, color="gray")
            st.space("stretch")
            st.caption(plain(output.component_id), width="content")
        draw_one(output, run_id, output.component_id, download)


@st.fragment
@alerts.shown()
def _comparison(source: _Source, run_id: str, download: Callable) -> None:
    run = source.run()
    if run:
        side_by_side.draw(
            side_by_side.named(_shown(run)),
            run_id,
            lambda output, key: draw_one(output, run_id, key, download),
        )


def _parts(block: Block) -> None:
    """A component's several named outputs, each under its own tab; then the images of all."""
    names = list(block.output.parts)
    labels = [plain(human_name(name)) or "unnamed" for name in names]
    found = [pictures_of(part) for part in block.output.parts.values()]
    if sum(1 for pictures in found if pictures) > 1:
        labels.append(ALL_IMAGES)
    for place, _ in block.tabs("parts", labels):
        if place == len(names):
            gallery.draw(block, [picture for pictures in found for picture in pictures])
            continue
        name = names[place]
        part = replace(block.output.parts[name], parts={})
        _one(replace(block, output=part, key=f"{block.key}-{name}"))


def _one(block: Block) -> None:
    readings = _readings(block)
    if len(readings) == 1:
        readings[0][1]()
    else:
        for place, _ in block.tabs("readings", [label for label, _ in readings]):
            readings[place][1]()
    _notes(block.output)


def _readings(block: Block) -> list[tuple[str, Callable[[], None]]]:
    """The output, the same value read as something else, and the images in it."""
    output = block.output
    own = (output.kind.value.capitalize(), partial(DRAWERS[output.kind], block))
    pictures = pictures_of(output)
    if output.kind is OutputKind.IMAGE and len(pictures) < 2:
        return [own]
    others = [
        (
            f"As {extra.kind.value}",
            partial(DRAWERS[extra.kind], replace(block, output=extra, key=f"{block.key}-as-{n}")),
        )
        for n, extra in enumerate(output.extras)
        if extra.kind is not OutputKind.IMAGE
    ]
    if not pictures:
        return [own, *others]
    images = ("Images", partial(gallery.draw, block, pictures))
    only_images = output.type == "image" or (
        isinstance(output.value, list)
        and len(output.value) == len(pictures)
        and all(isinstance(item, (str, bytes)) for item in output.value)
    )
    return [images, own, *others] if only_images else [own, *others, images]


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
