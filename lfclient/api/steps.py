"""Steps that an operation yields to its driver, the sync or the async client, and `send`.

An operation is a generator without I/O. It yields a step and receives the result, or has the
`LangflowError` raised inside it. The result of a `RequestSpec` is its `Response`.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.requests import RequestSpec
from lfclient.common.backoff import Backoff
from lfclient.errors import LangflowError, Unreachable
from lfclient.runs.events import Event
from lfclient.wire.schemas import parse

T = TypeVar("T")

_RETRIES = Backoff(0.2, 5.0, wait_exp_base=3)


@dataclass(frozen=True)
class Pause:
    """Sleep."""

    seconds: float


@dataclass(frozen=True)
class Retry:
    """Sleep before a retry, the first is 1. Raises `error` if the client allows fewer retries."""

    error: Unreachable
    number: int

    @property
    def seconds(self) -> float:
        """The time to sleep."""
        return _RETRIES.wait(self.number)


@dataclass(frozen=True)
class ReadChunk:
    """Receive the next bytes of a streamed response; b"" at its end."""

    response: Response


@dataclass(frozen=True)
class Emit(Generic[T]):
    """Pass items to the caller, one at a time: an iterator is read only as far as needed."""

    items: Iterable[T]


Step: TypeAlias = RequestSpec | Pause | Retry | ReadChunk
Steps: TypeAlias = Generator[Step, Any, T]
EmittingSteps: TypeAlias = Generator[Step | Emit[T], Any, None]
EventSteps: TypeAlias = EmittingSteps[Event]


def emit_result(operation: Steps[T]) -> EmittingSteps[T]:
    """Emit the result of an operation, so that a driver has to handle only one kind."""
    result = yield from operation
    yield Emit([result])


def send(spec: RequestSpec) -> Steps[Response]:
    """Return the response, whatever its status, with retries."""

    def attempt() -> Steps[Response]:
        response: Response = yield spec
        return response

    return (yield from retry(attempt, idempotent=spec.idempotent))


def retry(attempt: Callable[[], Steps[T]], *, idempotent: bool) -> Steps[T]:
    """Return the result of an attempt, repeated if it is idempotent or nothing was sent.

    A timeout is never retried, because the server would only be slow again.
    """
    number = 0
    while True:
        try:
            return (yield from attempt())
        except Unreachable as error:
            if error.timed_out or (error.sent and not idempotent):
                raise
            number += 1
            retry = Retry(error, number)
        yield retry


def fetch(
    spec: RequestSpec,
    schema: type[T],
    description: str,
    *,
    subject: str = "",
    is_workflow: bool = False,
    is_sent_back: bool = False,
) -> Steps[T]:
    """Return the JSON of a successful response, validated; raise the error of any other.

    The schema `object` takes any JSON. `description` names the response in errors.
    `is_sent_back` is as for `Response.json`, the rest as for `error_from_response`.
    """
    response = yield from send(spec)
    if not response.is_success:
        raise error_from_response(response, subject=subject, is_workflow=is_workflow)
    return parse(schema, response.json(description, is_sent_back=is_sent_back), description)


def or_default(steps: Steps[T], default: T) -> Steps[T]:
    """Return the result, or `default` if the steps raise a `LangflowError`.

    For requests whose failure makes a result only less complete.
    """
    try:
        return (yield from steps)
    except LangflowError:
        return default
