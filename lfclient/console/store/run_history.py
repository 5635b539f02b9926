"""Lists of runs: filtered, searched, page by page, counted; their stars and labels; deleting.

Each list is a page by key: it goes on behind the last run of the page before, whose time and id
are its `Cursor`, so that page 1,000 costs as much as the first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from lfclient.console.store.column_values import from_microseconds, sanitize_text
from lfclient.console.store.database import Database
from lfclient.console.store.run_queries import (
    SUMMARY_COLUMNS,
    Cursor,
    RunFilter,
    RunQueries,
    row_conditions,
)
from lfclient.console.store.run_record import UNFINISHED_STATUSES
from lfclient.console.store.statements import LABELS_OF, RUNS
from lfclient.console.store.tables import LabelRow, RunRow
from lfclient.console.store.text_search import labels_in_use
from lfclient.runs.model import Mode, RunStatus

PAGE_SIZE = 50
MAX_LABELS = 20
MAX_LABEL_LENGTH = 60
_AT_ONCE = 200


@dataclass(frozen=True)
class RunSummary:
    """One run in a list. `input_summary` tells of its inputs, `output_summary` of its answer."""

    id: str
    owner: str
    server_name: str
    flow_id: str
    flow_name: str
    mode: Mode
    status: RunStatus
    created_at: datetime
    session_id: str | None = None
    job_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    input_summary: str = ""
    output_summary: str = ""
    starred: bool = False
    attempts: int = 1
    labels: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """From the click to the end; None while it goes on."""
        if self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.created_at).total_seconds())


@dataclass(frozen=True)
class RunPage:
    """Runs, newest first. `older` and `newer` are where the pages beside it begin, None if this
    is the last, or the first.
    """

    runs: list[RunSummary] = field(default_factory=list)
    older: Cursor | None = None
    newer: Cursor | None = None


@dataclass(frozen=True)
class DeleteResult:
    """What came of deleting: the ids that are gone, and of those left because they go on."""

    deleted: list[str] = field(default_factory=list)
    still_running: list[str] = field(default_factory=list)


class History:
    """`owners` are the fingerprints that somebody may see the runs of; no others are ever touched.

    Every method raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        owners: Sequence[str],
        which: RunFilter | None = None,
        *,
        older_than: Cursor | None = None,
        newer_than: Cursor | None = None,
        limit: int = PAGE_SIZE,
    ) -> RunPage:
        """The newest runs, those behind `older_than`, or those before `newer_than`."""
        which = which or RunFilter()
        back = newer_than is not None
        cursor = newer_than or older_than
        found: list[tuple[Cursor, Row[Any]]] = []
        with self._database.read() as connection:
            runs = RunQueries.searched(connection, owners, which, ordered=True)
            for owner in owners:
                for query in runs.pages(owner, which, cursor, limit + 1, back=back):
                    rows = connection.execute(query, runs.values)
                    found += ((Cursor(row.created_at, row.id), row) for row in rows)
            best = heapq.nsmallest if back else heapq.nlargest
            chosen = best(limit + 1, found, key=lambda pair: pair[0])
            more = len(chosen) > limit
            chosen = chosen[:limit]
            if back:
                chosen.reverse()
            labels = self._labels(connection, [place.id for place, _ in chosen])
        if not chosen:
            return RunPage()
        entries = [_entry(row, labels.get(place.id, ())) for place, row in chosen]
        return RunPage(
            entries,
            older=chosen[-1][0] if more or back else None,
            newer=chosen[0][0] if (more if back else cursor) else None,
        )

    def count(
        self, owners: Sequence[str], which: RunFilter | None = None, most: int = 10_000
    ) -> int:
        """How many runs there are, `most` at most."""
        which = which or RunFilter()
        with self._database.read() as connection:
            found = 0
            runs = RunQueries.searched(connection, owners, which, ordered=False)
            for owner in owners:
                some = runs.narrowed([runs.table.c.id], owner, which).limit(most - found)
                found += connection.execute(
                    select(func.count()).select_from(some.subquery()), runs.values
                ).scalar_one()
                if found >= most:
                    break
            return found

    def count_by_interval(
        self, owners: Sequence[str], which: RunFilter, width: int, ahead: int = 0
    ) -> list[tuple[datetime, RunStatus, int]]:
        """How many runs began in each stretch of `width` seconds, by status, oldest first.

        The stretches are those of a clock that is so many seconds ahead of UTC.
        """
        step, ahead = width * 1_000_000, ahead * 1_000_000
        totals: dict[tuple[int, str], int] = {}
        with self._database.read() as connection:
            runs = RunQueries.searched(connection, owners, which, ordered=False)
            time, word = runs.table.c.created_at, runs.table.c.status
            bucket = (time - (time + ahead) % step).label("bucket")
            for owner in owners:
                query = runs.narrowed([bucket, word, func.count()], owner, which)
                query = query.group_by(bucket, word)
                for start, status, count in connection.execute(query, runs.values):
                    totals[start, status] = totals.get((start, status), 0) + count
        return [
            (from_microseconds(start), RunStatus(status), count)
            for (start, status), count in sorted(totals.items())
        ]

    def time_range(self, owners: Sequence[str]) -> tuple[datetime, datetime] | None:
        """When the oldest and the newest run began; None if there is none."""
        times = []
        with self._database.read() as connection:
            for owner in owners:
                # one at a time: for both, all would be read
                for end in (func.min, func.max):
                    query = select(end(RunRow.created_at)).where(RunRow.owner == owner)
                    times.append(connection.execute(query).scalar())
        known = [time for time in times if time is not None]
        return (from_microseconds(min(known)), from_microseconds(max(known))) if known else None

    def flows(self, owners: Sequence[str]) -> dict[str, str]:
        """The flows that were run, id and latest name, by name."""
        newest = select(RunRow.flow_id, RunRow.flow_name, RunRow.created_at).limit(1)
        newest = newest.order_by(RunRow.flow_id.desc(), RunRow.created_at.desc(), RunRow.id.desc())
        names: dict[str, tuple[int, str]] = {}
        with self._database.read() as connection:
            for owner in owners:
                # from one to the next by their index, past all other runs
                query = newest.where(RunRow.owner == owner)
                row = connection.execute(query).one_or_none()
                while row is not None:
                    flow_id, name, time = row
                    names[flow_id] = max(names.get(flow_id, (0, "")), (time, name))
                    row = connection.execute(query.where(RunRow.flow_id < flow_id)).one_or_none()
        latest = ((flow_id, name) for flow_id, (_, name) in names.items())
        return dict(sorted(latest, key=lambda pair: pair[1].casefold()))

    def labels(self, owners: Sequence[str]) -> list[str]:
        """All labels in use, by name."""
        with self._database.read() as connection:
            return sorted(labels_in_use(connection, owners), key=str.casefold)

    def get(self, owners: Sequence[str], run_id: str) -> RunSummary | None:
        """One run as lists show it; None if there is none or it is not theirs."""
        columns = (getattr(RunRow, name) for name in SUMMARY_COLUMNS)
        query = select(*columns).where(RunRow.owner.in_(owners), RunRow.id == run_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            return _entry(row, self._labels(connection, [row.id]).get(row.id, ())) if row else None

    def set_starred(self, owners: Sequence[str], run_id: str, starred: bool) -> None:
        """Star a run, or take its star away."""
        with self._database.write() as connection:
            connection.execute(
                update(RunRow)
                .where(RunRow.owner.in_(owners), RunRow.id == run_id)
                .values(starred=starred)
            )

    def change_labels(
        self,
        owners: Sequence[str],
        run_ids: Sequence[str],
        add: Iterable[str] = (),
        take: Iterable[str] = (),
    ) -> None:
        """Give runs some labels, trimmed, and take others away; those that they have besides stay.

        All of them or none: raises ValueError for a label that is too long, and for more than 20.
        """
        wanted, unwanted = normalize_labels(add), set(take)
        mine = select(RunRow.id, RunRow.owner, RunRow.created_at).where(
            RunRow.owner.in_(owners), RunRow.id.in_(run_ids)
        )
        with self._database.write() as connection:
            # so that none is deleted or labelled meanwhile; in one order, so that two can't block
            runs = connection.execute(mine.order_by(RunRow.id).with_for_update()).all()
            before = self._labels(connection, [run.id for run in runs])
            for run in runs:
                had = before.get(run.id, ())
                labels = normalize_labels([*(one for one in had if one not in unwanted), *wanted])
                of_run = LabelRow.run_id == run.id
                connection.execute(delete(LabelRow).where(of_run, LabelRow.label.not_in(labels)))
                for label in labels:
                    if label not in had:
                        values = {"run_id": run.id, "label": label}
                        values |= {"owner": run.owner, "created_at": run.created_at}
                        connection.execute(insert(LabelRow), values)

    def delete(self, owners: Sequence[str], run_ids: Iterable[str]) -> DeleteResult:
        """Delete ended runs with all that belongs to them; those that go on are left."""
        removed = DeleteResult()
        ids = list(run_ids)
        for start in range(0, len(ids), _AT_ONCE):
            mine = (RunRow.owner.in_(owners), RunRow.id.in_(ids[start : start + _AT_ONCE]))
            with self._database.delete() as connection:
                gone = delete(RunRow).where(*mine, RunRow.status.not_in(UNFINISHED_STATUSES))
                removed.deleted.extend(connection.execute(gone.returning(RunRow.id)).scalars())
                removed.still_running.extend(
                    connection.execute(select(RunRow.id).where(*mine)).scalars()
                )
        if removed.deleted:
            self._database.overwrite()
        return removed

    def delete_all(self, owners: Sequence[str], which: RunFilter) -> list[str]:
        """Delete all ended runs that `which` finds; the ids of those that are gone."""
        deleted: list[str] = []
        for owner in owners:
            while True:
                with self._database.delete() as connection:
                    runs = RunQueries.searched(connection, [owner], which, ordered=False)
                    some = runs.narrowed([runs.table.c.id], owner, which)
                    some = some.where(runs.table.c.status.not_in(UNFINISHED_STATUSES)).limit(
                        _AT_ONCE
                    )
                    ids = list(connection.execute(some, runs.values).scalars())
                    # asked again of the row itself, which may have got its star meanwhile
                    removed = delete(RunRow).where(
                        RunRow.id.in_(ids), *row_conditions(RUNS.c, which)
                    )
                    deleted += connection.execute(removed.returning(RunRow.id)).scalars()
                if len(ids) < _AT_ONCE:
                    break
        if deleted:
            self._database.overwrite()
        return deleted

    @staticmethod
    def _labels(connection: Any, ids: list[str]) -> dict[str, tuple[str, ...]]:
        if not ids:
            return {}
        labels: dict[str, tuple[str, ...]] = {}
        for run_id, label in connection.execute(LABELS_OF, {"target_ids": ids}):
            labels[run_id] = (*labels.get(run_id, ()), label)
        return labels


def normalize_labels(labels: Iterable[str]) -> list[str]:
    """Labels as they are kept: trimmed, each once. Raises ValueError, whose text says why."""
    wanted = list(dict.fromkeys(sanitize_text(" ".join(label.split())) for label in labels))
    wanted = [label for label in wanted if label]
    too_long = [label for label in wanted if len(label) > MAX_LABEL_LENGTH]
    if too_long:
        raise ValueError(
            f"A label may have {MAX_LABEL_LENGTH} characters: {too_long[0][:30]}… has more."
        )
    if len(wanted) > MAX_LABELS:
        raise ValueError(f"A run may have {MAX_LABELS} labels.")
    return wanted


def _entry(row: Row[Any], labels: tuple[str, ...]) -> RunSummary:
    values = dict(zip(SUMMARY_COLUMNS, row, strict=True))
    for name in ("created_at", "started_at", "ended_at"):
        values[name] = from_microseconds(values[name])
    values["status"] = RunStatus(values["status"])
    return RunSummary(**values, labels=labels)
