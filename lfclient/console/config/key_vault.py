"""API keys entered in the browser: in this process's memory only, never on disk, with an expiry."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import TTLCache
from pydantic import SecretStr

KEY_LIFETIME_SECONDS = 12 * 3600.0
MAX_BROWSERS = 1000
MAX_SERVERS_PER_BROWSER = 20


@dataclass
class KeyVault:
    """API keys by browser and server address. Thread-safe.

    Each key expires `KEY_LIFETIME_SECONDS` after it was saved. When the vault is full, the least
    recently used browser is dropped.
    """

    max_browsers: int = MAX_BROWSERS
    max_servers: int = MAX_SERVERS_PER_BROWSER
    clock: Callable[[], float] = time.monotonic
    _keys: OrderedDict[str, TTLCache[str, SecretStr]] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def save(self, browser_id: str, url: str, key: str | SecretStr) -> None:
        """Save the key that this browser uses for `url`, and for no other address."""
        with self._lock:
            self._drop_expired()
            if browser_id not in self._keys:
                self._keys[browser_id] = TTLCache(
                    self.max_servers, KEY_LIFETIME_SECONDS, self.clock
                )
            self._keys[browser_id][url] = key if isinstance(key, SecretStr) else SecretStr(key)
            self._keys.move_to_end(browser_id)
            if len(self._keys) > self.max_browsers:
                self._keys.popitem(last=False)

    def keys(self, browser_id: str) -> dict[str, SecretStr]:
        """Return this browser's keys by address, most recently saved last."""
        with self._lock:
            self._drop_expired()
            if browser_id not in self._keys:
                return {}
            self._keys.move_to_end(browser_id)
            keys = self._keys[browser_id]
            # a key may expire at this moment
            return {url: key for url in keys if (key := keys.get(url)) is not None}

    def remove(self, browser_id: str, url: str) -> None:
        """Remove the key that this browser saved for `url`."""
        with self._lock:
            if browser_id in self._keys:
                self._keys[browser_id].pop(url, None)

    def _drop_expired(self) -> None:
        for browser_id, keys in list(self._keys.items()):
            keys.expire()
            if not keys:
                del self._keys[browser_id]
