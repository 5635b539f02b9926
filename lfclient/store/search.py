"""What a person types into the search box, as conditions that the database has an index for."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, Connection, FromClause, select, text

from lfclient.store.rows import storable
from lfclient.store.statements import RUNS, TEXTS

_TERM = re.compile(r'"([^"]+)"|(\S+)')
_INDEXED = 3  # characters; the index knows none that are shorter
MOST_TERMS = 10
LONGEST = 500  # characters of what is typed
FEW = 1_000  # runs; so many are quicker to be sorted than to be met on the way through a list

_MATCHES = text("SELECT rowid FROM run_search WHERE run_search MATCH :match")
# put together once, for that is most of the work
_FEW_MATCHES = (
    select(TEXTS.c.run_id).where(TEXTS.c.id.in_(_MATCHES.columns(TEXTS.c.id))).limit(FEW + 1)
)


def terms(typed: str) -> list[str]:
    """The words of a search, and what stands in double quotes as one; at most ten.

    Nothing else has a meaning: wildcards and operators are looked for as they are typed.
    """
    found = [quoted or word for quoted, word in _TERM.findall(typed.replace("\0", "")[:LONGEST])]
    return [storable(term).casefold() for term in found if term.strip()][:MOST_TERMS]


def few(connection: Connection, wanted: list[str]) -> list[str] | None:
    """The ids of the runs with all of these words, whoever's they are; None if there are many."""
    if connection.dialect.name == "sqlite" and all(map(_is_indexed, wanted)):
        found = connection.execute(_FEW_MATCHES, {"match": _match(wanted)})
    else:
        query = select(TEXTS.c.run_id).where(*_has(wanted, connection.dialect.name))
        found = connection.execute(query.limit(FEW + 1))
    ids = list(found.scalars())
    return ids if len(ids) <= FEW else None


def each(table: FromClause, wanted: list[str]) -> ColumnElement[bool]:
    """A condition to be asked of one run after the other: it has these words."""
    asked = _contains(wanted[0])
    for term in wanted[1:]:
        asked &= _contains(term)
    return select(asked).where(TEXTS.c.run_id == table.c.id).scalar_subquery()


def among(wanted: list[str], dialect: str) -> ColumnElement[bool]:
    """A condition for all runs at once: they have these words."""
    return RUNS.c.id.in_(select(TEXTS.c.run_id).where(*_has(wanted, dialect)))


def _has(wanted: list[str], dialect: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    indexed = list(filter(_is_indexed, wanted)) if dialect == "sqlite" else []
    if indexed:
        rows = _MATCHES.bindparams(match=_match(indexed)).columns(TEXTS.c.id)
        conditions.append(TEXTS.c.id.in_(rows))
    return conditions + [_contains(term) for term in wanted if term not in indexed]


def _is_indexed(term: str) -> bool:
    return len(term) >= _INDEXED


def _match(indexed: list[str]) -> str:
    return " AND ".join('"' + term.replace('"', '""') + '"' for term in indexed)


def _contains(term: str) -> ColumnElement[bool]:
    return TEXTS.c.body.like("%" + re.sub(r"([\\%_])", r"\\\1", term) + "%", escape="\\")
