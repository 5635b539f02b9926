"""What is kept about a run: enough to show it, and to find it again after a restart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lfclient.runs.model import Mode, Run, RunStatus

ADOPTED_TOKEN_PREFIX = "job "  # begins the click of a run that was not started in this console
UNFINISHED_STATUSES = [status.value for status in RunStatus if not status.ended]


class StoredParts(StrEnum):
    """What a store has of a run's answer."""

    WHOLE = "whole"
    WITHOUT_RAW = "without_raw"  # the raw answer would have made it larger than allowed
    WITHOUT_INPUTS = "without_inputs"  # nothing that repeats inputs, which are not kept
    TOO_LARGE = "too_large"  # no outputs: they are larger than allowed
    NOT_WANTED = "not_wanted"  # the console was told not to keep outputs
    REMOVED = "removed"  # it made room for younger ones


@dataclass(frozen=True)
class RecordProblem:
    """Why the console could not do what was asked, and what a person may do about it."""

    message: str
    hint: str = ""


@dataclass(frozen=True)
class RunRecord:
    """One run as the console knows it. Immutable; `version` grows with each change.

    `owner` is the fingerprint of the server and key that may open it. `submit_token` identifies
    the submit that started it and is unique per owner. `overrides` are the values sent, secrets
    masked. `queue_limit` is how many runs the server executes at a time, None if unknown. Times
    are UTC, by this console's clock.

    `note` is shown while the run goes on ("server not reachable"), `problem` says why it could not
    be executed, `stop_result` how a stop request ended. `run` is None before the first response,
    and in lists. `worker` is the process that follows the run.

    `input_summary` is the line that lists show for the inputs. `attempts` counts the requests sent:
    more than one only after a lost response, for example after a crash. `inputs_stored` is False,
    and `overrides` empty, if this console does not store inputs. `stored_parts` says which parts
    of the response are stored.
    """

    id: str
    owner: str
    submit_token: str
    server_name: str
    server_url: str
    flow_id: str
    flow_name: str
    mode: Mode
    created_at: datetime
    status: RunStatus = RunStatus.QUEUED
    session_id: str | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    queue_limit: int | None = None
    job_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    stop_requested_at: datetime | None = None
    stop_result: str = ""
    note: str = ""
    problem: RecordProblem | None = None
    worker: str = ""
    version: int = 1
    attempts: int = 1
    input_summary: str = ""
    inputs_stored: bool = True
    stored_parts: StoredParts = StoredParts.WHOLE
    run: Run | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status.ended

    @property
    def started_here(self) -> bool:
        """Whether this console started it, and so knows what it was given."""
        return not self.submit_token.startswith(ADOPTED_TOKEN_PREFIX)

    def without_pending_commands(self) -> dict[str, Any]:
        """The changes that take back what was pressed and has not been carried out."""
        run = self.run
        if run and run.waiting_for:
            run = replace(run, waiting_for=run.waiting_for.without_decision())
        return {"stop_requested_at": None, "run": run}

    def elapsed(self, now: datetime) -> float:
        """Seconds from the click to the end, or to `now`."""
        return max(0.0, ((self.ended_at or now) - self.created_at).total_seconds())
