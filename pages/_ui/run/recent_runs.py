"""The chosen flow's latest runs, each with its question and answer."""

import streamlit as st

from lfclient.common.formatting import clean_text, clip, clip_middle, format_duration, summary_line
from lfclient.console.content.output_kinds import IMAGE_SUMMARY
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import RunSummary
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.model import RunStatus
from pages._ui.app import navigation, streamlit_patches
from pages._ui.connection.server_session import ServerSession
from pages._ui.history.rows import STAR, image_url
from pages._ui.history.view import run_history
from pages._ui.run import pace
from pages._ui.state import flow_choice, query_params, run_page
from pages._ui.widgets import alerts, status_badges
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_age

MAX_RUNS = 10
_MAX_CHARS = 160  # of a line; the stylesheet cuts it to the width


def draw(server: ServerSession, flow: Flow | None) -> None:
    """Draw the flow's runs, or the runs of all flows without a flow, if there are any.

    Refresh the list until all runs are settled.
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
    with st.container(key="recent-runs", gap="xxsmall"):
        for run in runs:
            _draw_row(run, with_flow=flow is None)
    if _all_settled(runs):
        streamlit_patches.stop_timer()


def _draw_row(run: RunSummary, *, with_flow: bool) -> None:
    """Draw a run as one button: the browser redraws every element after each click.

    The stylesheet draws the bold text and the facts on the first line, the rest on the second.
    """
    question = escape(summary_line(run.input_summary, _MAX_CHARS))
    answer = " ".join(filter(None, [_marks(run), _output(run)]))
    first, second = (question, answer) if question else (answer or escape(run.flow_name), "")
    facts = [
        clip(clean_text(run.flow_name), 40) if with_flow else "",
        format_age(run.created_at),
        "" if run.seconds is None else format_duration(run.seconds),
    ]
    parts = [
        f"**{first}**",
        f":gray[{escape(' · '.join(filter(None, facts)))}]",
        f":small[{second}]" if second else "",
    ]
    clicked = st.button(
        " ".join(part for part in parts if part),
        key=f"open-{run.id}",
        type="tertiary",
        disabled=run.id == run_page.run_id(),
        width="stretch",
    )
    if clicked:
        flow_choice.REQUESTED.set(run.flow_id)
        run_page.detach_form(run.flow_id)  # the run comes with its inputs, whoever started it
        run_page.show_run(run.id)
        st.rerun()


def _output(run: RunSummary) -> str:
    """Return the run's thumbnail and the line of its outputs, as Markdown."""
    image = f"![{IMAGE_SUMMARY}]({image_url(run)})" if run.thumbnail else ""
    is_image = image and run.output_summary == IMAGE_SUMMARY
    line = "" if is_image else escape(clean_text(clip_middle(run.output_summary, _MAX_CHARS)))
    return " ".join(filter(None, [image, line]))


def _marks(run: RunSummary) -> str:
    """Return the status unless the run is completed, and the star, as Markdown."""
    is_completed = run.status is RunStatus.COMPLETED
    marks = [
        "" if is_completed else status_badges.markdown_badge(run),
        STAR if run.starred else "",
    ]
    return " ".join(filter(None, marks))
