"""What all visitors of this console process share: settings, records, runner, keys, Langflow."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import streamlit as st

from lfclient import LangflowClient
from lfclient.errors import BadAnswer, LangflowError, ServerFault, Unreachable
from lfclient.local import LocalLangflow
from lfclient.runner import Runner, get_runner
from lfclient.settings import Connection, Settings
from lfclient.vault import Vault

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
_LONG_AGO = float("-inf")


class Bounded(Generic[K, T]):
    """A dictionary of at most `size` entries; the one unused for longest gives way."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[K, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> T | None:
        """The entry, or None."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, key: K, value: T) -> None:
        """Add or replace an entry."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def change(self, matches: Callable[[K], bool], new: Callable[[T], T]) -> None:
        """Replace the entries whose key matches by what `new` makes of them."""
        with self._lock:
            for key in self._entries:
                if matches(key):
                    self._entries[key] = new(self._entries[key])


@dataclass(frozen=True)
class Found(Generic[T]):
    """What a server said, and when; `problem` if it has not answered since."""

    value: T
    at: float
    problem: LangflowError | None = None


@dataclass
class Backend:
    """The shared parts. `chosen` holds each browser's server; `answers` what servers said."""

    settings: Settings
    runner: Runner
    vault: Vault
    local: LocalLangflow
    chosen: Bounded[str, str] = field(default_factory=lambda: Bounded(1000))
    answers: Bounded[tuple[str, str], Found[Any]] = field(default_factory=lambda: Bounded(300))
    attached: Bounded[str, bool] = field(default_factory=lambda: Bounded(1000))
    local_stopped: bool = False

    def ask(self, owner: str, what: str, seconds: float, fetch: Callable[[], T]) -> Found[T]:
        """`fetch()`, at most every `seconds`; when it fails, the last answer with the problem.

        Raises LangflowError if there is no earlier answer.
        """
        known = self.answers.get((owner, what))
        if known and time.monotonic() - known.at < seconds:
            return known
        try:
            found = Found(fetch(), time.monotonic())
        except LangflowError as error:
            if known is None or not keeps_last_answer(error):
                raise
            # asked again only after a while: a server that hangs would hold every rerun
            found = Found(known.value, time.monotonic(), error)
        self.answers.put((owner, what), found)
        return found

    def ask_anew(self, owner: str) -> None:
        """Ask that server the next time, however short ago it answered."""
        self.answers.change(lambda key: key[0] == owner, lambda found: replace(found, at=_LONG_AGO))


def keeps_last_answer(error: LangflowError) -> bool:
    """Whether the server is only away, so that what it said before still helps."""
    return isinstance(error, Unreachable | ServerFault | BadAnswer)


@st.cache_resource(show_spinner=False)
def backend() -> Backend:
    """Made once per process. Raises LangflowError if a setting or the data folder is unusable."""
    settings = Settings.load(bind_address=st.get_option("server.address") or "")
    return Backend(
        settings=settings,
        runner=get_runner(settings),
        vault=Vault(),
        local=LocalLangflow(settings.data_dir),
    )


def client(connection: Connection) -> LangflowClient:
    """A client for that server with that key."""
    key = connection.api_key.get_secret_value() if connection.api_key else None
    return LangflowClient(connection.url, key or None, verify=connection.verify)
