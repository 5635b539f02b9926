"""What processes tell each other, through the database, of runs that go on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from lfclient.console.runner.commands import Presses
from lfclient.console.runner.record_writer import Records
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import Run

LOOK_SECONDS = 0.5
TELL_SECONDS = 1.0  # between two writes of a run
# so many times as long as its last write took a run is left alone: a large one costs no more
_REST = 50
_AT_ONCE = 0.3  # seconds of one transaction: nobody else can write to SQLite meanwhile

log = logging.getLogger(__name__)


@dataclass
class _Told:
    run: Run | None
    due: float
    stopping: datetime | None = None
    took: float = 0.0


class Exchange:
    """Writes what the runs of this process have produced, and takes what is pressed elsewhere.

    In a thread of its own: nobody who follows or watches a run here waits for it. A run is written
    at most once a second while it changes, the first time a second after it was first seen, so
    that a short one costs no more.
    """

    def __init__(self, records: Records, presses: Presses) -> None:
        self._records, self._presses = records, presses
        self._told: dict[str, _Told] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._watch, name="langflow-console-exchange", daemon=True
        )

    def begin(self) -> None:
        """Look every half a second."""
        self._thread.start()

    def close(self) -> None:
        """Tell no more."""
        self._ended.set()
        self._thread.join(10)

    def look(self) -> None:
        """Write what is due, and take what was pressed. Raises `StoreError` of the latter."""
        wishes = self._presses.note()
        for some in _in_small(self._due({wish.run_id for wish in wishes})):
            if not self._tell(some) and len(some) > 1:
                for each in some:
                    self._tell([each])
        for wish in wishes:
            self._presses.take(wish)

    def _due(self, pressed: Collection[str]) -> list[tuple[RunRecord, _Told]]:
        going = self._records.board.going()
        now = time.monotonic()
        before, self._told = self._told, {}
        due = []
        for record in going:
            told = before.get(record.id) or _Told(None, now + TELL_SECONDS)
            self._told[record.id] = told
            stopping = record.stop_requested_at != told.stopping
            changed = record.run is not None and (record.run is not told.run or stopping)
            # whoever has pressed elsewhere is to see at once that it was taken
            if (changed and now >= told.due) or record.id in pressed:
                due.append((record, told))
        return [] if self._records.fault else due  # which is tried every few seconds

    def _tell(self, some: list[tuple[RunRecord, _Told]]) -> bool:
        """Write some at once; False if it is for one of them that none could be."""
        board, newest = self._records.board, []
        for record, _ in some:
            # another process may have seen this version, without what it has produced
            with suppress(KeyError):
                newest.append(board.edit(record.id, lambda one: None if one.ended else {}))
        going = [record for record in newest if not record.ended]
        took: dict[str, float] = {}
        try:
            took = self._records.tell(going) if going else {}
        except StoreError as error:
            self._records.fault = error
            return True
        except Exception as error:
            if len(some) > 1:
                return False
            # without its text, which might hold what a person entered
            log.error("Run %s: not told (%s)", some[0][0].id, type(error).__name__)
        for record in newest:
            told = self._told[record.id]
            told.run, told.stopping = record.run, record.stop_requested_at
            told.took = took.get(record.id, 0.0)
            told.due = time.monotonic() + max(TELL_SECONDS, _REST * told.took)
        return True

    def _watch(self) -> None:
        fault = ""
        while not self._ended.wait(LOOK_SECONDS):
            try:
                self.look()
                fault = ""
            except StoreError:
                pass  # it is said to whoever presses
            except Exception as error:
                # the next look may do better; logged once, without its text, which may hold all
                if fault != type(error).__name__:
                    fault = type(error).__name__
                    log.error("Telling of runs failed (%s)", fault)


def _in_small(
    due: Iterable[tuple[RunRecord, _Told]],
) -> Iterator[list[tuple[RunRecord, _Told]]]:
    """In groups that will take no longer than `_AT_ONCE`, by what each took the last time."""
    some: list[tuple[RunRecord, _Told]] = []
    for each in due:
        if some and sum(told.took for _, told in some) + each[1].took > _AT_ONCE:
            yield some
            some = []
        some.append(each)
    if some:
        yield some
