"""Draws a run's outputs, one card each.

`VIEWERS` has the viewer of each kind: a module of this package with `draw(card: OutputCard)`, which
draws the value and its download buttons, and, if a value has several views,
`views(card: OutputCard)`. The frame with the component's name and icon, the choice of the part and
view, and the notes are the same for all kinds.
"""

import weakref
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from itertools import chain

import streamlit as st

from lfclient.common.formatting import (
    clip_middle,
    humanize,
    remove_bidi_controls,
    unused_name,
    with_id,
)
from lfclient.console.content.images import FoundImage, find_images, image_bytes, image_size
from lfclient.console.content.output_kinds import handler_for
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.statuses import not_run_label
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, OutputKind
from lfclient.outputs.tables import is_rows, without_internals
from lfclient.runs.components import NotRun
from lfclient.runs.model import Run
from pages._ui.outputs import file as outputs_file
from pages._ui.outputs import image, json_viewer, message, table
from pages._ui.outputs.card import OutputCard, Source, Viewer, Views
from pages._ui.widgets import alerts, controls, diffs
from pages._ui.widgets.markdown import escape

# returns a run, None if it was deleted
GetRun = Callable[[], Run | None]
# draws an error of its block
ShowErrors = Callable[[], AbstractContextManager[None]]


VIEWERS: dict[OutputKind, Viewer] = {
    OutputKind.MESSAGE: Viewer(message.draw, "chat"),
    OutputKind.IMAGE: Viewer(image.draw, "image"),
    OutputKind.TABLE: Viewer(table.draw, "table", table.views),
    OutputKind.DATA: Viewer(json_viewer.draw, "data_object", is_raw=True),
    OutputKind.FILE: Viewer(outputs_file.draw, "description"),
    OutputKind.ERROR: Viewer(message.draw_error, "error"),
    OutputKind.UNKNOWN: Viewer(json_viewer.draw_unknown, "help", is_raw=True),
}

SIDE_BY_SIDE, DIFFERENCES = "Side by side", "Differences"
PAIR_LABELS = ("First", "Second")
_PART_WIDTH = 680  # pixels of an output beside the form in a window of 1440
_MAX_NAME = 60  # characters of an output's title in the names of its controls


def draw(run: Run, run_id: str, source: Source, reload: GetRun, flow: Flow | None = None) -> bool:
    """Draw all outputs of a run, then its skipped components. Return False if there are none.

    `flow` names the components if it is known. Each card is a fragment, redrawn when a person uses
    it, for which `reload` loads the run.
    """
    get_run = get_lazily(run, reload)
    outputs = run.distinct_outputs  # the status of the run shows its errors
    names = ComponentNames(flow, run.components, run.outputs)
    titles = {id: names.label(id, output.component_name) for id, output in outputs.items()}
    with_title = has_titles(run, flow)
    for id, title in titles.items():
        draw_card(get_run, id, run_id, source, key=id, title=title, with_title=with_title)
    if len(label_outputs(outputs, titles)) > 1:
        _draw_comparison(get_run, titles, run_id, source)
    for skipped in run.not_run:
        _draw_skipped(skipped, names.label(skipped.component_id, skipped.component_name))
    return bool(outputs or run.not_run)


def has_titles(run: Run, flow: Flow | None) -> bool:
    """Return whether outputs and unfinished messages of a run have titles: if there are several.

    A flow with several outputs may have returned only one of them.
    """
    count = len(run.distinct_outputs) + len(run.not_run) + len(run.unfinished_messages)
    return are_several(count, flow)


def are_several(count: int, flow: Flow | None) -> bool:
    """Return whether `count` outputs, or those that their flow has, are several."""
    return count > 1 or (flow is not None and len(flow.terminals) > 1)


def get_lazily(run: Run, reload: GetRun) -> GetRun:
    """Return a function for the run that doesn't keep it in memory while the page is open."""
    drawn = weakref.ref(run)
    return lambda: drawn() or reload()


@st.fragment
def draw_card(
    get_run: GetRun,
    component_id: str,
    run_id: str,
    source: Source,
    *,
    key: str,
    title: str,
    with_title: bool,
    show_errors: ShowErrors = alerts.show_errors,
    is_presented: bool = False,
) -> None:
    """Draw an output's card, with or without its title.

    `run_id` and `key` identify the card on the page, and can be any text. `show_errors` draws the
    card's errors. A presented card has no forms for developers.
    """
    with show_errors():
        run = get_run()
        output = run.outputs.get(component_id) if run else None
        if output is None:
            st.caption("This result was deleted.")
            return
        icon = "" if is_presented else f":material/{VIEWERS[output.kind].icon}: "
        heading = partial(st.markdown, f"{icon}**{escape(title)}**") if with_title else None
        shown = _without_raw_forms(output) if is_presented else output
        with st.container(border=True, key=f"output-{key}"):
            draw_output(shown, run_id, key, source, title, heading, is_presented=is_presented)


def draw_output(
    output: Output,
    run_id: str,
    key: str,
    source: Source,
    title: str,
    heading: Callable[[], object] | None = None,
    *,
    is_presented: bool = False,
) -> None:
    """Draw one output without a frame: the chosen part and view, downloads and notes.

    `heading` draws the beginning of the line with the choice. `title` is the output's name for
    screen readers, unique on the page. `key` is unique as well, and the same for the component's
    next value, so that what a person chose stays. Several of these may be inside one fragment.
    """
    card = OutputCard(output, run_id, key, source, is_presented)
    try:
        _draw_chosen(card, title, heading)
    except RecursionError:
        alerts.show_message(
            "Can't show this value",
            "It is nested too deeply.",
            "See the raw response.",
            warning=True,
        )


def _without_raw_forms(output: Output) -> Output:
    """Return an output for an audience: of its named parts and forms, those that are no JSON.

    The parts of a component are mostly forms of one thing, so the first one is shown. Tables are
    without internal columns.
    """
    parts = list(output.parts.values()) or [output]
    for part in parts:
        readable = [form for form in (part, *part.extras) if not VIEWERS[form.kind].is_raw]
        if readable:
            break
    else:
        readable = [parts[0]]
    first, *others = (replace(form, value=without_internals(form.value)) for form in readable)
    return replace(first, parts={}, extras=tuple(others))


@st.fragment
@alerts.show_errors()
def _draw_comparison(get_run: GetRun, titles: dict[str, str], run_id: str, source: Source) -> None:
    """Draw a panel that compares two of the run's outputs, computed once it is opened."""
    run = get_run()
    if run:
        outputs = label_outputs(run.distinct_outputs, titles)
        controls.lazy_expander(
            "Compare two outputs",
            f"compare-{run_id}",
            lambda: _draw_pair(outputs, run_id, source),
        )


def _draw_pair(outputs: dict[str, Output], run_id: str, source: Source) -> None:
    names = list(outputs)
    first, second = (
        column.selectbox(
            label, names, index, key=f"compare-{label}-{run_id}", persist_state="session"
        )
        for index, (column, label) in enumerate(zip(st.columns(2), PAIR_LABELS, strict=True))
    )
    view = SIDE_BY_SIDE
    if diffs.can_diff(outputs[first], outputs[second]):
        view = controls.view_switch("View", (SIDE_BY_SIDE, DIFFERENCES), f"compare-view-{run_id}")
    if view == DIFFERENCES:
        pair = outputs[first], outputs[second]
        diffs.draw((run_id, first, second), "of-one-run", *pair, PAIR_LABELS)
        return
    for column, name, label in zip(st.columns(2), (first, second), PAIR_LABELS, strict=True):
        with column:
            place = label.lower()
            title = with_id(name, place)
            draw_output(outputs[name], run_id, f"compared-{place}", source, title)


def label_outputs(outputs: Mapping[str, Output], titles: Mapping[str, str]) -> dict[str, Output]:
    """Return the outputs and their named parts under unique labels, from titles by component."""
    labelled: dict[str, Output] = {}
    for component_id, output in outputs.items():
        for part, value in (output.parts or {"": output}).items():
            label = " · ".join(filter(None, (titles[component_id], humanize(part))))
            labelled[unused_name(label, labelled)] = value
    return labelled


def are_wide(run: Run) -> bool:
    """Return whether a table or an image of the run is too wide for the part beside the form."""
    for output in run.distinct_outputs.values():
        for part in output.parts.values() or [output]:
            if any(map(_is_wide, (part, *part.extras))):
                return True
    return False


def _is_wide(output: Output) -> bool:
    if output.value and is_rows(output.value):
        return table.estimate_width(output.value, _PART_WIDTH) > _PART_WIDTH
    sources = [found.source for found in find_images(output)]
    if len(sources) != 1 or image.is_remote(sources[0]):
        return False
    size = image_size(image_bytes(sources[0]))
    return size is not None and size[0] > _PART_WIDTH


def _draw_chosen(card: OutputCard, title: str, heading: Callable[[], object] | None) -> None:
    parts = _parts(card)
    part, get_views = next(iter(parts.items()))
    views = get_views()
    if len(parts) == len(views) == 1:
        if heading:
            heading()
        next(iter(views.values()))()
        return
    name = remove_bidi_controls(clip_middle(title, _MAX_NAME))
    with st.container(
        key=card.widget_key("head"),
        horizontal=True,
        horizontal_alignment="right" if heading else "distribute",
        vertical_alignment="center",
        gap="small",
    ):
        if heading:
            heading()
        if len(parts) > 1:
            key = card.widget_key("part")
            part = controls.view_switch(
                f"Outputs of {name}", list(parts), key, persist_state="session"
            )
            views = parts[part]()
        view = next(iter(views))
        if len(views) > 1:
            key = card.widget_key(f"view-{part}")
            view = controls.view_switch(
                f"View of {name}", list(views), key, persist_state="session"
            )
    views[view]()


def _parts(card: OutputCard) -> dict[str, Callable[[], Views]]:
    """Return, by label, a function that returns the views of each named output.

    The last one is for all their images, if there are several.
    """
    if not card.output.parts:
        return {"": partial(_views, card)}
    parts: dict[str, Callable[[], Views]] = {}
    for name, part in card.output.parts.items():
        words = humanize(name).removesuffix(" output") or "unnamed"  # Langflow's names end in it
        label, key = unused_name(words, parts), f"{card.key}-{name}"
        part_card = replace(card, output=replace(part, parts={}), key=key, part=label)
        parts[label] = partial(_views, part_card)
    images = [find_images(part) for part in card.output.parts.values()]
    if sum(map(bool, images)) > 1:
        draw_all = partial(image.draw_gallery, card, list(chain(*images)))
        parts[unused_name("All images", parts)] = lambda: {"Images": draw_all}
    return parts


def _views(card: OutputCard) -> Views:
    """Return the views of an output: those of the value and of its other forms, and its images.

    Data that are rows begin with their table: a server calls a table data if the first output of
    the component is data.
    """
    output, cards = card.output, [card]
    pictures = find_images(output)
    has_forms = not handler_for(output).is_image or len(pictures) > 1
    if has_forms:
        cards += [
            replace(card, output=extra, key=f"{card.key}-as-{number}")
            for number, extra in enumerate(output.extras)
            if not handler_for(extra).is_image
        ]
    if VIEWERS[output.kind].is_raw:
        cards.sort(key=lambda form: VIEWERS[form.output.kind].is_raw)
    views: Views = {}
    for form in cards:
        for label, draw_view in _views_of_kind(form).items():
            views[unused_name(label, views)] = draw_view
    if has_forms and pictures:
        images: Views = {"Images": partial(image.draw_gallery, card, pictures)}
        views = images | views if _has_only_images(output, pictures) else views | images
    return {label: partial(_draw_with_notes, output, draw) for label, draw in views.items()}


def _views_of_kind(card: OutputCard) -> Views:
    kind = card.output.kind
    viewer = VIEWERS[kind]
    views = viewer.views(card) if viewer.views and card.output.value is not None else {}
    return views or {kind.value.capitalize(): partial(_draw_value, viewer, card)}


def _draw_value(viewer: Viewer, card: OutputCard) -> None:
    if card.output.value is None:
        st.caption("No value.")
    else:
        viewer.draw(card)


def _has_only_images(output: Output, pictures: list[FoundImage]) -> bool:
    return output.type == "image" or (
        isinstance(output.value, list)
        and len(output.value) == len(pictures)
        and all(isinstance(item, (str, bytes)) for item in output.value)
    )


def _draw_with_notes(output: Output, draw_value: Callable[[], None]) -> None:
    draw_value()
    _draw_notes(output)


def _draw_notes(output: Output) -> None:
    if output.truncated:
        missing = f" {output.missing:,} rows are missing." if output.missing else ""
        st.caption(
            f":orange[:material/content_cut:] The server truncated this output.{missing} "
            "The “Synchronous” run mode truncates less."
        )
    if output.note:
        st.caption(f":material/info: {escape(output.note)}")


def _draw_skipped(skipped: NotRun, name: str) -> None:
    label = not_run_label(skipped.reason)
    with st.container(key=f"output-{skipped.component_id}"):
        st.markdown(
            f":gray[{escape(name)}] :gray-badge[{label}] :small[:gray[{escape(skipped.reason)}]]"
        )
