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

MOST_VALUES = 1_000_000  # looked at in one search, about a second
_NAME = re.compile(r"[^\W\d]\w*")
_STEP = re.compile(r"""\.?([^\W\d]\w*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]""")

Key = str | int


@dataclass(frozen=True)
class Hit:
    """A place whose key or value has the word in it."""

    path: str
    value: Any


@dataclass(frozen=True)
class Match:
    """The first places in the value's own order, and how many there are in all.

    Not `complete` where the value is too large to be looked through to its end.
    """

    hits: list[Hit]
    total: int
    complete: bool


def search(value: Any, word: str, limit: int) -> Match:
    """Where `word` stands in a key or a value, whatever its case; or the place that it names."""
    wanted = word.strip().casefold()
    if not wanted:
        return Match([], 0, True)
    hits: list[Hit] = []
    total = looked_at = 0
    named = at(value, word.strip())
    if named:
        hits, total = named, 1
    for keys, inner in walk(value):
        looked_at += 1
        if looked_at > MOST_VALUES:
            return Match(hits, total, False)
        if wanted in str(keys[-1]).casefold() or wanted in _text(inner):
            if named and path_of(keys) == named[0].path:
                continue
            total += 1
            if len(hits) < limit:
                hits.append(Hit(path_of(keys), inner))
    return Match(hits, total, True)


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return ""
    return value.casefold() if isinstance(value, str) else json.dumps(value, default=str)


def walk(value: Any) -> Iterator[tuple[list[Key], Any]]:
    """Every value inside, with the keys that lead to it: one list, changed from step to step."""
    keys: list[Key] = [""]
    open_: list[Iterator[tuple[Key, Any]]] = [_entries(value)]
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


def _entries(value: Any) -> Iterator[tuple[Key, Any]]:
    if isinstance(value, dict):
        return iter(value.items())
    return iter(enumerate(value if isinstance(value, list) else ()))


def path_of(keys: list[Key]) -> str:
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


def at(value: Any, path: str) -> list[Hit]:
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
    return [Hit(path_of(keys), value)] if keys else []
