"""What is kept about a run: enough to show it, and to find it again after a restart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lfclient.runs.model import Mode, Run, RunStatus

ADOPTED = "job "  # begins the click of a run that was not started in this console
UNFINISHED = [status.value for status in RunStatus if not status.ended]


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

    `owner` is the fingerprint of who may open it; `click` is what started it, unique per owner.
    `overrides` are those sent, with secrets masked. `queue_limit` is how many runs the server
    does at a time, None where that is not known. Times are UTC, as this console saw them.
    `note` is what is to be said while the run goes on (server not reachable, …), `problem` why it
    could not be done, `stop_result` what came of asking to stop. `run` is None before the first
    answer, and in lists. `worker` names the process that follows it.

    `gist` is what lists show of the inputs. `attempts` is how often it was sent: more than once
    only where an answer was lost, as by a crash. `inputs_kept` is False where the console was told
    not to keep inputs: `overrides` is then empty; `answer_kept` says what the store has of the
    answer.
    """

    id: str
    owner: str
    click: str
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
    gist: str = ""
    inputs_kept: bool = True
    answer_kept: StoredParts = StoredParts.WHOLE
    run: Run | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status.ended

    @property
    def started_here(self) -> bool:
        """Whether this console started it, and so knows what it was given."""
        return not self.click.startswith(ADOPTED)

    def unpressed(self) -> dict[str, Any]:
        """The changes that take back what was pressed and has not been carried out."""
        run = self.run
        if run and run.waiting_for:
            run = replace(run, waiting_for=run.waiting_for.without_decision())
        return {"stop_requested_at": None, "run": run}

    def elapsed(self, now: datetime) -> float:
        """Seconds from the click to the end, or to `now`."""
        return max(0.0, ((self.ended_at or now) - self.created_at).total_seconds())
