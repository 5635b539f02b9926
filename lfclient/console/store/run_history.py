"""List runs: filter, search, page, count, star, label and delete them.

Pages use keyset pagination: a page begins after the `Cursor` of the previous page's last run, so
page 1,000 costs as much as the first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from lfclient.console.store.column_values import from_microseconds, sanitize_text
from lfclient.console.store.database import Database
from lfclient.console.store.row_mapping import SUMMARY_FIELDS, summary_from_row
from lfclient.console.store.run_queries import Cursor, RunFilter, RunQueries, row_conditions
from lfclient.console.store.run_record import UNFINISHED_STATUSES, RunSummary
from lfclient.console.store.tables import LABELS, RUNS, LabelRow, RunRow
from lfclient.console.store.text_search import labels_in_use
from lfclient.runs.model import RunStatus

PAGE_SIZE = 50
MAX_LABELS = 20  # of a run
MAX_LABEL_LENGTH = 60

_BATCH_SIZE = 200  # runs that one transaction deletes


@dataclass(frozen=True)
class RunPage:
    """Runs, newest first. `older` and `newer` are the cursors of the adjacent pages, None at the
    ends of the list.
    """

    runs: list[RunSummary] = field(default_factory=list)
    older: Cursor | None = None
    newer: Cursor | None = None


@dataclass(frozen=True)
class DeleteResult:
    """The ids of the runs that were deleted, and of those left because they are still running."""

    deleted: list[str] = field(default_factory=list)
    still_running: list[str] = field(default_factory=list)


class History:
    """All methods take the owners whose runs the caller may see, and touch no others.

    Every method raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        owners: Sequence[str],
        filters: RunFilter | None = None,
        *,
        older_than: Cursor | None = None,
        newer_than: Cursor | None = None,
        limit: int = PAGE_SIZE,
    ) -> RunPage:
        """Return the newest runs, or those after `older_than`, or those before `newer_than`."""
        filters = filters or RunFilter()
        backward = newer_than is not None
        cursor = newer_than or older_than
        found: list[tuple[Cursor, Row[Any]]] = []
        with self._database.read() as connection:
            queries = RunQueries.for_search(connection, owners, filters, ordered=True)
            for owner in owners:
                for query in queries.pages(owner, filters, cursor, limit + 1, backward=backward):
                    rows = connection.execute(query, queries.parameters)
                    found += ((Cursor(row.created_at, row.id), row) for row in rows)
            nearest = heapq.nsmallest if backward else heapq.nlargest
            chosen = nearest(limit + 1, found, key=lambda pair: pair[0])
            has_more = len(chosen) > limit
            chosen = chosen[:limit]
            if backward:
                chosen.reverse()
            labels = _labels_of(connection, [place.id for place, _ in chosen])
        if not chosen:
            return RunPage()
        return RunPage(
            [summary_from_row(row, labels.get(place.id, ())) for place, row in chosen],
            older=chosen[-1][0] if has_more or backward else None,
            newer=chosen[0][0] if (has_more if backward else cursor) else None,
        )

    def count(
        self, owners: Sequence[str], filters: RunFilter | None = None, limit: int = 10_000
    ) -> int:
        """Return the number of runs, at most `limit`."""
        filters = filters or RunFilter()
        total = 0
        with self._database.read() as connection:
            queries = RunQueries.for_search(connection, owners, filters, ordered=False)
            for owner in owners:
                runs = queries.select([queries.table.c.id], owner, filters).limit(limit - total)
                query = select(func.count()).select_from(runs.subquery())
                total += connection.execute(query, queries.parameters).scalar_one()
                if total >= limit:
                    break
        return total

    def count_by_interval(
        self, owners: Sequence[str], filters: RunFilter, width: int, utc_offset: int = 0
    ) -> list[tuple[datetime, RunStatus, int]]:
        """Count runs by interval of `width` seconds and by status, oldest first.

        Intervals begin at multiples of `width` on a clock `utc_offset` seconds ahead of UTC.
        """
        step, ahead = width * 1_000_000, utc_offset * 1_000_000
        totals: dict[tuple[int, str], int] = {}
        with self._database.read() as connection:
            queries = RunQueries.for_search(connection, owners, filters, ordered=False)
            time, status = queries.table.c.created_at, queries.table.c.status
            interval = (time - (time + ahead) % step).label("interval")
            for owner in owners:
                query = queries.select([interval, status, func.count()], owner, filters)
                query = query.group_by(interval, status)
                for start, name, count in connection.execute(query, queries.parameters):
                    totals[start, name] = totals.get((start, name), 0) + count
        return [
            (from_microseconds(start), RunStatus(name), count)
            for (start, name), count in sorted(totals.items())
        ]

    def time_range(self, owners: Sequence[str]) -> tuple[datetime, datetime] | None:
        """Return the submission times of the oldest and the newest run; None without runs."""
        times = []
        with self._database.read() as connection:
            for owner in owners:
                # one query each: with both in one, all runs would be read
                for extreme in (func.min, func.max):
                    query = select(extreme(RunRow.created_at)).where(RunRow.owner == owner)
                    times.append(connection.execute(query).scalar())
        known = [time for time in times if time is not None]
        return (from_microseconds(min(known)), from_microseconds(max(known))) if known else None

    def flows(self, owners: Sequence[str]) -> dict[str, str]:
        """Return the flows with runs, by id, each with its latest name, in the order of names."""
        newest = select(RunRow.flow_id, RunRow.flow_name, RunRow.created_at).limit(1)
        newest = newest.order_by(RunRow.flow_id.desc(), RunRow.created_at.desc(), RunRow.id.desc())
        names: dict[str, tuple[int, str]] = {}
        with self._database.read() as connection:
            for owner in owners:
                # one query for each flow jumps over its other runs in the index
                query = newest.where(RunRow.owner == owner)
                row = connection.execute(query).one_or_none()
                while row is not None:
                    flow_id, name, time = row
                    names[flow_id] = max(names.get(flow_id, (0, "")), (time, name))
                    row = connection.execute(query.where(RunRow.flow_id < flow_id)).one_or_none()
        latest = ((flow_id, name) for flow_id, (_, name) in names.items())
        return dict(sorted(latest, key=lambda pair: pair[1].casefold()))

    def labels(self, owners: Sequence[str]) -> list[str]:
        """Return all labels in use, sorted."""
        with self._database.read() as connection:
            return sorted(labels_in_use(connection, owners), key=str.casefold)

    def get(self, owners: Sequence[str], run_id: str) -> RunSummary | None:
        """Return the summary of one run; None if there is no such run of these owners."""
        columns = [RUNS.c[name] for name in SUMMARY_FIELDS]
        query = select(*columns).where(RunRow.owner.in_(owners), RunRow.id == run_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            return summary_from_row(row, _labels_of(connection, [run_id]).get(row.id, ()))

    def set_starred(self, owners: Sequence[str], run_id: str, starred: bool) -> None:
        """Star a run, or remove its star."""
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
        remove: Iterable[str] = (),
    ) -> None:
        """Add and remove labels of runs; their other labels stay.

        Change all runs or none: raise ValueError for a label that is too long, and for a run that
        would have more than `MAX_LABELS`.
        """
        added, removed = normalize_labels(add), set(remove)
        query = select(RunRow.id, RunRow.owner, RunRow.created_at).where(
            RunRow.owner.in_(owners), RunRow.id.in_(run_ids)
        )
        with self._database.write() as connection:
            # locked in a fixed order, so that two calls cannot deadlock
            runs = connection.execute(query.order_by(RunRow.id).with_for_update()).all()
            labels_before = _labels_of(connection, [run.id for run in runs])
            for run in runs:
                before = labels_before.get(run.id, ())
                remaining = [label for label in before if label not in removed]
                labels = normalize_labels([*remaining, *added])
                connection.execute(
                    delete(LabelRow).where(LabelRow.run_id == run.id, LabelRow.label.not_in(labels))
                )
                values = {"run_id": run.id, "owner": run.owner, "created_at": run.created_at}
                for label in labels:
                    if label not in before:
                        connection.execute(insert(LabelRow), {**values, "label": label})

    def delete(self, owners: Sequence[str], run_ids: Iterable[str]) -> DeleteResult:
        """Delete ended runs with all their data; keep unfinished ones."""
        result = DeleteResult()
        ids = list(run_ids)
        for start in range(0, len(ids), _BATCH_SIZE):
            conditions = (RunRow.owner.in_(owners), RunRow.id.in_(ids[start : start + _BATCH_SIZE]))
            ended = delete(RunRow).where(*conditions, RunRow.status.not_in(UNFINISHED_STATUSES))
            with self._database.write() as connection:
                result.deleted.extend(connection.execute(ended.returning(RunRow.id)).scalars())
                remaining = connection.execute(select(RunRow.id).where(*conditions)).scalars()
                result.still_running.extend(remaining)
        if result.deleted:
            self._database.erase_deleted()
        return result

    def delete_all(self, owners: Sequence[str], filters: RunFilter) -> list[str]:
        """Delete all ended runs that `filters` matches and return their ids."""
        deleted: list[str] = []
        for owner in owners:
            while True:
                with self._database.write() as connection:
                    queries = RunQueries.for_search(connection, [owner], filters, ordered=False)
                    runs = queries.table.c
                    query = queries.select([runs.id], owner, filters)
                    query = query.where(runs.status.not_in(UNFINISHED_STATUSES)).limit(_BATCH_SIZE)
                    ids = list(connection.execute(query, queries.parameters).scalars())
                    # checked once more: a run may have been starred meanwhile
                    statement = delete(RunRow).where(
                        RunRow.id.in_(ids), *row_conditions(RUNS.c, filters)
                    )
                    deleted += connection.execute(statement.returning(RunRow.id)).scalars()
                if len(ids) < _BATCH_SIZE:
                    break
        if deleted:
            self._database.erase_deleted()
        return deleted


def normalize_labels(labels: Iterable[str]) -> list[str]:
    """Trim labels and drop duplicates. Raise ValueError, with a text for people, for too many
    labels and for one that is too long.
    """
    trimmed = (sanitize_text(" ".join(label.split())) for label in labels)
    unique = [label for label in dict.fromkeys(trimmed) if label]
    for label in unique:
        if len(label) > MAX_LABEL_LENGTH:
            raise ValueError(
                f"The label {label[:30]}… is longer than {MAX_LABEL_LENGTH} characters."
            )
    if len(unique) > MAX_LABELS:
        raise ValueError(f"A run can have at most {MAX_LABELS} labels.")
    return unique


def _labels_of(connection: Connection, run_ids: list[str]) -> dict[str, tuple[str, ...]]:
    if not run_ids:
        return {}
    query = select(LABELS.c.run_id, LABELS.c.label).where(LABELS.c.run_id.in_(run_ids))
    labels: dict[str, tuple[str, ...]] = {}
    for run_id, label in connection.execute(query.order_by(LABELS.c.label)):
        labels[run_id] = (*labels.get(run_id, ()), label)
    return labels
