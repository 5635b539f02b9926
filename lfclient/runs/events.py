"""What happens in a run, as typed events.

Only durable events of a background job have an `id`, by which they can be resumed after; those of
a streamed call, words, log lines and what is inferred have none. `raw` is the frame of the wire
that an event was read from, None for an inferred one and for the second and later of a frame.

They are not to be changed, but are not frozen: thousands come, and a frozen one takes several
times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lfclient.outputs.model import Output
from lfclient.runs.components import HumanInput, Message, RunError
from lfclient.wire.sse import RawEvent

if TYPE_CHECKING:
    from lfclient.runs.model import Run, RunStatus


@dataclass
class Event:
    """Something that happened."""

    id: str | None = field(default=None, kw_only=True)
    raw: RawEvent | None = field(default=None, kw_only=True, compare=False, repr=False)


@dataclass
class RunStarted(Event):
    """The server begins, or goes on after a decision. `to_run` are all components, by id;
    `first` those that begin.
    """

    first: tuple[str, ...] = ()
    to_run: tuple[str, ...] = ()


@dataclass
class ComponentEvent(Event):
    """Something about one component."""

    component_id: str


@dataclass
class ComponentStarted(ComponentEvent):
    """A component is at work. No server says so: it is inferred from the end of those before."""

    inferred: bool = True


@dataclass
class ComponentFinished(ComponentEvent):
    """A component has returned. `seconds` and `ended_at` are by the server's clock.

    `next_ids` begin now; `skipped_ids` are on branches that are not taken.
    """

    display_name: str = ""
    output: Output | None = None
    seconds: float | None = None
    ended_at: datetime | None = None
    next_ids: tuple[str, ...] = ()
    skipped_ids: tuple[str, ...] = ()


@dataclass
class ComponentFailed(ComponentEvent):
    """A component did not succeed, or refused one of its values."""

    error: RunError
    display_name: str = ""
    seconds: float | None = None
    ended_at: datetime | None = None


@dataclass
class ComponentSkipped(ComponentEvent):
    """A component is on a branch that is not taken; `by` is the one that decided so."""

    by: str | None = None


@dataclass
class MessageAdded(Event):
    """A message, or a newer state of one that was added before under the same id."""

    message: Message

    @property
    def component_id(self) -> str | None:
        """Where it came from."""
        return self.message.component_id


@dataclass
class MessageRemoved(Event):
    """The server took a message back."""

    message_id: str


@dataclass
class Token(Event):
    """A further piece of a message's text. `gap`: what came before it has gone by unseen."""

    message_id: str
    text: str
    gap: bool = False


@dataclass
class LogLine(ComponentEvent):
    """What a component logged; `message` is any JSON value."""

    name: str = ""
    message: Any = None


@dataclass
class OutputReady(ComponentEvent):
    """A component that ends the flow has its output; it may be empty or cut."""

    output: Output


@dataclass
class Warned(Event):
    """The server says that something is not as it should be."""

    message: str


@dataclass
class HumanInputRequired(Event):
    """The run waits for a person; the stream ends with this until somebody has decided."""

    request: HumanInput

    @property
    def component_id(self) -> str | None:
        """The component that asks."""
        return self.request.component_id


@dataclass
class RunEnded(Event):
    """Nothing more will come. `status` is the true one, by the success rule; `run` has the outputs
    made whole.
    """

    status: RunStatus
    run: Run | None = None


@dataclass
class KeepAlive(Event):
    """The server has nothing to tell, and is there."""


@dataclass
class UnknownEvent(Event):
    """An event that this release does not know, or whose content it cannot read."""

    name: str
    data: Any = None
