"""Every operation of the client, written once, without I/O.

An operation is a generator: it yields a `RequestSpec` and is sent the `Answer`, or has the fault
thrown into it; it yields a `Pause` to wait. The sync and the async client only drive it.
"""

from __future__ import annotations

import math
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast
from uuid import UUID

from lfclient.api import error_mapping
from lfclient.api.http import Response
from lfclient.api.requests import RequestSpec, get_request, status_request
from lfclient.api.steps import OpenStream, Pause
from lfclient.common.redaction import Redactor
from lfclient.errors import BadAnswer, DeveloperApiDisabled, LangflowError, NotLangflow, Unreachable
from lfclient.flows.model import Flow, stored_secrets
from lfclient.flows.validation import collect_secrets
from lfclient.runs.model import Run
from lfclient.wire.schemas import ConfigResponse, VersionResponse, parse
from lfclient.wire.server_info import (
    ServerInfo,
    build_server_info,
    parse_minor,
    read_limits,
    select_dialect,
)

T = TypeVar("T")
Steps = Generator[RequestSpec | OpenStream | Pause, Any, T]

_AGAIN = (0.2, 0.6)  # seconds before a repeated request
_JITTER = 0.1  # of a pause, either way
_REMEMBERED = 64  # flows and jobs


def pause(seconds: float) -> Steps[None]:
    """Wait, with jitter, so that many clients don't ask all at once."""
    yield Pause(seconds * (1 + random.uniform(-_JITTER, _JITTER)))


class ClientState:
    """What a client knows of its server, and the secrets that must not come back from it."""

    def __init__(self, secrets: tuple[str, ...], server: ServerInfo | None) -> None:
        self.redactor = Redactor(secrets)
        self.release = server
        self.full = server
        self._flows: OrderedDict[str, Flow] = OrderedDict()
        self._jobs: OrderedDict[str, Run] = OrderedDict()
        self._files: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._resumed: OrderedDict[str, float] = OrderedDict()

    def keep_flow(self, flow: Flow) -> Flow:
        """Remember a flow, for the runs of it."""
        _keep(self._flows, flow.id, flow)
        return flow

    def flow(self, flow_id: str) -> Flow | None:
        """The flow as it was last seen."""
        return self._flows.get(flow_id)

    def keep_job(self, run: Run, files: frozenset[str] | None) -> None:
        """Remember what a job's later answers leave out, and the files there were before it."""
        if run.job_id:
            _keep(self._jobs, run.job_id, run)
            if files is not None:
                _keep(self._files, run.job_id, files)

    def job(self, job_id: str) -> Run | None:
        """The job as it was submitted."""
        return self._jobs.get(job_id)

    def files_before(self, job_id: str | None) -> frozenset[str] | None:
        """The ids of the files that there were before the job; None if nobody looked."""
        return self._files.get(job_id or "")

    def keep_resumed(self, job_id: str) -> None:
        """Remember that the job goes on from now."""
        _keep(self._resumed, job_id, time.monotonic())

    def resumed_ago(self, job_id: str) -> float:
        """Seconds since this client let the job go on."""
        return time.monotonic() - self._resumed.get(job_id, -math.inf)

    def learn_secrets(self, flow: Flow, overrides: Mapping[str, Any]) -> None:
        """Hide from now on what these overrides send in secret parameters, and the flow's own
        secrets, which a component may return as well.
        """
        self.redactor.add(*collect_secrets(flow, overrides), *stored_secrets(flow))


def _keep(store: OrderedDict[str, T], key: str, value: T) -> None:
    store[key] = value
    store.move_to_end(key)
    while len(store) > _REMEMBERED:
        store.popitem(last=False)


class Base:
    """What all operations stand on: sending, understanding refusals, knowing the release."""

    def __init__(self, memory: ClientState) -> None:
        self.memory = memory

    @property
    def redactor(self) -> Redactor:
        """Knows every secret that this client has sent."""
        return self.memory.redactor

    def send(self, step: RequestSpec | OpenStream) -> Steps[Response]:
        """The answer, whatever its status. Repeats only what is safe: reads and stops always, the
        rest if no byte of it was written. What timed out is not repeated, it would only be slow.
        """
        spec = step.spec if isinstance(step, OpenStream) else step
        for seconds in _AGAIN:
            try:
                return (yield step)
            except Unreachable as error:
                if error.timed_out or (error.sent and not spec.repeat):
                    raise
            yield from pause(seconds)
        return (yield step)

    def fault(self, answer: Response, **context: Any) -> LangflowError:
        """The error that an answer stands for."""
        return error_mapping.error_from_response(
            answer, answer.json_or_none(self.redactor), **context
        )

    def get(
        self, spec: RequestSpec, what: str, *, subject: str = "", workflow: bool = False
    ) -> Steps[Any]:
        """The JSON of a successful answer; raises the error that another one stands for."""
        answer = yield from self.send(spec)
        if not 200 <= answer.status < 300:
            raise self.fault(answer, subject=subject, workflow=workflow)
        return answer.json(self.redactor, what)

    def release(self) -> Steps[ServerInfo]:
        """The server's release and dialect: asked for once, limits left open."""
        if self.memory.release is None:
            self.memory.release = yield from self._ask_release()
        return self.memory.release

    def server(self) -> Steps[ServerInfo]:
        """The server with its limits and what is wrong with it."""
        if self.memory.full is None:
            info = yield from self.release()
            info = replace(info, limits=read_limits((yield from self._config()), info.dialect))
            if info.dialect == "inputs":
                info = yield from self._with_api_state(info)
            self.memory.release = self.memory.full = info
        return self.memory.full

    def _with_api_state(self, info: ServerInfo) -> Steps[ServerInfo]:
        """Before 1.11 the Workflow API may be switched off, which only a try shows."""
        answer = yield from self.send(status_request(str(UUID(int=0))))
        error = self.fault(answer, workflow=True)
        if not isinstance(error, DeveloperApiDisabled):
            return info
        off = replace(info.capabilities, background=False, stop=False)
        warning = f"{error.message} {error.hint}"
        return replace(info, capabilities=off, warnings=(*info.warnings, warning))

    def full_limits(self) -> Steps[ServerInfo]:
        """As `server()`, with the default limits if the server does not tell them."""
        try:
            return (yield from self.server())
        except LangflowError:
            return (yield from self.release())

    def _config(self) -> Steps[ConfigResponse]:
        answer = yield from self.send(get_request("/api/v1/config"))
        body = answer.json_or_none(self.redactor) if answer.status == 200 else None
        try:
            return parse(ConfigResponse, body, "server's configuration")
        except BadAnswer:
            return ConfigResponse()

    def _ask_release(self) -> Steps[ServerInfo]:
        answer = yield from self.send(get_request("/api/v1/version"))
        body = answer.json_or_none(self.redactor)
        if answer.status >= 500 or 300 <= answer.status < 400:
            raise error_mapping.error_from_response(answer, body)
        try:
            version = parse(VersionResponse, body, "server's version")
        except BadAnswer as error:
            raise NotLangflow(
                f"Something answers there, but it is not Langflow (HTTP {answer.status}, "
                f"{answer.content_type or 'no type'}).",
                status=answer.status,
            ) from error
        if "langflow" not in version.package.lower():
            raise NotLangflow(f"What answers there calls itself “{version.package}”.")
        minor = parse_minor(version)
        if minor is None:
            dialect = yield from self._dialect_by_schema()
        else:
            dialect = select_dialect(minor)
        return build_server_info(version, minor, dialect)

    def _dialect_by_schema(self) -> Steps[Any]:
        """For a version that can't be read: the request's name in the API's own description."""
        schema = yield from self.get(
            get_request("/openapi.json"), "server's description of its API"
        )
        shapes = schema.get("components", {}) if isinstance(schema, dict) else {}
        modes = "WorkflowRunRequest" in cast("dict[str, Any]", shapes.get("schemas") or {})
        return "modes" if modes else "inputs"

    def health(self) -> Steps[bool]:
        """Whether the server says that it is well. Asked once; False if it does not answer."""
        try:
            answer: Response = yield get_request("/health")
        except LangflowError:
            return False
        body = answer.json_or_none(self.redactor) if answer.status == 200 else None
        return isinstance(body, dict) and body.get("status") == "ok"


def tried(steps: Steps[T], otherwise: Callable[[LangflowError], T]) -> Steps[T]:
    """What the steps give, or what `otherwise` makes of a fault that only costs completeness."""
    try:
        return (yield from steps)
    except LangflowError as error:
        return otherwise(error)
