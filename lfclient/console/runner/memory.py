"""The memory of large answers goes back to the system once nobody holds them any more.

An answer of 50 MB is millions of small objects, some in cycles. Python looks for cycles among old
objects only now and then, and the C library keeps freed memory for later: without this, a console
stays as large as the largest answer that it has shown.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from functools import lru_cache

import psutil

# what is worth looking for, in bytes
_MIN_GROWTH_BYTES = 32_000_000
_baseline = 0


@lru_cache
def _trimmer() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`; other systems give freed memory back by themselves."""
    try:
        return getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):  # TypeError: Windows has no such library
        return None


def _resident_bytes() -> int:
    return psutil.Process().memory_info().rss


def set_baseline() -> None:
    """To be called once the program has started: what is there by now is never looked through."""
    global _settled
    gc.collect()
    gc.freeze()
    _baseline = _resident_bytes()


def release() -> None:
    """Free what is held by cycles alone, and return free memory to the system.

    Does nothing while the program is not much larger than when it settled: looking through all
    objects takes a while, for which nothing else is done.
    """
    if _resident_bytes() < _baseline + _MIN_GROWTH_BYTES:
        return
    gc.collect()
    trim = _trimmer()
    if trim:
        trim(0)
