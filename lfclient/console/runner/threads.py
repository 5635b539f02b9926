"""Blocking calls in threads beside the runner's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")


async def in_thread(function: Callable[..., _T], *args: Any) -> _T:
    """Call a function in another thread and return its result.

    While Python shuts down it starts no more threads, but the loop runs on for a moment. The
    caller is then cancelled, so that everything is left as a killed process would leave it.
    """
    try:
        return await asyncio.to_thread(function, *args)
    except RuntimeError as error:
        if is_interpreter_shutdown(error):
            raise asyncio.CancelledError from error
        raise


def is_interpreter_shutdown(error: BaseException) -> bool:
    """Return whether Python raised this because it is shutting down."""
    # Python has no type for it: "cannot schedule new futures after interpreter shutdown"
    return isinstance(error, RuntimeError) and "shutdown" in str(error)
