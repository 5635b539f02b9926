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

from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, select, tuple_, update

from lfclient.run import Mode, RunStatus
from lfclient.store.database import Database
from lfclient.store.keeping import UNFINISHED
from lfclient.store.models import LabelRow, RunRow
from lfclient.store.rows import microseconds, moment, storable
from lfclient.store.search import finds

PAGE = 50
MOST_LABELS = 20
LONGEST_LABEL = 60
_AT_ONCE = 200
_COLUMNS = (
    *(RunRow.id, RunRow.owner, RunRow.server_name, RunRow.flow_id, RunRow.flow_name, RunRow.mode),
    *(RunRow.status, RunRow.session_id, RunRow.job_id, RunRow.created_at, RunRow.started_at),
    *(RunRow.ended_at, RunRow.gist, RunRow.headline, RunRow.starred, RunRow.attempts),
)


@dataclass(frozen=True)
class RunFilter:
    """Which runs are wanted; what is left empty is not asked for.

    `since` and `until` bound the time of the click, the second excluded. `text` is what a person
    typed to find in inputs and outputs (`lfclient.store.search`).
    """

    flow_id: str | None = None
    statuses: tuple[RunStatus, ...] = ()
    mode: Mode | None = None
    label: str | None = None
    starred: bool = False
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True)
class Entry:
    """One run in a list. `gist` tells of its inputs, `headline` of its answer."""

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
    gist: str = ""
    headline: str = ""
    starred: bool = False
    attempts: int = 1
    labels: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """From the click to the end; None while it goes on."""
        if self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.created_at).total_seconds())


@dataclass(frozen=True, order=True)
class Cursor:
    """A place in a list: the time of a run's click in microseconds since 1970, and its id."""

    created_at: int
    id: str

    @classmethod
    def of(cls, entry: Entry) -> Cursor:
        """The place of a run."""
        return cls(microseconds(entry.created_at) or 0, entry.id)


@dataclass(frozen=True)
class Page:
    """Runs, newest first. `older` and `newer` are where the pages beside it begin, None if this
    is the last, or the first.
    """

    entries: list[Entry] = field(default_factory=list)
    older: Cursor | None = None
    newer: Cursor | None = None


@dataclass(frozen=True)
class Removed:
    """What came of deleting: the ids that are gone, and of those left because they go on."""

    gone: list[str] = field(default_factory=list)
    going: list[str] = field(default_factory=list)


class History:
    """`owners` are the fingerprints that somebody may see the runs of; no others are ever touched.

    Every method raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dialect = database.engine.dialect.name

    def page(
        self,
        owners: Sequence[str],
        which: RunFilter | None = None,
        *,
        older_than: Cursor | None = None,
        newer_than: Cursor | None = None,
        limit: int = PAGE,
    ) -> Page:
        """The newest runs, those behind `older_than`, or those before `newer_than`."""
        which = which or RunFilter()
        back = newer_than is not None
        cursor = newer_than or older_than
        found: list[tuple[Cursor, Row[Any]]] = []
        with self._database.read() as connection:
            for owner in owners:
                query = self._listed(owner, which, cursor, back).limit(limit + 1)
                found += (
                    (Cursor(row.created_at, row.id), row) for row in connection.execute(query)
                )
            best = heapq.nsmallest if back else heapq.nlargest
            chosen = best(limit + 1, found, key=lambda pair: pair[0])
            more = len(chosen) > limit
            rows = [row for _, row in chosen[:limit]]
            if back:
                rows.reverse()
            labels = self._labels(connection, [row.id for row in rows])
        entries = [_entry(row, labels.get(row.id, ())) for row in rows]
        if not entries:
            return Page()
        last, first = Cursor.of(entries[-1]), Cursor.of(entries[0])
        return Page(
            entries,
            older=last if more or back else None,
            newer=first if (more if back else cursor) else None,
        )

    def count(
        self, owners: Sequence[str], which: RunFilter | None = None, most: int = 10_000
    ) -> int:
        """How many runs there are, `most` at most."""
        which = which or RunFilter()
        with self._database.read() as connection:
            found = 0
            for owner in owners:
                some = self._narrowed(select(RunRow.id), owner, which).limit(most - found)
                found += connection.execute(
                    select(func.count()).select_from(some.subquery())
                ).scalar_one()
                if found >= most:
                    break
            return found

    def over_time(
        self, owners: Sequence[str], which: RunFilter, width: int
    ) -> list[tuple[datetime, RunStatus, int]]:
        """How many runs began in each stretch of `width` seconds, by status, oldest first."""
        step = width * 1_000_000
        bucket = (RunRow.created_at - RunRow.created_at % step).label("bucket")
        totals: dict[tuple[int, str], int] = {}
        with self._database.read() as connection:
            for owner in owners:
                query = self._narrowed(select(bucket, RunRow.status, func.count()), owner, which)
                for start, status, count in connection.execute(
                    query.group_by(bucket, RunRow.status)
                ):
                    totals[start, status] = totals.get((start, status), 0) + count
        return [
            (moment(start), RunStatus(status), count)
            for (start, status), count in sorted(totals.items())
        ]

    def span(self, owners: Sequence[str]) -> tuple[datetime, datetime] | None:
        """When the oldest and the newest run began; None if there is none."""
        with self._database.read() as connection:
            ends = [
                connection.execute(
                    select(func.min(RunRow.created_at), func.max(RunRow.created_at)).where(
                        RunRow.owner == owner
                    )
                ).one()
                for owner in owners
            ]
        known = [end for end in ends if end[0] is not None]
        if not known:
            return None
        return moment(min(end[0] for end in known)), moment(max(end[1] for end in known))

    def flows(self, owners: Sequence[str]) -> dict[str, str]:
        """The flows that were run, id and latest name, by name."""
        names: dict[str, str] = {}
        with self._database.read() as connection:
            for owner in owners:
                mine = RunRow.owner == owner
                for flow_id in connection.execute(
                    select(RunRow.flow_id).where(mine).distinct()
                ).scalars():
                    newest = select(RunRow.flow_name).where(mine, RunRow.flow_id == flow_id)
                    names[flow_id] = connection.execute(
                        newest.order_by(RunRow.created_at.desc()).limit(1)
                    ).scalar_one()
        return dict(sorted(names.items(), key=lambda pair: pair[1].casefold()))

    def labels(self, owners: Sequence[str]) -> list[str]:
        """All labels in use, by name."""
        query = select(LabelRow.label).where(LabelRow.owner.in_(owners)).distinct()
        with self._database.read() as connection:
            return sorted(connection.execute(query).scalars(), key=str.casefold)

    def entry(self, owners: Sequence[str], run_id: str) -> Entry | None:
        """One run as lists show it; None if there is none or it is not theirs."""
        query = select(*_COLUMNS).where(RunRow.owner.in_(owners), RunRow.id == run_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            return _entry(row, self._labels(connection, [row.id]).get(row.id, ())) if row else None

    def star(self, owners: Sequence[str], run_id: str, starred: bool) -> None:
        """Star a run, or take its star away."""
        with self._database.write() as connection:
            connection.execute(
                update(RunRow)
                .where(RunRow.owner.in_(owners), RunRow.id == run_id)
                .values(starred=starred)
            )

    def set_labels(self, owners: Sequence[str], run_id: str, labels: Iterable[str]) -> list[str]:
        """Give a run these labels and no others; as they were kept: trimmed, each once.

        Raises ValueError for one that is too long, and for more than 20.
        """
        wanted = clean_labels(labels)
        with self._database.write() as connection:
            run = connection.execute(
                select(RunRow.id, RunRow.owner, RunRow.created_at).where(
                    RunRow.owner.in_(owners), RunRow.id == run_id
                )
            ).one_or_none()
            if run is None:
                return []
            connection.execute(delete(LabelRow).where(LabelRow.run_id == run_id))
            for label in wanted:
                values = {"run_id": run_id, "label": label}
                values |= {"owner": run.owner, "created_at": run.created_at}
                connection.execute(insert(LabelRow), values)
        return wanted

    def delete(self, owners: Sequence[str], run_ids: Iterable[str]) -> Removed:
        """Delete ended runs with all that belongs to them; those that go on are left."""
        removed = Removed()
        ids = list(run_ids)
        for start in range(0, len(ids), _AT_ONCE):
            mine = (RunRow.owner.in_(owners), RunRow.id.in_(ids[start : start + _AT_ONCE]))
            with self._database.write() as connection:
                gone = delete(RunRow).where(*mine, RunRow.status.not_in(UNFINISHED))
                removed.gone.extend(connection.execute(gone.returning(RunRow.id)).scalars())
                removed.going.extend(connection.execute(select(RunRow.id).where(*mine)).scalars())
        return removed

    def delete_all(self, owners: Sequence[str], which: RunFilter) -> list[str]:
        """Delete all ended runs that `which` finds; the ids of those that are gone."""
        gone: list[str] = []
        for owner in owners:
            some = self._narrowed(select(RunRow.id), owner, which)
            some = some.where(RunRow.status.not_in(UNFINISHED)).limit(_AT_ONCE)
            while True:
                with self._database.write() as connection:
                    ids = list(connection.execute(some).scalars())
                    connection.execute(delete(RunRow).where(RunRow.id.in_(ids)))
                gone += ids
                if len(ids) < _AT_ONCE:
                    break
        return gone

    def _listed(
        self, owner: str, which: RunFilter, cursor: Cursor | None, back: bool
    ) -> Select[Any]:
        # a list by label goes along the labels' own index
        source = LabelRow if which.label else RunRow
        place = (source.created_at, LabelRow.run_id if which.label else RunRow.id)
        query = self._narrowed(select(*_COLUMNS), owner, which)
        if cursor is not None:
            key = (cursor.created_at, cursor.id)
            query = query.where(tuple_(*place) > key if back else tuple_(*place) < key)
        return query.order_by(*(column.asc() if back else column.desc() for column in place))

    def _narrowed(self, query: Select[Any], owner: str, which: RunFilter) -> Select[Any]:
        where: list[ColumnElement[bool]] = [RunRow.owner == owner]
        if which.label:
            query = query.join(LabelRow, LabelRow.run_id == RunRow.id)
            where += (LabelRow.owner == owner, LabelRow.label == which.label)
        if which.flow_id:
            where.append(RunRow.flow_id == which.flow_id)
        if which.statuses:
            where.append(RunRow.status.in_([status.value for status in which.statuses]))
        if which.mode:
            where.append(RunRow.mode == which.mode)
        if which.starred:
            where.append(RunRow.starred)
        if which.since:
            where.append(RunRow.created_at >= microseconds(which.since))
        if which.until:
            where.append(RunRow.created_at < microseconds(which.until))
        return query.where(*where, *finds(which.text, self._dialect))

    @staticmethod
    def _labels(connection: Any, ids: list[str]) -> dict[str, tuple[str, ...]]:
        if not ids:
            return {}
        query = select(LabelRow.run_id, LabelRow.label).where(LabelRow.run_id.in_(ids))
        labels: dict[str, tuple[str, ...]] = {}
        for run_id, label in connection.execute(query.order_by(LabelRow.label)):
            labels[run_id] = (*labels.get(run_id, ()), label)
        return labels


def clean_labels(labels: Iterable[str]) -> list[str]:
    """Labels as they are kept: trimmed, each once. Raises ValueError, whose text says why."""
    wanted = list(dict.fromkeys(storable(" ".join(label.split())) for label in labels))
    wanted = [label for label in wanted if label]
    too_long = [label for label in wanted if len(label) > LONGEST_LABEL]
    if too_long:
        raise ValueError(
            f"A label may have {LONGEST_LABEL} characters: {too_long[0][:30]}… has more."
        )
    if len(wanted) > MOST_LABELS:
        raise ValueError(f"A run may have {MOST_LABELS} labels.")
    return wanted


def _entry(row: Row[Any], labels: tuple[str, ...]) -> Entry:
    values = dict(row._mapping)
    for name in ("created_at", "started_at", "ended_at"):
        values[name] = moment(values[name])
    return Entry(**{**values, "status": RunStatus(values["status"]), "labels": labels})
