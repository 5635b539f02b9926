"""What all operations share: sending requests, and the state of a client."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.requests import RequestSpec
from lfclient.api.steps import OpenStream, Pause, Steps, StreamSteps
from lfclient.common.backoff import Backoff
from lfclient.common.json_types import Json
from lfclient.common.redaction import Redactor
from lfclient.errors import LangflowError, Unreachable
from lfclient.flows.model import Flow, stored_secrets
from lfclient.flows.validation import collect_secrets
from lfclient.runs.model import Run
from lfclient.wire.server_info import Limits, ServerInfo

T = TypeVar("T")

_RETRIES = Backoff(0.2, 0.6, wait_exp_base=3, attempts=3)
_MAX_REMEMBERED = 64  # flows and jobs


class ApiContext:
    """Sends requests, and remembers the server, its flows and jobs, and secrets to redact.

    `release` is the server without its limits, `server` the server with them; None until fetched.
    """

    def __init__(self, secrets: tuple[str, ...], server: ServerInfo | None) -> None:
        self.redactor = Redactor(secrets)
        self.release = server
        self.server = server
        self._flows: OrderedDict[str, Flow] = OrderedDict()
        self._jobs: OrderedDict[str, Run] = OrderedDict()
        self._files_before: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._resumed_at: OrderedDict[str, float] = OrderedDict()

    @property
    def limits(self) -> Limits:
        """The server's limits as far as they have been fetched."""
        return self.server.limits if self.server else Limits()

    def forget_server(self) -> None:
        """Fetch the server's release again at the next request that needs it."""
        self.release = self.server = None

    def send(self, spec: RequestSpec) -> Steps[Response]:
        """Return the response, whatever its status, with retries.

        Retries requests that are idempotent or were not sent at all; a timeout is never retried,
        because the server would only be slow again.
        """
        return (yield from _retry(spec, spec))

    def open_stream(self, step: OpenStream) -> StreamSteps[Response]:
        """Open a stream with the retries of `send`."""
        return (yield from _retry(step, step.spec))

    def get_json(
        self, spec: RequestSpec, description: str, *, subject: str = "", is_workflow: bool = False
    ) -> Steps[Json]:
        """Return the JSON of a successful response; raise the error of any other.

        `description` names the response in errors; the rest as for `error_from_response`.
        """
        response = yield from self.send(spec)
        if not response.is_success:
            raise self.error(response, subject=subject, is_workflow=is_workflow)
        return response.json(self.redactor, description)

    def error(
        self,
        response: Response,
        *,
        subject: str = "",
        overrides: Mapping[str, Any] | None = None,
        is_workflow: bool = False,
    ) -> LangflowError:
        """Return the error for an unsuccessful response."""
        body = response.json_or_none(self.redactor)
        return error_from_response(
            response, body, subject=subject, overrides=overrides, is_workflow=is_workflow
        )

    def remember_flow(self, flow: Flow) -> Flow:
        """Remember and return a flow, for the runs of it."""
        _remember(self._flows, flow.id, flow)
        return flow

    def flow(self, flow_id: str) -> Flow | None:
        """Return the flow as it was last seen."""
        return self._flows.get(flow_id)

    def remember_job(self, run: Run, files_before: frozenset[str] | None) -> None:
        """Remember what later responses omit, and the ids of the files from before the job."""
        if run.job_id:
            _remember(self._jobs, run.job_id, run)
            if files_before is not None:
                _remember(self._files_before, run.job_id, files_before)

    def job(self, job_id: str) -> Run | None:
        """Return the job as it was submitted."""
        return self._jobs.get(job_id)

    def files_before(self, job_id: str | None) -> frozenset[str] | None:
        """Return the ids of the files from before the job; None if they are not known."""
        return self._files_before.get(job_id or "")

    def remember_resume(self, job_id: str) -> None:
        """Remember that a decision was sent for the job just now."""
        _remember(self._resumed_at, job_id, time.monotonic())

    def seconds_since_resume(self, job_id: str) -> float:
        """Return the seconds since this client sent a decision for the job; infinite if never."""
        return time.monotonic() - self._resumed_at.get(job_id, -math.inf)

    def redact_secrets_of(self, flow: Flow, overrides: Mapping[str, Any]) -> None:
        """Redact the secrets in these overrides and in the flow from now on.

        A component may return either.
        """
        self.redactor.add(*collect_secrets(flow, overrides), *stored_secrets(flow))


def with_fallback(steps: Steps[T], fallback: Callable[[LangflowError], T]) -> Steps[T]:
    """Return the result, or what `fallback` makes of an error that only costs completeness."""
    try:
        return (yield from steps)
    except LangflowError as error:
        return fallback(error)


def _retry(step: RequestSpec | OpenStream, spec: RequestSpec) -> Generator[Any, Any, Response]:
    waits = _RETRIES.waits()
    while True:
        try:
            response: Response = yield step
            return response
        except Unreachable as error:
            seconds = next(waits, None)
            if seconds is None or error.timed_out or (error.sent and not spec.idempotent):
                raise
        yield Pause(seconds)


def _remember(store: OrderedDict[str, T], key: str, value: T) -> None:
    store[key] = value
    store.move_to_end(key)
    while len(store) > _MAX_REMEMBERED:
        store.popitem(last=False)
