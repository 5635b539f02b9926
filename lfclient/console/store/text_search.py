"""What a person types into the search box, as conditions that the database has an index for.

A word may be in a run's text or in one of its labels. Of those there are few, so they are looked
through here; a search whose words are in none asks for the texts alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, FromClause, and_, bindparam, or_, select, text

from lfclient.console.store.column_values import sanitize_text
from lfclient.console.store.search_text import fold_text
from lfclient.console.store.statements import LABELS, RUNS, TEXTS

_TERM = re.compile(r'"([^"]+)"|(\S+)')
_INDEXED = 3  # characters; the index knows none that are shorter
MAX_TERMS = 10
MAX_SEARCH_LENGTH = 500  # characters of what is typed
MAX_SORTED_RUNS = (
    1_000  # runs; so many are quicker to be sorted than to be met on the way through a list
)

_MATCHES = text("SELECT rowid FROM run_search WHERE run_search MATCH :match")
# put together once, for that is most of the work
_FEW_MATCHES = (
    select(TEXTS.c.run_id)
    .where(TEXTS.c.id.in_(_MATCHES.columns(TEXTS.c.id)))
    .limit(MAX_SORTED_RUNS + 1)
)


# from one to the next by their index, past all runs that have it
_LABELS = text(
    "WITH RECURSIVE known(label) AS ("
    "SELECT (SELECT min(label) FROM run_labels WHERE owner = :owner) UNION ALL "
    "SELECT (SELECT min(label) FROM run_labels WHERE owner = :owner AND label > known.label) "
    "FROM known WHERE known.label IS NOT NULL"
    ") SELECT label FROM known WHERE label IS NOT NULL"
)


@dataclass(frozen=True)
class SearchTerm:
    """A word that is looked for, folded, and the owners' labels that it is in."""

    word: str
    labels: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    @property
    def labelled(self) -> ColumnElement[bool]:
        """Of a row of labels: it is one of those."""
        return and_(LABELS.c.owner.in_(self.owners), LABELS.c.label.in_(self.labels))


def labels_in_use(connection: Connection, owners: Sequence[str]) -> set[str]:
    """All labels of their runs."""
    found: set[str] = set()
    for owner in owners:
        found.update(connection.execute(_LABELS, {"owner": sanitize_text(owner)}).scalars())
    return found


def resolve_terms(connection: Connection, owners: Sequence[str], typed: str) -> list[SearchTerm]:
    """What a person looks for among the runs of these owners."""
    words = split_terms(typed)
    known = labels_in_use(connection, owners) if words else ()
    return [
        SearchTerm(
            word, tuple(sorted(one for one in known if word in fold_text(one))), tuple(owners)
        )
        for word in words
    ]


def split_terms(typed: str) -> list[str]:
    """The words of a search, and what stands in double quotes as one; at most ten.

    Nothing else has a meaning: wildcards and operators are looked for as they are typed.
    """
    found = [
        quoted or word
        for quoted, word in _TERM.findall(typed.replace("\0", "")[:MAX_SEARCH_LENGTH])
    ]
    words = [fold_text(sanitize_text(term)) for term in found]
    return [word for word in words if word.strip()][:MAX_TERMS]


def find_few(connection: Connection, wanted: list[SearchTerm]) -> list[str] | None:
    """The ids of the runs with all of these words, whoever's they are; None if there are many."""
    plain = all(_is_indexed(term.word) and not term.labels for term in wanted)
    if connection.dialect.name == "sqlite" and plain:
        found = connection.execute(_FEW_MATCHES, {"match": _match(wanted)})
    else:
        query = select(TEXTS.c.run_id).where(*_has(wanted, connection.dialect.name))
        found = connection.execute(query.limit(MAX_SORTED_RUNS + 1))
    ids = list(found.scalars())
    return ids if len(ids) <= MAX_SORTED_RUNS else None


def row_matches(table: FromClause, wanted: list[SearchTerm]) -> ColumnElement[bool]:
    """A condition to be asked of one run after the other: it has these words."""
    asked = and_(*(_in_text_or_label(term) for term in wanted))
    return select(asked).where(TEXTS.c.run_id == table.c.id).scalar_subquery()


def any_matches(wanted: list[SearchTerm], dialect: str) -> ColumnElement[bool]:
    """A condition for all runs at once: they have these words."""
    return RUNS.c.id.in_(select(TEXTS.c.run_id).where(*_has(wanted, dialect)))


def _has(wanted: list[SearchTerm], dialect: str) -> list[ColumnElement[bool]]:
    plain = [term for term in wanted if not term.labels]
    indexed = [term for term in plain if _is_indexed(term.word)] if dialect == "sqlite" else []
    conditions: list[ColumnElement[bool]] = []
    if indexed:
        # of the same name in one query, there may be another search
        match = bindparam("match", _match(indexed), unique=True)
        rows = _MATCHES.bindparams(match).columns(TEXTS.c.id)
        conditions.append(TEXTS.c.id.in_(rows))
    conditions += [_contains(term.word) for term in plain if term not in indexed]
    for term in wanted:
        if term.labels:
            # each of the two along its index, which one condition with OR would not go
            texts = select(TEXTS.c.run_id).where(*_has([SearchTerm(term.word)], dialect))
            labels = select(LABELS.c.run_id).where(term.labelled)
            conditions.append(TEXTS.c.run_id.in_(texts.union(labels)))
    return conditions


def _in_text_or_label(term: SearchTerm) -> ColumnElement[bool]:
    if not term.labels:
        return _contains(term.word)
    labelled = select(LABELS.c.run_id).where(LABELS.c.run_id == TEXTS.c.run_id, term.labelled)
    return or_(_contains(term.word), labelled.exists())


def _is_indexed(word: str) -> bool:
    return len(word) >= _INDEXED


def _match(indexed: list[SearchTerm]) -> str:
    return " AND ".join('"' + term.word.replace('"', '""') + '"' for term in indexed)


def _contains(word: str) -> ColumnElement[bool]:
    return TEXTS.c.body.like("%" + re.sub(r"([\\%_])", r"\\\1", word) + "%", escape="\\")
