"""Diff two tables; rows are matched by position or by a key column.

In a module of its own because it needs pandas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from lfclient.common.formatting import clip, unused_name
from lfclient.common.json_types import Json
from lfclient.console.compare.equality import is_equal

MAX_COMPARED_ROWS = 300_000  # rows of each table
MAX_LISTED_ROWS = 500
MAX_LISTED_COLUMNS = 40
MAX_CELL_LENGTH = 200  # characters
MAX_KEY_CANDIDATES = 30  # columns
CHANGE_COLUMN, ROW_COLUMN = "±", "Row"  # the first columns of `TableDiff.rows`
ADDED, REMOVED, CHANGED = "+ added", "− removed", "≠ changed"

_Positions: TypeAlias = np.ndarray[Any, np.dtype[np.intp]]
_Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class TableDiff:
    """The differing rows and cells, counted and listed.

    `rows` has the columns `CHANGE_COLUMN` and `ROW_COLUMN` (numbered if a table has a column of
    that name), then those of the tables, all as text; a changed cell is "before → after".
    `is_changed` has the same shape, True where a cell changed. `key` is the column that matched
    rows, "" for their position. `name_column` tells a person which row it is: that one, or else the
    first column of distinct texts, "" without any. `unlisted_rows` counts differing rows that are
    not listed, `unlisted_columns` columns.
    """

    added: int
    removed: int
    changed_rows: int
    changed_cells: int
    added_columns: tuple[str, ...]
    removed_columns: tuple[str, ...]
    rows: pd.DataFrame
    is_changed: pd.DataFrame
    key: str = ""
    name_column: str = ""
    unlisted_rows: int = 0
    unlisted_columns: int = 0

    @property
    def is_equal(self) -> bool:
        """Whether no difference was found."""
        return not (self.different_rows or self.added_columns or self.removed_columns)

    @property
    def different_rows(self) -> int:
        """How many rows were added, removed or changed."""
        return self.added + self.removed + self.changed_rows


def find_best_diff(before: pd.DataFrame, after: pd.DataFrame) -> tuple[list[str], str, TableDiff]:
    """Return the columns that can match rows, the best of position and first such column, its diff.

    The best is the one with the fewest rows that differ; position is "".
    """
    keys = key_columns(before, after)
    diffs = [compare_tables(before, after, key) for key in ("", *keys[:1])]
    best = min(diffs, key=lambda diff: diff.different_rows)
    return keys, best.key, best


def key_columns(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Return the columns that can match rows: without gaps and duplicates in both tables."""
    shared = [name for name in before.columns if name in set(after.columns)][:MAX_KEY_CANDIDATES]
    return [name for name in shared if _is_unique_key(before[name]) and _is_unique_key(after[name])]


def _is_unique_key(column: object) -> bool:
    if not isinstance(column, pd.Series) or not len(column):
        return False
    try:
        return bool(column.notna().all() and column.is_unique)
    except TypeError:
        return False  # it contains lists or objects


def compare_tables(before: pd.DataFrame, after: pd.DataFrame, key: str = "") -> TableDiff:
    """Compare two tables, matching rows by position or by `key`, one of `key_columns`."""
    before, after = _drop_duplicate_columns(before), _drop_duplicate_columns(after)
    shared = [name for name in before.columns if name in set(after.columns)]
    added_columns = [name for name in after.columns if name not in set(before.columns)]
    removed_columns = [name for name in before.columns if name not in set(after.columns)]
    positions, positions_after, removed, added = _match_rows(before, after, key)
    a = before.iloc[positions].reset_index(drop=True)
    b = after.iloc[positions_after].reset_index(drop=True)
    differs = pd.DataFrame(
        {name: _unequal_cells(a[name], b[name]) for name in shared}, index=a.index
    )
    changed = np.flatnonzero(differs.any(axis=1).to_numpy()) if shared else np.array([], int)

    # columns with changes first, if not all fit; listed in the tables' own order
    name_column = key or next((name for name in shared if _has_distinct_texts(before[name])), "")
    preferred = [name_column] if name_column else []
    preferred += [name for name in shared if differs[name].any()]
    chosen = dict.fromkeys([*preferred, *shared, *removed_columns, *added_columns])
    chosen_names = set(list(chosen)[:MAX_LISTED_COLUMNS])
    columns = [name for name in [*before.columns, *added_columns] if name in chosen_names]
    heads = [unused_name(name, columns) for name in (CHANGE_COLUMN, ROW_COLUMN)]

    rows: list[list[str]] = []
    is_changed: list[list[bool]] = []
    for position in changed[:MAX_LISTED_ROWS]:
        changes = {name for name in shared if differs.at[position, name]}
        values = [
            f"{_cell_text(a.at[position, name])} → {_cell_text(b.at[position, name])}"
            if name in changes
            else _cell_text((b if name in b else a).at[position, name])
            for name in columns
        ]
        rows.append([CHANGED, str(positions[position] + 1), *values])
        is_changed.append([False, False, *(name in changes for name in columns)])
    for change, table, listed in ((REMOVED, before, removed), (ADDED, after, added)):
        for position in listed[: MAX_LISTED_ROWS - len(rows)]:
            row = table.iloc[position]
            values = [_cell_text(row[name]) if name in table else "" for name in columns]
            rows.append([change, str(position + 1), *values])
            is_changed.append([False] * (2 + len(columns)))
    return TableDiff(
        added=len(added),
        removed=len(removed),
        changed_rows=len(changed),
        changed_cells=int(differs.to_numpy().sum()),
        added_columns=tuple(added_columns),
        removed_columns=tuple(removed_columns),
        rows=pd.DataFrame(rows, columns=[*heads, *columns]),
        is_changed=pd.DataFrame(is_changed, columns=[*heads, *columns]),
        key=key,
        name_column=name_column,
        unlisted_rows=len(changed) + len(removed) + len(added) - len(rows),
        unlisted_columns=len({*before.columns, *after.columns}) - len(columns),
    )


def _has_distinct_texts(column: pd.Series[Any]) -> bool:
    return pd.api.types.infer_dtype(column) == "string" and column.is_unique


def _drop_duplicate_columns(table: pd.DataFrame) -> pd.DataFrame:
    return table.loc[:, ~table.columns.duplicated()].reset_index(drop=True)


def _match_rows(
    before: pd.DataFrame, after: pd.DataFrame, key: str
) -> tuple[_Positions, _Positions, _Positions, _Positions]:
    """Return the positions of matching rows in both tables, of removed and of added rows."""
    if not key:
        shared = min(len(before), len(after))
        positions = np.arange(shared)
        return positions, positions, np.arange(shared, len(before)), np.arange(shared, len(after))
    matches = pd.Index(after[key]).get_indexer(pd.Index(before[key]))
    positions = np.flatnonzero(matches >= 0)
    added = np.setdiff1d(np.arange(len(after)), matches[positions])
    return positions, matches[positions], np.flatnonzero(matches < 0), added


def _unequal_cells(a: pd.Series[Any], b: pd.Series[Any]) -> _Flags:
    one, other = a.to_numpy(object), b.to_numpy(object)
    unequal = np.ones(len(a), dtype=bool)
    if a.dtype == b.dtype and a.dtype != object:
        unequal = np.asarray(one != other, dtype=bool)
    unequal &= ~(a.isna().to_numpy() & b.isna().to_numpy())
    # in Python, since the cells may be of two types, or lists and objects
    for position in np.flatnonzero(unequal):
        unequal[position] = not is_equal(one[position], other[position])
    return unequal


def _cell_text(value: Json) -> str:
    if value is None or (isinstance(value, float) and value != value) or value is pd.NA:
        return ""
    if (
        isinstance(value, (float, np.floating))
        and float(value).is_integer()
        and abs(float(value)) < 1e15
    ):
        return str(int(value))
    return clip(str(value), MAX_CELL_LENGTH)
