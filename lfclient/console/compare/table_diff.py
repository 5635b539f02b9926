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
from lfclient.console.compare.equality import alike

MOST_ROWS = 500  # that differ and are listed
MOST_COLUMNS = 40  # that are listed
LONGEST_CELL = 200  # characters
KEYS_LOOKED_FOR = 30  # columns
MARK, ROW = "±", "Row"  # the first columns of what is listed
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
    new_columns: tuple[str, ...]
    lost_columns: tuple[str, ...]
    listed: pd.DataFrame
    cells: pd.DataFrame
    more: int = 0
    left_out: int = 0

    @property
    def equal(self) -> bool:
        """Whether no difference was found."""
        rows = self.added or self.removed or self.changed_rows
        return not (rows or self.new_columns or self.lost_columns)


def key_columns(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """The columns of both by which rows can be matched: each value is there, and there once."""
    both = [name for name in before.columns if name in set(after.columns)][:KEYS_LOOKED_FOR]
    return [name for name in both if _names_rows(before[name]) and _names_rows(after[name])]


def _names_rows(column: Any) -> bool:
    if not isinstance(column, pd.Series) or not len(column):
        return False
    try:
        return bool(column.notna().all() and column.is_unique)
    except TypeError:
        return False  # it holds lists or objects


def compare_tables(before: pd.DataFrame, after: pd.DataFrame, key: str = "") -> TableDiff:
    """By the rows' places, or by `key`, one of `key_columns`."""
    before, after = _once(before), _once(after)
    columns = [name for name in before.columns if name in set(after.columns)]
    ours, theirs, gone, new = _matched(before, after, key)
    a = before.iloc[ours].reset_index(drop=True)
    b = after.iloc[theirs].reset_index(drop=True)
    differs = pd.DataFrame({name: _differs(a[name], b[name]) for name in columns}, index=a.index)
    rows = differs.any(axis=1).to_numpy() if columns else np.zeros(len(a), bool)
    new_columns = [name for name in after.columns if name not in set(before.columns)]
    lost = [name for name in before.columns if name not in set(after.columns)]
    changed = np.flatnonzero(rows)
    wanted = [key] if key else []
    wanted += [name for name in columns if name != key and differs[name].any()]
    shown = list(dict.fromkeys([*wanted, *columns, *lost, *new_columns]))[:MOST_COLUMNS]
    shown = [name for name in dict.fromkeys([*before.columns, *new_columns]) if name in shown]
    heads = [_free(name, shown) for name in (MARK, ROW)]
    listed, cells = [], []
    for place in changed[:MOST_ROWS]:
        changes = {name for name in columns if differs.at[place, name]}
        values = [
            f"{_text(a.at[place, name])} → {_text(b.at[place, name])}"
            if name in changes
            else _text((b if name in b else a).at[place, name])
            for name in shown
        ]
        listed.append([CHANGED, str(ours[place] + 1), *values])
        cells.append([False, False, *(name in changes for name in shown)])
    for mark, table, places in ((REMOVED, before, gone), (ADDED, after, new)):
        for place in places[: MOST_ROWS - len(listed)]:
            row = table.iloc[place]
            values = [_text(row[name]) if name in table else "" for name in shown]
            listed.append([mark, str(place + 1), *values])
            cells.append([False] * (2 + len(shown)))
    heads += shown
    return TableDiff(
        key,
        added=len(new),
        removed=len(gone),
        changed_rows=len(changed),
        changed_cells=int(differs.to_numpy().sum()),
        new_columns=tuple(new_columns),
        lost_columns=tuple(lost),
        listed=pd.DataFrame(listed, columns=heads),
        cells=pd.DataFrame(cells, columns=heads),
        more=len(changed) + len(gone) + len(new) - len(listed),
        left_out=len({*before.columns, *after.columns}) - len(shown),
    )


def _once(table: pd.DataFrame) -> pd.DataFrame:
    """With each column's name once."""
    return table.loc[:, ~table.columns.duplicated()].reset_index(drop=True)


def _free(name: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found


def _matched(
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


def _differs(a: pd.Series, b: pd.Series) -> np.ndarray:
    one, other = a.to_numpy(object), b.to_numpy(object)
    none = a.isna().to_numpy() & b.isna().to_numpy()
    unequal = np.fromiter(
        (not alike(x, y) for x, y in zip(one, other, strict=True)), dtype=bool, count=len(one)
    )
    return unequal & ~none


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value) or value is pd.NA:
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return clip(str(value), LONGEST_CELL)
