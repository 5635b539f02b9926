"""Processor time, to compare a call with another of the same run."""

import gc
import time
from collections.abc import Callable
from typing import Any


def cpu_seconds(function: Callable[[Any], object], argument: Any) -> float:
    """Return the processor time of a call, without collecting garbage."""
    gc.disable()
    try:
        began = time.process_time()
        function(argument)
        return time.process_time() - began
    finally:
        gc.enable()
