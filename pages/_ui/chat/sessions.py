"""A flow's sessions: the server's sessions, and sessions that exist only in this console."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from lfclient.client import LangflowClient
from lfclient.common.formatting import clip
from lfclient.common.redaction import Redactor
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import RunStatus
from pages._ui.chat.conversation import (
    MAX_FETCHED,
    TTL_SECONDS,
    USER,
    Conversation,
    parse_time,
    sessions_cache_key,
)
from pages._ui.chat.redaction import redact_start
from pages._ui.connection.app_context import app_context
from pages._ui.state.run_options import is_run_session, named_session

UNTITLED = "Untitled"  # a session with only a generated ID
_MAX_RUNS = 50  # the flow's latest runs, whose sessions are listed
_MAX_FIRST_WORDS = 2000  # characters of a session's first message that are cached


@dataclass(frozen=True)
class SessionEntry:
    """A session in the list.

    `is_single_run`: the session was created for one run and has no other known run. `first_words`:
    the start of the user's first message.
    """

    id: str
    first_words: str = ""
    last_message_at: datetime | None = None
    is_single_run: bool = False

    @property
    def label(self) -> str:
        """The session's name, or for a generated name its first words or `UNTITLED`."""
        return session_label(self.id, self.first_words)


@dataclass(frozen=True)
class StoredSessions:
    """A flow's sessions on its server at the time `asked_at`."""

    asked_at: datetime
    entries: Sequence[SessionEntry]


def list_sessions(conversation: Conversation) -> StoredSessions:
    """Return the flow's sessions. Sessions of its latest 200 messages come first, newest first."""
    server, flow_id = conversation.form.server, conversation.form.flow.id
    store = app_context().runner.store

    def fetch(api: LangflowClient) -> StoredSessions:
        asked_at = datetime.now(UTC)
        continued = store.continued_sessions(server.owner, flow_id)
        return StoredSessions(asked_at, _fetch_sessions(api, flow_id, continued))

    found = server.fetch(sessions_cache_key(flow_id), TTL_SECONDS, fetch).value
    entries = [_redact(session, conversation.redactor) for session in found.entries]
    return replace(found, entries=entries)


def _redact(session: SessionEntry, redactor: Redactor) -> SessionEntry:
    is_cut = len(session.first_words) == _MAX_FIRST_WORDS
    return replace(session, first_words=redact_start(session.first_words, redactor, is_cut))


def _fetch_sessions(
    api: LangflowClient, flow_id: str, continued: Collection[str]
) -> list[SessionEntry]:
    """Return the flow's sessions, which may contain secrets.

    `continued` has the sessions with several runs in this console.
    """
    ids = api.sessions.list(flow_id)
    latest = api.sessions.messages(flow_id, limit=MAX_FETCHED) if ids else []
    newest_first = latest[::-1]
    last_at = {message.session_id: parse_time(message.timestamp) for message in latest}
    first_words = {
        message.session_id: message.text[:_MAX_FIRST_WORDS]
        for message in newest_first
        if message.sender == USER and message.text.strip()
    }
    # 1.8 and 1.9 have no job IDs, and 1.13 stores an approval's job only with its answer. Count the
    # user's messages and the jobs, and take the larger number.
    asked = {(one.session_id, one.job_id or one.id) for one in latest if one.sender == USER}
    jobs = {(one.session_id, one.job_id) for one in latest if one.job_id}
    run_counts = Counter(id for id, _ in asked) | Counter(id for id, _ in jobs)
    recent = dict.fromkeys(message.session_id for message in newest_first)
    ordered = [id for id in recent if id in ids] + [id for id in ids if id not in recent]
    return [
        SessionEntry(
            id,
            first_words.get(id, ""),
            last_at.get(id),
            is_run_session(id) and id not in continued and run_counts[id] < 2,
        )
        for id in ordered
    ]


def _local_sessions(conversation: Conversation, stored: StoredSessions) -> list[SessionEntry]:
    """Return this console's sessions that `stored` lacks, newest first.

    Sessions that were deleted on the server are left out. A session was deleted if the server had
    stored one of its messages before the list was requested.
    """
    server, flow = conversation.form.server, conversation.form.flow
    ids = {session.id for session in stored.entries}
    runs = [
        (each.session_id, conversation.shown_text(each), each)
        for each in app_context().runner.recent(server.owner, _MAX_RUNS, flow.id)
        if each.session_id and each.session_id not in ids
    ]
    known = {
        id
        for id, text, run in runs
        if run.ended_at and run.ended_at < stored.asked_at and _was_message_stored(run, text)
    }
    run_counts = Counter(id for id, _, _ in runs)
    found: dict[str, SessionEntry] = {}
    for id, text, run in runs:
        if text and not (run.ended and id in known):
            at = found[id].last_message_at if id in found else run.created_at
            is_single_run = is_run_session(id) and run_counts[id] < 2
            found[id] = SessionEntry(id, text, at, is_single_run)
    return list(found.values())


def _was_message_stored(record: RunRecord, text: str) -> bool:
    """Return whether the server had stored the run's message, as far as the console knows.

    A stopped or failed run may have ended before its message was stored, unless its events had the
    message. A run without `text` is not read.
    """
    if record.status is RunStatus.COMPLETED:
        return True
    if record.attempts == 0 or not text:
        return False
    try:
        return _has_user_message(record.id, record.owner, record.version)
    except StoreError:
        return False


@lru_cache(maxsize=1_000)  # the list is often rendered, and a response may be large
def _has_user_message(run_id: str, owner: str, version: int) -> bool:
    """Return whether an ended run's events had a user message.

    `version` is only part of the cache's key, so that a newer record is read again.
    """
    record = app_context().runner.load(run_id, owner)
    messages = record.run.messages.values() if record and record.run else ()
    return any(message.sender == USER for message in messages)


def with_local_sessions(stored: StoredSessions, conversation: Conversation) -> list[SessionEntry]:
    """Return the server's sessions and this console's own sessions, newest first."""
    sessions = [*stored.entries, *_local_sessions(conversation, stored)]
    oldest = datetime.min.replace(tzinfo=UTC)
    return sorted(sessions, key=lambda one: one.last_message_at or oldest, reverse=True)


def session_label(session_id: str, first_words: str = "") -> str:
    """Return a session's name, or for a generated name its first words or `UNTITLED`."""
    return named_session(session_id) or clip(" ".join(first_words.split()), 60) or UNTITLED
