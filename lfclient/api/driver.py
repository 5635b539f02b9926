"""Drive operations: send the requests that they yield with httpx, and return their results."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack, ExitStack, aclosing, closing, suppress
from typing import Any, TypeVar, cast

import httpx

from lfclient.api import http
from lfclient.api.steps import (
    Emit,
    EmittingSteps,
    Pause,
    ReadChunk,
    Retry,
    Step,
    Steps,
    emit_result,
)
from lfclient.api.transports import AsyncCheckedTransport, CheckedTransport
from lfclient.common.redaction import Redactor
from lfclient.wire.bodies import RUN, BodyLimit, BodyReader

T = TypeVar("T")


class _BaseDriver:
    """The part of both drivers without I/O."""

    def __init__(self, options: http.ClientOptions, redactor: Redactor) -> None:
        self._options, self._redactor = options, redactor

    def _pause_seconds(self, step: Pause | Retry) -> float:
        """Return the time to sleep. Raises the error of a retry after the last one."""
        if isinstance(step, Retry) and step.number > self._options.max_retries:
            raise step.error
        return step.seconds

    def _response(
        self,
        response: httpx.Response,
        content: bytes = b"",
        limit: BodyLimit = RUN,
        pieces: Any = None,
    ) -> http.Response:
        has_key = not {"x-api-key", "authorization"}.isdisjoint(response.request.headers)
        return http.Response(
            response.status_code, content, self._redactor, response.headers, limit, pieces, has_key
        )


class Driver(_BaseDriver):
    """Drives operations with `httpx.Client`. Thread-safe."""

    def __init__(
        self,
        options: http.ClientOptions,
        redactor: Redactor,
        verify: ssl.SSLContext | bool | str,
        http_client: httpx.Client | None,
    ) -> None:
        super().__init__(options, redactor)

        def new_client(limits: httpx.Limits) -> httpx.Client:
            return httpx.Client(transport=CheckedTransport(options.url, verify, limits))

        self._is_own = http_client is None
        self._pooled = http_client or new_client(http.POOLED)
        self._unpooled = http_client or new_client(http.UNPOOLED)

    def close(self) -> None:
        """Close the connections, unless they belong to the caller's `http_client`."""
        if self._is_own:
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
        if isinstance(step, Pause | Retry):
            time.sleep(self._pause_seconds(step))
            return None
        with http.translate_httpx_errors(self._options.url, self._redactor):
            if isinstance(step, ReadChunk):
                return next(step.response.pieces, b"")
            if step.streamed:
                stream.close()
            client = self._unpooled if step.new_connection else self._pooled
            request = client.build_request(**http.request_arguments(step, self._options))
            response = client.send(request, stream=True, follow_redirects=False)
            if step.streamed and response.status_code == 200:
                stream.callback(response.close)
                return self._response(response, pieces=_read_pieces(response, None))
            content = bytearray()  # a server may send millions of pieces
            with closing(response):
                for piece in _read_pieces(response, step.limit):
                    content += piece
            return self._response(response, bytes(content), step.limit)


class AsyncDriver(_BaseDriver):
    """Drives operations with `httpx.AsyncClient`, for one event loop."""

    def __init__(
        self,
        options: http.ClientOptions,
        redactor: Redactor,
        verify: ssl.SSLContext | bool | str,
        http_client: httpx.AsyncClient | None,
    ) -> None:
        super().__init__(options, redactor)

        def new_client(limits: httpx.Limits) -> httpx.AsyncClient:
            return httpx.AsyncClient(transport=AsyncCheckedTransport(options.url, verify, limits))

        self._is_own = http_client is None
        self._pooled = http_client or new_client(http.POOLED)
        self._unpooled = http_client or new_client(http.UNPOOLED)

    async def close(self) -> None:
        """Close the connections, unless they belong to the caller's `http_client`."""
        if self._is_own:
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
        if isinstance(step, Pause | Retry):
            await asyncio.sleep(self._pause_seconds(step))
            return None
        with http.translate_httpx_errors(self._options.url, self._redactor):
            if isinstance(step, ReadChunk):
                return await anext(step.response.pieces, b"")
            if step.streamed:
                await stream.aclose()
            client = self._unpooled if step.new_connection else self._pooled
            request = client.build_request(**http.request_arguments(step, self._options))
            response = await client.send(request, stream=True, follow_redirects=False)
            if step.streamed and response.status_code == 200:
                stream.push_async_callback(response.aclose)
                return self._response(response, pieces=_read_pieces_async(response, None))
            content = bytearray()  # a server may send millions of pieces
            async with aclosing(response):
                async for piece in _read_pieces_async(response, step.limit):
                    content += piece
            return self._response(response, bytes(content), step.limit)


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
