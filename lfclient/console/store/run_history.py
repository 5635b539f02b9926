"""List runs: filter, search, page, count, star and delete them.

Pages use keyset pagination: a page begins after the `Cursor` of the previous page's last run, so
page 1,000 costs as much as the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    delete,
    func,
    select,
    update,
)

from lfclient.console.store.database import Database
from lfclient.console.store.row_mapping import SUMMARY_FIELDS, summary_from_row
from lfclient.console.store.run_queries import Cursor, RunFilter, RunQueries, row_conditions
from lfclient.console.store.run_record import UNFINISHED_STATUSES, RunSummary
from lfclient.console.store.tables import RUNS, SEARCH_TEXTS, RunRow
from lfclient.console.store.text_search import snippet, split_terms
from lfclient.runs.components import Usage

PAGE_SIZE = 50
_BATCH_SIZE = 200  # runs that one transaction deletes


@dataclass(frozen=True)
class RunPage:
    """Runs, newest first, with the cursors of adjacent pages, None at the ends of the list."""

    runs: list[RunSummary] = field(default_factory=list)
    older: Cursor | None = None
    newer: Cursor | None = None


class History:
    """All methods take the owners whose runs the caller may see, and touch no others.

    Every method raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def summarize(self, rows: Sequence[Row[Any]]) -> list[RunSummary]:
        """Return the summaries of rows that have the columns of `SUMMARY_FIELDS`."""
        return [summary_from_row(row) for row in rows]

    def drop(self, run_ids: Iterable[str]) -> None:
        """Called with the ids of deleted runs."""

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
        rows: list[Row[Any]] = []
        with self._database.read() as connection:
            queries = RunQueries.for_search(connection, filters.text, ordered=True)
            for owner in owners:
                for query in queries.pages(owner, filters, cursor, limit + 1, backward=backward):
                    rows += connection.execute(query, queries.parameters)
            rows.sort(key=lambda row: (row.created_at, row.id), reverse=not backward)
            has_more = len(rows) > limit
            rows = rows[:limit]
            if backward:
                rows.reverse()
            runs = self.summarize(rows)
        if not runs:
            return RunPage()
        return RunPage(
            runs,
            older=Cursor.of(runs[-1]) if has_more or backward else None,
            newer=Cursor.of(runs[0]) if (has_more if backward else cursor) else None,
        )

    def count(
        self, owners: Sequence[str], filters: RunFilter | None = None, limit: int = 10_000
    ) -> int:
        """Return the number of runs, at most `limit`."""
        filters = filters or RunFilter()
        total = 0
        with self._database.read() as connection:
            queries = RunQueries.for_search(connection, filters.text, ordered=False)
            for owner in owners:
                runs = queries.select([queries.table.c.id], owner, filters).limit(limit - total)
                query = select(func.count()).select_from(runs.subquery())
                total += connection.execute(query, queries.parameters).scalar_one()
                if total >= limit:
                    break
        return total

    def count_tokens(
        self, owners: Sequence[str], filters: RunFilter | None = None, limit: int = 10_000
    ) -> int | None:
        """Return the tokens of at most `limit` runs together; None if none are known."""
        filters = filters or RunFilter()
        totals: list[int] = []
        with self._database.read() as connection:
            queries = RunQueries.for_search(connection, filters.text, ordered=False)
            for owner in owners:
                runs = queries.select([queries.table.c.tokens], owner, filters).limit(limit)
                query = select(func.sum(runs.subquery().c.tokens))
                total = connection.execute(query, queries.parameters).scalar_one()
                totals += [] if total is None else [int(total)]
        return sum(totals) if totals else None

    def usages_by_model(
        self, owners: Sequence[str], filters: RunFilter | None = None, limit: int = 10_000
    ) -> list[dict[str, Usage]]:
        """Return the tokens by model of each of at most `limit` runs that used any.

        Empty for runs whose models were not recorded.
        """
        filters = filters or RunFilter()
        usages: list[dict[str, Usage] | None] = []
        with self._database.read() as connection:
            queries = RunQueries.for_search(connection, filters.text, ordered=False)
            runs = queries.table.c
            for owner in owners:
                query = queries.select([runs.usage_by_model], owner, filters)
                query = query.where(runs.tokens.is_not(None)).limit(limit)
                usages += connection.execute(query, queries.parameters).scalars()
        return [usage or {} for usage in usages[:limit]]

    def flows(self, owners: Sequence[str]) -> dict[str, str]:
        """Return the flows with runs, by id, each with its latest name, in the order of names."""
        newest = select(RunRow.created_at, RunRow.flow_id, RunRow.flow_name).limit(1)
        newest = newest.order_by(RunRow.flow_id.desc(), RunRow.created_at.desc(), RunRow.id.desc())
        rows: list[tuple[datetime, str, str]] = []
        with self._database.read() as connection:
            for owner in owners:
                # one query for each flow jumps over its other runs in the index
                query = newest.where(RunRow.owner == owner)
                row = connection.execute(query).one_or_none()
                while row is not None:
                    rows.append((row.created_at, row.flow_id, row.flow_name))
                    next_flow = query.where(RunRow.flow_id < row.flow_id)
                    row = connection.execute(next_flow).one_or_none()
        latest = {flow_id: name for _, flow_id, name in sorted(rows)}
        return dict(sorted(latest.items(), key=lambda flow: flow[1].casefold()))

    def get(self, owners: Sequence[str], run_id: str) -> RunSummary | None:
        """Return the summary of one run; None if there is no such run of these owners."""
        return next(iter(self._find(RunRow.owner.in_(owners), RunRow.id == run_id)), None)

    def batch(self, owner: str, batch_id: str) -> list[RunSummary]:
        """Return the owner's runs of a batch, in any order."""
        return self._find(RunRow.owner == owner, RunRow.batch_id == batch_id)

    def _find(self, *conditions: ColumnElement[bool]) -> list[RunSummary]:
        query = select(*(RUNS.c[name] for name in SUMMARY_FIELDS)).where(*conditions)
        with self._database.read() as connection:
            return self.summarize(connection.execute(query).all())

    def snippets(self, owners: Sequence[str], run_ids: Sequence[str], typed: str) -> dict[str, str]:
        """Return where the texts of runs have the words of a search, by run id.

        As they are read, messages without marks of Markdown; each word is between `FOUND` and
        `FOUND_END`. A run that has them only in the name of its flow has none.
        """
        words = split_terms(typed)
        if not words:
            return {}
        # runs of 0.2.0 have the folded text only
        text = func.coalesce(SEARCH_TEXTS.c.original, SEARCH_TEXTS.c.body)
        query = (
            select(SEARCH_TEXTS.c.run_id, text)
            .join(RUNS, RUNS.c.id == SEARCH_TEXTS.c.run_id)
            .where(RUNS.c.owner.in_(owners), SEARCH_TEXTS.c.run_id.in_(run_ids))
        )
        with self._database.read() as connection:
            texts = connection.execute(query).all()
        found = {run_id: snippet(body, words) for run_id, body in texts}
        return {run_id: parts for run_id, parts in found.items() if parts}

    def set_starred(self, owners: Sequence[str], run_id: str, starred: bool) -> None:
        """Star a run, or remove its star."""
        with self._database.write() as connection:
            connection.execute(
                update(RunRow)
                .where(RunRow.owner.in_(owners), RunRow.id == run_id)
                .values(starred=starred)
            )

    def delete(self, owners: Sequence[str], run_ids: Iterable[str]) -> list[str]:
        """Delete ended runs with all their data and return their ids; keep unfinished ones."""
        deleted: list[str] = []
        ids = list(run_ids)
        for start in range(0, len(ids), _BATCH_SIZE):
            statement = delete(RunRow).where(
                RunRow.owner.in_(owners),
                RunRow.id.in_(ids[start : start + _BATCH_SIZE]),
                RunRow.status.not_in(UNFINISHED_STATUSES),
            )
            with self._database.write() as connection:
                deleted += self._database.delete(connection, statement.returning(RunRow.id))
        self._database.erase_deleted()
        self.drop(deleted)
        return deleted

    def delete_all(self, owners: Sequence[str], filters: RunFilter) -> list[str]:
        """Delete all ended runs that `filters` matches and return their ids."""
        deleted: list[str] = []
        for owner in owners:
            with self._database.read() as connection:
                queries = RunQueries.for_search(connection, filters.text, ordered=False)
            runs = queries.table.c
            query = queries.select([runs.id], owner, filters)
            query = query.where(runs.status.not_in(UNFINISHED_STATUSES)).limit(_BATCH_SIZE)
            while True:
                with self._database.write() as connection:
                    ids = list(connection.execute(query, queries.parameters).scalars())
                    # checked once more: a run may have been starred meanwhile
                    statement = delete(RunRow).where(
                        RunRow.id.in_(ids), *row_conditions(RUNS.c, filters)
                    )
                    deleted += self._database.delete(connection, statement.returning(RunRow.id))
                if len(ids) < _BATCH_SIZE:
                    break
        self._database.erase_deleted()
        self.drop(deleted)
        return deleted
