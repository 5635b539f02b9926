"""What the compared runs returned, component by component."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.compare.outputs import OutputRow, Sameness, output_rows, same_output
from lfclient.outputs.model import Output, OutputKind
from pages._ui.compare.runs import Column, mark, one_flow
from pages._ui.outputs import view as outputs_view
from pages._ui.state import compare_page
from pages._ui.widgets import alerts, controls, diffs
from pages._ui.widgets.markdown import human_name, plain

DIFFERENCES, SIDES = "Differences", "Side by side"
OPEN = 6  # outputs that are drawn before somebody asks for them
_BADGES = {
    Sameness.EQUAL: ":green-badge[:material/check: equal]",
    Sameness.DIFFERENT: ":orange-badge[:material/difference: different]",
    Sameness.MISSING: ":orange-badge[:material/remove: not in all]",
    Sameness.UNSURE: ":gray-badge[:material/help: same name]",
}
# signs of Markdown, which stand in a text's differences as they are
_FORMATTED = re.compile(r"\*\*|__|`|\]\(|^ {0,3}(#{1,6} |[*+-] |\||> )", re.MULTILINE)


def draw(columns: Sequence[Column]) -> None:
    """A card for each component's output; those that differ come first."""
    st.markdown("##### Outputs", anchors=False)
    runs = [column.record.run for column in columns]
    rows = compare_page.worked_out(
        mark(columns), "outputs", lambda: output_rows(runs, one_flow=one_flow(columns))
    )
    if not rows:
        st.caption("None of them has an output.")
        return
    equal = [row for row in rows if _is_equal(row)]
    if len(equal) == len(rows):
        st.markdown(":green[:material/check:] All outputs are equal.")
    base = _base(columns) if len(columns) > 2 and len(equal) < len(rows) else columns[0]
    drawn = 0
    for number, row in sorted(enumerate(rows), key=lambda each: _is_equal(each[1])):
        at_once = not _is_equal(row) and drawn < OPEN
        drawn += at_once
        _card(columns, base, number, row, at_once)


def _is_equal(row: OutputRow) -> bool:
    return row.sameness is Sameness.EQUAL


def _base(columns: Sequence[Column]) -> Column:
    names = {column.name: column for column in columns}
    chosen = st.segmented_control(
        "Differences from",
        list(names),
        default=columns[0].name,
        required=True,
        key=compare_page.compare_key("base"),
    )
    return names.get(chosen, columns[0])


@st.fragment
@alerts.shown()
def _card(
    columns: Sequence[Column], base: Column, number: int, row: OutputRow, at_once: bool
) -> None:
    with st.container(border=True, key=f"compared-output-{number}"):
        title = plain(clip(row.component, 80))
        if row.part:
            title += f" · {plain(human_name(clip(row.part, 60)))}"
        kind = row.kind or OutputKind.UNKNOWN
        st.markdown(f":material/{outputs_view.ICONS[kind]}: **{title}** {_BADGES[row.sameness]}")
        equal = _is_equal(row)
        shown = at_once or st.toggle(
            "Show it" if equal else "Show them",
            key=compare_page.compare_key(f"show-{number}-{title}"),
        )
        if not shown:
            return
        if equal:
            _one(columns[0], row.outputs[0], number)
        else:
            _several(columns, base, number, row)


def _several(columns: Sequence[Column], base: Column, number: int, row: OutputRow) -> None:
    pairs = _pairs(columns, base, row)
    view = SIDES
    if pairs:
        key = compare_page.compare_key(f"view-{number}-{plain(row.component)}")
        view = controls.switch("View", (DIFFERENCES, SIDES), key)
    if view == DIFFERENCES:
        for one, other in pairs:
            _pair(columns, one, other, row, number)
        if any(_is_formatted(output) for output in row.outputs):
            st.caption(f"Texts are compared as they were written. “{SIDES}” shows them formatted.")
    else:
        for column, place, output in zip(
            columns, st.columns(len(columns)), row.outputs, strict=True
        ):
            with place:
                st.markdown(f"**{column.name}**{_equal_to(columns, row, column)}")
                if output is None:
                    st.caption(_why_none(column, row))
                else:
                    _one(column, output, number)
    if row.kind is None:
        kinds = [
            f"{column.name} has {output.kind.value}"
            for column, output in zip(columns, row.outputs, strict=True)
            if output
        ]
        st.caption(f"They are of different kinds: {', '.join(kinds)}.")
    if row.sameness is Sameness.UNSURE:
        st.caption("The files have the same name and size; what is in them is not compared.")
    missing = [
        (column, output)
        for column, output in zip(columns, row.outputs, strict=True)
        if output is None
    ]
    if view == DIFFERENCES:
        for column, _ in missing:
            st.caption(f"{column.name}: {_why_none(column, row)}")
    cut = [
        column.name
        for column, output in zip(columns, row.outputs, strict=True)
        if output and output.truncated
    ]
    if cut:
        st.caption(
            f":orange[:material/content_cut:] The server cut the output of {', '.join(cut)}: only "
            "what came is compared."
        )


def _equal_to(columns: Sequence[Column], row: OutputRow, column: Column) -> str:
    """That an earlier run has just the same, where one has."""
    own = row.outputs[columns.index(column)]
    for other, output in zip(columns, row.outputs, strict=True):
        if other is column:
            return ""
        if own is not None and output is not None and same_output(own, output):
            return f" :green-badge[:material/check: equal to {other.name}]"
    return ""


def _pairs(columns: Sequence[Column], base: Column, row: OutputRow) -> list[tuple[Column, Column]]:
    """Which runs' outputs can be told apart here, each with `base` or the first that has one."""
    there = [
        column
        for column, output in zip(columns, row.outputs, strict=True)
        if output is not None and output.value is not None
    ]
    first = base if base in there else next(iter(there), None)
    return [
        (first, column)
        for column in there
        if column is not first
        and diffs.way(row.outputs[columns.index(first)], row.outputs[columns.index(column)])
    ]


def _is_formatted(output: Output | None) -> bool:
    if output is None or output.kind is not OutputKind.MESSAGE:
        return False
    return isinstance(output.value, str) and _FORMATTED.search(output.value) is not None


def _pair(
    columns: Sequence[Column], one: Column, other: Column, row: OutputRow, number: int
) -> None:
    a, b = (row.outputs[columns.index(each)] for each in (one, other))
    key = f"output-{number}-{one.number}-{other.number}"
    with st.container(key=f"compared-pair-{number}-{one.number}-{other.number}"):
        st.markdown(f"**{one.name} → {other.name}**")
        diffs.draw(mark(columns), key, a, b, (one.name, other.name))


def _one(column: Column, output: Output, number: int) -> None:
    key = f"compared-{column.number}-{number}"
    outputs_view.draw_one(output, column.record.id, key, column.download)


def _why_none(column: Column, row: OutputRow) -> str:
    reason = row.not_run[column.number - 1]
    if reason:
        return f"did not run: {plain(reason)}"
    if not column.record.ended:
        return "has not returned it yet."
    return "has no such output."
