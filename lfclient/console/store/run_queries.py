"""Which runs a list is of: the SQL for a `RunFilter`, so that it goes along an index.

A list is in the order of an index that begins with its owner and what narrows it most. What else
narrows it is asked of each run on the way; so is a word that many runs have. Of a word that only
a few have, those few are looked up and sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, bindparam, select, tuple_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from lfclient.console.store import text_search
from lfclient.console.store.column_values import to_microseconds
from lfclient.console.store.statements import LABELS, RUNS
from lfclient.runs.model import Mode, RunStatus

SUMMARY_COLUMNS = (
    *("id", "owner", "server_name", "flow_id", "flow_name", "mode", "status", "session_id"),
    *(
        "job_id",
        "created_at",
        "started_at",
        "ended_at",
        "input_summary",
        "output_summary",
        "starred",
        "attempts",
    ),
)


@dataclass(frozen=True)
class RunFilter:
    """Which runs are wanted; what is left empty is not asked for.

    `since` and `until` bound the time of the click, the second excluded; `ended_before` that of the
    end. `starred` False leaves out those with a star. `text` is what a person typed to find in
    inputs, outputs and labels (`lfclient.console.store.text_search`).
    """

    flow_id: str | None = None
    statuses: tuple[RunStatus, ...] = ()
    mode: Mode | None = None
    label: str | None = None
    starred: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    ended_before: datetime | None = None
    text: str = ""


@dataclass(frozen=True, order=True)
class Cursor:
    """A place in a list: the time of a run's click in microseconds since 1970, and its id."""

    created_at: int
    id: str


# a limit keeps the database from asking anything else first
_FEW = (
    select(*(RUNS.c[name] for name in SUMMARY_COLUMNS))
    .where(RUNS.c.id.in_(bindparam("found_ids", expanding=True)))
    .limit(text_search.MAX_SORTED_RUNS)
    .subquery()
)


@dataclass(frozen=True)
class RunQueries:
    """Where to look: the table of runs, or those few of it that a search has found.

    `values` are to be given with each query: the ids of those few.
    """

    table: FromClause
    found: tuple[ColumnElement[bool], ...] = ()
    values: dict[str, Any] | None = None

    @classmethod
    def searched(
        cls, connection: Connection, owners: Sequence[str], which: RunFilter, *, ordered: bool
    ) -> RunQueries:
        """Where the owners' runs with the text of `which` are; `ordered`: for pages, not for sums.

        Others' may be among them.
        """
        wanted = text_search.resolve_terms(connection, owners, which.text)
        if not wanted:
            return cls(RUNS)
        ids = text_search.find_few(connection, wanted)
        if ids is not None:
            return cls(_FEW, values={"found_ids": ids})
        if ordered:
            return cls(RUNS, (text_search.row_matches(RUNS, wanted),))
        return cls(RUNS, (text_search.any_matches(wanted, connection.dialect.name),))

    def narrowed(
        self,
        what: list[Any],
        owner: str,
        which: RunFilter,
        cursor: Cursor | None = None,
        *,
        back: bool = False,
    ) -> Select[Any]:
        """A query for `what` of an owner's runs, those behind `cursor`, or before it."""
        runs = self.table.c
        query = select(*what).select_from(self.table).where(*self.found)
        if which.label:
            # a label knows its run's owner and time: the list goes along the labels' own index
            query = query.join(LABELS, LABELS.c.run_id == runs.id)
            query = query.where(LABELS.c.owner == owner, LABELS.c.label == which.label)
        else:
            query = query.where(runs.owner == owner)
        query = query.where(*row_conditions(runs, which))
        after, before = _bounds(which, cursor, back)
        place = tuple_(*self.place(which))
        if after:
            query = query.where(place > after)
        if before:
            query = query.where(place < before)
        return query

    def place(self, which: RunFilter) -> tuple[Any, Any]:
        """The two columns by which the list is in order."""
        if which.label:
            return LABELS.c.created_at, LABELS.c.run_id
        return self.table.c.created_at, self.table.c.id

    def pages(
        self, owner: str, which: RunFilter, cursor: Cursor | None, limit: int, *, back: bool
    ) -> list[Select[Any]]:
        """Queries in order, of `limit` rows each; the first of them all are those of a page."""
        if self.found:
            return self._pages(owner, which, cursor, limit, back)
        return _known_pages(self.table, owner, replace(which, text=""), cursor, limit, back)

    def _pages(
        self, owner: str, which: RunFilter, cursor: Cursor | None, limit: int, back: bool
    ) -> list[Select[Any]]:
        columns = [self.table.c[name] for name in SUMMARY_COLUMNS]
        order = [each.asc() if back else each.desc() for each in self.place(which)]
        # no index has the runs of several statuses in order
        apart = which.statuses if len(which.statuses) > 1 and self.table is RUNS else ()
        each = [(status,) for status in dict.fromkeys(apart)] or [which.statuses]
        return [
            self.narrowed(columns, owner, replace(which, statuses=some), cursor, back=back)
            .order_by(*order)
            .limit(limit)
            for some in each
        ]


@lru_cache(maxsize=200)
def _known_pages(table: FromClause, *about: Any) -> list[Select[Any]]:
    """Queries without a word of a search in them, kept: one list is looked at again and again."""
    return RunQueries(table)._pages(*about)


def row_conditions(runs: ReadOnlyColumnCollection[str, Any], which: RunFilter) -> list[Any]:
    """What is asked of the row of a run, in `runs`; all but its text, label and time."""
    asked: list[Any] = []
    if which.flow_id:
        asked.append(runs.flow_id == which.flow_id)
    if which.statuses:
        asked.append(runs.status.in_([status.value for status in which.statuses]))
    if which.mode:
        asked.append(runs.mode == which.mode)
    if which.starred is not None:
        asked.append(runs.starred == which.starred)
    if which.ended_before:
        asked.append(runs.ended_at < to_microseconds(which.ended_before))
    return asked


def _bounds(
    which: RunFilter, cursor: Cursor | None, back: bool
) -> tuple[tuple[int, str] | None, tuple[int, str] | None]:
    """The places between which the list is, each excluded: one condition each, for the index."""
    after = [(to_microseconds(which.since) or 0, "")] if which.since else []
    before = [(to_microseconds(which.until) or 0, "")] if which.until else []
    if cursor:
        (after if back else before).append((cursor.created_at, cursor.id))
    return max(after, default=None), min(before, default=None)
