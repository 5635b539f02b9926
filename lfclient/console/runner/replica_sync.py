"""What processes tell each other, through the database, of runs that go on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from lfclient.console.runner.commands import CommandHandler
from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import Run

SYNC_SECONDS = 0.5
PUBLISH_SECONDS = 1.0  # between two writes of a run
# so many times as long as its last write took a run is left alone: a large one costs no more
_WRITE_TIME_FACTOR = 50
_MAX_TRANSACTION_SECONDS = (
    0.3  # seconds of one transaction: nobody else can write to SQLite meanwhile
)

log = logging.getLogger(__name__)


@dataclass
class _Published:
    run: Run | None
    due: float
    stopping: datetime | None = None
    took: float = 0.0


class ReplicaSync:
    """Writes what the runs of this process have produced, and takes what is pressed elsewhere.

    In a thread of its own: nobody who follows or watches a run here waits for it. A run is written
    at most once a second while it changes, the first time a second after it was first seen, so
    that a short one costs no more.
    """

    def __init__(self, writer: RecordWriter, commands: CommandHandler) -> None:
        self._writer, self._commands = writer, commands
        self._told: dict[str, _Published] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._watch, name="langflow-console-exchange", daemon=True
        )

    def start(self) -> None:
        """Look every half a second."""
        self._thread.start()

    def close(self) -> None:
        """Tell no more."""
        self._ended.set()
        self._thread.join(10)

    def sync(self) -> None:
        """Write what is due, and take what was pressed. Raises `StoreError` of the latter."""
        commands = self._commands.apply_queued()
        for some in _batches(self._due({command.run_id for command in commands})):
            if not self._publish(some) and len(some) > 1:
                for each in some:
                    self._publish([each])
        for command in commands:
            self._commands.execute(command)

    def _due(self, pressed: Collection[str]) -> list[tuple[RunRecord, _Published]]:
        going = self._writer.cache.active()
        now = time.monotonic()
        before, self._told = self._told, {}
        due = []
        for record in going:
            told = before.get(record.id) or _Published(None, now + PUBLISH_SECONDS)
            self._told[record.id] = told
            stopping = record.stop_requested_at != told.stopping
            changed = record.run is not None and (record.run is not told.run or stopping)
            # whoever has pressed elsewhere is to see at once that it was taken
            if (changed and now >= told.due) or record.id in pressed:
                due.append((record, told))
        return [] if self._writer.error else due  # which is tried every few seconds

    def _publish(self, some: list[tuple[RunRecord, _Published]]) -> bool:
        """Write some at once; False if it is for one of them that none could be."""
        cache, newest = self._writer.cache, []
        for record, _ in some:
            # another process may have seen this version, without what it has produced
            with suppress(KeyError):
                newest.append(cache.edit(record.id, lambda one: None if one.ended else {}))
        going = [record for record in newest if not record.ended]
        took: dict[str, float] = {}
        try:
            took = self._writer.publish(going) if going else {}
        except StoreError as error:
            self._writer.error = error
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
            told.due = time.monotonic() + max(PUBLISH_SECONDS, _WRITE_TIME_FACTOR * told.took)
        return True

    def _watch(self) -> None:
        fault = ""
        while not self._ended.wait(SYNC_SECONDS):
            try:
                self.sync()
                fault = ""
            except StoreError:
                pass  # it is said to whoever commands
            except Exception as error:
                # the next look may do better; logged once, without its text, which may hold all
                if fault != type(error).__name__:
                    fault = type(error).__name__
                    log.error("Telling of runs failed (%s)", fault)


def _batches(
    due: Iterable[tuple[RunRecord, _Published]],
) -> Iterator[list[tuple[RunRecord, _Published]]]:
    """Yield batches that took at most `_MAX_TRANSACTION_SECONDS` each when last written."""
    some: list[tuple[RunRecord, _Published]] = []
    for each in due:
        if some and sum(told.took for _, told in some) + each[1].took > _MAX_TRANSACTION_SECONDS:
            yield some
            some = []
        some.append(each)
    if some:
        yield some
