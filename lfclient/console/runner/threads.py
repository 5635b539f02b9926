"""What blocks, in threads beside the runner's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")


async def in_thread(function: Callable[..., _T], *args: Any) -> _T:
    """Call it in another thread.

    Python takes no more work into threads as it ends, while the loop goes on for a moment: who
    waits is cancelled then, so that everything is left as a killed process would leave it.
    """
    try:
        return await asyncio.to_thread(function, *args)
    except RuntimeError as error:
        if is_interpreter_shutdown(error):
            raise asyncio.CancelledError from error
        raise


def is_interpreter_shutdown(error: BaseException) -> bool:
    """Whether that is no fault, but Python taking no more work as it ends."""
    # it has no other way to tell: "cannot schedule new futures after interpreter shutdown"
    return isinstance(error, RuntimeError) and "shutdown" in str(error)
