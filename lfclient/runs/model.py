"""A run of a flow: its status, outputs and errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from lfclient.errors import LangflowError
from lfclient.outputs.model import Output
from lfclient.runs.components import ComponentRun, HumanInput, Message, NotRun, RunError

Mode = Literal["sync", "background", "stream"]


class RunStatus(StrEnum):
    """Where a run stands. The words are those that a person is shown, with blanks for `_`."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    SUSPENDED = "suspended"  # waits for a person's decision
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    UNKNOWN = "unknown"  # the server said a word that this release does not know
    INTERRUPTED = "interrupted"  # a streamed call broke off, and its run with it
    OUTCOME_UNKNOWN = "outcome_unknown"  # the answer was lost: it may have run, it may not

    @property
    def ended(self) -> bool:
        """Whether nothing more will come; `unknown` counts as going on."""
        return self in _ENDED


# What releases and the documentation say beside the statuses' own values.
_STATUS_ALIASES = {
    "error": RunStatus.FAILED,
    "canceled": RunStatus.CANCELLED,
    "running": RunStatus.IN_PROGRESS,
}


def read_status(word: str) -> RunStatus:
    """The status for the server's word; `unknown` if this release does not know it."""
    known = _STATUS_ALIASES.get(word)
    if known:
        return known
    try:
        return RunStatus(word)
    except ValueError:
        return RunStatus.UNKNOWN


_ENDED = frozenset(
    {
        RunStatus.COMPLETED,
        RunStatus.FAILED,
        RunStatus.CANCELLED,
        RunStatus.TIMED_OUT,
        RunStatus.INTERRUPTED,
        RunStatus.OUTCOME_UNKNOWN,
    }
)


@dataclass(frozen=True)
class Run:
    """One execution of a flow, as far as it is known. Immutable; `raw` is redacted.

    `server_status` is the server's own word for `status`. `session_id` is the session that the
    server used, or None if it did not say. Times are the console's business: the server's
    `created_timestamp` is that of the answer and is left in `raw`.

    `components`, `messages` and `waiting_for` are what its events told, by component and message
    id; `last_event_id` is that of the last of them. `decided` are the questions that were answered,
    in their order.
    """

    flow_id: str
    mode: Mode
    status: RunStatus
    job_id: str | None = None
    session_id: str | None = None
    server_status: str = ""
    outputs: dict[str, Output] = field(default_factory=dict)
    not_run: tuple[NotRun, ...] = ()
    errors: tuple[RunError, ...] = ()
    warnings: tuple[str, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict)
    flow_version: str | None = None
    created_at: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    components: dict[str, ComponentRun] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    waiting_for: HumanInput | None = None
    decided: tuple[HumanInput, ...] = ()
    last_event_id: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status.ended

    @property
    def unfinished_messages(self) -> list[Message]:
        """The flow's own messages that are, or were at the end, still being written."""
        own = (one for one in self.messages.values() if one.sender != "User")
        return [one for one in own if not one.complete and one.visible_text]


@dataclass(frozen=True)
class StopResult:
    """What came of asking for a stop.

    `stopped`: True if the run is stopped, False if it had ended before or cannot be stopped, None
    if the server has not confirmed. `message` is the server's own word; `run` is the run as it
    stands afterwards, with its outputs recovered where a late stop erased them.
    """

    stopped: bool | None
    message: str
    run: Run | None = None


class WaitTimeout(LangflowError):
    """The run had not ended in time; it goes on, and `run` is its last known state."""

    default_hint = "The run goes on at the server: ask for its status again, or stop it."

    def __init__(self, message: str, run: Run) -> None:
        super().__init__(message)
        self.run = run
