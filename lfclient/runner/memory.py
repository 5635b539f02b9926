"""The memory of large answers goes back to the system once nobody holds them any more.

An answer of 50 MB is millions of small objects, some in cycles. Python looks for cycles among old
objects only now and then, and the C library keeps freed memory for later: without this, a console
stays as large as the largest answer that it has shown.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import gc
import sys
from collections.abc import Callable


def _trimmer() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`; other systems give freed memory back by themselves."""
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6"), "malloc_trim", None)


def settle() -> None:
    """To be called once the program has started: what is there by now is never looked through."""
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Free what is held by cycles alone, and return free memory to the system."""
    gc.collect()
    trim = _trimmer()
    if trim:
        trim(0)
