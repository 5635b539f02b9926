"""A conversation's messages, the answer in progress, and the answer's outcome."""

import time
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import format_duration, replace_surrogates
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.run_notes import cached_results_text, describe_notes, describe_stop
from lfclient.console.wording.statuses import RUN_STATUS_DESCRIPTIONS, run_status_label
from lfclient.runs.components import Message
from lfclient.runs.model import RunStatus
from pages._ui.app import navigation
from pages._ui.chat import composer
from pages._ui.chat import conversation as chat
from pages._ui.chat import sidebar as chat_sidebar
from pages._ui.chat.conversation import Conversation
from pages._ui.chat.redaction import redact_record
from pages._ui.connection import loading
from pages._ui.connection.app_context import app_context
from pages._ui.outputs.card import MAX_COPIED_LENGTH, draw_too_long
from pages._ui.run import approval, errors, pace, progress, status, status_panel
from pages._ui.run import messages as run_messages
from pages._ui.state import notices, query_params
from pages._ui.widgets import alerts, copy_button, status_badges
from pages._ui.widgets.markdown import escape

WATCH_SECONDS = 5.0
_REDRAW_SECONDS = 0.1  # interval between updates of an answer that is being written


def draw(conversation: Conversation) -> None:
    """Draw the history's messages, then the latest run's messages."""
    history, live_messages = chat.visible_messages(conversation)
    with st.container(key="talk-messages"):
        if conversation.error:
            request = partial(chat.require_history, conversation.form)
            server = conversation.form.server
            loading.show(server, conversation.error, request, retry="retry-messages")
        if not (history or live_messages or conversation.record or conversation.error):
            st.caption(
                "Send a message to start. Messages and answers are stored on the server as a "
                "session that you can continue."
            )
            return
        messages = [*history, *live_messages]
        repeated = _repeated_error_ids(conversation, messages)
        _draw_history(conversation, [one for one in history if one.id not in repeated])
        if conversation.is_answering and conversation.record:
            history_ids = frozenset(message.id for message in history)
            version = _page_version(conversation.record, history_ids)
            _follow(conversation, history_ids, version, {"at once": True})
            status.draw_check_button(conversation.form.server, conversation.record)
            approval.draw(conversation.form.server, conversation.record)
        else:
            flow = conversation.form.flow
            draw_message = run_messages.drawer(messages, flow)
            for message in live_messages:
                if message.id not in repeated:
                    draw_message(message)
            if conversation.record:
                _draw_outcome(conversation, conversation.record, messages)
            # the page shows the run's own messages until the server has sent the stored ones
            if conversation.history is not None:
                key = chat.history_cache_key(conversation)
                loading.show_refreshing(conversation.form.server, key)
            _watch(conversation)


@st.fragment(run_every=WATCH_SECONDS)
@alerts.show_errors()
def _watch(conversation: Conversation) -> None:
    """Rerun the page when a message is sent in the same session elsewhere."""
    newest = chat.current_run(conversation)
    if newest and newest.id != (conversation.record.id if conversation.record else None):
        notices.rerun()


def _draw_history(conversation: Conversation, history: Sequence[Message]) -> None:
    """Draw the latest messages, as many as a browser draws quickly."""
    number = chat.window_count(conversation)
    drawn = run_messages.latest(history, chat.WINDOW * number, number * run_messages.MAX_CHARS)
    is_loaded = conversation.history is not None
    if is_loaded and (len(drawn) < len(history) or not conversation.is_complete):
        st.button(
            "Show earlier",
            key=conversation.key("earlier"),
            type="tertiary",
            icon=":material/expand_less:",
            on_click=chat.show_earlier,
            args=(conversation,),
        )
    # the latest run's row is next to its outcome
    latest_job = conversation.record.job_id if conversation.record else None
    flow = conversation.form.flow
    draw_message = run_messages.drawer(history, flow)
    # other runs' messages may be between a run's messages
    last_ids = {message.job_id: message.id for message in drawn}
    for message in drawn:
        draw_message(message)
        job = message.job_id
        run = conversation.runs.get(job or "")
        if message.category == chat.UNSTORED:
            st.caption(":material/warning: No answer")
        elif run and message.id == last_ids[job] and job != latest_job:
            with _answer_row(run):
                _draw_copy_button(run, [one for one in history if one.job_id == job])
                _draw_details(run, conversation)


def _repeated_error_ids(conversation: Conversation, messages: Sequence[Message]) -> set[str]:
    """Return the IDs of messages that only repeat the latest outcome's errors."""
    record = conversation.record
    if record is None or record.run is None or not _shows_failure(record):
        return set()
    told = [error.message for error in record.run.errors]
    answers = chat.latest_answers(messages, record)
    texts = {one.id: one.text for one in answers if one.category == "error" and one.text}
    return {id for id, text in texts.items() if any(text in each for each in told)}


def _shows_failure(record: RunRecord) -> bool:
    """Return whether a run's outcome shows why there is no answer."""
    return record.ended and record.status is not RunStatus.COMPLETED


@st.fragment(run_every=pace.REFRESH_SECONDS)
@alerts.show_errors()
@pace.watching()
def _follow(
    conversation: Conversation, history_ids: frozenset[str], drawn: Hashable, first: dict[str, bool]
) -> None:
    """Draw the run's messages whenever it changes, and rerun the page when necessary.

    The wait is short, as in the status panel, because it delays clicks in fragments.
    """
    until = time.monotonic() + pace.tick_seconds()
    server, record = conversation.form.server, conversation.record
    record = app_context().runner.get(record.id, server.owner) if record else None
    if record is None:
        return
    place, at_once = st.empty(), first.pop("at once", False)
    for update in chain([record], status_panel.updates(record, until)):
        latest = redact_record(update, conversation.redactor)
        with place.container():
            _draw_progress(conversation, latest)
        if at_once:
            return
        if _page_version(latest, history_ids) != drawn:
            pace.rerun_page()
        time.sleep(max(0, min(until - time.monotonic(), _REDRAW_SECONDS)))


def _page_version(record: RunRecord, history_ids: frozenset[str]) -> Hashable:
    """Return the state that the page shows outside the fragment. A change needs a rerun.

    The state includes whether the history already has one of the run's messages.
    """
    message_ids = record.run.messages.keys() if record.run else set()
    return status_panel.page_state(record), history_ids.isdisjoint(message_ids)


def _draw_progress(conversation: Conversation, record: RunRecord) -> None:
    """Draw the user's message, the partial answer, and the progress."""
    is_final = conversation.is_history_final and not record.ended
    latest = replace(conversation, record=record, is_history_final=is_final)
    history, live_messages = chat.visible_messages(latest)
    flow = conversation.form.flow
    messages = [*history, *live_messages]
    draw_message = run_messages.drawer(messages, flow)
    for message in live_messages:
        draw_message(message, is_final=record.ended)
    is_writing = any(not message.complete for message in live_messages)
    if record.ended:
        return
    is_asking = approval.pending_question(record) is not None
    own_messages = record.run.messages.values() if record.run else ()
    using = conversation.redactor.redact_text(
        run_messages.using_text(own_messages, run_messages.tool_names(flow))
    )
    notes, stop_result = describe_notes(record.notes), describe_notes(record.stop_result)
    if is_writing or is_asking:
        shown = notes if is_asking else ""  # such as why a decision was refused
        for line in filter(None, (using, shown, stop_result)):
            st.caption(escape(line))
        return
    duration = format_duration(record.elapsed())
    has_answer = live_messages and live_messages[-1].sender != chat.USER
    with st.container() if has_answer else run_messages.answer_frame():
        words = ""
        if record.status not in (RunStatus.QUEUED, RunStatus.IN_PROGRESS):
            words = RUN_STATUS_DESCRIPTIONS.get(record.status) or run_status_label(record)
        share, components = progress.summarize(record.with_tool_states(flow), flow)
        facts = [duration] if share is None else [duration, components]
        st.markdown(f":gray[**…** {' · '.join(facts)}]")
        long_call = progress.long_call_text(record)
        for line in filter(None, (words, using, long_call, notes, stop_result)):
            st.caption(escape(line))


def _draw_outcome(
    conversation: Conversation, record: RunRecord, messages: Sequence[Message]
) -> None:
    flow, failed = conversation.form.flow, _shows_failure(record)
    outcome = st.container(key=f"talk-outcome-{record.id}")
    row = _answer_row(record.id)
    with outcome:
        if failed:
            _draw_failure(conversation, record, row)
        elif conversation.is_history_final and messages and messages[-1].sender == chat.USER:
            st.caption(":material/info: The flow ended without an answer.")
        cached = cached_results_text(record.run, flow) if record.run else ""
        if cached:
            st.caption(f":material/ac_unit: {escape(cached)}")
    with row:
        text = chat.sent_text(record, flow)
        if failed and text:
            st.button(
                "Send again",
                key=f"send-again-{record.id}",
                icon=":material/replay:",
                on_click=composer.send_again,
                args=(conversation, text, chat.sent_files(record, flow), record.id),
            )
        _draw_copy_button(record.id, chat.latest_answers(messages, record))
        _draw_details(record.id, conversation)


def _draw_failure(conversation: Conversation, record: RunRecord, row: DeltaGenerator) -> None:
    """Draw why there is no answer, as on the Run page, with the helpful buttons in `row`."""
    server = conversation.form.server
    reason = escape(describe_stop(record) or RUN_STATUS_DESCRIPTIONS.get(record.status, ""))
    badge = status_badges.markdown_badge(record)
    st.markdown(f"{badge} :gray[{reason}]" if reason else badge)
    show_form = partial(chat_sidebar.open_parameters, conversation.form)
    if not (conversation.is_refused and chat.was_refused(record)):  # the error above shows it
        errors.draw_problem(server, record, "No answer", warning=False, show_form=show_form)
    if record.run:
        errors.draw(server, record, record.run, show_form=show_form, buttons=row)
    errors.draw_packages(server, record)


def _answer_row(run_id: str) -> DeltaGenerator:
    return st.container(key=f"talk-answer-{run_id}", horizontal=True, vertical_alignment="center")


def _draw_copy_button(run_id: str, messages: Iterable[Message]) -> None:
    """Draw a button that copies a run's answers, if it has any."""
    answers = (one for one in messages if one.sender != chat.USER and one.category != "error")
    text = replace_surrogates("\n\n".join(filter(None, (one.visible_text for one in answers))))
    if len(text) > MAX_COPIED_LENGTH:
        draw_too_long()
    elif text:
        copy_button.draw(f"talk-copy-{run_id}", text)


def _draw_details(run_id: str, conversation: Conversation) -> None:
    st.page_link(
        navigation.page("run"),
        label=":small[Answer details]",
        icon=":material/info:",
        query_params={query_params.FLOW: conversation.form.flow.id, query_params.RUN: run_id},
    )
