"""The base of a client and of its resources, and their methods for the async client."""

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import aclosing
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from lfclient.api.driver import AsyncDriver, Driver
from lfclient.api.operations.context import ApiContext
from lfclient.runs.events import Event

P = ParamSpec("P")
T = TypeVar("T")


class Resource:
    """Methods that share a client's context and driver, such as `client.files`."""

    def __init__(self, context: ApiContext, driver: Driver) -> None:
        self._context = context
        self._drive, self._drive_events = driver.run, driver.events


class AsyncResource:
    """The async counterpart of `Resource`."""

    def __init__(self, context: ApiContext, driver: AsyncDriver) -> None:
        self._context = context
        self._drive, self._drive_events = driver.run, driver.events


def awaitable(
    method: Callable[Concatenate[Any, P], T],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """Return the coroutine function for a method of a `Resource`.

    The method is called with an `AsyncResource`, whose driver returns a coroutine.
    """
    start: Callable[..., Any] = method

    @wraps(method)
    async def call(self: AsyncResource, /, *args: P.args, **kwargs: P.kwargs) -> T:
        result: T = await start(self, *args, **kwargs)
        return result

    return call


def streaming(
    method: Callable[Concatenate[Any, P], Generator[Event, None, None]],
) -> Callable[Concatenate[Any, P], AsyncGenerator[Event, None]]:
    """Return the async generator function for a method of a `Resource` that yields events."""
    start: Callable[..., Any] = method

    @wraps(method)
    async def iterate(
        self: AsyncResource, /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncGenerator[Event, None]:
        async with aclosing(start(self, *args, **kwargs)) as events:
            async for event in events:
                yield event

    returned = AsyncGenerator[Event, None]
    iterate.__annotations__ = {**method.__annotations__, "return": returned}
    shown = inspect.signature(method).replace(return_annotation=returned)
    iterate.__signature__ = shown  # type: ignore[attr-defined]
    return iterate
