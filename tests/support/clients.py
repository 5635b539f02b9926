"""Calls to the sync and the async client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx

from lfclient import AsyncLangflowClient, Event, LangflowClient
from tests.support.http_stand_in import URL


def mock_client(kind: str, handler: Callable[[httpx.Request], Any]) -> Any:
    """Return a client of httpx, "sync" or "async", whose requests go to a handler."""
    transport = httpx.MockTransport(handler)
    return {"sync": httpx.Client, "async": httpx.AsyncClient}[kind](transport=transport)


def call_client(
    kind: str,
    call: Callable[[Any], Any],
    url: str = URL,
    *,
    handler: Callable[[httpx.Request], Any] | None = None,
    **options: Any,
) -> Any:
    """Return the result of a call to the sync or the async client.

    A `handler` responds to its requests in place of the network.
    """
    options.setdefault("api_key", "sk-key-123")
    if handler:
        options["http_client"] = mock_client(kind, handler)
    if kind == "sync":
        with LangflowClient(url, **options) as client:
            return call(client)

    async def call_async() -> Any:
        async with AsyncLangflowClient(url, **options) as client:
            return await call(client)

    return asyncio.run(call_async())


def collect_events(
    kind: str, call: Callable[[Any], Any], url: str = URL, *, pause: float = 0.0, **options: Any
) -> list[Event]:
    """Return the events of a call to the sync or the async client.

    The reader pauses for `pause` seconds after each event. The options are those of `call_client`.
    """
    found: list[Event] = []

    def read(client: LangflowClient) -> None:
        for event in call(client):
            found.append(event)
            time.sleep(pause)

    async def read_async(client: AsyncLangflowClient) -> None:
        async with asyncio.timeout(30):
            async for event in call(client):
                found.append(event)
                await asyncio.sleep(pause)

    call_client(kind, read if kind == "sync" else read_async, url, **options)
    return found
