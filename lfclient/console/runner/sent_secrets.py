"""The secrets that runs were started with, in this process's memory only."""

from collections.abc import Container, Iterable
from threading import Lock

from cachetools import LRUCache

MAX_SECRETS = 1000


class SentSecrets:
    """Secrets by owner and flow, since Langflow stores the messages in which a flow repeats them.

    Thread-safe. Beyond `MAX_SECRETS`, those that were not sent for the longest time are dropped.
    """

    def __init__(self) -> None:
        self._sent: LRUCache[tuple[str, str, str], None] = LRUCache(MAX_SECRETS)
        self._lock = Lock()

    def add(self, owner: str, flow_id: str, secrets: Iterable[str]) -> None:
        """Remember the secrets of a run."""
        with self._lock:
            self._sent.update(((owner, flow_id, secret), None) for secret in secrets)

    def find(self, owners: Container[str], flow_id: str) -> set[str]:
        """Return the secrets that these owners' runs of the flow were started with."""
        with self._lock:
            sent = list(self._sent)
        return {secret for owner, flow, secret in sent if flow == flow_id and owner in owners}
