"""Runs that were not started because the database did not confirm their records."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from lfclient.console.store.run_record import RecordProblem, RunRecord
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus

_NOT_STARTED = RecordProblem(
    "Not started: the database of runs did not confirm the record, and nothing was sent.",
    "Run it again.",
)


class UnconfirmedRuns:
    """The records that the database may have saved though it failed to say so."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records: list[RunRecord] = []

    def add(self, records: Iterable[RunRecord]) -> None:
        """Remember runs that were not started."""
        self._records.extend(records)

    def end_all(self) -> None:
        """End the runs whose records were saved. Raises `StoreError`; the others stay for later."""
        while self._records:
            record = self._records[0]
            ended = replace(
                record, status=RunStatus.FAILED, ended_at=datetime.now(UTC), problem=_NOT_STARTED
            )
            self._store.update(replace(ended, version=record.version + 1), with_response=True)
            self._records.pop(0)
