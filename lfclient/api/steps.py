"""Steps that an operation yields to its driver, the sync or the async client.

An operation is a generator without I/O. It yields a step and receives the result, or has the
`LangflowError` raised inside it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from lfclient.api.requests import RequestSpec
from lfclient.runs.events import Event

T = TypeVar("T")


@dataclass(frozen=True)
class Pause:
    """Sleep."""

    seconds: float


@dataclass(frozen=True)
class OpenStream:
    """Open a stream and receive its `Response`.

    Its body follows with `ReadChunk`; with a status other than 200 the response is complete.
    `read_timeout` is the longest silence in seconds, None for no limit.
    """

    spec: RequestSpec
    read_timeout: float | None


@dataclass(frozen=True)
class ReadChunk:
    """Receive the next bytes of the open stream; b"" at its end."""


@dataclass(frozen=True)
class Emit:
    """Pass events to the caller, one at a time: an iterator is read only as far as needed."""

    events: Iterable[Event]


Steps: TypeAlias = Generator[RequestSpec | Pause, Any, T]
StreamSteps: TypeAlias = Generator[RequestSpec | Pause | OpenStream | ReadChunk | Emit, Any, T]
EventSteps: TypeAlias = StreamSteps[None]
