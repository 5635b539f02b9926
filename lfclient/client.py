"""The sync client: drives the operations with `httpx.Client`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from typing import TypeVar

import httpx

from lfclient.api import http
from lfclient.api.client_methods import ClientMethods
from lfclient.api.operations.context import ApiContext
from lfclient.api.steps import Emit, EmittingSteps, Pause, ReadChunk, Step, Steps, emit_result
from lfclient.api.transports import CheckedTransport
from lfclient.errors import LangflowError
from lfclient.wire.addresses import normalize_address
from lfclient.wire.server_info import ServerInfo

T = TypeVar("T")


class LangflowClient(ClientMethods):
    """A client of a Langflow server, release 1.8 or later. Thread-safe.

    `url` may have a base path. Timeouts are in seconds, None for no limit: `timeout` for ordinary
    requests, `run_timeout` for a run in one request. `verify` is the path of a private CA's
    certificate, or whether to verify at all. `server` saves the request for the release if it is
    known. All methods raise `LangflowError`.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        timeout: float | None = 10.0,
        run_timeout: float | None = None,
        verify: bool | str = True,
        transport: httpx.BaseTransport | None = None,
        *,
        server: ServerInfo | None = None,
    ) -> None:
        self.url = normalize_address(url)
        self._timeout, self._run_timeout = timeout, run_timeout
        self._context = ApiContext(api_key, server)
        headers = http.default_headers(api_key)

        def new_client(limits: httpx.Limits) -> httpx.Client:
            checked = transport or CheckedTransport(self.url, verify, limits)
            return httpx.Client(headers=headers, transport=checked)

        self._pooled, self._unpooled = new_client(http.POOLED), new_client(http.UNPOOLED)

    def __enter__(self) -> LangflowClient:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; runs on the server continue."""
        self._pooled.close()
        self._unpooled.close()

    def _drive(self, operation: Steps[T]) -> T:
        [result] = self._drive_events(emit_result(operation))
        return result

    def _drive_events(self, operation: EmittingSteps[T]) -> Iterator[T]:
        with closing(operation), ExitStack() as stream, suppress(StopIteration):
            step = next(operation)
            while True:
                if isinstance(step, Emit):
                    yield from step.items
                    step = next(operation)
                    continue
                try:
                    result = self._perform(step, stream)
                except LangflowError as error:
                    step = operation.throw(error)
                else:
                    step = operation.send(result)

    def _perform(self, step: Step, stream: ExitStack) -> http.Response | bytes | None:
        """Return the result of a step; `stream` closes the response that is being streamed."""
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        redactor = self._context.redactor
        with http.translate_httpx_errors(self.url, redactor):
            if isinstance(step, ReadChunk):
                return next(step.response.chunks, b"")
            if step.streamed:
                stream.close()
            arguments = http.request_arguments(step, self.url, self._timeout, self._run_timeout)
            client = self._unpooled if step.new_connection else self._pooled
            response = client.send(client.build_request(**arguments), stream=step.streamed)
            if step.streamed:
                stream.callback(response.close)
            status, chunks = response.status_code, response.iter_bytes()
            content = b"" if step.streamed and status == 200 else response.read()
            return http.Response(status, content, redactor, response.headers, chunks)
