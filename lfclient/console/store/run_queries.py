"""Build the SQL for lists of runs, so that it follows an index.

The index begins with the owner and the most selective filter; other filters are checked run by
run, and so is a search for a word that many runs have. The matches of a rare word are looked up and
sorted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from lfclient.console.store import text_search
from lfclient.console.store.row_mapping import SUMMARY_FIELDS
from lfclient.console.store.run_record import UNFINISHED_STATUSES, RunSummary
from lfclient.console.store.tables import RUNS, ShareRow
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import Mode


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list; empty fields do not filter.

    `since` (inclusive) and `until` (exclusive) bound the time of submission, `ended_before` that of
    the end. `starred` False omits starred runs, `shared` those that no link shows. `text` is the
    search as typed (`lfclient.console.store.text_search`).
    """

    flow_id: str | None = None
    statuses: tuple[RunStatus, ...] = ()
    mode: Mode | None = None
    starred: bool | None = None
    shared: bool = False
    since: datetime | None = None
    until: datetime | None = None
    ended_before: datetime | None = None
    text: str = ""


@dataclass(frozen=True, order=True)
class Cursor:
    """A place in a list: a run's time of submission and its id."""

    created_at: datetime
    id: str

    @classmethod
    def of(cls, run: RunSummary) -> Cursor:
        """Return the place of a run."""
        return cls(run.created_at, run.id)


# the limit makes the database look up the ids before it applies filters
_MATCHED_RUNS = (
    select(*(RUNS.c[name] for name in SUMMARY_FIELDS))
    .where(RUNS.c.id.in_(bindparam("matched_ids", expanding=True)))
    .limit(text_search.MAX_SORTED_RUNS)
    .subquery()
)


@dataclass(frozen=True)
class RunQueries:
    """Queries on the table of runs, or on the few runs that a search matches.

    Execute each with `parameters`.
    """

    table: FromClause
    conditions: tuple[ColumnElement[bool], ...] = ()
    parameters: dict[str, Any] | None = None

    @classmethod
    def for_search(cls, connection: Connection, typed: str, *, ordered: bool) -> RunQueries:
        """Look up the matches of a search.

        `ordered` for pages, not for counts. Other owners' runs may be among the matches.
        """
        words = text_search.split_terms(typed)
        if not words:
            return cls(RUNS)
        ids = text_search.find_few(connection, words)
        if ids is not None:
            return cls(_MATCHED_RUNS, parameters={"matched_ids": ids})
        if ordered:
            return cls(RUNS, (text_search.row_matches(RUNS, words),))
        return cls(RUNS, (text_search.any_matches(words, connection.dialect.name),))

    def select(
        self,
        columns: list[Any],
        owner: str,
        filters: RunFilter,
        cursor: Cursor | None = None,
        *,
        backward: bool = False,
    ) -> Select[Any]:
        """Return a query for an owner's runs, those after `cursor`, or before it if `backward`."""
        runs = self.table.c
        query = select(*columns).select_from(self.table).where(*self.conditions)
        query = query.where(runs.owner == owner, *row_conditions(runs, filters))
        after, before = _bounds(filters, cursor, backward)
        key = tuple_(runs.created_at, runs.id)
        if after:
            query = query.where(key > after)
        if before:
            query = query.where(key < before)
        return query

    def pages(
        self, owner: str, filters: RunFilter, cursor: Cursor | None, limit: int, *, backward: bool
    ) -> list[Select[Any]]:
        """Return ordered queries of `limit` rows each; the first rows of all are the page."""
        without_text = replace(filters, text="")
        # the conditions of a search are never equal to those of another
        build = _pages.__wrapped__ if self.conditions else _pages
        return build(self.table, self.conditions, owner, without_text, cursor, limit, backward)


@lru_cache(maxsize=200)
def _pages(
    table: FromClause,
    conditions: tuple[ColumnElement[bool], ...],
    owner: str,
    filters: RunFilter,
    cursor: Cursor | None,
    limit: int,
    backward: bool,
) -> list[Select[Any]]:
    # cached: the same lists are opened again and again
    queries = RunQueries(table, conditions)
    columns = [table.c[name] for name in SUMMARY_FIELDS]
    key = (table.c.created_at, table.c.id)
    order = [column.asc() if backward else column.desc() for column in key]
    statuses = [filters.statuses]
    if len(filters.statuses) > 1 and table is RUNS:
        # one query each: no index has the runs of several statuses in order
        statuses = [(status,) for status in dict.fromkeys(filters.statuses)]
    return [
        queries.select(columns, owner, replace(filters, statuses=some), cursor, backward=backward)
        .order_by(*order)
        .limit(limit)
        for some in statuses
    ]


def row_conditions(
    runs: ReadOnlyColumnCollection[str, Any], filters: RunFilter
) -> list[ColumnElement[bool]]:
    """Return the conditions on the columns of a run: all but text and submission time."""
    conditions: list[ColumnElement[bool]] = []
    if filters.flow_id:
        conditions.append(runs.flow_id == filters.flow_id)
    if filters.statuses:
        conditions.append(runs.status.in_(filters.statuses))
    if filters.mode:
        conditions.append(runs.mode == filters.mode)
    if filters.starred is not None:
        conditions.append(runs.starred == filters.starred)
    if filters.shared:
        conditions.append(runs.id.in_(select(ShareRow.run_id)))
    if filters.ended_before:
        # without the time of the end, which nobody saw
        ended = and_(runs.ended_at.is_(None), runs.status.not_in(UNFINISHED_STATUSES))
        conditions.append(or_(runs.ended_at < filters.ended_before, ended))
    return conditions


def _bounds(
    filters: RunFilter, cursor: Cursor | None, backward: bool
) -> tuple[tuple[datetime, str] | None, tuple[datetime, str] | None]:
    """Return the exclusive bounds of a list, one condition each, as the index needs."""
    after = [(filters.since, "")] if filters.since else []
    before = [(filters.until, "")] if filters.until else []
    if cursor:
        (after if backward else before).append((cursor.created_at, cursor.id))
    return max(after, default=None), min(before, default=None)
