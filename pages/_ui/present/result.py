"""The result of a run as an audience sees it: the output large, errors in words."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import format_duration
from lfclient.console.store.omissions import MISSING_OUTPUTS_REASONS
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.model import Flow
from lfclient.outputs.model import OutputKind
from lfclient.runs.components import Message
from lfclient.runs.error_causes import explain_error
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.outputs import view as outputs_view
from pages._ui.outputs.card import Download
from pages._ui.present import share_result
from pages._ui.present.presented import Presented
from pages._ui.run import approval, progress, status_panel
from pages._ui.state import run_page
from pages._ui.widgets import alerts, status_badges
from pages._ui.widgets.markdown import sanitize
from pages._ui.widgets.placeholder import Placeholder

_ASK = "Try again. If that doesn't help, tell the person who sent you this link."
_HEADINGS = {
    RunStatus.FAILED: "The flow failed",
    RunStatus.TIMED_OUT: "The flow took too long",
    RunStatus.INTERRUPTED: "The connection to the flow was lost",
    RunStatus.OUTCOME_UNKNOWN: "The connection to the flow was lost",
    RunStatus.UNKNOWN: "The outcome of the flow is unknown",
}


class AudiencePanel(status_panel.StatusPanel):
    """A running run without its components, tokens and notes."""

    def draw_head(self, place: DeltaGenerator, record: RunRecord) -> None:
        """Draw the status and the duration."""
        draw_status(place, record)

    def summarize(self, record: RunRecord, flow: Flow | None) -> tuple[float | None, str]:
        """Return the share of ended components, without their names."""
        share, words = progress.summarize(record, None)
        return (
            (share, words.partition(" ·")[0].replace("components", "steps"))
            if share
            else (None, "")
        )

    def set_tab_title(self, record: RunRecord) -> None:
        """Leave the title of the browser tab."""

    def draw_frames(self, place: DeltaGenerator, written: list[Message]) -> None:
        """Draw no frames, so that the text stays in its place at the end."""
        with place.container():
            for message in written:
                self.texts[message.id] = Placeholder()

    def draw_components(self, server: ServerSession, record: RunRecord, flow: Flow | None) -> None:
        """Draw nothing."""


def draw(
    presented: Presented, record: RunRecord | None, progress_place: DeltaGenerator
) -> status_panel.StatusPanel | None:
    """Draw the run; return the panel of a running one."""
    server = presented.server
    with st.container(key="run-status"):
        if record is None:
            st.markdown(":gray[The result appears here.]")
            return None
        places = status_panel.Places(st.container(key="run-head"), progress_place)
        question = st.empty()
        if approval.pending_question(record):
            with question.container():
                approval.draw(server, record)
        panel = None
        with st.empty().container(key="present-output"):
            if not record.ended:
                panel = status_panel.follow(server, record, places, AudiencePanel)
            else:
                draw_status(places.head.empty(), record)
                reload = _reload(server, record)
                draw_result(record, presented.settings.outputs, server.download, reload, record.id)
                share_result.draw(server, record, presented.flow)
    if run_page.NEW_RUN.get():
        status_panel.show_first_update(server, record, panel)
    return panel


def draw_status(place: DeltaGenerator, record: RunRecord) -> None:
    """Draw the status and the duration of a run."""
    badge = status_badges.markdown_badge(record.status, record.mode)
    place.markdown(f"{badge}  **{format_duration(record.elapsed())}**")


def draw_result(
    record: RunRecord,
    chosen: tuple[str, ...] | None,
    download: Download,
    reload: outputs_view.GetRun,
    name: str,
) -> None:
    """Draw the errors of an ended run in words, and the chosen outputs, by default all.

    `name` stands for the run's id on the page.
    """
    _draw_problem(record)
    run = record.run
    if run is None or record.stored_parts in MISSING_OUTPUTS_REASONS:
        if record.status is RunStatus.COMPLETED:
            st.caption("The result was not saved.")
        return
    with st.container(key="outputs"):
        outputs = {
            id: output
            for id, output in run.distinct_outputs.items()
            if output.kind is not OutputKind.ERROR
        }
        ids = [id for id in outputs if chosen is None or id in chosen]
        for message in run.unfinished_messages if record.status is not RunStatus.COMPLETED else ():
            st.markdown(sanitize(message.visible_text)[0])
        for number, id in enumerate(ids):
            outputs_view.draw_plain(
                run, id, name, download, reload, key=str(number), with_title=len(ids) > 1
            )
        if not ids and record.status is RunStatus.COMPLETED:
            st.caption("The flow returned nothing to show.")


def _reload(server: ServerSession, record: RunRecord) -> Callable[[], Run | None]:
    run_id, owner = record.id, server.owner

    def reload() -> Run | None:
        latest = app_context().runner.get(run_id, owner)
        return latest.run if latest else None

    return reload


def _draw_problem(record: RunRecord) -> None:
    heading = _HEADINGS.get(record.status)
    if heading is None:
        return
    texts = [error.message for error in record.run.errors] if record.run else []
    texts += [record.problem.message] if record.problem else []
    causes = [cause.message for cause in map(explain_error, texts) if cause]
    alerts.show_message(heading, " ".join(dict.fromkeys(causes)), _ASK)
