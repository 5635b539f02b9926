"""How often the screens of running runs are redrawn: the more people watch, the less often.

All sessions share one interpreter lock. Redrawing each of 200 screens for every word takes more
processor time than there is, and then nobody is served, not even the end of the run.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from pages._ui.state import notices

# each tick waits for nearly the whole interval, so that a change is shown at once
REFRESH_SECONDS = 0.5
WAIT_SECONDS = 0.49
LIST_REFRESH_SECONDS = 2.0
# shares of one processor: an update of a screen takes about 2 ms of it, a tick or a list of runs
# 10 ms, the result of a run 8 ms, and the whole page 40 ms
UPDATE_SECONDS = 0.005
TICK_SECONDS = 0.03
LIST_SECONDS = 0.05
RESULT_SECONDS = 0.009
PAGE_SECONDS = 0.1
CROWD_SECONDS = 0.03  # between updates

_lock = threading.Lock()
_watchers = 0


@contextmanager
def watching() -> Iterator[None]:
    """Count a session that follows a run while the block lasts. Also a decorator."""
    global _watchers
    with _lock:
        _watchers += 1
    try:
        yield
    finally:
        with _lock:
            _watchers -= 1


def tick_seconds() -> float:
    """Return how long a fragment's tick follows its run.

    Clicks inside the fragment wait for the end of the tick. A timer that fires meanwhile starts the
    next tick at once.
    """
    return max(WAIT_SECONDS, TICK_SECONDS * _watchers)


def list_seconds() -> float:
    """Return the seconds between two refreshes of a list of runs while one of them is running."""
    return max(LIST_REFRESH_SECONDS, LIST_SECONDS * _watchers)


def update_pause() -> float:
    """Return the seconds between two updates of a screen; the end of a run does not wait."""
    return UPDATE_SECONDS * max(_watchers - 1, 0)


def is_crowded() -> bool:
    """Return whether so many watch runs that results must wait until all have seen the end."""
    return update_pause() > CROWD_SECONDS


class Turns:
    """Lets sessions draw one after another; each gets so many `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.end = 0.0  # when the last turn ends, by the monotonic clock

    def wait(self, earliest: float) -> bool:
        """Wait for this session's turn, not before `earliest`; return whether that took time.

        A click or a closed tab ends the script then.
        """
        with _lock:
            now = time.monotonic()
            turn = max(now, earliest, self.end)
            self.end = turn + self._seconds
        if turn <= now:
            return False
        time.sleep(turn - now)
        st.empty()
        return True


result_turns = Turns(RESULT_SECONDS)
page_turns = Turns(PAGE_SECONDS)


def rerun_page(draw_result: Callable[[], object] | None = None) -> None:
    """Rerun the page, when it is this session's turn.

    The sessions that watch a run would otherwise all redraw their pages at its end, before any of
    them is served. First, all of them show the end; then each in turn calls `draw_result`, unless
    its page is redrawn at once; then the pages are redrawn.
    """
    earliest = time.monotonic() + update_pause()
    if draw_result and result_turns.wait(earliest):
        draw_result()
        earliest = result_turns.end
    page_turns.wait(earliest)
    notices.rerun()
