"""A TCP proxy on loopback that injects faults into the next responses.

The target is a real server or a handler, any function that `httpx.MockTransport` accepts. Each
connection carries one request, so that a fault affects no other.
"""

from __future__ import annotations

import asyncio
import inspect
import socket
import threading
from collections import Counter, defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import httpx

Handler = Callable[[httpx.Request], Any]


@dataclass(frozen=True)
class Fault:
    """A fault in one response, at a byte of its body or at the first `after`.

    `cut` breaks the client's connection there, and the server's as well unless the proxy
    `reads_on`. `stall` sends nothing for so many seconds, `drip` sends one byte at a time, each
    after `pause` seconds. The request waits `delay` seconds, and until `let_go` is set. `raw` is
    sent instead of the server's response: without asking it, or once it has responded or `patience`
    seconds have passed. The server receives `requests` of them, one after the other, and the last
    response is passed on.
    """

    cut: bool = False
    reads_on: bool = False
    stall: float = 0.0
    drip: bool = False
    pause: float = 0.0
    after: int | bytes = 0
    delay: float = 0.0
    let_go: threading.Event | None = None
    raw: bytes | None = None
    patience: float = 0.0
    requests: int = 1


class Proxy:
    """A proxy at `url`. `requests` counts by method and path, `open` the connections.

    It listens on `host`, at a free port if `port` is 0.
    """

    def __init__(self, target: str | Handler, host: str = "127.0.0.1", port: int = 0) -> None:
        self.requests: Counter[str] = Counter()
        self.open = 0
        self._target = target
        self._plans: dict[str, deque[Fault]] = defaultdict(deque)
        self._serving: set[asyncio.Task[Any] | None] = set()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True).start()
        self._host, self.port = host, port
        self.accept()
        base = httpx.URL(target).path.rstrip("/") if isinstance(target, str) else ""
        self.url = f"http://{host}:{self.port}{base}"

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *exc: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def plan(self, path: str, *faults: Fault) -> None:
        """Set the faults of the next responses to a path such as `POST /a/b`; its end is enough."""
        self._plans[path].extend(faults)

    def count(self, path: str) -> int:
        """Return the number of requests to a path; its end is enough."""
        return sum(
            times for request_line, times in self.requests.items() if request_line.endswith(path)
        )

    def refuse(self) -> None:
        """Refuse new connections, as if no server was running."""
        self._run(self._close())

    def accept(self) -> None:
        """Accept connections, at the same port as before."""
        self._run(self._listen())

    def _run(self, steps: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(steps, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._host, self.port)
        # small, so that a client that does not read soon holds up the server
        for listening in self._server.sockets:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        # once the client is gone, nothing else refers to this task
        task = asyncio.current_task()
        self._serving.add(task)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await self._answer(reader, writer)
        finally:
            writer.close()
            self.open -= 1
            self._serving.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = [tuple(line.split(": ", 1)) for line in lines[1:] if line]
        size = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        request = httpx.Request(
            method,
            f"http://127.0.0.1{target}",
            headers=headers,
            content=await reader.readexactly(size),
        )
        request_line = f"{method} {request.url.path}"
        self.requests[request_line] += 1
        plans = next(
            (plans for path, plans in self._plans.items() if request_line.endswith(path)), None
        )
        fault = plans.popleft() if plans else Fault()
        await asyncio.sleep(fault.delay)
        while fault.let_go and not fault.let_go.is_set():
            await asyncio.sleep(0.02)
        for _ in range(fault.requests - 1):
            await _discard(self._source(request, target))
        if fault.raw is not None:
            if fault.patience:
                with suppress(TimeoutError):
                    async with asyncio.timeout(fault.patience):
                        await _discard(self._source(request, target))
            writer.write(fault.raw)
            await writer.drain()
            return
        passing = asyncio.ensure_future(_pass(self._source(request, target), writer, fault))
        gone = asyncio.ensure_future(reader.read(1))  # nothing, once the client has closed
        ends = {passing} if fault.reads_on else {passing, gone}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in (passing, gone):
            task.cancel()
        await asyncio.gather(passing, gone, return_exceptions=True)

    def _source(self, request: httpx.Request, target: str) -> AsyncGenerator[bytes, None]:
        if isinstance(self._target, str):
            return _forwarded(request, target, httpx.URL(self._target))
        return _scripted(request, self._target)


async def _pass(
    source: AsyncGenerator[bytes, None], writer: asyncio.StreamWriter, fault: Fault
) -> None:
    # closed at once when it is left: what is behind it has to notice
    async with aclosing(source):
        await _pass_on(source, writer, fault)


async def _pass_on(
    source: AsyncGenerator[bytes, None], writer: asyncio.StreamWriter, fault: Fault
) -> None:
    seen, body, acted = b"", False, not (fault.cut or fault.stall)
    async for chunk in source:
        if not body:
            seen += chunk
            head, found, chunk = seen.partition(b"\r\n\r\n")
            if not found:
                continue
            writer.write(head + found)
            body, seen = True, b""
        if not acted:
            seen += chunk
            place = _place(seen, fault.after)
            if place is not None:
                here = place - (len(seen) - len(chunk))
                writer.write(chunk[:here])
                await writer.drain()
                if fault.cut:
                    await asyncio.sleep(0.02)  # a reset may overtake what was written
                    writer.transport.abort()
                    if fault.reads_on:
                        async for _ in source:
                            pass
                    return
                await asyncio.sleep(fault.stall)
                acted, chunk = True, chunk[here:]
        for part in [chunk[at : at + 1] for at in range(len(chunk))] if fault.drip else [chunk]:
            writer.write(part)
            await writer.drain()
            if fault.drip:
                await asyncio.sleep(fault.pause)


async def _discard(source: AsyncGenerator[bytes, None]) -> None:
    async with aclosing(source):
        async for _ in source:
            pass


def _place(seen: bytes, after: int | bytes) -> int | None:
    if isinstance(after, int):
        return after if len(seen) >= after else None
    place = seen.find(after)
    return None if place < 0 else place + len(after)


async def _forwarded(
    request: httpx.Request, target: str, server: httpx.URL
) -> AsyncGenerator[bytes, None]:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        headers = {**request.headers, "connection": "close", "accept-encoding": "identity"}
        lines = [f"{request.method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + request.content)
        while chunk := await reader.read(65_536):
            yield chunk
    finally:
        writer.close()


async def _scripted(request: httpx.Request, handler: Handler) -> AsyncGenerator[bytes, None]:
    response = handler(request)
    if inspect.isawaitable(response):
        response = await response
    kind = response.headers.get("content-type", "text/plain")
    yield (
        f"HTTP/1.1 {response.status_code} Scripted\r\ncontent-type: {kind}\r\n"
        "connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    ).encode()
    async with aclosing(aiter(response.stream)) as chunks:
        async for chunk in chunks:
            if chunk:
                yield b"%x\r\n%s\r\n" % (len(chunk), chunk)
    yield b"0\r\n\r\n"


def raw_response(
    status: int, body: bytes = b"", kind: str = "application/json", **headers: str
) -> bytes:
    """Return the bytes of a complete response; underscores in the names of headers are dashes."""
    headers |= {"content_type": kind, "connection": "close", "content_length": str(len(body))}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status} Planned", *lines, "", ""]).encode() + body
