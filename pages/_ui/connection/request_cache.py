"""What servers said, kept for a while; a page is not held up by one that is slow."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from lfclient.errors import BadAnswer, LangflowError, ServerFault, Unreachable

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
Key = tuple[str, str]  # the owner whose server is asked, and what

PATIENCE = 0.5  # seconds that a page waits for an answer, from when it was asked for
_MISSED = 5.0  # seconds for which a failure nobody has seen yet is still news
_LONG_AGO = float("-inf")


class StillAsking(LangflowError):
    """The server has not yet answered the question `what`; it goes on being asked."""

    def __init__(self, what: str) -> None:
        super().__init__("The server has not answered yet.", hint="It is still being waited for.")
        self.what = what


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

    def drop(self, key: K) -> None:
        """Let go of an entry, if it is there."""
        with self._lock:
            self._entries.pop(key, None)

    def change(self, matches: Callable[[K], bool], new: Callable[[T], T]) -> None:
        """Replace the entries whose key matches by what `new` makes of them."""
        with self._lock:
            for key in self._entries:
                if matches(key):
                    self._entries[key] = new(self._entries[key])


@dataclass(frozen=True)
class CachedAnswer(Generic[T]):
    """What a server said, and when; `problem` if it has not answered since."""

    value: T
    at: float
    problem: LangflowError | None = None


@dataclass(eq=False)
class _Question:
    """One request under way, or one that failed before anybody saw its end."""

    began: float
    ended: threading.Event = field(default_factory=threading.Event)
    ended_at: float = 0.0
    error: Exception | None = None

    def is_over(self) -> bool:
        return self.ended.is_set() and time.monotonic() - self.ended_at > _MISSED


class Answers:
    """The last answer to each question, by owner. Safe to use from any thread."""

    def __init__(self) -> None:
        self._known: Bounded[Key, CachedAnswer[Any]] = Bounded(300)
        self._open: dict[Key, _Question] = {}
        self._lock = threading.Lock()

    def ask(
        self,
        owner: str,
        what: str,
        seconds: float,
        fetch: Callable[[], T],
        patience: float | None = None,
    ) -> CachedAnswer[T]:
        """`fetch()`, at most every `seconds`, in a thread of its own.

        The last answer while the next takes longer than `patience` seconds (None: `PATIENCE`), and
        with the problem when it fails. Without an earlier answer: raises StillAsking, or the
        LangflowError of the failure.
        """
        patience = PATIENCE if patience is None else patience
        key = (owner, what)
        question = self._question(key, seconds, fetch)
        if isinstance(question, CachedAnswer):
            return question
        question.ended.wait(max(0.0, question.began + patience - time.monotonic()))
        if question.error:
            self._close(key, question)
            raise question.error
        found = self._known.get(key)
        if found is None:
            raise StillAsking(what)
        return found

    def begin(self, owner: str, what: str, seconds: float, fetch: Callable[[], T]) -> None:
        """Let `ask` be under way already when it is called."""
        self._question((owner, what), seconds, fetch)

    def ask_anew(self, owner: str, what: str | None = None) -> None:
        """Ask that question, or all, the next time, however short ago it was answered."""

        def meant(key: Key) -> bool:
            return key[0] == owner and what in (None, key[1])

        with self._lock:
            for key in filter(meant, list(self._open)):
                del self._open[key]
        self._known.change(meant, lambda found: replace(found, at=_LONG_AGO))

    def forget(self, owner: str, what: str) -> None:
        """Give the memory of an answer back."""
        self._known.drop((owner, what))

    def asking(self, owner: str, questions: Collection[str]) -> float | None:
        """For how many seconds one of these has been open; None if all are answered."""
        with self._lock:
            found = [self._open.get((owner, what)) for what in questions]
            began = [each.began for each in found if each and not each.ended.is_set()]
        return time.monotonic() - min(began) if began else None

    def _question(
        self, key: Key, seconds: float, fetch: Callable[[], Any]
    ) -> _Question | CachedAnswer[Any]:
        """What asks it, or an answer of less than `seconds` ago; one of the two at any moment."""
        with self._lock:
            known = self._known.get(key)
            if known and time.monotonic() - known.at < seconds:
                return known
            for old in [old for old, question in self._open.items() if question.is_over()]:
                del self._open[old]
            question = self._open.get(key)
            if question is None:
                question = self._open[key] = _Question(time.monotonic())
                # a daemon: a server that hangs must not keep the console from ending
                threading.Thread(
                    target=self._fetch, args=(key, question, fetch), name="asks", daemon=True
                ).start()
        return question

    def _fetch(self, key: Key, question: _Question, fetch: Callable[[], Any]) -> None:
        try:
            found = CachedAnswer(fetch(), time.monotonic())
        except Exception as error:
            if isinstance(error, LangflowError):
                # what it passed through would keep answers and keys in memory as long as itself
                error.__traceback__ = error.__cause__ = error.__context__ = None
            known = self._known.get(key)
            if known and isinstance(error, LangflowError) and keeps_last_answer(error):
                # asked again only after a while
                found = CachedAnswer(known.value, time.monotonic(), error)
            else:
                question.error, found = error, None
        with self._lock:
            if found and self._open.get(key) is question:
                self._known.put(key, found)
                del self._open[key]
            question.ended_at = time.monotonic()
            question.ended.set()

    def _close(self, key: Key, question: _Question) -> None:
        with self._lock:
            if self._open.get(key) is question:
                del self._open[key]


def keeps_last_answer(error: LangflowError) -> bool:
    """Whether the server is only away, so that what it said before still helps.

    Not where it may have shut somebody out.
    """
    return isinstance(error, Unreachable | ServerFault | BadAnswer) and error.status != 403
