"""Blocking calls beside the runner's event loop, and jobs that are repeated in threads."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")

log = logging.getLogger(__name__)


class PeriodicThread(threading.Thread):
    """Calls `jobs` one after another every few seconds, until it is closed.

    A job that fails is called again in the next turn, and holds up no other. The first turn comes
    after the interval, or at once if `is_immediate`.
    """

    def __init__(
        self,
        name: str,
        seconds: float,
        *jobs: Callable[[], object],
        is_immediate: bool = False,
    ) -> None:
        super().__init__(name=f"langflow-console-{name}", daemon=True)
        self.jobs = list(jobs)
        self._seconds = seconds
        self._first_seconds = 0.0 if is_immediate else seconds
        self._closed = threading.Event()

    def run(self) -> None:
        """Call the jobs. An error is logged once while it persists."""
        last_errors: dict[int, str] = {}  # by job number
        seconds = self._first_seconds
        while not self._closed.wait(seconds):
            seconds = self._seconds
            for number, job in enumerate(self.jobs):
                error_name = ""
                try:
                    job()
                except Exception as error:
                    # logged without its text, which may contain what a person entered
                    error_name = type(error).__name__
                    if last_errors.get(number) != error_name:
                        log.error("%s failed (%s)", self.name, error_name)
                last_errors[number] = error_name

    def close(self) -> None:
        """End the thread after the current job."""
        self._closed.set()
        self.join(10)


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
