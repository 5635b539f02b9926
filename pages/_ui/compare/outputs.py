"""The outputs of the baseline and another run, component by component."""

from functools import partial

import streamlit as st

from lfclient.common.formatting import clip, clip_middle, humanize, with_id
from lfclient.console.compare.differences import OutputMatch, as_structured, normalize_ignored
from lfclient.console.compare.survey import (
    MatchKey,
    OutputCell,
    OutputPair,
    have_same_flow,
    match_outputs,
)
from lfclient.console.compare.volatile import IDS_AND_TIMES
from lfclient.console.content.images import find_images
from lfclient.console.wording.statuses import not_run_label
from lfclient.outputs.model import Output
from pages._ui.compare.runs import ShownRun, versions_key
from pages._ui.connection.app_context import app_context
from pages._ui.outputs import message
from pages._ui.outputs import view as outputs_view
from pages._ui.outputs.card import OutputCard
from pages._ui.outputs.view import DIFFERENCES, SIDE_BY_SIDE
from pages._ui.state import compare_page
from pages._ui.widgets import alerts, controls, diffs
from pages._ui.widgets.markdown import escape

MAX_OPEN_CARDS = 6  # outputs drawn before a person opens them
_BADGES = {
    OutputMatch.EQUAL: ":green-badge[:material/check: Identical]",
    OutputMatch.DIFFERENT: ":orange-badge[:material/difference: Different]",
    OutputMatch.UNKNOWN: ":gray-badge[:material/help: Not compared]",
}

RunPair = tuple[ShownRun, ShownRun]


def draw(baseline: ShownRun, run: ShownRun, *, one_flow: bool) -> None:
    """Draw a card for each component's output, those that differ first.

    `one_flow`: all compared runs, not only these two, are of one flow.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("## Outputs", anchors=False, width="content")
        st.button(
            "Swap",
            key=compare_page.compare_key("swap"),
            icon=":material/swap_horiz:",
            type="tertiary",
            help=f"Make {run.name} the baseline",
            on_click=_swap,
            args=(baseline.record.id, run.record.id),
        )
    for each in (baseline, run):
        if each.survey.problem:
            problem = escape(each.survey.problem)
            st.caption(f":material/info: Can't compare {each.name}: {problem}.")
    if baseline.survey.problem or run.survey.problem:
        return
    cells = list(run.survey.cells.items())
    if not cells:
        st.caption("These runs have no outputs.")
        return
    if all(map(_is_identical, run.survey.cells.values())):
        st.markdown(":green[:material/check:] Outputs are identical.")
    open_cards = 0
    for number, (key, cell) in sorted(enumerate(cells), key=lambda item: _is_identical(item[1][1])):
        is_open = not _is_identical(cell) and open_cards < MAX_OPEN_CARDS
        open_cards += is_open
        _draw_card((baseline, run), number, key, cell, is_open, one_flow)


def _swap(baseline_id: str, run_id: str) -> None:
    compare_page.write_baseline_to_url(run_id)
    compare_page.CHOSEN_RUN.set(baseline_id)


def _is_identical(cell: OutputCell) -> bool:
    return cell.difference.match is OutputMatch.EQUAL


@st.fragment
@alerts.show_errors()
def _draw_card(
    runs: RunPair, number: int, key: MatchKey, cell: OutputCell, is_open: bool, one_flow: bool
) -> None:
    with st.container(border=True, key=f"compared-output-{number}"):
        title = escape(_name(cell))
        icon = outputs_view.VIEWERS[cell.kind].icon
        note = escape(clip(cell.difference.note, 200))
        words = (
            f" :gray[{note}]" if note and cell.difference.match is not OutputMatch.MISSING else ""
        )
        name = f":material/{icon}: **{title}** " if len(runs[1].survey.cells) > 1 else ""
        st.markdown(f"{name}{_badge(runs, cell)}{words}")
        toggle_key = compare_page.compare_key(f"show-{number}-{title}")
        if not is_open and not st.toggle("Show output", key=toggle_key):
            return
        pair = _load_pair(runs, key, one_flow)
        if pair is None:
            st.caption("One of these runs was deleted.")
        elif _is_identical(cell) and pair.after:
            _draw_output(runs[1], pair.after, number, cell)
        else:
            _draw_outputs(runs, number, pair, cell)


def _name(cell: OutputCell) -> str:
    name = clip_middle(cell.component, 80)
    return f"{name} · {humanize(clip(cell.part, 60))}" if cell.part else name


def _badge(runs: RunPair, cell: OutputCell) -> str:
    if cell.difference.match is not OutputMatch.MISSING:
        return _BADGES[cell.difference.match]
    color = "orange" if have_same_flow(runs) else "gray"
    only = runs[1] if cell.difference.note else runs[0]
    return f":{color}-badge[:material/remove: Only in {only.name}]"


def _load_pair(runs: RunPair, key: MatchKey, one_flow: bool) -> OutputPair | None:
    """Read the two values. Holding them would keep them in memory while the page is open."""
    records = [app_context().runner.get(run.record.id, run.server.owner) for run in runs]
    before, after = (record.run if record else None for record in records)
    pairs = match_outputs(before, after, one_flow=one_flow)
    return next((pair for pair in pairs if pair.key == key), None)


def _draw_outputs(runs: RunPair, number: int, pair: OutputPair, cell: OutputCell) -> None:
    outputs = list(zip(runs, (pair.before, pair.after), strict=True))
    both = as_structured(pair.before, pair.after) if pair.before and pair.after else None
    view = SIDE_BY_SIDE
    if both and diffs.can_diff(*both):
        # the source text of a message has its images in base64
        is_illustrated = both[1].markdown is not None and all(map(find_images, both))
        views = [SIDE_BY_SIDE, DIFFERENCES] if is_illustrated else [DIFFERENCES, SIDE_BY_SIDE]
        view_key = compare_page.compare_key(f"view-{number}-{escape(cell.component)}")
        view = controls.view_switch("View", views, view_key)
    if both and view == DIFFERENCES:
        _draw_differences(runs, number, both, cell)
    else:
        marked = _mark_words(runs, number, both, cell) if both else None
        texts = marked or (None, None)
        for column, (run, output), text in zip(st.columns(2), outputs, texts, strict=True):
            with column:
                st.markdown(f"**{run.name}**")
                if output is None:
                    st.caption(_missing_reason(run, pair))
                elif text is not None:
                    message.draw_marked(_card(run, output, number), text)
                else:
                    _draw_output(run, output, number, cell)
    if both and both[0].kind is not both[1].kind:
        kinds = [f"{run.name}: {output.kind.value}" for run, output in outputs if output]
        st.caption(f"These outputs are of different kinds. {', '.join(kinds)}.")
    cut = [run.name for run, output in outputs if output and output.truncated]
    if cut:
        st.caption(
            f":orange[:material/content_cut:] The server truncated the output of "
            f"{', '.join(cut)}. Only the received part is compared."
        )


def _draw_differences(
    runs: RunPair, number: int, both: tuple[Output, Output], cell: OutputCell
) -> None:
    names = (runs[0].name, runs[1].name)
    pair_key = _pair_key(runs, number)
    ignored = cell.difference.ignored
    before, after = (
        partial(normalize_ignored, own=run.survey.own_values, ignored=ignored) for run in runs
    )
    with st.container(key=f"compared-pair-{pair_key}"):
        st.markdown(f"**{names[0]} → {names[1]}**")
        version = (versions_key(runs), ignored)
        diffs.draw(version, f"output-{pair_key}", *both, names, (before, after))
    if any(map(_has_markdown, both)):
        st.caption(f"Compares the source text. “{SIDE_BY_SIDE}” shows it formatted.")


def _mark_words(
    runs: RunPair, number: int, both: tuple[Output, Output], cell: OutputCell
) -> tuple[str, str] | None:
    """Return both messages with their differing words marked.

    None for other outputs, and for messages that are formatted or have differences to ignore.
    """
    ignored = cell.difference.ignored
    if IDS_AND_TIMES in ignored or not all(map(_is_plain, both)):
        return None
    key = f"output-{_pair_key(runs, number)}"
    before, after = (output.value for output in both)
    return diffs.mark_sides((versions_key(runs), ignored), key, before, after)


def _is_plain(output: Output) -> bool:
    """Return whether nothing but the text is drawn of an output, without any format."""
    has_more = output.extras or output.note or output.truncated
    return bool(output.markdown) and not has_more and not _has_markdown(output)


def _pair_key(runs: RunPair, number: int) -> str:
    return f"{number}-{runs[0].number}-{runs[1].number}"


def _has_markdown(output: Output) -> bool:
    return output.markdown is not None and message.has_format(output.markdown)


def _draw_output(run: ShownRun, output: Output, number: int, cell: OutputCell) -> None:
    card = _card(run, output, number)
    title = with_id(_name(cell), run.name)
    outputs_view.draw_output(output, card.run_id, card.key, card.source, title)


def _card(run: ShownRun, output: Output, number: int) -> OutputCard:
    key = f"compared-{run.number}-{number}"
    return OutputCard(output, run.record.id, key, run.server)


def _missing_reason(run: ShownRun, pair: OutputPair) -> str:
    if pair.not_run:
        return f"{not_run_label(pair.not_run)}: {escape(pair.not_run)}"
    if not run.record.ended:
        return "No output yet."
    return "No such output."
