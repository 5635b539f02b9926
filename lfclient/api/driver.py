"""Drive operations: send the requests that they yield with httpx, and return their results."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack, ExitStack, closing, suppress
from typing import TypeVar, cast

import httpx

from lfclient.api import http
from lfclient.api.steps import Emit, EmittingSteps, Pause, ReadChunk, Step, Steps, emit_result
from lfclient.api.transports import AsyncCheckedTransport, CheckedTransport
from lfclient.common.redaction import Redactor
from lfclient.wire.bodies import BodyLimit, BodyReader

T = TypeVar("T")


class Driver:
    """Drives operations with `httpx.Client`. Thread-safe. `LangflowClient` has the arguments."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        timeout: float | None,
        run_timeout: float | None,
        verify: bool | str,
        transport: httpx.BaseTransport | None,
        redactor: Redactor,
    ) -> None:
        self._url, self._redactor = url, redactor
        self._timeout, self._run_timeout = timeout, run_timeout
        headers = http.default_headers(api_key)

        def new_client(limits: httpx.Limits) -> httpx.Client:
            checked = transport or CheckedTransport(url, verify, limits)
            return httpx.Client(headers=headers, transport=checked)

        self._pooled, self._unpooled = new_client(http.POOLED), new_client(http.UNPOOLED)

    def close(self) -> None:
        """Close the connections."""
        self._pooled.close()
        self._unpooled.close()

    def run(self, operation: Steps[T]) -> T:
        """Return the result of an operation."""
        [result] = self.events(emit_result(operation))
        return result

    def events(self, operation: EmittingSteps[T]) -> Generator[T, None, None]:
        """Yield what an operation emits."""
        with closing(operation), ExitStack() as stream, suppress(StopIteration):
            step = next(operation)
            while True:
                if isinstance(step, Emit):
                    yield from step.items
                    step = next(operation)
                    continue
                try:
                    result = self._perform(step, stream)
                except BaseException as error:  # an interrupted operation may clean up
                    step = operation.throw(error)
                else:
                    step = operation.send(result)

    def _perform(self, step: Step, stream: ExitStack) -> http.Response | bytes | None:
        """Return the result of a step; `stream` closes the response that is being streamed."""
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        with http.translate_httpx_errors(self._url, self._redactor):
            if isinstance(step, ReadChunk):
                return next(step.response.pieces, b"")
            if step.streamed:
                stream.close()
            arguments = http.request_arguments(step, self._url, self._timeout, self._run_timeout)
            client = self._unpooled if step.new_connection else self._pooled
            response = client.send(client.build_request(**arguments), stream=True)
            with ExitStack() as body:
                body.callback(response.close)
                status, headers = response.status_code, response.headers
                has_key = http.has_key(response.request)
                is_streamed = step.streamed and status == 200
                pieces = _read_pieces(response, None if is_streamed else step.limit)
                if is_streamed:
                    stream.push(body.pop_all())
                    return http.Response(
                        status, b"", self._redactor, headers, pieces=pieces, has_key=has_key
                    )
                content = bytearray()  # a server may send millions of pieces
                for piece in pieces:
                    content += piece
                return http.Response(
                    status, bytes(content), self._redactor, headers, step.limit, has_key=has_key
                )


class AsyncDriver:
    """Drives operations with `httpx.AsyncClient`, for one event loop."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        timeout: float | None,
        run_timeout: float | None,
        verify: bool | str,
        transport: httpx.AsyncBaseTransport | None,
        redactor: Redactor,
    ) -> None:
        self._url, self._redactor = url, redactor
        self._timeout, self._run_timeout = timeout, run_timeout
        headers = http.default_headers(api_key)

        def new_client(limits: httpx.Limits) -> httpx.AsyncClient:
            checked = transport or AsyncCheckedTransport(url, verify, limits)
            return httpx.AsyncClient(headers=headers, transport=checked)

        self._pooled, self._unpooled = new_client(http.POOLED), new_client(http.UNPOOLED)

    async def close(self) -> None:
        """Close the connections."""
        await self._pooled.aclose()
        await self._unpooled.aclose()

    async def run(self, operation: Steps[T]) -> T:
        """Return the result of an operation."""
        [result] = [result async for result in self.events(emit_result(operation))]
        return result

    async def events(self, operation: EmittingSteps[T]) -> AsyncGenerator[T, None]:
        """Yield what an operation emits."""
        with closing(operation), suppress(StopIteration):
            async with AsyncExitStack() as stream:
                step = next(operation)
                while True:
                    if isinstance(step, Emit):
                        for item in step.items:
                            yield item
                        step = next(operation)
                        continue
                    try:
                        result = await self._perform(step, stream)
                    except BaseException as error:  # a cancelled operation may clean up
                        step = operation.throw(error)
                    else:
                        step = operation.send(result)

    async def _perform(self, step: Step, stream: AsyncExitStack) -> http.Response | bytes | None:
        """Return the result of a step; `stream` closes the response that is being streamed."""
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        with http.translate_httpx_errors(self._url, self._redactor):
            if isinstance(step, ReadChunk):
                return await anext(step.response.pieces, b"")
            if step.streamed:
                await stream.aclose()
            arguments = http.request_arguments(step, self._url, self._timeout, self._run_timeout)
            client = self._unpooled if step.new_connection else self._pooled
            response = await client.send(client.build_request(**arguments), stream=True)
            async with AsyncExitStack() as body:
                body.push_async_callback(response.aclose)
                status, headers = response.status_code, response.headers
                has_key = http.has_key(response.request)
                is_streamed = step.streamed and status == 200
                pieces = _read_pieces_async(response, None if is_streamed else step.limit)
                if is_streamed:
                    stream.push_async_exit(body.pop_all())
                    return http.Response(
                        status, b"", self._redactor, headers, pieces=pieces, has_key=has_key
                    )
                content = bytearray()  # a server may send millions of pieces
                async for piece in pieces:
                    content += piece
                return http.Response(
                    status, bytes(content), self._redactor, headers, step.limit, has_key=has_key
                )


def _read_pieces(response: httpx.Response, limit: BodyLimit | None) -> Iterator[bytes]:
    reader = BodyReader(response.headers.get("content-encoding", ""), limit)
    # httpx itself decompresses a chunk at once, whatever it expands to
    for chunk in cast(httpx.SyncByteStream, response.stream):
        yield from reader.feed(chunk)


async def _read_pieces_async(
    response: httpx.Response, limit: BodyLimit | None
) -> AsyncIterator[bytes]:
    reader = BodyReader(response.headers.get("content-encoding", ""), limit)
    async for chunk in cast(httpx.AsyncByteStream, response.stream):
        for piece in reader.feed(chunk):
            yield piece
