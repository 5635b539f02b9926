"""Turn what a person types into the search box into conditions that have an index."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    and_,
    bindparam,
    select,
    text,
)

from lfclient.console.store.column_types import sanitize_text
from lfclient.console.store.search_text import fold_text
from lfclient.console.store.tables import RUNS, SEARCH_TEXTS

MAX_SEARCH_LENGTH = 500  # characters
MAX_TERMS = 10
MAX_SORTED_RUNS = 1_000  # up to here, sorting the matches is faster than checking run by run

# around a found word; private characters, which are removed from texts that have them (icon fonts)
FOUND, FOUND_END = "\ue000", "\ue001"
MAX_SNIPPET_PARTS = 3
SNIPPET_BEFORE, SNIPPET_AFTER = 24, 60  # characters around a found word

_TERM = re.compile(r'"([^"]+)"|(\S+)')
_TRIGRAM = 3  # characters; the index has no shorter words

_MATCHES = text("SELECT rowid FROM run_search WHERE run_search MATCH :match")
# built once: building takes longer than a search for a rare word
_FEW_MATCHES = (
    select(SEARCH_TEXTS.c.run_id)
    .where(SEARCH_TEXTS.c.id.in_(_MATCHES.columns(SEARCH_TEXTS.c.id)))
    .limit(MAX_SORTED_RUNS + 1)
)


def split_terms(typed: str) -> list[str]:
    """Split a search into at most `MAX_TERMS` folded words; double quotes keep words together.

    Nothing else has a meaning: wildcards and operators are searched for as typed.
    """
    typed = typed.replace("\0", "")[:MAX_SEARCH_LENGTH]
    terms = [quoted or word for quoted, word in _TERM.findall(typed)]
    words = [fold_text(sanitize_text(term)) for term in terms]
    return [word for word in words if word.strip()][:MAX_TERMS]


def snippet(text: str, words: Sequence[str]) -> str:
    """Return the places of a search text that have these folded words, on one line.

    Each word is between `FOUND` and `FOUND_END`. "" if it has none of the words. The name of the
    flow, the first line, is passed over.
    """
    text = re.sub(f"[{FOUND}{FOUND_END}]", "", text[text.find("\n") + 1 :])
    folded = fold_text(text)
    spans = sorted(_first_spans(folded, words))
    ends: Sequence[int] = range(1, len(text) + 1)  # of the letters, in the folded text
    if len(text) != len(folded) or any(fold_text(text[a:b]) != folded[a:b] for a, b in spans):
        lengths = {letter: len(fold_text(letter)) for letter in set(text)}
        ends = list(accumulate(map(lengths.__getitem__, text)))
        if ends[-1] != len(folded):  # letters were composed
            text, ends = folded, range(1, len(folded) + 1)
    places: list[tuple[int, int]] = []
    for start, end in spans:
        begin, stop = _start_of_snippet(folded, start), _end_of_snippet(folded, end)
        if places and begin <= places[-1][1]:
            places[-1] = (places[-1][0], max(places[-1][1], stop))
        else:
            places.append((begin, stop))
    found = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
    parts = []
    for begin, stop in places[:MAX_SNIPPET_PARTS]:
        first = bisect_right(ends, begin)
        marked = list(text[first : bisect_right(ends, stop)])
        for match in found.finditer(folded[begin:stop]):
            start, end = (bisect_right(ends, begin + at) - first for at in match.span())
            marked[start], marked[end - 1] = FOUND + marked[start], marked[end - 1] + FOUND_END
        is_line_start = begin == 0 or folded[begin - 1] == "\n"
        parts.append(("" if is_line_start else "… ") + _on_one_line("".join(marked)))
    return " … ".join(parts).replace("… …", "…")


def _on_one_line(text: str) -> str:
    """Return a text with a dot for each line break."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return " · ".join(filter(None, lines))


def _first_spans(folded: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    for word in words:
        start = folded.find(word)
        if start >= 0:
            yield start, start + len(word)


def _start_of_snippet(folded: str, start: int) -> int:
    """Return where the text before a found word begins: with a whole word, if possible."""
    earliest = max(0, start - SNIPPET_BEFORE)
    found = re.compile(r"\s").search(folded, earliest, start) if earliest else None
    return found.end() if found else earliest


def _end_of_snippet(folded: str, end: int) -> int:
    """Return where the text after a found word ends: with a whole word, if possible."""
    latest = min(len(folded), end + SNIPPET_AFTER)
    spaces = [match.start() for match in re.finditer(r"\s", folded[end:latest])]
    return end + spaces[-1] if spaces and latest < len(folded) else latest


def find_few(connection: Connection, words: list[str]) -> list[str] | None:
    """Return the ids of all owners' runs that have all words; None if there are many."""
    if connection.dialect.name == "sqlite" and all(map(_is_indexed, words)):
        result = connection.execute(_FEW_MATCHES, {"match": _match(words)})
    else:
        query = select(SEARCH_TEXTS.c.run_id).where(*_conditions(words, connection.dialect.name))
        result = connection.execute(query.limit(MAX_SORTED_RUNS + 1))
    ids = list(result.scalars())
    return ids if len(ids) <= MAX_SORTED_RUNS else None


def row_matches(table: FromClause, words: list[str]) -> ColumnElement[bool]:
    """Return a condition that is checked run by run: the run in `table` has all words."""
    has_all = and_(*map(_contains, words))
    return select(has_all).where(SEARCH_TEXTS.c.run_id == table.c.id).scalar_subquery()


def any_matches(words: list[str], dialect: str) -> ColumnElement[bool]:
    """Return a condition that is evaluated for all runs at once: they have all words."""
    return RUNS.c.id.in_(select(SEARCH_TEXTS.c.run_id).where(*_conditions(words, dialect)))


def _conditions(words: list[str], dialect: str) -> list[ColumnElement[bool]]:
    indexed = list(filter(_is_indexed, words)) if dialect == "sqlite" else []
    conditions = [_contains(word) for word in words if word not in indexed]
    if indexed:
        # unique: one query may contain several searches
        match = bindparam("match", _match(indexed), String, unique=True)
        rows = _MATCHES.bindparams(match).columns(SEARCH_TEXTS.c.id)
        conditions.insert(0, SEARCH_TEXTS.c.id.in_(rows))
    return conditions


def _is_indexed(word: str) -> bool:
    """Return whether SQLite's index finds the word."""
    return len(word) >= _TRIGRAM


def _match(words: list[str]) -> str:
    return " AND ".join('"' + word.replace('"', '""') + '"' for word in words)


def _contains(word: str) -> ColumnElement[bool]:
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"
    return SEARCH_TEXTS.c.body.like(pattern, escape="\\")
