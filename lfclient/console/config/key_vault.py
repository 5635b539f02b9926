"""API keys that visitors typed: in this process's memory only, by browser and server."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import SecretStr

KEY_LIFETIME_SECONDS = 12 * 3600.0
MAX_BROWSERS = 1000
MAX_SERVERS_PER_BROWSER = 20


@dataclass
class _Entry:
    key: SecretStr
    expires: float


@dataclass
class KeyVault:
    """Typed keys for `lifetime` seconds each, for at most `browsers` browsers of `servers` each.

    The browser unused for longest gives way to a new one. Safe to use from any thread.
    """

    lifetime_seconds: float = KEY_LIFETIME_SECONDS
    max_browsers: int = MAX_BROWSERS
    max_servers: int = MAX_SERVERS_PER_BROWSER
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[str, OrderedDict[str, _Entry]] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def save(self, browser_id: str, url: str, key: str | SecretStr) -> None:
        """Keep `key` for that browser's calls to `url`, and to no other address."""
        secret = key if isinstance(key, SecretStr) else SecretStr(key)
        with self._lock:
            self._drop_expired()
            kept = self._kept.setdefault(browser_id, OrderedDict())
            kept[url] = _Entry(secret, self.clock() + self.lifetime_seconds)
            kept.move_to_end(url)
            self._kept.move_to_end(browser_id)
            _shorten(kept, self.max_servers)
            _shorten(self._kept, self.max_browsers)

    def get(self, browser_id: str, url: str) -> SecretStr | None:
        """The key that this browser typed for `url`, or None."""
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(browser_id)
            entry = kept.get(url) if kept else None
            if entry is None:
                return None
            self._kept.move_to_end(browser_id)
            return entry.key

    def urls(self, browser_id: str) -> list[str]:
        """The addresses that this browser has a key for, the latest typed last."""
        with self._lock:
            self._drop_expired()
            return list(self._kept.get(browser_id, ()))

    def remove(self, browser_id: str, url: str | None = None) -> None:
        """Drop that browser's key for `url`, or all its keys."""
        with self._lock:
            if url is None:
                self._kept.pop(browser_id, None)
            else:
                self._kept.get(browser_id, {}).pop(url, None)

    def _drop_expired(self) -> None:
        now = self.clock()
        for browser_id, kept in list(self._kept.items()):
            for url in [url for url, entry in kept.items() if entry.expires <= now]:
                del kept[url]
            if not kept:
                del self._kept[browser_id]


def _shorten(entries: OrderedDict, limit: int) -> None:
    while len(entries) > limit:
        entries.popitem(last=False)
