"""Places in a JSON value: found by a word, named as `order.items[0].price`, and read by that name.

Of its own, since the known libraries for this (deepdiff's search, JSONPath) walk the whole value by
recursion, without a bound on what they find.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_SEARCHED_VALUES = 1_000_000  # looked at in one search, about a second
_NAME = re.compile(r"[^\W\d]\w*")
_STEP = re.compile(r"""\.?([^\W\d]\w*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]""")

PathKey = str | int


@dataclass(frozen=True)
class PathMatch:
    """A place whose key or value has the word in it."""

    path: str
    value: Any


@dataclass(frozen=True)
class SearchResult:
    """The first places in the value's own order, and how many there are in all.

    Not `complete` where the value is too large to be looked through to its end.
    """

    matches: list[PathMatch]
    total: int
    is_complete: bool


def search_value(value: Any, word: str, limit: int) -> SearchResult:
    """Where `word` stands in a key or a value, whatever its case; or the place that it names."""
    wanted = word.strip().casefold()
    if not wanted:
        return SearchResult([], 0, True)
    matches: list[PathMatch] = []
    total = looked_at = 0
    named = resolve_path(value, word.strip())
    if named:
        matches, total = named, 1
    for keys, inner in walk(value):
        looked_at += 1
        if looked_at > MAX_SEARCHED_VALUES:
            return SearchResult(matches, total, False)
        if wanted in str(keys[-1]).casefold() or wanted in _text(inner):
            if named and format_path(keys) == named[0].path:
                continue
            total += 1
            if len(matches) < limit:
                matches.append(PathMatch(format_path(keys), inner))
    return SearchResult(matches, total, True)


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return ""
    return value.casefold() if isinstance(value, str) else json.dumps(value, default=str)


def walk(value: Any) -> Iterator[tuple[list[PathKey], Any]]:
    """Every value inside, with the keys that lead to it: one list, changed from step to step."""
    keys: list[PathKey] = [""]
    open_: list[Iterator[tuple[PathKey, Any]]] = [_entries(value)]
    while open_:
        entry = next(open_[-1], None)
        if entry is None:
            open_.pop()
            keys.pop()
            continue
        keys[-1], inner = entry
        yield keys, inner
        if isinstance(inner, (dict, list)) and inner:
            keys.append("")
            open_.append(_entries(inner))


def _entries(value: Any) -> Iterator[tuple[PathKey, Any]]:
    if isinstance(value, dict):
        return iter(value.items())
    return iter(enumerate(value if isinstance(value, list) else ()))


def format_path(keys: list[PathKey]) -> str:
    """`a.b[0]["odd key"]`."""
    path = ""
    for key in keys:
        if isinstance(key, int):
            path += f"[{key}]"
        elif _NAME.fullmatch(key):
            path += f".{key}" if path else key
        else:
            path += f"[{json.dumps(key, ensure_ascii=False)}]"
    return path


def resolve_path(value: Any, path: str) -> list[PathMatch]:
    """What stands at a path, in a list of one; empty if it is no path or leads nowhere.

    A leading `$` or `$.`, as JSONPath has it, may be there.
    """
    path = path.removeprefix("$")
    place, keys = 0, []
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            return []
        name, number, quoted = match.groups()
        try:
            key = int(number) if number else name or json.loads(quoted)
            value = value[key]
        except (LookupError, TypeError, ValueError):
            return []
        keys.append(key)
        place = match.end()
    return [PathMatch(format_path(keys), value)] if keys else []
