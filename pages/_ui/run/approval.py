"""Approvals: the question of a suspended run, its decisions, and other waiting runs."""

from datetime import UTC, datetime

import streamlit as st

from lfclient.common.formatting import clip, format_duration
from lfclient.console.content.markdown import plain_markdown
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames, describe_decision
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.components import HumanInput
from lfclient.runs.model import RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import run_page
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape, sanitize
from pages._ui.widgets.times import format_time

MAX_PROMPT_CHARS = 5_000
MAX_DECISIONS = 20  # past decisions shown for a run


def pending_question(record: RunRecord) -> HumanInput | None:
    """Return the question that a suspended run waits for, or None."""
    if record.run is None or record.status is not RunStatus.SUSPENDED:
        return None
    return record.run.waiting_for


def draw(server: ServerSession, record: RunRecord) -> None:
    """Draw the run's question. Call it outside fragments, so that no click is lost."""
    question = pending_question(record)
    if question is None:
        return
    with st.container(border=True, key="approval"):
        st.markdown("## This run needs your approval", anchors=False)
        st.markdown(sanitize(clip(question.prompt, MAX_PROMPT_CHARS))[0] or "*No question.*")
        with st.container(horizontal=True, key="decisions"):
            for number, decision in enumerate(question.decisions):
                st.button(
                    escape(clip(decision.label, 60)),
                    # a click on an earlier question must not answer this one
                    key=f"decide-{record.id}-{question.request_id}-{number}",
                    type="secondary" if number else "primary",
                    disabled=question.sent is not None,
                    on_click=_decide,
                    args=(server, record.id, question, decision.action_id),
                )
        if question.sent is not None:
            label = escape(question.label_of(question.sent))
            st.caption(f"Sent: {label}. Waiting for the server to continue.")
        elif not question.decisions:
            st.caption("The server offers no decisions. Stop the run, or check it in Langflow.")


@notify_errors()
def _decide(server: ServerSession, run_id: str, question: HumanInput, action_id: str) -> None:
    app_context().runner.decide(run_id, server.live_connection(), question, action_id)


def draw_decisions(server: ServerSession, record: RunRecord) -> None:
    """Draw the run's past decisions, with the component and question of each."""
    run = record.run
    if run is None or not run.decided:
        return
    names = ComponentNames(server.cached_flow(record.flow_id), run.components, run.outputs)
    for question in run.decided[-MAX_DECISIONS:]:
        label, details = describe_decision(question, format_time)
        decision = ", ".join(filter(None, [f"**{escape(clip(label, 60))}**", escape(details)]))
        name = names.label(question.component_id, max_length=60) if question.component_id else ""
        prompt = clip(plain_markdown(question.prompt), 120)
        title = escape(": ".join(filter(None, [name, prompt and f"“{prompt}”"])))
        st.markdown(f":violet[:material/front_hand:] Decided: {decision} :gray[· {title}]")


def deadline_text(question: HumanInput) -> str:
    """Return the time left to decide and what happens afterwards; "" without a limit.

    The run keeps waiting after the limit. Once someone decides, Langflow takes the fallback
    branch instead of the chosen one, or none.
    """
    if question.expires_at is None:
        return ""
    left = (question.expires_at - datetime.now(UTC)).total_seconds()
    then = "the run goes no further"
    if question.fallback_action:
        then = f"the run continues with “{question.label_of(question.fallback_action)}”"
    if left > 0:
        days, hours = divmod(int(left) // 3_600, 24)
        time_left = f"{days} d {hours} h" if days else format_duration(left)
        return f"Decide within {time_left}. After that, {then}."
    return f"The deadline has passed. Whatever you decide, {then}."


def draw_waiting_runs(server: ServerSession, flow: Flow, record: RunRecord | None) -> None:
    """Draw the flow's other waiting runs, including those started outside the console."""
    if not flow.needs_approval:
        return
    try:
        if not server.info().value.capabilities.pending:
            return
        waiting = server.pending_inputs(flow.id).value
    except StillLoading:
        return  # the next rerun draws it
    except LangflowError as error:
        alerts.show(error)
        return
    shown = record.job_id if record else None
    waiting = [each for each in waiting if each.job_id and each.job_id != shown]
    if not waiting:
        return
    with st.container(border=True, key="waiting-runs"):
        st.markdown(
            f"## Waiting for approval: {len(waiting)}",
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
                st.markdown(escape(clip(each.prompt or "No question", 120)))
                if each.session_id:
                    st.caption(f"session {escape(clip(each.session_id, 40))}", width="content")
        if len(waiting) > 20:
            st.caption(f"{len(waiting) - 20} more")


@notify_errors()
def _adopt_run(server: ServerSession, flow: Flow, question: HumanInput) -> None:
    run_page.show_run(app_context().runner.adopt(server.live_connection(), flow, question))
