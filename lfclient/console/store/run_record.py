"""A run as the console knows it: in full as a record, in lists as a summary."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from lfclient.common.coerce import as_str
from lfclient.console.store.notes import Notes
from lfclient.flows.model import Flow
from lfclient.resources.models import chosen_model
from lfclient.runs.cause_codes import GRAPH_CAUSES, CauseCode
from lfclient.runs.components import Usage
from lfclient.runs.error_causes import ErrorCause, explain_error
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.tool_calls import mark_tools
from lfclient.wire.modes import MODES, Mode

ADOPTED_TOKEN_PREFIX = "job "  # in the submit token of a run that another client started
UNFINISHED_STATUSES = [status for status in RunStatus if not status.ended]
MAX_WAITING = timedelta(days=1)  # after a restart, older runs of a batch are not sent any more
LOST_STATUSES = [RunStatus.OUTCOME_UNKNOWN, RunStatus.INTERRUPTED]

InputSummary = tuple[tuple[str, str], ...]  # labels with their values as text


class StoredParts(StrEnum):
    """Which parts of a response the store has."""

    WHOLE = "whole"
    WITHOUT_RAW = "without_raw"  # the raw response would exceed the size limit
    WITHOUT_INPUTS = "without_inputs"  # nothing that may repeat inputs
    TOO_LARGE = "too_large"  # no outputs: they exceed the size limit
    NO_ROOM = "no_room"  # no outputs: the disk is full
    NOT_WANTED = "not_wanted"  # this console stores no outputs
    REMOVED = "removed"  # deleted to make room for newer responses


class ProblemCode(StrEnum):
    """Why a run could not be executed or its outcome is unknown.

    Each comment gives the value in the sentence, which `wording.run_notes` has.
    """

    NOT_STARTED = "not_started"
    NEVER_SENT = "never_sent"
    CALL_LOST = "call_lost"
    STREAM_LOST = "stream_lost"
    RESPONSE_LOST = "response_lost"  # the error's message
    STOP_LOST = "stop_lost"
    FLOW_DELETED = "flow_deleted"
    JOB_UNKNOWN = "job_unknown"  # the error's message
    NOT_FOLLOWED = "not_followed"  # the error's type
    # results of a search; each has the reason for the search in words
    SEARCH_STOPPED = "search_stopped"
    SEVERAL_FOUND = "several_found"
    ANOTHER_LOST = "another_lost"
    NOT_FOUND = "not_found"


@dataclass(frozen=True)
class RecordProblem:
    """Why a run could not be executed, and what to do about it.

    The words are stored for lists and searches. `code` is a `ProblemCode`, or a `CauseCode` of the
    client's requests, or a later console's; "" for other errors.
    """

    message: str
    hint: str = ""
    code: str = ""

    @property
    def cause(self) -> ErrorCause | None:
        """What the flow lacks, if the message tells; None for a problem of the console itself.

        Such as an address that it could not reach.
        """
        cause = explain_error(self.message)
        if cause and (cause.parameter or cause.code in GRAPH_CAUSES):
            return cause
        return None


@dataclass(frozen=True, kw_only=True)
class RunBase:
    """The fields that records and lists have in common.

    `owner` is the fingerprint of the server and user that may open the run. Times are UTC, by this
    console's clock. `attempts` counts the requests sent: 0 while the run waits to be sent, more
    than one only after a lost response, for example after a crash. `input_summary` has the labels
    and values of inputs as texts, the chat text without a label. Version 0.2.0 recorded one line.

    The other fields describe the result. The store computes them when it saves the run's end.
    `output_summary` is the line that lists show for the outputs. `tokens` are input and output
    tokens, `usage_by_model` the same by the model's name; both None if unknown. `thumbnail`
    is a small WebP of the first image among the outputs, None without one.
    """

    id: str
    owner: str
    server_name: str
    flow_id: str
    flow_name: str
    mode: Mode
    created_at: datetime
    status: RunStatus = RunStatus.QUEUED
    session_id: str | None = None
    job_id: str | None = None
    ended_at: datetime | None = None
    attempts: int
    input_summary: InputSummary = ()
    output_summary: str = ""
    tokens: int | None = None
    usage_by_model: dict[str, Usage] | None = None
    thumbnail: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class RunRecord(RunBase):
    """One run as the console knows it. Immutable; `version` grows with each change.

    `submit_token` identifies the submit that started it and is unique per owner. `batch_id` is
    common to the runs of one start, None if it started one run. `overrides` are the values sent,
    secrets masked, `flow_defaults` the flow's own values of inputs that were not sent, None if
    unknown. `queue_limit` is how many runs the server executes at a time, None if unknown.
    `sent_at` is when a run that had to wait was sent, None for other runs.

    `notes` are shown during the run ("server not reachable"), `problem` is why it could not be
    executed, `stop_result` how a stop request ended. `run` is None before the first response, and
    in lists. `worker` is the process that follows the run.

    `inputs_stored` is False, and there are neither overrides nor defaults, if this console does not
    store inputs. `stored_parts` says which parts of the response are stored.
    """

    submit_token: str
    batch_id: str | None = None
    server_url: str
    overrides: dict[str, Any] = field(default_factory=dict)
    flow_defaults: dict[str, Any] | None = None
    queue_limit: int | None = None
    sent_at: datetime | None = None
    started_at: datetime | None = None
    stop_requested_at: datetime | None = None
    stop_result: Notes = ()
    notes: Notes = ()
    problem: RecordProblem | None = None
    worker: str = ""
    version: int = 1
    inputs_stored: bool = True
    stored_parts: StoredParts = StoredParts.WHOLE
    run: Run | None = None

    def with_tool_states(self, flow: Flow | None) -> RunRecord:
        """Return the record with the state of each tool after its agents' calls."""
        return replace(self, run=self.run and mark_tools(self.run, flow))

    @property
    def inputs(self) -> dict[str, Any]:
        """The values of the run's inputs, those that were sent first."""
        return self.overrides | (self.flow_defaults or {})

    @property
    def submitted_at(self) -> datetime:
        """When the run was sent to the server; when it was created if it is still waiting."""
        return self.sent_at or self.created_at

    @property
    def ended(self) -> bool:
        """Whether the status is final."""
        return self.status.ended

    @property
    def is_lost(self) -> bool:
        """Whether it ended here without its outcome, which the server may have."""
        if MODES[self.mode].response == "events":
            return self.status in LOST_STATUSES
        return self.status is RunStatus.OUTCOME_UNKNOWN and self.job_id is None

    @property
    def usage(self) -> Usage | None:
        """The input and output tokens of models, None if unknown, as without a response."""
        return self.run.usage if self.run else None

    @property
    def cause(self) -> ErrorCause | None:
        """The known cause of the run's first error, or of why it could not be executed."""
        if not self.run or not self.run.errors:
            return self.problem.cause if self.problem else None
        error = self.run.errors[0]
        cause = explain_error(error.message)
        model = chosen_model(self.overrides.get(f"{error.component_id}.model"))
        provider = as_str(model.get("provider")) if model else ""
        if cause and cause.code is CauseCode.UNREACHABLE and provider:
            return ErrorCause(CauseCode.PROVIDER_UNREACHABLE, provider)
        return cause

    @property
    def failure(self) -> str:
        """Why the run failed, or could not be executed, in one line; "" if neither.

        The cause in words if it is known, else the first line of the error. A single word, such as
        the name that a prompt lacks, comes after the component's name.
        """
        if self.cause:
            return self.cause.message
        error = self.run.errors[0] if self.run and self.run.errors else None
        problem = self.problem.message if self.problem else ""
        message = (error.message if error else problem).strip().partition("\n")[0]
        is_word = len(message.split()) == 1
        return f"{error.component}: {message}" if error and error.component and is_word else message

    @property
    def started_here(self) -> bool:
        """Whether this console started the run, and so knows its inputs."""
        return not self.submit_token.startswith(ADOPTED_TOKEN_PREFIX)

    def without_pending_commands(self) -> dict[str, Any]:
        """Return the changes that withdraw a stop or decision that was not carried out."""
        run = self.run
        if run and run.waiting_for:
            run = replace(run, waiting_for=run.waiting_for.without_decision())
        return {"stop_requested_at": None, "run": run}

    def elapsed(self, now: datetime | None = None) -> float | None:
        """Return the seconds from submit to end, or to `now`; None if the end was not seen."""
        if self.ended and self.ended_at is None:
            return None
        until = self.ended_at or now or datetime.now(UTC)
        return max(0.0, (until - self.created_at).total_seconds())


@dataclass(frozen=True, kw_only=True)
class RunSummary(RunBase):
    """One run in a list, with what the store alone has of it.

    `is_settled` says that the end of the run is stored. Its outputs may follow if the disk was
    full.
    """

    starred: bool = False
    is_settled: bool = False

    @property
    def seconds(self) -> float | None:
        """The seconds from submit to end; None while it is unfinished, or if nobody saw the end."""
        if self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.created_at).total_seconds())

    def updated(self, record: RunRecord) -> RunSummary:
        """Return the summary with the values of a newer version of its record."""
        return replace(
            self, **{field.name: getattr(record, field.name) for field in fields(RunBase)}
        )


# in an export that was written without the flow, whatever the cause
FLOW_MISSING = "The flow was not loaded: inputs and outputs may contain secrets that it stores."
MISSING_OUTPUTS_REASONS = {
    StoredParts.TOO_LARGE: "the response exceeds this console's size limit",
    StoredParts.NO_ROOM: "the disk of the console's database was full",
    StoredParts.NOT_WANTED: "this console stores no outputs",
    StoredParts.REMOVED: "they were deleted to make room for newer runs",
}
_PARTIAL = {
    StoredParts.WITHOUT_RAW: "The raw response is not stored: it exceeds this console's size "
    "limit.",
    StoredParts.WITHOUT_INPUTS: "This console stores no inputs. The raw response and the "
    "components' outputs, which may repeat them, are not stored either.",
}


def explain_missing_response(parts: StoredParts) -> str:
    """Return why parts of a response are not stored, "" if all are."""
    if parts in MISSING_OUTPUTS_REASONS:
        return f"The outputs are not stored: {MISSING_OUTPUTS_REASONS[parts]}."
    return _PARTIAL.get(parts, "")


def explain_missing_inputs(record: RunRecord) -> str:
    """Return why the inputs of a run are unknown, "" if they are known."""
    if not record.started_here:
        return "The inputs are unknown: another client started this run."
    if not record.inputs_stored:
        return "The inputs are not stored: this console stores none (LFCONSOLE_KEEP_INPUTS)."
    return ""
