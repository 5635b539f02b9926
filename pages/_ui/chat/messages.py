"""A conversation on the screen: its messages, the answer as it comes, what became of it."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import zip_longest

import streamlit as st

from lfclient.common.formatting import clip, format_duration
from lfclient.console.presentation.component_names import ComponentNames
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.model import Flow
from lfclient.runs.components import Message
from lfclient.runs.model import RunStatus
from pages._ui.app import navigation
from pages._ui.chat import composer, message_blocks
from pages._ui.chat.conversation import (
    MACHINE,
    UNSENT,
    USER,
    WINDOW,
    Talk,
    latest,
    seen,
    sent,
    sent_files,
    show_earlier,
    windows,
)
from pages._ui.connection import loading
from pages._ui.connection.app_context import backend
from pages._ui.outputs.message import MAX_MARKDOWN_LENGTH, MAX_TEXT_LENGTH
from pages._ui.run import approval, status_panel
from pages._ui.state import chat as chat_state
from pages._ui.state import query_params
from pages._ui.widgets import alerts, status_badges
from pages._ui.widgets.markdown import plain, without_remote_images

EVERY_SECONDS = 0.5
WATCH_SECONDS = 5.0
WAIT_SECONDS = 0.45
_PACE = 0.1  # seconds between two drawings of an answer that is being written
_BUDGET = 100_000  # characters of a window: 100 KB of Markdown take a browser 1.3 s
_WRITING = 10_000  # of a long text that is still being written, the end is drawn
_ERROR_LIMIT = 1_000
_FILES = 20
_GENERIC = (USER, MACHINE, "AI", "")


def draw(talk: Talk) -> None:
    """The messages, then what the latest run adds."""
    history, spoken = seen(talk)
    with st.container(key="talk-messages"):
        if talk.problem:
            loading.show(talk.session, talk.problem, retry="retry-messages")
        if not history and not spoken and talk.record is None and not talk.problem:
            _empty(talk)
            return
        _history(talk, history)
        if talk.going and talk.record:
            kept = frozenset(message.id for message in history)
            _follow(talk, kept, _calls_for_page(talk.record, kept), {"at once": True})
            approval.draw(talk.session, talk.record)
        else:
            for message in spoken:
                _message(message, over=True)
            if talk.record:
                _outcome(talk, talk.record, [*history, *spoken])
            _watch(talk)


@st.fragment(run_every=WATCH_SECONDS)
@alerts.shown()
def _watch(talk: Talk) -> None:
    """Go on here when somebody writes in the same session elsewhere."""
    newest = latest(talk.session, talk.choice.flow.id, talk.id)
    if newest and newest.id != (talk.record.id if talk.record else None):
        st.rerun()


def _empty(talk: Talk) -> None:
    flow = talk.choice.flow
    st.markdown(f"#### :material/forum: {plain(clip(flow.name, 80))}", anchors=False)
    st.caption(
        plain(clip(flow.description, 400))
        or "Your messages and its answers stay on the server, as a session that you can go on with."
    )


def _history(talk: Talk, history: Sequence[Message]) -> None:
    """As many of the latest messages as a browser takes well."""
    number = windows(talk)
    drawn = list(_fitting(history, WINDOW * number, _BUDGET * number))[::-1]
    if len(drawn) < len(history) or not talk.complete:
        st.button(
            "Show earlier",
            key=chat_state.talk_key("earlier", *talk.key),
            type="tertiary",
            icon=":material/expand_less:",
            on_click=show_earlier,
            args=(talk,),
        )
    current = talk.record.job_id if talk.record else None  # has its link with its outcome
    for message, after in zip_longest(drawn, drawn[1:]):
        _message(message, over=True)
        last = after is None or after.job_id != message.job_id
        run = talk.runs.get(message.job_id or "")
        if message.category == UNSENT:
            st.caption(":material/warning: This had no answer.")
        elif run and last and message.job_id != current:
            _details(run, talk)


def _fitting(history: Sequence[Message], most: int, budget: int) -> Iterator[Message]:
    """From the latest on: at least one."""
    for number, message in enumerate(reversed(history)):
        budget -= min(len(message.text), MAX_MARKDOWN_LENGTH)
        if number and (number >= most or budget < 0):
            return
        yield message


def _message(message: Message, *, over: bool) -> None:
    """One message; `over`: nothing more comes to it."""
    if message.category == "error":
        with st.chat_message("error", avatar=":material/error:"):
            heading = f"**{plain(message.sender or 'A component')}** failed"
            reason = plain(clip(message.visible_text, _ERROR_LIMIT))
            st.error(f"{heading}\n\n{reason}")
        return
    with st.chat_message("user" if message.sender == USER else "assistant"):
        if message.sender_name not in _GENERIC:
            st.caption(plain(clip(message.sender_name, 80)))
        text = message.visible_text
        if message.sender == USER:
            st.text(text[:MAX_TEXT_LENGTH])
        elif over or message.complete:
            if text or not message.blocks:
                _text(text, message.id, over=over)
        else:
            _being_written(text)
        message_blocks.draw(message)
        if over and not message.complete:
            st.caption(":material/content_cut: Not written to its end.")
        for file in message.files[:_FILES]:
            st.markdown(f":material/attach_file: {plain(file.rpartition('/')[2])}")
        if len(message.files) > _FILES:
            st.caption(f"{len(message.files) - _FILES} more files")


def _text(text: str, message_id: str, *, over: bool) -> None:
    """While more may come it is drawn several times a turn, and a button has a key."""
    if not text.strip():
        st.caption("An empty message.")
    elif len(text) <= MAX_MARKDOWN_LENGTH:
        st.markdown(without_remote_images(text)[0])
    else:
        st.caption(f"{len(text):,} characters: too long to be drawn as Markdown.")
        st.code(text[:MAX_TEXT_LENGTH], language=None, wrap_lines=True, height=420)
        if over:
            st.download_button(
                "Save",
                text,
                file_name="message.txt",
                key=f"save-message-{message_id}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )


def _being_written(text: str) -> None:
    if len(text) > _WRITING:
        st.caption(f"{len(text):,} characters so far; this is the end.")
        st.code(text[-_WRITING:], language=None, wrap_lines=True, height=420)
    else:
        st.markdown(f"{without_remote_images(text)[0]} …")


@st.fragment(run_every=EVERY_SECONDS)
@alerts.shown()
def _follow(talk: Talk, kept: frozenset[str], drawn: Hashable, first: dict[str, bool]) -> None:
    """Draw what the run adds whenever it changes, and the whole page when that has to change.

    Waits in short turns, as `live` does: clicks inside fragments wait for them.
    """
    runner = backend().runner
    place = st.empty()
    at_once = first.pop("at once", False)
    until = time.monotonic() + (0 if at_once else WAIT_SECONDS)
    record = talk.record
    record = runner.get(record.id, talk.session.owner) if record else None
    while record is not None:
        with place.container():
            _coming(talk, record)
        if not at_once and _calls_for_page(record, kept) != drawn:
            st.rerun()
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _PACE))
        record = runner.wait_for_change(record.id, record.version, until - time.monotonic())


def _calls_for_page(record: RunRecord, kept: frozenset[str]) -> Hashable:
    """What of a run is drawn outside its fragment; a message that is drawn there must not be
    drawn within, too.
    """
    told = record.run.messages if record.run else {}
    return status_panel.page_state(record), kept.isdisjoint(told)


def _coming(talk: Talk, record: RunRecord) -> None:
    """The person's message, the answer as far as it is there, and that more is to come."""
    _, spoken = seen(talk.with_record(record))
    for message in spoken:
        _message(message, over=record.ended)
    writing = any(not message.complete for message in spoken)
    if record.ended or writing or approval.pending_question(record):
        return
    took = format_duration(record.elapsed(datetime.now(UTC)))
    answered = spoken and spoken[-1].sender != USER
    with st.container() if answered else st.chat_message("assistant"):
        words = status_badges.LOOKS[record.status].meaning if _is_odd(record) else ""
        st.markdown(f"**…** :gray[{took}]")
        for line in filter(None, (words, record.note, record.stop_result)):
            st.caption(plain(line))


def _is_odd(record: RunRecord) -> bool:
    return record.status not in (RunStatus.QUEUED, RunStatus.IN_PROGRESS)


def _outcome(talk: Talk, record: RunRecord, messages: Sequence[Message]) -> None:
    """What became of the latest message: why there is no answer, and what can be done."""
    failed = record.status is not RunStatus.COMPLETED
    if failed:
        _failure(record, messages, talk.choice.flow)
    elif talk.settled and messages and messages[-1].sender == USER:
        st.caption(":material/info: The flow ended and answered nothing.")
    with st.container(key="talk-outcome", horizontal=True, vertical_alignment="center"):
        text = sent(record, talk.choice.flow)
        if failed and text:
            st.button(
                "Send again",
                key=f"send-again-{record.id}",
                icon=":material/replay:",
                on_click=composer.send,
                # all presses of this button are one run
                args=(talk, text, sent_files(record, talk.choice.flow), f"again {record.id}"),
            )
        _details(record.id, talk)


def _failure(record: RunRecord, messages: Sequence[Message], flow: Flow) -> None:
    st.markdown(
        f"{status_badges.markdown_badge(record.status)} "
        f":gray[{plain(record.stop_result or status_badges.LOOKS[record.status].meaning)}]"
    )
    if record.problem:
        alerts.show_words("No answer", record.problem.message, record.problem.hint)
    told = " ".join(message.text for message in messages[-3:] if message.category == "error")
    for error in record.run.errors if record.run else ():
        if error.message not in told:
            where = ComponentNames(flow, record.run.components).error_source(error)
            alerts.show_words(f"{where} failed" if where else "The flow failed", error.message)


def _details(run_id: str, talk: Talk) -> None:
    st.page_link(
        navigation.run_page(),
        label=":small[Details of this answer]",
        icon=":material/info:",
        query_params={query_params.FLOW: talk.choice.flow.id, query_params.RUN: run_id},
    )
