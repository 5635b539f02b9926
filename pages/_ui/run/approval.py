"""A run that waits for a person: the question, a button per decision, and others that wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import streamlit as st

from lfclient.common.formatting import clip, format_duration
from lfclient.console.presentation.component_names import ComponentNames, describe_decision
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.components import Decision, HumanInput
from lfclient.runs.model import RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import notices, run_page
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape, first_line, format_time, strip_remote_images

MAX_PROMPT_CHARS = 5_000  # characters of a question that are shown
MAX_DECISIONS = 20  # questions of a run of which the answer is shown


def pending_question(record: RunRecord | None) -> HumanInput | None:
    """What the run waits for, if it does."""
    waits = record is not None and record.status is RunStatus.SUSPENDED and record.run
    return record.run.waiting_for if waits else None


def draw(server: ServerSession, record: RunRecord | None) -> None:
    """The question of the run that is shown. Outside fragments, so that no press is lost."""
    asked = pending_question(record)
    if record is None or asked is None:
        return
    with st.container(border=True, key="approval"):
        st.markdown(
            "##### :violet[:material/front_hand:] This run waits for your decision", anchors=False
        )
        st.markdown(
            strip_remote_images(clip(asked.prompt, MAX_PROMPT_CHARS))[0] or "*No question.*"
        )
        with st.container(horizontal=True, key="decisions"):
            for number, decision in enumerate(asked.decisions):
                _button(server, record, asked, decision, number)
        if asked.sent is not None:
            st.caption(
                f"Sent: {escape(asked.label_of(asked.sent))}. Waiting for the server to go on."
            )
        elif not asked.decisions:
            st.caption("The server names no decision that it takes. Stop the run, or look into it.")


def _button(
    server: ServerSession, record: RunRecord, asked: HumanInput, decision: Decision, number: int
) -> None:
    st.button(
        escape(clip(decision.label, 60)),
        # by the question too: a press on an earlier one must not count for the next
        key=f"decide-{record.id}-{asked.request_id}-{number}",
        type="primary" if number == 0 else "secondary",
        disabled=asked.sent is not None,
        on_click=_decide,
        args=(server, record.id, asked, decision.action_id),
    )


def _decide(server: ServerSession, run_id: str, asked: HumanInput, action_id: str) -> None:
    try:
        app_context().runner.decide(run_id, server.connection, asked, action_id)
    except LangflowError as error:
        notices.set_notice(error)
    else:
        run_page.set_decided_question(asked.request_id)


def draw_decisions(server: ServerSession, record: RunRecord) -> None:
    """What was decided in the run so far, by whom of its components it was asked, and what."""
    for question, words, more in _decisions(server, record):
        said = ", ".join(filter(None, [f"**{escape(clip(words, 60))}**", escape(more)]))
        st.markdown(f":violet[:material/front_hand:] Decided: {said} :gray[· {escape(question)}]")


def _decisions(server: ServerSession, record: RunRecord) -> Iterator[tuple[str, str, str]]:
    run = record.run
    if run is None or not run.decided:
        return
    names = ComponentNames(server.cached_flow(record.flow_id), run.components)
    now = datetime.now(UTC)
    for one in run.decided[-MAX_DECISIONS:]:
        asked = [names.label(one.component_id, max_length=60)] if one.component_id else []
        prompt = clip(first_line(one.prompt), 120)
        question = ": ".join([*asked, *([f"“{prompt}”"] if prompt else [])])
        yield question, *describe_decision(one, lambda at: format_time(at, now))


def deadline_text(asked: HumanInput) -> str:
    """For how long a decision counts, and what is done instead later; "" for no limit.

    A run waits on after that: Langflow then takes its fallback instead of the chosen branch, or
    none at all.
    """
    if asked.expires_at is None:
        return ""
    left = (asked.expires_at - datetime.now(UTC)).total_seconds()
    then = "nothing that follows the question runs"
    if asked.fallback_action:
        then = f"the run goes on with “{asked.label_of(asked.fallback_action)}”"
    if left > 0:
        words = _duration_text(left)
        return f"{words} left to decide; if it is decided later, {then}, whatever is chosen."
    return f"The time to decide is over: once it is decided, {then}, whatever is chosen."


def _duration_text(seconds: float) -> str:
    days = int(seconds // 86_400)
    if days:
        hours = int(seconds % 86_400 // 3_600)
        return f"{days} d {hours} h"
    return format_duration(seconds)


def draw_waiting_runs(server: ServerSession, flow: Flow, record: RunRecord | None) -> None:
    """The other runs of a flow that wait for somebody, whoever started them."""
    if not flow.needs_approval:
        return
    try:
        if not server.info().value.capabilities.pending:
            return
        waiting = server.pending_inputs(flow.id).value
    except StillLoading:
        return  # it comes with the next drawing
    except LangflowError as error:
        alerts.show(error)
        return
    shown = record.job_id if record else None
    waiting = [each for each in waiting if each.job_id and each.job_id != shown]
    if not waiting:
        return
    with st.container(border=True, key="waiting-runs"):
        st.markdown(
            f"##### :violet[:material/front_hand:] Waiting for a decision: {len(waiting)}",
            anchors=False,
        )
        for each in waiting[:20]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    "Open",
                    key=f"open-waiting-{each.job_id}",
                    on_click=_adopt_run,
                    args=(server, flow, each),
                )
                st.markdown(escape(clip(each.prompt or "A run without a question", 120)))
                if each.session_id:
                    st.caption(f"session {escape(clip(each.session_id, 40))}", width="content")
        if len(waiting) > 20:
            st.caption(f"And {len(waiting) - 20} more.")


def _adopt_run(server: ServerSession, flow: Flow, asked: HumanInput) -> None:
    try:
        run_page.show_run(app_context().runner.adopt(server.connection, flow, asked))
    except LangflowError as error:
        notices.set_notice(error)
