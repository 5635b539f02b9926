"""Search a JSON value, and read and write paths such as `order.items[0].price`.

Doesn't use deepdiff or JSONPath: both recurse through the whole value without a limit.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lfclient.common.json_types import Json

MAX_SEARCHED_VALUES = 1_000_000  # per search, which then takes about a second
_NAME = re.compile(r"[^\W\d]\w*")
_STEP = re.compile(r"""\.?([^\W\d]\w*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]""")

PathKey = str | int


@dataclass(frozen=True)
class PathMatch:
    """A value whose key or text matches."""

    path: str
    value: Json


@dataclass(frozen=True)
class SearchResult:
    """The first matches in order, and the number of all matches.

    `is_complete` is False if the value was too large to search all of it.
    """

    matches: list[PathMatch]
    total: int
    is_complete: bool


def search_value(value: Json, query: str, limit: int) -> SearchResult:
    """Return keys and values that contain `query`, ignoring case, and the value at that path."""
    folded_query = query.strip().casefold()
    if not folded_query:
        return SearchResult([], 0, True)
    at_path = resolve_path(value, query.strip())
    matches = [at_path] if at_path else []
    total = len(matches)
    searched = 0
    for keys, inner in walk(value):
        searched += 1
        if searched > MAX_SEARCHED_VALUES:
            return SearchResult(matches, total, False)
        if folded_query in str(keys[-1]).casefold() or folded_query in _text(inner):
            if at_path and format_path(keys) == at_path.path:
                continue
            total += 1
            if len(matches) < limit:
                matches.append(PathMatch(format_path(keys), inner))
    return SearchResult(matches, total, True)


def _text(value: Json) -> str:
    if isinstance(value, (dict, list)):
        return ""
    return value.casefold() if isinstance(value, str) else json.dumps(value, default=str)


def walk(value: Json) -> Iterator[tuple[list[PathKey], Json]]:
    """Yield every nested value with its keys, without recursion.

    The list of keys is reused: copy it to keep it.
    """
    keys: list[PathKey] = [""]
    stack: list[Iterator[tuple[PathKey, Json]]] = [_items(value)]
    while stack:
        item = next(stack[-1], None)
        if item is None:
            stack.pop()
            keys.pop()
            continue
        keys[-1], inner = item
        yield keys, inner
        if isinstance(inner, (dict, list)) and inner:
            keys.append("")
            stack.append(_items(inner))


def _items(value: Json) -> Iterator[tuple[PathKey, Json]]:
    if isinstance(value, dict):
        return iter(value.items())
    return iter(enumerate(value if isinstance(value, list) else ()))


def format_path(keys: list[PathKey]) -> str:
    """Return a path such as `a.b[0]["odd key"]`."""
    path = ""
    for key in keys:
        if isinstance(key, int):
            path += f"[{key}]"
        elif _NAME.fullmatch(key):
            path += f".{key}" if path else key
        else:
            path += f"[{json.dumps(key, ensure_ascii=False)}]"
    return path


def resolve_path(value: Json, path: str) -> PathMatch | None:
    """Return the value at a path, or None if the path is invalid or there is no value.

    The path may begin with `$` or `$.`, as in JSONPath.
    """
    path = path.removeprefix("$")
    position = 0
    keys: list[PathKey] = []
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            return None
        name, number, quoted = match.groups()
        try:
            key = int(number) if number else name or json.loads(quoted)
            value = value[key]
        except (LookupError, TypeError, ValueError):
            return None
        keys.append(key)
        position = match.end()
    return PathMatch(format_path(keys), value) if keys else None
