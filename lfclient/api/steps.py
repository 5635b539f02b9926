"""What an operation asks of its driver: to wait, to open a stream, to read it, to emit events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lfclient.api.requests import RequestSpec
from lfclient.runs.events import Event


@dataclass(frozen=True)
class Pause:
    """Asks the driver to wait."""

    seconds: float


@dataclass(frozen=True)
class OpenStream:
    """Asks the driver to open a stream. It is answered with an `Answer` whose body is to be asked
    for by `Read`, or with a whole one if its status is not 200. `silence` is for how many seconds
    nothing may come, None for any time.
    """

    spec: RequestSpec
    silence: float | None


@dataclass(frozen=True)
class ReadChunk:
    """Asks for the next bytes of the open stream; b"" at its end."""


@dataclass(frozen=True)
class Emit:
    """Hands events to who called, each before the next is looked at."""

    events: Iterable[Event]
