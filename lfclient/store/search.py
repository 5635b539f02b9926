"""What a person types into the search box, as conditions that the database has an index for."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, select, text

from lfclient.store.models import RunRow, TextRow

_TERM = re.compile(r'"([^"]+)"|(\S+)')
_INDEXED = 3  # characters; the index knows none that are shorter
MOST_TERMS = 10


def terms(typed: str) -> list[str]:
    """The words of a search, and what stands in double quotes as one; at most ten.

    Nothing else has a meaning: wildcards and operators are looked for as they are typed.
    """
    found = [quoted or word for quoted, word in _TERM.findall(typed.replace("\0", ""))]
    return [term.casefold() for term in found if term.strip()][:MOST_TERMS]


def finds(typed: str, dialect: str) -> list[ColumnElement[bool]]:
    """Conditions on `runs`: each word is somewhere in a run's inputs or outputs."""
    wanted = terms(typed)
    if not wanted:
        return []
    conditions: list[ColumnElement[bool]] = []
    indexed = [term for term in wanted if len(term) >= _INDEXED] if dialect == "sqlite" else []
    if indexed:
        match = " AND ".join('"' + term.replace('"', '""') + '"' for term in indexed)
        rows = text("SELECT rowid FROM run_search WHERE run_search MATCH :match")
        conditions.append(TextRow.id.in_(rows.bindparams(match=match).columns(TextRow.id)))
    conditions += [
        TextRow.body.like(_pattern(term), escape="\\") for term in wanted if term not in indexed
    ]
    return [RunRow.id.in_(select(TextRow.run_id).where(*conditions))]


def _pattern(term: str) -> str:
    return "%" + re.sub(r"([\\%_])", r"\\\1", term) + "%"
