"""The run that is shown: its status as it changes, then what came of it."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator
from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import format_duration
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.model import Flow
from lfclient.runs.model import RunStatus
from pages._ui.app import navigation
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.run import approval, progress
from pages._ui.run import details as run_details
from pages._ui.state import run_page
from pages._ui.widgets import alerts, status_badges
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.placeholder import Placeholder

# a tick waits for news for nearly as long as the pause between two, so news is shown at once
REFRESH_SECONDS = 0.5
WAIT_SECONDS = 0.49
# for which a fragment that is to run again goes on: what was just drawn is sent, which would be
# dropped, and of several components that end at once each does not cost a turn
FLUSH_SECONDS = 0.02
# for which the rest of the page waits for the first news of a run that was just started, and for
# the browser to show them: what is drawn takes the processor from both, and from a server on the
# same machine
FIRST_UPDATE_SECONDS = 0.2
HEAD_START = 0.03


# of a run whose console died before the answer
_NOT_CONFIRMED_TEXT = "It is not known yet whether the server has it."
_REPEATED_TEXT = (
    "Sent {} times with one key, as the server's answer was lost: Langflow runs a key once, unless "
    "the attempt before had failed."
)
_NOT_WAITING_TEXT = "It is no longer waited for."  # a stop of a call ends the wait, not the run


class StatusPanel:
    """The status of a run that goes on; what changes is drawn in its place, the rest is left.

    The time that it has taken is as of the last other change: each tick begins with a new panel.
    """

    def __init__(self) -> None:
        self._head = Placeholder()
        self.going = progress.LiveProgress()

    def show(self, record: RunRecord, flow: Flow | None) -> None:
        """What has changed since the last time."""
        fault = app_context().runner.save_error
        said = (record.status, tuple(_sentences(record)), fault and fault.message)
        self._head.show(said, lambda place: _draw_head(place, record))
        self.going.show(record, flow)


def draw(server: ServerSession, record: RunRecord | None) -> StatusPanel | None:
    """The status panel, and once the run has ended its outputs; None is no run.

    Returns what `wait_for_end` changes, if the run goes on.

    Each part has one place whatever is in it, so that nothing of the run before is left to stand
    under the next one's status until the page is drawn to its end.
    """
    panel = None
    question = st.empty()
    with st.container(key="run-status", border=True):
        if record is None:
            _draw_empty()
        elif record.ended:
            _draw_head(st.empty(), record)
        else:
            panel = _follow(server, record.id, page_state(record), {"at once": True})
        problem = st.empty()
    result = st.empty()
    if record and approval.pending_question(record):
        with question.container():
            approval.draw(server, record)
    if record:
        with problem.container():
            approval.draw_decisions(server, record)
            if record.ended:
                run_details.draw_problems(server, record)
    if record and record.ended and record.run:
        with result.container():
            run_details.draw(server, record, record.run)
    if run_page.is_new_run():
        _show_first_update(server, record, panel)
    set_tab_title(record)
    return panel


def page_state(record: RunRecord) -> Hashable:
    """What of a run is drawn outside its fragment: with another one, the page is drawn again."""
    asked = approval.pending_question(record)
    stopping = record.stop_requested_at is not None
    return record.ended, stopping, (asked.request_id, asked.sent) if asked else None


def _draw_empty() -> None:
    st.markdown(
        "##### :material/outbox: No run is shown\n\n"
        ":small[:gray[Fill in the inputs and press Run. The status and the outputs appear here.]]"
    )


def set_tab_title(record: RunRecord | None) -> None:
    """Put the status into the title of the browser's tab."""
    if record:
        sign = status_badges.STATUS_STYLES[record.status].symbol
        navigation.set_title(f"{sign} {status_badges.status_label(record.status, record.mode)}")


def _show_first_update(
    server: ServerSession, record: RunRecord | None, panel: StatusPanel | None
) -> None:
    """What a run that was just started says first, its components or its end."""
    if record and panel and progress.reports_progress(record):
        for news in _updates(server, record, FIRST_UPDATE_SECONDS):
            panel.show(news, server.cached_flow(news.flow_id))
            if news.ended or progress.component_states(news):
                break
    time.sleep(HEAD_START)


def wait_for_end(
    server: ServerSession, record: RunRecord | None, panel: StatusPanel | None = None
) -> None:
    """At the end of the page: what happens within the first tick is shown as soon as it has,
    the end of the run or, in `panel`, what it does until then.

    A press on anything cuts this short; the fragment's own ticks take over afterwards.
    """
    if record is None:
        return
    for news in _updates(server, record, WAIT_SECONDS):
        if news.ended:
            st.rerun()
        if panel:
            panel.show(news, server.cached_flow(news.flow_id))
    # where a press has begun another drawing of the page, this one ends here: at its own end, it
    # would drop the fragments of the other as not its own, and they would answer nothing any more
    st.empty()


def _updates(server: ServerSession, record: RunRecord, seconds: float) -> Iterator[RunRecord]:
    """The newest record whenever there is a newer one, for so long or until the run has ended."""
    until = time.monotonic() + seconds
    latest: RunRecord | None = record
    while latest is not None and not latest.ended and (left := until - time.monotonic()) > 0:
        version = latest.version
        latest = app_context().runner.wait_for_change(record.id, version, left)
        if latest is not None and latest.owner == server.owner and latest.version != version:
            yield latest


@st.fragment(run_every=REFRESH_SECONDS)
@alerts.show_errors()
def _follow(
    server: ServerSession, run_id: str, drawn: Hashable, first: dict[str, bool]
) -> StatusPanel | None:
    """Draw the run again whenever it changes, and the whole page when that has to change.

    Waits in short turns: clicks inside fragments wait for them. The first time, as a part of the
    page, it does not wait, so that the rest of the page is drawn. Nothing is asked of the server
    from here, so that a closed or hidden tab changes nothing for the run.
    """
    runner = app_context().runner
    at_once = first.pop("at once", False)
    until = time.monotonic() + (0 if at_once else WAIT_SECONDS)
    record = runner.get(run_id, server.owner)
    if record is None:
        return None
    flow = server.cached_flow(record.flow_id)
    panel = StatusPanel()
    panel.show(record, flow)
    outline, named, again = progress.component_states(record), None, False
    panel.going.draw_components(server, record, flow)
    while not at_once:
        if record.status is not named:
            set_tab_title(record)
            named = record.status
        if page_state(record) != drawn:
            st.rerun()
        if not again and progress.component_states(record) != outline:
            again, until = True, time.monotonic() + FLUSH_SECONDS
        left = until - time.monotonic()
        record = runner.wait_for_change(run_id, record.version, left) if left > 0 else None
        if record is None:
            break
        panel.show(record, flow)
    if again:
        st.rerun(scope="fragment")  # the results to choose from have a key, drawn once a turn
    return panel


def _draw_head(place: DeltaGenerator, record: RunRecord) -> None:
    with place.container():
        took = format_duration(record.elapsed(datetime.now(UTC)))
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            badge = status_badges.markdown_badge(record.status, record.mode)
            st.markdown(f"{badge}  **{took}**", width="content")
            st.caption(escape(record.flow_name), width="content")
        st.caption(" ".join(_sentences(record)))
        if record.input_summary:
            st.caption(f":material/input: {escape(record.input_summary)}")
        unwritten = app_context().runner.save_error
        if unwritten:
            alerts.show_message(
                "The console cannot write its records",
                f"{unwritten.message} The run itself goes on. What is shown here is lost if the "
                "console ends before it can write again, which it keeps trying.",
                unwritten.hint,
                warning=True,
            )


def _sentences(record: RunRecord) -> list[str]:
    left = record.mode == "sync" and record.status is RunStatus.CANCELLED
    said = [_NOT_WAITING_TEXT if left else status_badges.STATUS_STYLES[record.status].description]
    if record.status is RunStatus.QUEUED and record.note and not record.job_id:
        said = [_NOT_CONFIRMED_TEXT]
    elif record.status is RunStatus.QUEUED and record.queue_limit:
        said.append(f"The server runs {record.queue_limit} at a time.")
    asked = approval.pending_question(record)
    if asked:
        said.append(escape(approval.deadline_text(asked)))
    if record.status is RunStatus.UNKNOWN and record.run:
        said.append(f"Its word: {escape(record.run.server_status)}.")
    if record.stop_requested_at and not record.stop_result and not record.ended:
        said.append("A stop was asked for.")
    if record.stop_result and not record.ended:
        said.append(escape(record.stop_result))
    if record.note:
        said.append(escape(record.note))
    if record.attempts > 1:
        said.append(_REPEATED_TEXT.format(record.attempts))
    return said
