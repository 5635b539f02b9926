"""Drafts of forms: what people typed, found again after a reload or a restart of the console.

Callers leave secrets out of drafts.
"""

import json
import logging
import threading
import time
from collections.abc import Callable

from cachetools import LRUCache

from lfclient.common.json_types import JsonObject
from lfclient.console.store.drafts import DraftKey, DraftStore
from lfclient.console.store.errors import StoreError

MAX_DRAFTS = 500  # drafts in memory, of all browsers together
MAX_LENGTH = 1_000_000  # characters of JSON; a longer draft exists in its session only
MAX_PENDING = 500  # drafts waiting to be written
WRITE_DELAY_SECONDS = 0.5  # several changes within this time are written once
RETRY_SECONDS = 5.0  # how long to wait after the database failed

log = logging.getLogger(__name__)


class Drafts:
    """Drafts by browser, owner and name. Thread-safe.

    The least recently used are dropped from memory. After `persist_in`, changes are also written to
    a store, in a thread of their own: no page waits for the disk.
    """

    def __init__(self, max_drafts: int = MAX_DRAFTS, max_length: int = MAX_LENGTH) -> None:
        self._max_length = max_length
        self._texts: LRUCache[DraftKey, str | None] = LRUCache(max_drafts)  # None: no draft
        self._unread: LRUCache[DraftKey, None] = LRUCache(max_drafts)  # the store may have a draft
        # keyed as in the store
        self._pending: LRUCache[DraftKey, str | None] = LRUCache(MAX_PENDING)
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._store: DraftStore | None = None
        self._fingerprint: Callable[[str], str | None] = lambda browser: None
        self._read_after = self._log_after = 0.0  # on the monotonic clock

    def persist_in(self, store: DraftStore, fingerprint: Callable[[str], str | None]) -> None:
        """Write drafts to `store` from now on.

        `fingerprint` returns a stand-in for the browser, so that its cookie never reaches the disk,
        or None for a browser whose drafts stay in memory.
        """
        self._store, self._fingerprint = store, fingerprint

    def get(self, key: DraftKey) -> JsonObject | None:
        """Return a copy of the draft, or None if there is none or the store cannot be read."""
        store_key = self._store_key(key)
        with self._lock:
            is_in_memory, text = key in self._texts, self._texts.get(key)
        if store_key is not None and not is_in_memory:
            try:
                text = self._read(store_key)
            except StoreError:
                with self._lock:
                    self._unread[key] = None
                return None
            with self._lock:
                self._unread.pop(key, None)
                text = self._texts.setdefault(key, text)
        # without the lock: a long text takes a while
        draft: JsonObject | None = None if text is None else json.loads(text)
        return draft

    def save(self, key: DraftKey, draft: JsonObject) -> None:
        """Save a draft; one without values deletes what was saved before.

        If the store could not be read, an empty draft deletes nothing: its form may be empty only
        because the saved values are unknown.
        """
        is_empty = not any(draft.values())
        text = None if is_empty else json.dumps(draft)
        if text is not None and len(text) > self._max_length:
            text = None
        store_key = self._store_key(key)
        with self._lock:
            if is_empty and key in self._unread:
                return
            self._unread.pop(key, None)
            self._texts[key] = text
            if store_key is None:
                return
            self._pending[store_key] = text
            if self._writer is None:
                # a daemon, so that a database that hangs does not keep the console from exiting
                self._writer = threading.Thread(target=self._write, name="drafts", daemon=True)
                self._writer.start()

    def flush(self) -> None:
        """Write all pending drafts now. Raise `StoreError` if that fails; they stay pending."""
        with self._lock:
            changes = dict(self._pending)
        if not changes or self._store is None:
            return
        self._store.write(changes)
        with self._lock:
            for key, text in changes.items():
                if self._pending.get(key) is text:  # unless it changed meanwhile
                    self._pending.pop(key, None)

    def _store_key(self, key: DraftKey) -> DraftKey | None:
        fingerprint = self._fingerprint(key[0])
        return None if fingerprint is None else (fingerprint, *key[1:])

    def _read(self, key: DraftKey) -> str | None:
        with self._lock:
            if key in self._pending or self._store is None:
                return self._pending.get(key)
        if time.monotonic() < self._read_after:  # or every page would wait for it again
            raise StoreError("Couldn't read saved drafts.")
        try:
            return self._store.get(key)
        except StoreError as error:
            self._read_after = time.monotonic() + RETRY_SECONDS
            self._log(error)
            raise

    def _write(self) -> None:
        while True:
            time.sleep(WRITE_DELAY_SECONDS)
            try:
                self.flush()
            except StoreError as error:
                self._log(error)
                time.sleep(RETRY_SECONDS)
            with self._lock:
                if not self._pending:
                    self._writer = None
                    return

    def _log(self, error: StoreError) -> None:
        if time.monotonic() >= self._log_after:
            log.warning("Couldn't read or save drafts of forms: %s", error.message)
        self._log_after = time.monotonic() + RETRY_SECONDS
