"""Where two tables differ: rows matched by their place, or by a column that names them.

Apart from the rest of this package, since it needs pandas.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lfclient.common.formatting import clip
from lfclient.console.compare.equality import is_equal

MAX_LISTED_ROWS = 500  # that differ and are listed
MAX_LISTED_COLUMNS = 40  # that are listed
MAX_CELL_LENGTH = 200  # characters
MAX_KEY_CANDIDATES = 30  # columns
CHANGE_COLUMN, ROW_COLUMN = "±", "Row"  # the first columns of what is listed
ADDED, REMOVED, CHANGED = "+ added", "− removed", "≠ changed"


@dataclass(frozen=True)
class TableDiff:
    """How many rows and cells differ, and the first such rows.

    `listed` has the columns `MARK` and `ROW` (by another name where a table has one), then those of
    the tables, all as text; a changed cell is "before → after". `cells` is of the same shape, True
    where a cell changed. `more` is how many rows that differ are not listed, `left_out` how many
    columns.
    """

    key: str
    added: int
    removed: int
    changed_rows: int
    changed_cells: int
    added_columns: tuple[str, ...]
    removed_columns: tuple[str, ...]
    rows: pd.DataFrame
    is_changed: pd.DataFrame
    unlisted_rows: int = 0
    unlisted_columns: int = 0

    @property
    def is_equal(self) -> bool:
        """Whether no difference was found."""
        rows = self.added or self.removed or self.changed_rows
        return not (rows or self.added_columns or self.removed_columns)


def key_columns(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """The columns of both by which rows can be matched: each value is there, and there once."""
    both = [name for name in before.columns if name in set(after.columns)][:MAX_KEY_CANDIDATES]
    return [name for name in both if _is_unique_key(before[name]) and _is_unique_key(after[name])]


def _is_unique_key(column: Any) -> bool:
    if not isinstance(column, pd.Series) or not len(column):
        return False
    try:
        return bool(column.notna().all() and column.is_unique)
    except TypeError:
        return False  # it holds lists or objects


def compare_tables(before: pd.DataFrame, after: pd.DataFrame, key: str = "") -> TableDiff:
    """By the rows' places, or by `key`, one of `key_columns`."""
    before, after = _drop_duplicate_columns(before), _drop_duplicate_columns(after)
    columns = [name for name in before.columns if name in set(after.columns)]
    ours, theirs, gone, new = _match_rows(before, after, key)
    a = before.iloc[ours].reset_index(drop=True)
    b = after.iloc[theirs].reset_index(drop=True)
    differs = pd.DataFrame(
        {name: _unequal_cells(a[name], b[name]) for name in columns}, index=a.index
    )
    rows = differs.any(axis=1).to_numpy() if columns else np.zeros(len(a), bool)
    added_columns = [name for name in after.columns if name not in set(before.columns)]
    lost = [name for name in before.columns if name not in set(after.columns)]
    changed = np.flatnonzero(rows)
    wanted = [key] if key else []
    wanted += [name for name in columns if name != key and differs[name].any()]
    shown = list(dict.fromkeys([*wanted, *columns, *lost, *added_columns]))[:MAX_LISTED_COLUMNS]
    shown = [name for name in dict.fromkeys([*before.columns, *added_columns]) if name in shown]
    heads = [_unused_name(name, shown) for name in (CHANGE_COLUMN, ROW_COLUMN)]
    listed, cells = [], []
    for place in changed[:MAX_LISTED_ROWS]:
        changes = {name for name in columns if differs.at[place, name]}
        values = [
            f"{_cell_text(a.at[place, name])} → {_cell_text(b.at[place, name])}"
            if name in changes
            else _cell_text((b if name in b else a).at[place, name])
            for name in shown
        ]
        listed.append([CHANGED, str(ours[place] + 1), *values])
        cells.append([False, False, *(name in changes for name in shown)])
    for mark, table, places in ((REMOVED, before, gone), (ADDED, after, new)):
        for place in places[: MAX_LISTED_ROWS - len(listed)]:
            row = table.iloc[place]
            values = [_cell_text(row[name]) if name in table else "" for name in shown]
            listed.append([mark, str(place + 1), *values])
            cells.append([False] * (2 + len(shown)))
    heads += shown
    return TableDiff(
        key,
        added=len(new),
        removed=len(gone),
        changed_rows=len(changed),
        changed_cells=int(differs.to_numpy().sum()),
        added_columns=tuple(added_columns),
        removed_columns=tuple(lost),
        rows=pd.DataFrame(listed, columns=heads),
        is_changed=pd.DataFrame(cells, columns=heads),
        unlisted_rows=len(changed) + len(gone) + len(new) - len(listed),
        unlisted_columns=len({*before.columns, *after.columns}) - len(shown),
    )


def _drop_duplicate_columns(table: pd.DataFrame) -> pd.DataFrame:
    """With each column's name once."""
    return table.loc[:, ~table.columns.duplicated()].reset_index(drop=True)


def _unused_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found


def _match_rows(
    before: pd.DataFrame, after: pd.DataFrame, key: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The places of rows that belong together, in both; those only before; those only after."""
    if not key:
        both = min(len(before), len(after))
        places = np.arange(both)
        return places, places, np.arange(both, len(before)), np.arange(both, len(after))
    where = pd.Index(after[key]).get_indexer(pd.Index(before[key]))
    ours = np.flatnonzero(where >= 0)
    theirs = where[ours]
    new = np.setdiff1d(np.arange(len(after)), theirs)
    return ours, theirs, np.flatnonzero(where < 0), new


def _unequal_cells(a: pd.Series, b: pd.Series) -> np.ndarray:
    one, other = a.to_numpy(object), b.to_numpy(object)
    none = a.isna().to_numpy() & b.isna().to_numpy()
    unequal = np.fromiter(
        (not is_equal(x, y) for x, y in zip(one, other, strict=True)), dtype=bool, count=len(one)
    )
    return unequal & ~none


def _cell_text(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value) or value is pd.NA:
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return clip(str(value), MAX_CELL_LENGTH)
