"""Drafts of forms, written behind the page: no press and no letter waits for the disk."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from lfclient.console.store.drafts import DraftKey, DraftStore
from lfclient.console.store.errors import StoreError

PAUSE = 0.5  # seconds in which what is typed is gathered
AWAY = 5.0  # after which a database that could not be used is tried again
MOST = 500  # that wait to be written

log = logging.getLogger(__name__)


class DraftsBehind:
    """The last text of each key, on disk about `PAUSE` seconds later. Usable from any thread.

    `mark` stands for a browser's cookie, which itself never reaches the disk.
    """

    def __init__(self, kept: DraftStore, mark: Callable[[str], str]) -> None:
        self._kept, self._mark = kept, mark
        self._waiting: OrderedDict[DraftKey, str | None] = OrderedDict()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._unread_until = self._said_until = 0.0

    def get(self, browser: str, owner: str, name: str) -> str | None:
        """The text there, None if there is none. Raises `StoreError` if that is not known now."""
        key = (self._mark(browser), owner, name)
        with self._lock:
            if key in self._waiting:
                return self._waiting[key]
        if time.monotonic() < self._unread_until:  # no page is to wait for it again
            raise StoreError("Drafts of forms could not be read a moment ago.")
        try:
            return self._kept.get(key)
        except StoreError as error:
            self._unread_until = time.monotonic() + AWAY
            self._say(error)
            raise

    def put(self, browser: str, owner: str, name: str, text: str | None) -> None:
        """Have a text written, or with None what is there removed."""
        key = (self._mark(browser), owner, name)
        with self._lock:
            self._waiting[key] = text
            self._waiting.move_to_end(key)
            while len(self._waiting) > MOST:
                self._waiting.popitem(last=False)
            if self._thread is None:
                # a daemon: a database that hangs must not keep the console from ending
                self._thread = threading.Thread(target=self._work, name="drafts", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Write what waits, now. Raises `StoreError`, and what waits goes on waiting."""
        with self._lock:
            changes = dict(self._waiting)
        if not changes:
            return
        self._kept.write(changes)
        with self._lock:
            for key, text in changes.items():
                if self._waiting.get(key) is text:  # or it was typed since
                    self._waiting.pop(key, None)

    def _work(self) -> None:
        pause = PAUSE
        while True:
            time.sleep(pause)
            pause = PAUSE
            try:
                self.flush()
            except StoreError as error:
                self._say(error)
                pause = AWAY
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return

    def _say(self, error: StoreError) -> None:
        if time.monotonic() >= self._said_until:
            log.warning("Drafts of forms cannot be kept: %s", error.message)
        self._said_until = time.monotonic() + AWAY
