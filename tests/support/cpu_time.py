"""Processor time, which other processes on a busy machine do not lengthen."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def cpu_seconds(function: Callable[..., object], *arguments: object) -> float:
    """Return the processor time of a call, without collecting garbage."""
    gc.disable()
    try:
        began = time.process_time()
        function(*arguments)
        return time.process_time() - began
    finally:
        gc.enable()


@contextmanager
def max_cpu_seconds(seconds: float) -> Iterator[None]:
    """Fail if the block takes more processor time than this."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds
