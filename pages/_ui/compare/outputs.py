"""The compared runs' outputs, component by component."""

import re
from collections.abc import Sequence

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.compare.outputs import (
    OutputMatch,
    OutputRow,
    compare_outputs,
    is_equal_output,
)
from lfclient.console.presentation.statuses import NOT_RUN
from lfclient.outputs.model import Output, OutputKind
from pages._ui.compare.runs import ComparedRun, have_same_flow, versions_key
from pages._ui.outputs import view as outputs_view
from pages._ui.outputs.output_pair import DIFFERENCES, SIDE_BY_SIDE
from pages._ui.state import compare_page, run_page
from pages._ui.widgets import alerts, controls, diffs
from pages._ui.widgets.markdown import escape, humanize

MAX_OPEN_CARDS = 6  # outputs drawn before a person opens them
_BADGES = {
    OutputMatch.EQUAL: ":green-badge[:material/check: identical]",
    OutputMatch.DIFFERENT: ":orange-badge[:material/difference: different]",
    OutputMatch.MISSING: ":orange-badge[:material/remove: missing]",
    OutputMatch.UNKNOWN: ":gray-badge[:material/help: same name]",
}
# Markdown syntax, which the differences of a text show as source
_MARKDOWN_SYNTAX = re.compile(r"\*\*|__|`|\]\(|^ {0,3}(#{1,6} |[*+-] |\||> )", re.MULTILINE)

RunOutput = tuple[ComparedRun, Output]


def draw(runs: Sequence[ComparedRun]) -> None:
    """Draw a card for each component's output, those that differ first."""
    st.markdown("## Outputs", anchors=False)
    same_flow = have_same_flow(runs)
    rows = run_page.cached(
        "compared-outputs",
        lambda: compare_outputs([run.record.run for run in runs], one_flow=same_flow),
        versions_key(runs),
    )
    if not rows:
        st.caption("These runs have no outputs.")
        return
    all_identical = all(_is_identical(row) for row in rows)
    if all_identical:
        st.markdown(":green[:material/check:] Outputs are identical.")
    base = runs[0] if all_identical or len(runs) == 2 else _choose_base(runs)
    open_cards = 0
    for number, row in sorted(enumerate(rows), key=lambda item: _is_identical(item[1])):
        is_open = not _is_identical(row) and open_cards < MAX_OPEN_CARDS
        open_cards += is_open
        _draw_card(runs, base, number, row, is_open)


def _is_identical(row: OutputRow) -> bool:
    return row.match is OutputMatch.EQUAL


def _choose_base(runs: Sequence[ComparedRun]) -> ComparedRun:
    names = {run.name: run for run in runs}
    chosen = st.segmented_control(
        "Compare with",
        list(names),
        default=runs[0].name,
        required=True,
        key=compare_page.compare_key("base"),
    )
    return names.get(chosen, runs[0])


@st.fragment
@alerts.show_errors()
def _draw_card(
    runs: Sequence[ComparedRun], base: ComparedRun, number: int, row: OutputRow, is_open: bool
) -> None:
    with st.container(border=True, key=f"compared-output-{number}"):
        title = escape(clip(row.component, 80))
        if row.part:
            title += f" · {escape(humanize(clip(row.part, 60)))}"
        icon = outputs_view.VIEWERS[row.kind or OutputKind.UNKNOWN].icon
        st.markdown(f":material/{icon}: **{title}** {_BADGES[row.match]}")
        toggle_key = compare_page.compare_key(f"show-{number}-{title}")
        if not is_open and not st.toggle("Show", key=toggle_key):
            return
        first = row.outputs[0]
        if first is not None and _is_identical(row):
            _draw_output(runs[0], first, number)
        else:
            _draw_outputs(runs, base, number, row)


def _draw_outputs(
    runs: Sequence[ComparedRun], base: ComparedRun, number: int, row: OutputRow
) -> None:
    outputs = list(zip(runs, row.outputs, strict=True))
    pairs = _comparable_pairs(outputs, base)
    view = SIDE_BY_SIDE
    if pairs:
        key = compare_page.compare_key(f"view-{number}-{escape(row.component)}")
        view = controls.view_switch("View", (DIFFERENCES, SIDE_BY_SIDE), key)
    if view == DIFFERENCES:
        for first, second in pairs:
            _draw_pair(runs, first, second, number)
        if any(_has_markdown(output) for output in row.outputs):
            st.caption(f"Compares the source text. “{SIDE_BY_SIDE}” shows it formatted.")
        for run, output in outputs:
            if output is None:
                st.caption(f"{run.name}: {_missing_reason(run, row)}")
    else:
        for column, (run, output) in zip(st.columns(len(runs)), outputs, strict=True):
            with column:
                st.markdown(f"**{run.name}**{_equal_badge(runs, row, run)}")
                if output is None:
                    st.caption(_missing_reason(run, row))
                else:
                    _draw_output(run, output, number)
    if row.kind is None:
        kinds = [f"{run.name}: {output.kind.value}" for run, output in outputs if output]
        st.caption(f"These outputs are of different kinds. {', '.join(kinds)}.")
    if row.match is OutputMatch.UNKNOWN:
        st.caption("The files have the same name and size. Their content is not compared.")
    cut = [run.name for run, output in outputs if output and output.truncated]
    if cut:
        st.caption(
            f":orange[:material/content_cut:] The server truncated the output of "
            f"{', '.join(cut)}. Only the received part is compared."
        )


def _equal_badge(runs: Sequence[ComparedRun], row: OutputRow, run: ComparedRun) -> str:
    """Return a badge that names an earlier run with the same output, or ""."""
    index = runs.index(run)
    own = row.outputs[index]
    for other, output in zip(runs[:index], row.outputs, strict=False):
        if own is not None and output is not None and is_equal_output(own, output):
            return f" :green-badge[:material/check: same as {other.name}]"
    return ""


def _comparable_pairs(
    outputs: Sequence[tuple[ComparedRun, Output | None]], base: ComparedRun
) -> list[tuple[RunOutput, RunOutput]]:
    """Pair the output of `base`, or the first there is, with each output that can be diffed."""
    with_value = [(run, output) for run, output in outputs if output and output.value is not None]
    with_value.sort(key=lambda pair: pair[0] is not base)
    pairs = [(with_value[0], pair) for pair in with_value[1:]]
    return [pair for pair in pairs if diffs.choose_diff(pair[0][1], pair[1][1])]


def _has_markdown(output: Output | None) -> bool:
    if output is None or output.kind is not OutputKind.MESSAGE:
        return False
    return isinstance(output.value, str) and _MARKDOWN_SYNTAX.search(output.value) is not None


def _draw_pair(
    runs: Sequence[ComparedRun], first: RunOutput, second: RunOutput, number: int
) -> None:
    (run, output), (other_run, other_output) = first, second
    pair_key = f"{number}-{run.number}-{other_run.number}"
    with st.container(key=f"compared-pair-{pair_key}"):
        st.markdown(f"**{run.name} → {other_run.name}**")
        names = (run.name, other_run.name)
        diffs.draw(versions_key(runs), f"output-{pair_key}", output, other_output, names)


def _draw_output(run: ComparedRun, output: Output, number: int) -> None:
    key = f"compared-{run.number}-{number}"
    outputs_view.draw_output(output, run.record.id, key, run.server.download)


def _missing_reason(run: ComparedRun, row: OutputRow) -> str:
    reason = row.not_run[run.number - 1]
    if reason:
        return f"{NOT_RUN}: {escape(reason)}"
    if not run.record.ended:
        return "No output yet."
    return "No such output."
