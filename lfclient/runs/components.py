"""The parts of a run: components, messages, questions and errors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from lfclient.common.coerce import as_list
from lfclient.common.json_types import Json, JsonObject
from lfclient.outputs.model import Output


class ComponentState(StrEnum):
    """The state of a component within a run."""

    WAITING = "waiting"  # for earlier components; in an ended run: did not run
    RUNNING = "running"
    SUSPENDED = "suspended"  # waits for a decision
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"  # on a branch that was not taken
    INTERRUPTED = "interrupted"  # was running when the run ended
    NOT_CALLED = "not_called"  # a tool that its agent did not call; see `mark_tools`
    UNKNOWN = "unknown"  # not reported, or not yet


@dataclass(frozen=True)
class RunError:
    """Why a run failed: the server's message, and the traceback of the component's code."""

    message: str
    component_id: str | None = None
    component: str | None = None
    code: str | None = None
    traceback: str | None = None


@dataclass(frozen=True)
class NotRun:
    """A terminal component that did not run, with the reason as a sentence."""

    component_id: str
    display_name: str
    reason: str

    @property
    def component_name(self) -> str:
        """The component's name, or its id if it has none."""
        return self.display_name or self.component_id


@dataclass(frozen=True)
class Usage:
    """Input and output tokens of models."""

    input: int
    output: int
    total: int

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.input + other.input, self.output + other.output, self.total + other.total)


@dataclass(frozen=True)
class ComponentRun:
    """One component within one run.

    `seconds` is its duration and `ended_at` its end, by the server's clock; None if not reported.
    `usage` are the tokens of all its requests to models, None if there were none or not reported.
    `usage_by_model` are the same by the model's name, which `client.runs.name_models` adds: empty
    for unknown models, and under "" if it is not known which model took how many. `cached`: as the
    component is frozen, Langflow returned an earlier result, maybe that of another run; None if the
    server doesn't tell. Of several named outputs, `output` is the first, with all of them in its
    `parts`. `log` has its last log lines.
    """

    component_id: str
    state: ComponentState = ComponentState.WAITING
    display_name: str = ""
    seconds: float | None = None
    ended_at: datetime | None = None
    output: Output | None = None
    error: RunError | None = None
    log: tuple[str, ...] = ()
    usage: Usage | None = None
    usage_by_model: dict[str, Usage] = field(default_factory=dict)
    cached: bool | None = None

    @property
    def started_at(self) -> datetime | None:
        """Its start, by the server's clock; None if not reported."""
        if self.ended_at is None or self.seconds is None:
            return None
        return self.ended_at - timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class Message:
    """A chat message of a run or a session.

    `sender` is User, Machine, or the name of a component that failed. `component_id` is the
    component that sent it (for a chat output, the component that feeds it), None if not reported.
    `complete` is False while it is being written, and `streamed` has the tokens that followed
    `text`. `files` are paths on the server. `job_id` is the run it belongs to (1.10+). `blocks` are
    Langflow's JSON for tool calls, questions and reasons next to the text.
    """

    id: str
    text: str = ""
    sender: str = ""
    sender_name: str = ""
    session_id: str | None = None
    component_id: str | None = None
    category: str = "message"
    complete: bool = True
    timestamp: str = ""
    files: tuple[str, ...] = ()
    streamed: str = ""
    job_id: str | None = None
    blocks: tuple[JsonObject, ...] = ()

    @property
    def visible_text(self) -> str:
        """The text received so far."""
        # the first token arrives in the message and again by itself
        return self.streamed if self.streamed.startswith(self.text) else self.text + self.streamed

    def with_chunk(self, chunk: str, *, gap: bool = False) -> Message:
        """Return the message with another token; `gap` marks missing text before it."""
        return replace(self, streamed=f"{self.streamed}{'… ' if gap else ''}{chunk}")


@dataclass(frozen=True)
class Decision:
    """An answer to a `HumanInput`: the button's label, and the id sent to the server."""

    action_id: str
    label: str


@dataclass(frozen=True)
class HumanInput:
    """A question that a run waits for a person to answer.

    `decisions` are the answers that the server accepts. The run waits for an answer even after
    `expires_at`, but any answer then makes it continue with `fallback_action`, or on no branch if
    there is none. `expires_at` is None if there is no limit, or from `client.pending`, which does
    not tell it.
    `sent` is the action id of the answer sent from here and `sent_at` its time; both are None if
    someone else answered, because no event tells the decision.
    """

    request_id: str
    prompt: str = ""
    decisions: tuple[Decision, ...] = ()
    kind: str = ""
    component_id: str | None = None
    job_id: str | None = None
    session_id: str | None = None
    expires_at: datetime | None = None
    fallback_action: str | None = None
    sent: str | None = None
    sent_at: datetime | None = None

    @property
    def is_late(self) -> bool:
        """Whether the answer was sent after the time limit, so that it did not count."""
        return bool(self.sent_at and self.expires_at and self.sent_at > self.expires_at)

    def without_decision(self) -> HumanInput:
        """Return the question without the answer that was sent."""
        return replace(self, sent=None, sent_at=None)

    def label_of(self, action_id: str) -> str:
        """Return the label of a decision; its id if it has none."""
        labels = {decision.action_id: decision.label for decision in self.decisions}
        return labels.get(action_id, action_id)


def read_decisions(options: Json, allowed: Json) -> tuple[Decision, ...]:
    """Return the decisions that a server accepts, with their labels if it has any."""
    labels = {
        option["action_id"]: option.get("label") or option["action_id"]
        for option in as_list(options)
        if isinstance(option, dict) and isinstance(option.get("action_id"), str)
    }
    action_ids = allowed if isinstance(allowed, list) else list(labels)
    return tuple(
        Decision(action_id, str(labels.get(action_id, action_id)))
        for action_id in action_ids
        if isinstance(action_id, str)
    )
