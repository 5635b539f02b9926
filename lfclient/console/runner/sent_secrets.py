"""The secrets that runs were started with, in this process's memory only."""

from collections.abc import Iterable
from threading import Lock

from cachetools import LRUCache

from lfclient.common.redaction import MIN_SECRET_LENGTH

MAX_OWNERS = 1000
MAX_SECRETS = 100  # of an owner
_MAX_LENGTH = 10_000  # characters; nobody repeats a longer one


class SentSecrets:
    """Secrets by owner, with which Chat redacts the messages that Langflow has stored.

    Thread-safe. Beyond `MAX_OWNERS` and `MAX_SECRETS`, the least recently sent are dropped.
    """

    def __init__(self) -> None:
        self._sent: LRUCache[str, LRUCache[str, None]] = LRUCache(MAX_OWNERS)
        self._lock = Lock()

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
