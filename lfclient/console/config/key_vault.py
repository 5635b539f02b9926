"""API keys entered in the browser and secrets of runs, in this process's memory only."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cachetools import LRUCache, TTLCache

from lfclient.common.redaction import MIN_SECRET_LENGTH
from lfclient.console.config.connection import Connection

KEY_LIFETIME_SECONDS = 12 * 3600.0
MAX_BROWSERS = 1000
MAX_SERVERS_PER_BROWSER = 20
MAX_OWNERS = 1000
MAX_SECRETS = 100  # of an owner
_MAX_LENGTH = 10_000  # characters; nobody repeats a longer one


@dataclass
class KeyVault:
    """Connections with typed API keys, by browser and server URL. Thread-safe.

    A connection expires `KEY_LIFETIME_SECONDS` after it was saved. When the vault is full, the
    least recently used browser is dropped.
    """

    max_browsers: int = MAX_BROWSERS
    max_servers: int = MAX_SERVERS_PER_BROWSER
    clock: Callable[[], float] = time.monotonic
    _connections: OrderedDict[str, TTLCache[str, Connection]] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def save(self, browser_id: str, connection: Connection) -> None:
        """Save the key that this browser uses for the connection's URL only."""
        with self._lock:
            self._drop_expired()
            if browser_id not in self._connections:
                self._connections[browser_id] = TTLCache(
                    self.max_servers, KEY_LIFETIME_SECONDS, self.clock
                )
            self._connections[browser_id][connection.url] = connection
            self._connections.move_to_end(browser_id)
            if len(self._connections) > self.max_browsers:
                self._connections.popitem(last=False)

    def connections(self, browser_id: str) -> list[Connection]:
        """Return this browser's connections, one for each URL, most recently saved last."""
        with self._lock:
            self._drop_expired()
            if browser_id not in self._connections:
                return []
            self._connections.move_to_end(browser_id)
            saved = self._connections[browser_id]
            # a connection may expire at this moment
            return [found for url in saved if (found := saved.get(url)) is not None]

    def remove(self, browser_id: str, url: str) -> None:
        """Remove the key that this browser saved for `url`."""
        with self._lock:
            if browser_id in self._connections:
                self._connections[browser_id].pop(url, None)

    def _drop_expired(self) -> None:
        for browser_id, saved in list(self._connections.items()):
            saved.expire()
            if not saved:
                del self._connections[browser_id]


class SentSecrets:
    """Secrets by owner, with which Chat redacts the messages that Langflow has stored.

    Thread-safe. Beyond `MAX_OWNERS` and `MAX_SECRETS`, the least recently sent are dropped.
    """

    def __init__(self) -> None:
        self._sent: LRUCache[str, LRUCache[str, None]] = LRUCache(MAX_OWNERS)
        self._lock = threading.Lock()

    def add(self, owner: str, secrets: Iterable[str]) -> None:
        """Remember the secrets of a run."""
        new = [each for each in secrets if MIN_SECRET_LENGTH <= len(each) <= _MAX_LENGTH]
        if new:
            with self._lock:
                sent = self._sent.get(owner) or LRUCache(MAX_SECRETS)
                sent.update(dict.fromkeys(new))
                self._sent[owner] = sent

    def find(self, *owners: str) -> set[str]:
        """Return the secrets that these owners' runs were started with."""
        with self._lock:
            return {secret for owner in owners for secret in self._sent.get(owner, ())}
