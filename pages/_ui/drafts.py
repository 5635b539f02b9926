"""What is typed into forms, kept in this process so that a reload finds it again.

Bounded in number and size, and by browser: nobody sees another's. No secret is ever in it.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

MOST = 500  # forms, of all browsers together
LARGEST = 1_000_000  # characters of JSON; what is longer is kept by its session only

Key = tuple[str, str, str]  # browser, server and key, flow


@dataclass
class Drafts:
    """Forms by browser, server and flow; the one not touched for longest goes first."""

    most: int = MOST
    largest: int = LARGEST
    _texts: OrderedDict[Key, str] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Key) -> dict[str, Any] | None:
        """A copy of what was last put there."""
        with self._lock:
            text = self._texts.get(key)
            if text is not None:
                self._texts.move_to_end(key)
        return None if text is None else json.loads(text)

    def put(self, key: Key, draft: dict[str, Any]) -> None:
        """Keep a draft of JSON values; one that holds nothing is dropped."""
        text = json.dumps(draft)
        with self._lock:
            self._texts.pop(key, None)
            if any(draft.values()) and len(text) <= self.largest:
                self._texts[key] = text
            while len(self._texts) > self.most:
                self._texts.popitem(last=False)


@st.cache_resource
def drafts() -> Drafts:
    """The one of this process."""
    return Drafts()
