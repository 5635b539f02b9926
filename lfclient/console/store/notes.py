"""Notes of a run: codes with the values that `wording.run_notes` puts into their sentences."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from lfclient.common.json_types import JsonObject


class NoteCode(StrEnum):
    """What a note states. `STOP_…` and `ENDED_BEFORE_STOP` are results of a stop."""

    TEXT = "text"  # `text` is a sentence of the server, the client, or the console's version 0.2.0
    # before the server has the run
    NOT_ACCEPTED = "not_accepted"  # sent again `at`
    KEY_NEEDED_TO_SEND = "key_needed_to_send"
    # while a job is followed
    UNREACHABLE = "unreachable"  # since `at`
    FAILING = "failing"  # since `at`
    RETRYING = "retrying"
    RETRY_REQUESTED = "retry_requested"  # by the server, `at`
    STOP_RETRY_REQUESTED = "stop_retry_requested"  # by the server, `at`
    KEY_NEEDED = "key_needed"
    KEY_REJECTED = "key_rejected"
    OTHER_SERVER = "other_server"  # `text` is the URL that the run was started on
    NOT_FOLLOWED = "not_followed"
    RUNNING_SILENTLY = "running_silently"  # for `number` minutes
    QUEUED_SILENTLY = "queued_silently"  # for `number` minutes
    OVERTAKEN = "overtaken"  # queued for `number` minutes
    CONTACT_LOST = "contact_lost"  # silent for `number` minutes, with an interrupted connection
    # decisions
    DECISION_REFUSED = "decision_refused"
    DECISION_LOST = "decision_lost"
    DECISION_OUTDATED = "decision_outdated"
    DECISION_NOT_SENT = "decision_not_sent"
    DECISION_UNCONFIRMED = "decision_unconfirmed"
    # searches for lost runs
    RESTARTED = "restarted"
    RESPONSE_LOST = "response_lost"
    CONNECTION_BROKE = "connection_broke"
    SEARCHING = "searching"
    SEARCH_REQUESTED = "search_requested"  # by the server, `at`
    SEARCH_EARLY = "search_early"  # `at`, sooner than the server requested
    SEARCH_FAILED = "search_failed"  # last `at`
    SEARCHING_END = "searching_end"
    STREAM_SILENT = "stream_silent"  # for `number` seconds
    # results of a stop
    STOPPED = "stopped"
    STOPPED_UNSENT = "stopped_unsent"
    STOPPED_WAITING = "stopped_waiting"
    STOPPED_STREAM = "stopped_stream"
    STOPPED_SEARCHING = "stopped_searching"
    STOP_REFUSED = "stop_refused"
    STOP_UNCONFIRMED = "stop_unconfirmed"
    NOT_STOPPABLE = "not_stoppable"
    ENDED_BEFORE_STOP = "ended_before_stop"


@dataclass(frozen=True)
class Note:
    """A code with the values that its comment in `NoteCode` names."""

    code: NoteCode
    text: str = ""
    at: datetime | None = None
    number: int = 0


Notes = tuple[Note, ...]
_CODES = frozenset(NoteCode)


def quote(text: str) -> Note:
    """Return a note of a sentence by the server or the client."""
    return Note(NoteCode.TEXT, text)


def has_code(notes: Iterable[Note], *codes: NoteCode) -> bool:
    """Return whether one of the notes has one of the codes."""
    return any(note.code in codes for note in notes)


def dump_notes(notes: Notes) -> str:
    """Return notes as JSON; "" if there are none."""
    return json.dumps([_to_json(note) for note in notes], ensure_ascii=False) if notes else ""


def load_notes(text: str) -> Notes:
    """Return the notes that `dump_notes` wrote.

    A sentence that version 0.2.0 wrote becomes a note with the code `TEXT`. Notes with a later
    version's codes are left out.
    """
    if not text:
        return ()
    try:
        items = json.loads(text)
    except json.JSONDecodeError:
        return (quote(text),)
    return tuple(_from_json(item) for item in items if item["code"] in _CODES)


def _to_json(note: Note) -> JsonObject:
    values = {name: value for name, value in asdict(note).items() if value}
    return {**values, "at": note.at.isoformat()} if note.at else values


def _from_json(item: JsonObject) -> Note:
    values = {**item, "code": NoteCode(item["code"])}
    return Note(**{**values, "at": datetime.fromisoformat(item["at"])} if "at" in item else values)
