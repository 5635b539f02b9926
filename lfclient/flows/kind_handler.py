"""The interface of a field kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lfclient.common.json_types import Json
from lfclient.flows.field import Field


@dataclass(frozen=True)
class KindHandler:
    """Reads, checks and writes the values of one kind.

    `coerce` returns a flow's stored value in this kind's shape, or None. `check` yields a value's
    problems as sentences. `parse` returns the value that a person typed as text, and raises
    `ValueError` with a sentence; `write` returns a value as such text. `is_empty` returns whether
    a value counts as missing where one is required.
    """

    coerce: Callable[[Field, Json], Json]
    check: Callable[[Field, Json], Iterable[str]]
    parse: Callable[[Field, str], Json]
    write: Callable[[Field, Json], str]
    is_empty: Callable[[Json], bool] = lambda value: not value


def is_none(value: Json) -> bool:
    """Return whether a value is None, for kinds where zero and False count as values."""
    return value is None
