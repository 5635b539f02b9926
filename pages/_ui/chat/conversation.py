"""A conversation: what the server keeps of it, and what its latest run adds. Draws nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from lfclient.client import LangflowClient
from lfclient.common.formatting import clip
from lfclient.common.redaction import Redactor
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.file_fields import file_paths
from lfclient.flows.model import Flow
from lfclient.flows.validation import collect_secrets
from lfclient.outputs.model import OutputKind
from lfclient.runs.components import Message
from lfclient.runs.model import RunStatus
from pages._ui.connection.app_context import backend
from pages._ui.connection.server_session import ServerSession
from pages._ui.run.controls import RunSetup
from pages._ui.run.run_form import RunForm
from pages._ui.state import chat as chat_state

USER, MACHINE = "User", "Machine"
UNSENT = "unsent"  # category of a text that never got to the server
WINDOW = 50  # messages that are drawn at once
_FETCHED = 200  # the most that a server gives at once
_KEPT_SECONDS = 15.0
_LATEST = 5
_RUNS = 50  # of the flow, among which those of a conversation are looked for
_CLOCKS = timedelta(seconds=2)  # by which the server's may differ; 1.8 tells whole seconds only
_RANDOM = re.compile(r"console-[0-9a-f]{12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Talk:
    """A conversation of the flow that `choice` is about. `id` is its session.

    `history` is what the server keeps, oldest first, None if it has not come; `problem` why it has
    not, or not anew. `complete`: there is nothing before it. `record` is the latest run in it,
    `earlier` those before it; `settled` says that the history is younger than its end.
    """

    session: ServerSession
    choice: RunSetup
    id: str
    history: Sequence[Message] | None
    complete: bool
    settled: bool
    problem: LangflowError | None
    record: RunRecord | None
    earlier: Sequence[RunRecord] = ()

    @property
    def runs(self) -> dict[str, str]:
        """The console's runs in this conversation, by their jobs."""
        records = [*self.earlier, *([self.record] if self.record else [])]
        return {each.job_id: each.id for each in records if each.job_id}

    @property
    def going(self) -> bool:
        """Whether an answer is on its way."""
        return self.record is not None and not self.record.ended

    @property
    def key(self) -> tuple[str, str, str]:
        """What its parts on the page are named after."""
        return self.session.owner, self.choice.flow.id, self.id

    def with_record(self, record: RunRecord) -> Talk:
        """The same, with its latest run as it stands now."""
        return replace(self, record=record, settled=self.settled and not record.ended)


@dataclass(frozen=True)
class Line:
    """One session of the list; `at` is when the latest in it was said, where that is known."""

    id: str
    label: str
    at: datetime | None = None


def prepare(session: ServerSession, ready: RunForm) -> Talk:
    """The conversation in the address, or a new one."""
    choice, flow = ready.setup, ready.setup.flow
    named = chat_state.talk(flow.id)
    name = named or chat_state.next_talk(session.owner, flow.id)
    records = [
        record
        for record in backend().runner.recent(session.owner, _RUNS, flow.id)
        if record.session_id == name
    ]
    record = backend().runner.get(records[0].id, session.owner) if records else None
    talk = Talk(session, choice, name, (), True, True, None, record, records[1:])
    return _with_history(talk, ready) if named else talk


def latest(session: ServerSession, flow_id: str, name: str) -> RunRecord | None:
    """The latest run in a session, if it is among the flow's latest."""
    found = backend().runner.recent(session.owner, _LATEST, flow_id)
    return next((record for record in found if record.session_id == name), None)


def _with_history(talk: Talk, ready: RunForm) -> Talk:
    flow_id, wanted = talk.choice.flow.id, fetched(talk)
    question = f"messages {flow_id} {wanted} {talk.id}"
    before = chat_state.talk_asked(question)
    if before:
        talk.session.forget(before)
    since = float("-inf")
    if talk.record and talk.record.ended:
        since, first = chat_state.end_seen(talk.record.id)
        if first:
            talk.session.refresh(question)
            talk.session.refresh(sessions_question(flow_id))
    # while an answer is on its way, what it adds is seen at the run itself
    seconds = math.inf if talk.going else _KEPT_SECONDS
    # what the form sends in secret is not to come back in what a flow says
    redactor = Redactor(collect_secrets(talk.choice.flow, ready.form.result.overrides))

    def fetch(api: LangflowClient) -> list[Message]:
        messages = api.messages(flow_id, talk.id, limit=wanted)
        return [_without_secrets(message, redactor) for message in messages]

    try:
        found = talk.session.ask(question, seconds, fetch)
    except LangflowError as error:
        return replace(talk, history=None, complete=False, settled=False, problem=error)
    return replace(
        talk,
        history=with_begun(talk, found.value),
        complete=len(found.value) < wanted,
        settled=found.at >= since and found.problem is None,
        problem=found.problem,
    )


def forget(session: ServerSession) -> None:
    """What the server said of the conversation on the screen is so no longer."""
    before = chat_state.talk_asked("")
    if before:
        session.forget(before)


def with_begun(talk: Talk, history: Sequence[Message]) -> Sequence[Message]:
    """The history with what was written of answers that were stopped: servers keep no word of
    them, the records of their runs do.
    """
    begun = {message.id for message in history if not message.complete}
    written: dict[str, Message] = {}
    for each in talk.earlier if begun else ():
        if each.ended and each.status is not RunStatus.COMPLETED and not begun <= written.keys():
            record = backend().runner.get(each.id, talk.session.owner)
            written |= record.run.messages if record and record.run else {}
    return [written.get(one.id, one) if one.id in begun else one for one in history]


def _without_secrets(message: Message, redactor: Redactor) -> Message:
    text, blocks = redactor.redact_text(message.text), redactor.redact_value(list(message.blocks))
    return replace(message, text=text, blocks=tuple(blocks))


def windows(talk: Talk) -> int:
    """How many windows of messages are asked for on the screen."""
    return st.session_state.get(chat_state.talk_key("windows", *talk.key), 1)


def show_earlier(talk: Talk) -> None:
    """Have one more window of messages drawn."""
    st.session_state[chat_state.talk_key("windows", *talk.key)] = windows(talk) + 1


def fetched(talk: Talk) -> int:
    """How many messages the server is asked for: one more than is drawn, in large steps."""
    return _FETCHED * (windows(talk) * WINDOW // _FETCHED + 1)


# the list of sessions


def sessions_question(flow_id: str) -> str:
    """What the list of a flow's sessions is asked for as."""
    return f"sessions {flow_id}"


def lines(session: ServerSession, flow_id: str) -> list[Line]:
    """The flow's sessions, the latest first as far as the server tells."""
    question = sessions_question(flow_id)
    return session.ask(question, _KEPT_SECONDS, lambda api: _lines(api, flow_id)).value


def _lines(api: LangflowClient, flow_id: str) -> list[Line]:
    ids = api.sessions(flow_id)
    latest = api.messages(flow_id, limit=_FETCHED) if ids else []
    last: dict[str | None, datetime | None] = {}
    for message in reversed(latest):
        last.setdefault(message.session_id, _moment(message.timestamp))
    first_words: dict[str | None, str] = {}
    for message in latest:
        if message.sender == USER and message.text.strip():
            first_words.setdefault(message.session_id, message.text)
    ordered = [one for one in last if one in ids]
    ordered += [one for one in ids if one not in last]
    return [Line(one, label(one, first_words.get(one, "")), last.get(one)) for one in ordered]


def label(session_id: str, first_words: str = "") -> str:
    """A session's name; of one that nobody named, its first words."""
    if first_words.strip() and _RANDOM.fullmatch(session_id):
        return clip(" ".join(first_words.split()), 60)
    return session_id


# what is to be seen


def seen(talk: Talk) -> tuple[list[Message], list[Message]]:
    """The messages to be drawn: those that the server keeps, and those of the latest run that it
    does not keep, or not yet. None comes twice.
    """
    history, record = _with_unsent(talk), talk.record
    if record is None:
        return history, []
    over = record.ended and talk.settled and talk.history is not None
    if over and record.status is RunStatus.COMPLETED:
        return history, []
    spoken = _spoken(record, over)
    if over:
        # a message that was being written when its run ended is kept without its text
        begun = {message.id: message for message in spoken}
        history = [one if one.complete else begun.get(one.id, one) for one in history]
        kept = {message.id for message in history}
        spoken = [message for message in spoken if message.id not in kept]
    else:
        newer = {message.id for message in spoken}
        history = [message for message in history if message.id not in newer]
    flow = talk.choice.flow
    text = sent(record, flow)
    told = any(message.sender == USER for message in spoken) or _holds(history, text, record)
    if text and not told:
        spoken = [_own(record, flow), *spoken]
    return history, spoken


def _with_unsent(talk: Talk) -> list[Message]:
    """The history, and in their places the texts that never got to the server."""
    history, flow = list(talk.history or ()), talk.choice.flow
    if not talk.earlier:
        return history
    times = [_moment(message.timestamp) for message in history]
    later = {sent(talk.record, flow)} if talk.record else set()
    for record in talk.earlier:
        text = sent(record, flow)
        failed = record.ended and record.status is not RunStatus.COMPLETED
        # what was sent again is there already
        lost = failed and text not in later and not _holds(history, text, record)
        later.add(text)
        place = sum(at is not None and at < record.created_at for at in times)
        if lost and (place or talk.complete):
            history.insert(place, _own(record, flow, category=UNSENT))
            times.insert(place, record.created_at)
    return history


def _own(record: RunRecord, flow: Flow, **more: str) -> Message:
    """What a person wrote, as long as the server has not taken it in."""
    text, files = sent(record, flow), tuple(sent_files(record, flow))
    return Message(f"{record.id}-sent", text, USER, USER, record.session_id, files=files, **more)


def sent(record: RunRecord, flow: Flow) -> str:
    """The text that a run was given."""
    texts = (record.overrides.get(of.key) for of in flow.fields if of.chat_input)
    return next((text for text in texts if isinstance(text, str)), "")


def sent_files(record: RunRecord, flow: Flow) -> list[str]:
    """The paths of the files that a run was given with its text."""
    given = (record.overrides.get(of.key) for of in flow.fields if of.chat_files)
    return [path for value in given for path in file_paths(value)]


def _spoken(record: RunRecord, over: bool) -> list[Message]:
    """What the run itself says: by its events, else by its answer."""
    run = record.run
    if run is None:
        return []
    if run.messages or over or not record.ended:
        return [message for message in run.messages.values() if message.visible_text]
    return [
        Message(f"{record.id}-{name}", str(output.value), MACHINE, component_id=name)
        for name, output in run.outputs.items()
        if output.kind is OutputKind.MESSAGE and output.value
    ]


def _holds(history: Iterable[Message], text: str, record: RunRecord) -> bool:
    """Whether the text that this run was given is kept by the server."""
    for message in history:
        if message.sender != USER or message.text.strip() != text.strip():
            continue
        if message.job_id and record.job_id:
            own = message.job_id == record.job_id
        else:
            at = _moment(message.timestamp)
            own = at is None or at >= record.created_at - _CLOCKS
        if own:
            return True
    return False


def _moment(timestamp: str) -> datetime | None:
    """A server's time, which it gives in UTC."""
    try:
        at = datetime.fromisoformat(timestamp.replace(" UTC", "+00:00"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
