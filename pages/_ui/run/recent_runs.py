"""The latest runs of the chosen flow, with their statuses and what came out."""

import streamlit as st

from lfclient.common.formatting import clean_text, clip, clip_middle, format_duration, summary_line
from lfclient.console.content.output_kinds import IMAGE_SUMMARY
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import RunSummary
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from pages._ui.app import navigation, streamlit_patches, window
from pages._ui.connection.server_session import ServerSession
from pages._ui.history.rows import STAR, image_url
from pages._ui.history.view import run_history
from pages._ui.run import pace
from pages._ui.state import flow_choice, query_params, run_page
from pages._ui.widgets import alerts, status_badges
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_time

MAX_RUNS = 10
# in a row; in narrow windows, inputs have a line of their own
MAX_INPUT_CHARS, MAX_NARROW_INPUT_CHARS, MAX_OUTPUT_CHARS = 28, 60, 80
_SPACE = "&nbsp;"


def draw(server: ServerSession, flow: Flow | None) -> None:
    """Draw the list, without a flow of all flows if there are any.

    Refresh it until all of them are settled.
    """
    try:
        runs = _load(server.owner, flow)
    except LangflowError as error:
        alerts.show(error)
        return
    if not (runs or flow):
        return
    with st.container(key="recent-head", horizontal=True, vertical_alignment="center"):
        st.markdown("## Recent runs", anchors=False, width="content")
        st.page_link(
            navigation.page("history"),
            label="All runs",
            icon=":material/history:",
            query_params={query_params.FLOW: flow.id} if flow else None,
        )
    if not runs:
        st.caption("No runs of this flow yet")
        return
    interval = None if _all_settled(runs) else pace.list_seconds()
    st.fragment(_draw_rows, run_every=interval)(server.owner, flow)


def _load(owner: str, flow: Flow | None) -> list[RunSummary]:
    run_filter = RunFilter(flow_id=flow.id if flow else None)
    return list(run_history().page([owner], run_filter, limit=MAX_RUNS).runs)


def _all_settled(runs: list[RunSummary]) -> bool:
    return all(run.is_settled for run in runs)


@alerts.show_errors()
def _draw_rows(owner: str, flow: Flow | None) -> None:
    runs = _load(owner, flow)
    shown = run_page.run_id()
    is_narrow = window.is_narrow()
    with st.container(key="recent-runs", gap="xxsmall"):
        max_chars = MAX_NARROW_INPUT_CHARS if is_narrow else MAX_INPUT_CHARS
        summaries = [summary_line(run.input_summary, max_chars) for run in runs]
        space = _SPACE if any(summaries) else ""
        odd = run_history().odd_runs(runs)
        for run, inputs in zip(runs, summaries, strict=True):
            output = clean_text(clip_middle(run.output_summary, MAX_OUTPUT_CHARS))
            inputs_text = escape(inputs) or space
            parts = [_marks(run, is_odd=run.id in odd), _output(run, output)]
            result = " ".join(part for part in parts if part)
            if result and inputs and is_narrow:
                result = f"→ {result}"  # above its input, not in a column of its own
            _draw_row(run, inputs_text, result, is_shown=run.id == shown, with_flow=flow is None)
    if _all_settled(runs):
        streamlit_patches.stop_timer()


def _draw_row(
    run: RunSummary, inputs: str, result: str, *, is_shown: bool, with_flow: bool
) -> None:
    """Draw a run as one button: the browser redraws every element after each click.

    In wide windows, the stylesheet makes each part a cell: an empty one is a space. `inputs` and
    `result` are Markdown; `inputs` is "" if no run of the list has any.
    """
    duration = "" if run.seconds is None else format_duration(run.seconds)
    parts = [
        format_time(run.created_at, seconds=True),
        status_badges.markdown_badge(run),
        f"**{escape(clip(run.flow_name, 40))}**" if with_flow else "",
        f":gray[{duration or _SPACE}]",
        f":gray[{inputs}]" if inputs else "",
        f":small[{result}]" if result else "",
    ]
    clicked = st.button(
        " ".join(part for part in parts if part),
        key=f"open-{run.id}",
        type="tertiary",
        disabled=is_shown,
        width="stretch",
    )
    if clicked:
        flow_choice.REQUESTED.set(run.flow_id)
        run_page.detach_form(run.flow_id)  # the run comes with its inputs, whoever started it
        run_page.show_run(run.id)
        st.rerun()


def _output(run: RunSummary, line: str) -> str:
    """Return what came out: the thumbnail of an image, and the line of the outputs."""
    image = f"![{IMAGE_SUMMARY}]({image_url(run)})" if run.thumbnail else ""
    is_image = image and run.output_summary == IMAGE_SUMMARY
    return " ".join(filter(None, [image, "" if is_image else escape(line)]))


def _marks(run: RunSummary, *, is_odd: bool) -> str:
    """Return the star and the labels, and whether the result is not that of most runs here."""
    labels = [f":gray-badge[{escape(clip(clean_text(label), 20))}]" for label in run.labels]
    odd = [":orange-badge[differs]"] if is_odd else []
    return " ".join([*([STAR] if run.starred else []), *odd, *labels])
