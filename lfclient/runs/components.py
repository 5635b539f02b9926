"""What a run is made of: its components, its messages, what it waits for, why it failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lfclient.outputs.model import Output


class ComponentState(StrEnum):
    """Where a component stands within a run."""

    WAITING = "waiting"  # for those before it; once the run has ended: it did not run
    RUNNING = "running"
    SUSPENDED = "suspended"  # waits for a person's decision
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"  # on a branch that was not taken
    INTERRUPTED = "interrupted"  # was at work when the run ended
    UNKNOWN = "unknown"  # the server does not tell, or not yet


@dataclass(frozen=True)
class RunError:
    """Why a run failed, in the server's words; `traceback` is the component's, never ours."""

    message: str
    component_id: str | None = None
    component: str | None = None
    code: str | None = None
    traceback: str | None = None


@dataclass(frozen=True)
class NotRun:
    """A terminal component that did not run, and why: a branch not taken, or not connected."""

    component_id: str
    display_name: str
    reason: str


@dataclass(frozen=True)
class ComponentRun:
    """One component within one run.

    `seconds` is how long it worked and `ended_at` when it was done, both by the server's clock;
    None where the server did not say. `output` is what it returned, as one that ends a flow would
    have it: of several named outputs the first, with all of them in `parts`. `log` are the last
    lines that it logged.
    """

    component_id: str
    state: ComponentState = ComponentState.WAITING
    display_name: str = ""
    seconds: float | None = None
    ended_at: datetime | None = None
    output: Output | None = None
    error: RunError | None = None
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Message:
    """A chat message of a run, or of a session's history.

    `sender` is User, Machine, or the name of a component that failed. `component_id` is where it
    came from, None if the server does not say. `complete` is False while it is being written;
    `gap`: words are missing that went by while the connection was broken, until the whole text
    comes. `files` are paths at the server. `streamed` is what came word by word since `text`.
    `job_id` is the run that it belongs to, where a session's history tells (1.10+), and `blocks`
    are what stands beside the text there, as Langflow has it: tools used, questions, reasons.
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
    blocks: tuple[dict[str, Any], ...] = ()

    @property
    def visible_text(self) -> str:
        """The text as far as it is known."""
        # the first word comes with the message and again by itself
        return self.streamed if self.streamed.startswith(self.text) else self.text + self.streamed

    def with_chunk(self, chunk: str, *, gap: bool = False) -> Message:
        """With a further piece of its text; `gap`: words before it are missing."""
        return replace(self, streamed=f"{self.streamed}{'… ' if gap else ''}{chunk}")


@dataclass(frozen=True)
class Decision:
    """One way to answer a `HumanInput`: `label` is its button, `action_id` what is sent."""

    action_id: str
    label: str


@dataclass(frozen=True)
class HumanInput:
    """A question that a run waits for a person to answer.

    `decisions` are those that the server takes. After `expires_at` the run goes on with
    `fallback_action`, or on no branch if there is none, whatever is answered; it waits for the
    answer all the same. `expires_at` is None where there is no limit, or it is not known, as
    `client.pending` does not tell it. `sent` is the action id that was answered and is on its way,
    or has arrived, `sent_at` when somebody did. Of a question that was answered elsewhere both are
    None: no event tells the decision.
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
        """Whether it was answered after its time limit, and the answer did not count."""
        return bool(self.sent_at and self.expires_at and self.sent_at > self.expires_at)

    def without_decision(self) -> HumanInput:
        """The question without the answer that was sent."""
        return replace(self, sent=None, sent_at=None)

    def label_of(self, action_id: str) -> str:
        """What stands on the button of a decision; its id if there is none."""
        return next((one.label for one in self.decisions if one.action_id == action_id), action_id)


def read_decisions(options: Any, allowed: Any) -> tuple[Decision, ...]:
    """The decisions that a server takes, with their labels where it gives any."""
    labels = {
        option["action_id"]: option.get("label") or option["action_id"]
        for option in (options if isinstance(options, list) else ())
        if isinstance(option, dict) and isinstance(option.get("action_id"), str)
    }
    taken = allowed if isinstance(allowed, list) else list(labels)
    return tuple(
        Decision(action, str(labels.get(action, action)))
        for action in taken
        if isinstance(action, str)
    )
