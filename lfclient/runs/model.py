"""A run of a flow: its status, outputs and errors."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lfclient.common.json_types import JsonObject
from lfclient.errors import LangflowError
from lfclient.outputs.model import Output
from lfclient.runs.components import (
    ComponentRun,
    ComponentState,
    HumanInput,
    Message,
    NotRun,
    RunError,
    Usage,
)
from lfclient.wire.modes import Mode


class RunStatus(StrEnum):
    """The status of a run. The values are shown to people, with spaces for `_`."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    SUSPENDED = "suspended"  # waits for a decision
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    UNKNOWN = "unknown"  # a status that this client does not know
    INTERRUPTED = "interrupted"  # a streamed call lost its connection, which usually ends its run
    OUTCOME_UNKNOWN = "outcome_unknown"  # the response was lost: it may or may not have run

    @property
    def ended(self) -> bool:
        """Whether this is final; `unknown` is not."""
        return self not in _UNENDED


# further values that releases and the documentation use
_STATUS_ALIASES = {
    "error": RunStatus.FAILED,
    "canceled": RunStatus.CANCELLED,
    "running": RunStatus.IN_PROGRESS,
}


def read_status(word: str) -> RunStatus:
    """Return the status for the server's word; `UNKNOWN` for a new one."""
    status = _STATUS_ALIASES.get(word)
    if status:
        return status
    try:
        return RunStatus(word)
    except ValueError:
        return RunStatus.UNKNOWN


_UNENDED = (RunStatus.QUEUED, RunStatus.IN_PROGRESS, RunStatus.SUSPENDED, RunStatus.UNKNOWN)


@dataclass(frozen=True)
class Run:
    """The state of one execution of a flow. Immutable.

    `server_status` is the server's own word for `status`, `raw` its redacted response.
    `session_id` is the session that the server used, None if not reported. The server's
    `created_timestamp`, in `raw`, is the time of the response, not of the run.

    `components` and `messages`, both by id, and `waiting_for`, the open question, come from the
    run's events; `last_event_id` is the id of the last one. `decided` are the answered questions in
    order. `removed_message` is the last message that the server removed, as it does if an agent
    fails; only the calls of tools in it are kept. `usage` needs the components, which `run` and
    `wait` add to a run that asked models.
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
    raw: JsonObject = field(default_factory=dict)
    flow_version: str | None = None
    created_at: str | None = None
    metadata: JsonObject = field(default_factory=dict)
    components: dict[str, ComponentRun] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    waiting_for: HumanInput | None = None
    decided: tuple[HumanInput, ...] = ()
    removed_message: Message | None = None
    last_event_id: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the status is final."""
        return self.status.ended

    @property
    def ended_at(self) -> datetime | None:
        """When a completed or failed run ended, by the server's clock: with its last component.

        None for other runs, or if the end of the last component is not reported.
        """
        ends = {id: one.ended_at for id, one in self.components.items() if one.ended_at}
        failed = any(self.components[id].state is ComponentState.FAILED for id in ends)
        is_known = {
            RunStatus.COMPLETED: self.outputs.keys() <= ends.keys(),
            RunStatus.FAILED: failed,
        }.get(self.status, False)
        return max(ends.values()) if ends and is_known else None

    @property
    def usage(self) -> Usage | None:
        """The tokens of all components; None if none asked a model, or the server doesn't tell."""
        known = [component.usage for component in self.components.values() if component.usage]
        return sum(known[1:], known[0]) if known else None

    @property
    def usage_by_model(self) -> dict[str, Usage]:
        """The tokens by the model's name, under "" those of unknown models."""
        totals: dict[str, Usage] = {}
        for component in self.components.values():
            if component.usage:
                for name, usage in (component.usage_by_model or {"": component.usage}).items():
                    totals[name] = totals[name] + usage if name in totals else usage
        return totals

    @property
    def distinct_outputs(self) -> dict[str, Output]:
        """The outputs without those that only repeat one of `errors`."""
        errors = {(error.component_id, error.message) for error in self.errors}
        return {
            component_id: output
            for component_id, output in self.outputs.items()
            if not output.is_error or (output.component_id, str(output.value)) not in errors
        }

    @property
    def answers(self) -> list[Message]:
        """The flow's own messages without errors, oldest first."""
        messages = self.messages.values()
        return [one for one in messages if one.sender != "User" and one.category != "error"]

    @property
    def unfinished_messages(self) -> list[Message]:
        """The answers that are, or were at the end, still being written."""
        return [one for one in self.answers if not one.complete and one.visible_text]


@dataclass(frozen=True)
class StopResult:
    """The result of stopping a run.

    `stopped` is True if the run is stopped, by this stop or an earlier one, False if it had ended
    otherwise or can't be stopped, None if the server has accepted the stop, but not confirmed the
    run's end. `message` is the server's, "" if no stop was sent. `run` is the run afterwards, with
    its outputs recovered if a late stop erased them; None if the server did not tell.
    """

    stopped: bool | None
    message: str
    run: Run | None = None


class WaitTimeout(LangflowError):
    """The run did not end in time; it continues, and `run` is its last known state."""

    default_hint = "The run continues on the server: check its status again later, or stop it."

    def __init__(self, message: str, run: Run) -> None:
        super().__init__(message)
        self.run = run
