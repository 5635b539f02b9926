"""What is typed into forms, so that a reload finds it again, and a restarted console does.

Bounded in number and size, and by browser: nobody sees another's. No secret is ever in it.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from lfclient.console.presets.draft_writer import DraftsBehind
from lfclient.console.store.errors import StoreError
from pages._ui.app.security import valid_token

MOST = 500  # forms, of all browsers together
LARGEST = 1_000_000  # characters of JSON; what is longer is kept by its session only

Key = tuple[str, str, str]  # browser, server and key, flow


@dataclass
class Drafts:
    """Forms by browser, server and flow; the one not touched for longest goes first."""

    most: int = MOST
    largest: int = LARGEST
    _texts: OrderedDict[Key, str | None] = field(default_factory=OrderedDict)  # None: not on disk
    _unread: OrderedDict[Key, None] = field(default_factory=OrderedDict)  # there may be some there
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _behind: DraftsBehind | None = None

    def keep_in(self, behind: DraftsBehind) -> None:
        """From now on what is put here is kept there, too, for browsers with a cookie."""
        self._behind = behind

    def get(self, key: Key) -> dict[str, Any] | None:
        """A copy of what was last put there; None, too, while the disk cannot be read."""
        with self._lock:
            known = key in self._texts
            if known:
                self._texts.move_to_end(key)
            text = self._texts.get(key)
        if not known and self._behind and valid_token(key[0]):
            try:
                text = self._behind.get(*key)
            except StoreError:
                with self._lock:
                    self._unread[key] = None
                    self._shorten()
                return None
            with self._lock:
                self._unread.pop(key, None)
                text = self._texts.setdefault(key, text)
                self._shorten()
        return None if text is None else json.loads(text)

    def put(self, key: Key, draft: dict[str, Any]) -> None:
        """Keep a draft of JSON values; one that holds nothing is dropped.

        It removes nothing from a disk that could not be read: it may be empty for that only.
        """
        empty = not any(draft.values())
        text: str | None = json.dumps(draft)
        if empty or len(text) > self.largest:
            text = None
        with self._lock:
            if empty and key in self._unread:
                return
            self._unread.pop(key, None)
            self._texts[key] = text
            self._texts.move_to_end(key)
            self._shorten()
        if self._behind and valid_token(key[0]):
            self._behind.put(*key, text)

    def _shorten(self) -> None:
        for each in (self._texts, self._unread):
            while len(each) > self.most:
                each.popitem(last=False)


@st.cache_resource
def drafts() -> Drafts:
    """The one of this process."""
    return Drafts()
