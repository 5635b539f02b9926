"""A conversation: the history on the server, merged with its latest run. Draws nothing."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import streamlit as st

from lfclient.client import LangflowClient
from lfclient.common.redaction import Redactor
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import InvalidKey, LangflowError
from lfclient.flows.file_fields import file_paths
from lfclient.flows.model import Flow
from lfclient.runs.answers import in_output_order
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.components import Message
from lfclient.runs.model import RunStatus
from pages._ui.chat.redaction import form_redactor, redact_messages, redact_record
from pages._ui.connection.app_context import app_context
from pages._ui.connection.request_cache import raise_copy
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.flow_form import FlowForm
from pages._ui.run import run_form
from pages._ui.run.messages import is_open_question
from pages._ui.state import chat as chat_state

USER, MACHINE = "User", "Machine"
UNSTORED = "unstored"  # category of a message that the server does not have
WINDOW = 50  # messages drawn at once
MAX_FETCHED = 200  # messages in one response
TTL_SECONDS = 15.0
_MAX_RUNS = 50  # of a session
_CLOCK_SKEW = timedelta(seconds=2)  # how far the server's times may be off; 1.8 sends whole seconds


@dataclass(frozen=True)
class Conversation:
    """A session of a flow. `id` is the session's ID.

    - `history`: the server's messages, oldest first, or None until they are loaded.
    - `error`: why the history is missing or outdated.
    - `is_complete`: whether no message precedes the history.
    - `is_history_final`: whether the history was loaded after the latest run's end.
    - `record`: the unfinished run, otherwise the latest run, redacted except for its inputs,
      messages and outputs.
    - `earlier_runs`: the session's other runs: unfinished runs, then ended runs, newest first.
    - `redactor`: the result of `form_redactor`.
    """

    form: FlowForm
    id: str
    history: Sequence[Message] | None
    is_complete: bool
    is_history_final: bool
    error: LangflowError | None
    record: RunRecord | None
    redactor: Redactor
    earlier_runs: Sequence[RunRecord] = ()

    @property
    def is_refused(self) -> bool:
        """Whether the server refuses the key."""
        return isinstance(self.error, InvalidKey)

    @property
    def runs(self) -> dict[str, str]:
        """The IDs of this console's runs by job ID."""
        records = [*self.earlier_runs, *([self.record] if self.record else [])]
        return {each.job_id: each.id for each in records if each.job_id}

    @property
    def is_answering(self) -> bool:
        """Whether the latest run has not ended."""
        return self.record is not None and not self.record.ended

    def shown_text(self, record: RunRecord) -> str:
        """Return a run's chat message, redacted as in the history."""
        return self.redactor.redact_text(sent_text(record, self.form.flow))

    def key(self, part: str) -> str:
        """Return this session's key for a part of the page."""
        return chat_state.chat_key(part, self.form.server.owner, self.form.flow.id, self.id)


def load(form: FlowForm, refusal: LangflowError | None = None) -> Conversation:
    """Return the conversation in the URL, or a new one.

    `refusal` is the server's error, if it has refused the key before.
    """
    server, flow = form.server, form.flow
    named = chat_state.current_session(server.owner, flow.id)
    name = named or chat_state.next_session(server.owner, flow.id)
    records = app_context().runner.recent(server.owner, _MAX_RUNS, flow.id, name)
    record = app_context().runner.get(records[0].id, server.owner) if records else None
    redactor = form_redactor(form)
    conversation = Conversation(
        form=form,
        id=name,
        history=(),
        is_complete=True,
        is_history_final=True,
        error=refusal,
        record=record and redact_record(record, redactor),
        redactor=redactor,
        earlier_runs=records[1:],
    )
    return _with_history(conversation) if named else conversation


def require_history(form: FlowForm) -> None:
    """Raise the error of the messages or the flow, even if there are previous messages."""
    run_form.require_flow(form.server, form.flow.id)
    raise_copy(load(form).error)


def current_run(conversation: Conversation) -> RunRecord | None:
    """Return the session's unfinished run, otherwise its latest run, or None without runs."""
    server, flow = conversation.form.server, conversation.form.flow
    return next(iter(app_context().runner.recent(server.owner, 1, flow.id, conversation.id)), None)


def _with_history(conversation: Conversation) -> Conversation:
    server, flow = conversation.form.server, conversation.form.flow
    limit, cache_key = _fetch_limit(conversation), history_cache_key(conversation)
    discard_history(server, cache_key)
    ended_at = -math.inf
    if conversation.record and conversation.record.ended:
        ended_at, is_first = chat_state.first_seen_ended(conversation.record.id)
        if is_first:
            server.refresh(cache_key)
            server.refresh(sessions_cache_key(flow.id))
    # until the run ends, its own messages come from its events
    ttl = math.inf if conversation.is_answering else TTL_SECONDS

    def fetch(api: LangflowClient) -> list[Message]:
        return api.sessions.messages(flow.id, conversation.id, limit=limit)

    try:
        response = server.fetch(cache_key, ttl, fetch)
    except LangflowError as error:
        return replace(
            conversation, history=None, is_complete=False, is_history_final=False, error=error
        )
    messages = restore_stopped_answers(conversation, response.value)
    return replace(
        conversation,
        history=redact_messages(messages, conversation.redactor),
        is_complete=len(response.value) < limit,
        is_history_final=response.received_at >= ended_at and response.error is None,
        error=response.error or conversation.error,
    )


def history_cache_key(conversation: Conversation) -> str:
    """Return the cache key of the messages that the page shows."""
    flow_id, limit = conversation.form.flow.id, _fetch_limit(conversation)
    return f"messages {flow_id} {limit} {conversation.id}"


def sessions_cache_key(flow_id: str) -> str:
    """Return the cache key of a flow's list of sessions."""
    return f"sessions {flow_id}"


def _fetch_limit(conversation: Conversation) -> int:
    """Return how many messages to request: a multiple of `MAX_FETCHED`, more than are drawn."""
    return MAX_FETCHED * (window_count(conversation) * WINDOW // MAX_FETCHED + 1)


def discard_history(server: ServerSession, new_key: str = "") -> None:
    """Release the loaded history of the shown conversation, unless its cache key is `new_key`."""
    previous = chat_state.replace_history_key(new_key)
    if previous:
        server.discard(previous)


def restore_stopped_answers(
    conversation: Conversation, history: Sequence[Message]
) -> Sequence[Message]:
    """Return the history with the partial text of stopped answers, from the runs' records.

    Servers store such answers without text.
    """
    partial_ids = {message.id for message in history if not message.complete}
    written: dict[str, Message] = {}
    for run in conversation.earlier_runs:
        if partial_ids <= written.keys():
            break
        if run.ended and run.status is not RunStatus.COMPLETED:
            record = app_context().runner.get(run.id, conversation.form.server.owner)
            written |= record.run.messages if record and record.run else {}
    return [one if one.complete else written.get(one.id, one) for one in history]


def window_count(conversation: Conversation) -> int:
    """Return how many windows of messages the page shows."""
    return int(st.session_state.get(conversation.key("windows"), 1))


def show_earlier(conversation: Conversation) -> None:
    """Show one more window of messages."""
    key = conversation.key("windows")
    st.session_state[key] = window_count(conversation) + 1


def first_words(conversation: Conversation) -> str:
    """Return the user's first message, or "" if it is unknown.

    If the server has no messages, return the message of this console's oldest run.
    """
    if conversation.history is None:
        return ""
    if conversation.history:
        texts = (message.text for message in conversation.history if message.sender == USER)
        return next(texts, "") if conversation.is_complete else ""
    runs = [*([conversation.record] if conversation.record else []), *conversation.earlier_runs]
    return conversation.shown_text(runs[-1]) if runs else ""


# visible messages


def visible_messages(conversation: Conversation) -> tuple[list[Message], list[Message]]:
    """Return the history's messages, and the latest run's messages that the history lacks.

    No message is in both lists. A run's outputs are in the flow's order.
    """
    flow = conversation.form.flow
    history, live_messages = _visible_messages(conversation)
    return in_output_order(history, flow), in_output_order(live_messages, flow)


def _visible_messages(conversation: Conversation) -> tuple[list[Message], list[Message]]:
    history, record = _with_unstored(conversation), conversation.record
    if record is None:
        return history, []
    text = conversation.shown_text(record)
    is_final = record.ended and conversation.is_history_final
    if is_final and record.status is RunStatus.COMPLETED:
        return history, []
    live_messages = redact_messages(_run_messages(record, is_final), conversation.redactor)
    if is_final:
        # the server stores a message that was incomplete at the end without its text
        by_id = {message.id: message for message in live_messages}
        history = [one if one.complete else by_id.get(one.id, one) for one in history]
        history_ids = {message.id for message in history}
        live_messages = [message for message in live_messages if message.id not in history_ids]
    else:
        history, live_messages = _separate_run(history, live_messages, record, text)
    has_user_message = any(message.sender == USER for message in live_messages)
    if text and not has_user_message and not _contains(history, text, record):
        live_messages = [_user_message(conversation, record), *live_messages]
    return history, live_messages


def _separate_run(
    history: Sequence[Message], live_messages: Sequence[Message], record: RunRecord, text: str
) -> tuple[list[Message], list[Message]]:
    """Return the history before the run of `text`, and the run's messages in the history's order.

    Messages from events are newer than the stored messages. An open question is drawn below the
    messages, because its stored message may lack a decision that was just made.
    """
    newer = {message.id: message for message in live_messages}
    # Langflow 1.13 stores a run's message and question without their job
    starts = (
        place
        for place, message in enumerate(history)
        if message.id in newer or _contains([message], text, record)
    )
    start = next(starts, len(history))
    stored = [newer.pop(one.id, one) for one in history[start:] if not is_open_question(one)]
    return list(history[:start]), [*stored, *newer.values()]


def _with_unstored(conversation: Conversation) -> list[Message]:
    """Return the history with missing messages of ended runs inserted at their times."""
    history = list(conversation.history or ())
    times = [parse_time(message.timestamp) for message in history]
    later = {conversation.shown_text(conversation.record)} if conversation.record else set()
    for record in conversation.earlier_runs:
        text = conversation.shown_text(record)
        failed = record.ended and record.status is not RunStatus.COMPLETED
        # a message that was sent again is already in the history
        is_unstored = failed and text not in later and not _contains(history, text, record)
        later.add(text)
        place = sum(at is not None and at < record.created_at for at in times)
        if is_unstored and (place or conversation.is_complete):
            history.insert(place, _user_message(conversation, record, category=UNSTORED))
            times.insert(place, record.created_at)
    return history


def _user_message(
    conversation: Conversation, record: RunRecord, category: str = "message"
) -> Message:
    """Return a run's user message, for display until the server has stored it."""
    text = conversation.shown_text(record)
    files = tuple(sent_files(record, conversation.form.flow))
    return Message(
        f"{record.id}-sent", text, USER, USER, record.session_id, files=files, category=category
    )


def was_refused(record: RunRecord) -> bool:
    """Return whether the server refused a run's key."""
    problem = record.problem
    return problem is not None and problem.code == CauseCode.LANGFLOW_KEY_REFUSED


def sent_text(record: RunRecord, flow: Flow) -> str:
    """Return a run's chat message, which may contain a secret that the flow stores."""
    field = flow.chat_field("input_value")
    text = record.overrides.get(field.key) if field else None
    return text if isinstance(text, str) else ""


def sent_files(record: RunRecord, flow: Flow) -> list[str]:
    """Return the paths of a run's attached files."""
    values = (record.overrides.get(field.key) for field in flow.fields if field.chat_files)
    return [path for value in values for path in file_paths(value)]


def _run_messages(record: RunRecord, is_final: bool) -> list[Message]:
    """Return a run's messages from its events, or else from its outputs."""
    run = record.run
    if run is None:
        return []
    if run.messages or is_final or not record.ended:
        # a stopped answer may consist only of its steps
        return [
            message
            for message in run.messages.values()
            if message.visible_text or (record.ended and message.blocks)
        ]
    return [
        Message(f"{record.id}-{name}", output.markdown, MACHINE, component_id=name)
        for name, output in run.outputs.items()
        if output.markdown
    ]


def _contains(history: Iterable[Message], text: str, record: RunRecord) -> bool:
    """Return whether the history has this run's user message."""
    return any(
        message.sender == USER
        and message.text.strip() == text.strip()
        and _belongs_to_run(message, record)
        for message in history
    )


def latest_answers(messages: Sequence[Message], record: RunRecord) -> list[Message]:
    """Return the latest run's answers from its conversation's `messages`, both oldest first.

    Answers are matched by job ID. Where no answer has the run's job ID (Langflow 1.8 and 1.9,
    messages that are not stored yet, runs without a job), return the messages after the user's last
    one that are not older than the run.
    """
    answers = (one for one in messages if one.sender != USER)
    named = [one for one in answers if record.job_id and one.job_id == record.job_id]

    def is_answer(message: Message) -> bool:
        return message.sender != USER and _belongs_to_run(message, record)

    return named or [*takewhile(is_answer, reversed(messages))][::-1]


def _belongs_to_run(message: Message, record: RunRecord) -> bool:
    if message.job_id and record.job_id:
        return message.job_id == record.job_id
    at = parse_time(message.timestamp)
    return at is None or at >= record.created_at - _CLOCK_SKEW


def parse_time(timestamp: str) -> datetime | None:
    """Return a server's UTC time as a datetime, or None if it is invalid."""
    try:
        at = datetime.fromisoformat(timestamp.replace(" UTC", "+00:00"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
