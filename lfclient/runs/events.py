"""Typed events of a run.

Only durable events of a background job have an `id` to resume after. Events of a streamed call,
tokens, log lines and inferred events have none. `raw` is the frame; only its first event has it.

Treat events as immutable. They are not frozen, because there are thousands and a frozen dataclass
takes several times as long to create.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from lfclient.common.json_types import Json
from lfclient.outputs.model import Output
from lfclient.runs.components import HumanInput, Message, RunError, Usage
from lfclient.wire.sse import RawEvent

if TYPE_CHECKING:
    from lfclient.runs.model import Run, RunStatus


@dataclass
class Event:
    """An event of a run."""

    id: str | None = field(default=None, kw_only=True)
    raw: RawEvent | None = field(default=None, kw_only=True, compare=False, repr=False)


@dataclass
class RunStarted(Event):
    """The run starts, or continues after a decision.

    `to_run` are the ids of all its components; those in `first` start now.
    """

    first: tuple[str, ...] = ()
    to_run: tuple[str, ...] = ()


@dataclass
class ComponentEvent(Event):
    """An event of one component."""

    component_id: str


@dataclass
class ComponentStarted(ComponentEvent):
    """A component starts. No server reports it: it is inferred from the end of earlier ones."""


@dataclass
class ComponentFinished(ComponentEvent):
    """A component returned. `seconds` and `ended_at` are by the server's clock.

    `usage` are the tokens that models took for it, None if none did or the server does not tell.
    `cached` says whether a frozen component's result is from a cache, None if that is not told.
    The components `next_ids` start now; `skipped_ids` are on branches that are not taken.
    """

    display_name: str = ""
    output: Output | None = None
    seconds: float | None = None
    ended_at: datetime | None = None
    next_ids: tuple[str, ...] = ()
    skipped_ids: tuple[str, ...] = ()
    usage: Usage | None = None
    cached: bool | None = None


@dataclass
class ComponentFailed(ComponentEvent):
    """A component failed, or rejected one of its values."""

    error: RunError
    display_name: str = ""
    seconds: float | None = None
    ended_at: datetime | None = None


@dataclass
class ComponentSkipped(ComponentEvent):
    """A component is on a branch that is not taken; `by` is the component that decided it."""

    by: str | None = None


@dataclass
class MessageAdded(Event):
    """A new message, or a new state of the message with this id."""

    message: Message

    @property
    def component_id(self) -> str | None:
        """The component that sent it."""
        return self.message.component_id


@dataclass
class MessageRemoved(Event):
    """The server removed a message."""

    message_id: str


@dataclass
class Token(Event):
    """The next part of a message's text. `gap` marks missing text before it."""

    message_id: str
    text: str
    gap: bool = False


@dataclass
class LogLine(ComponentEvent):
    """A log entry of a component; `message` is any JSON value."""

    name: str = ""
    message: Json = None


@dataclass
class OutputReady(ComponentEvent):
    """A terminal component has its output, which may be empty or truncated."""

    output: Output


@dataclass
class Warned(Event):
    """The server sent a warning."""

    message: str


@dataclass
class HumanInputRequired(Event):
    """The run waits for a decision, and the stream ends until there is one."""

    request: HumanInput

    @property
    def component_id(self) -> str | None:
        """The component that asks the question."""
        return self.request.component_id


@dataclass
class RunEnded(Event):
    """The run ended. `status` is its evaluated outcome, and `run` has the complete outputs."""

    status: RunStatus
    run: Run | None = None


@dataclass
class KeepAlive(Event):
    """The server is still there, without news."""


@dataclass
class UnknownEvent(Event):
    """An event that this client does not know or can't read."""

    name: str
    data: Json = None
