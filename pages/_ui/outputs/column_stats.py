"""The kinds of a table's columns, and their statistics."""

import math
import re
from enum import StrEnum

import pandas as pd

from lfclient.common.formatting import clip

SAMPLE_SIZE = 1000  # values that decide the kind of a text column
MAX_COLUMNS = 200
TOP_VALUES = 3
_FIGURES = ("Min", "Mean", "Median", "Max")
NUMERIC_STATISTICS = ("Filled", "Empty", "Distinct", *_FIGURES)
MAX_VALUE_LENGTH = 40  # characters
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_TIME = re.compile(
    r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})?)?)?"
)


class ColumnKind(StrEnum):
    """The kind of values in a column."""

    NUMBER = "number"
    TIME = "time"
    BOOLEAN = "yes or no"
    TEXT = "text"


def column_kinds(table: pd.DataFrame) -> dict[str, ColumnKind]:
    """Return the kinds of the first `MAX_COLUMNS` columns, without empty ones.

    Text that is all numbers or ISO dates counts as numbers or times, as in CSV files.
    """
    kinds = {name: _column_kind(table[name]) for name in table.columns[:MAX_COLUMNS]}
    return {name: kind for name, kind in kinds.items() if kind}


def _column_kind(column: pd.Series) -> ColumnKind | None:
    sort = column.dtype.kind
    if sort in "iuf":
        return ColumnKind.NUMBER if column.notna().any() else None
    if sort in "bmM":
        return ColumnKind.BOOLEAN if sort == "b" else ColumnKind.TIME
    sample = column[column.notna() & (column != "")].head(SAMPLE_SIZE)
    if sample.empty:
        return None
    if all(isinstance(value, bool) for value in sample):
        return ColumnKind.BOOLEAN
    texts = [str(value).strip() for value in sample]
    if all(_NUMBER.fullmatch(text) for text in texts):
        return ColumnKind.NUMBER
    if all(_TIME.fullmatch(text) for text in texts):
        return ColumnKind.TIME
    return ColumnKind.TEXT


def parse_column(column: pd.Series, kind: ColumnKind) -> pd.Series:
    """Convert the values to the column's kind. Values that don't convert become empty."""
    if kind is ColumnKind.NUMBER:
        numbers = pd.to_numeric(column, errors="coerce").astype("float64")
        return numbers.where(numbers.abs() != float("inf"))
    if kind is ColumnKind.TIME:
        times = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)
        return times.dt.tz_localize(None)
    texts = column.astype("str").where(column.notna() & (column != ""))
    return texts.map(lambda text: clip(text, MAX_VALUE_LENGTH) if isinstance(text, str) else text)


def are_dates(times: pd.Series) -> bool:
    """Return whether all times are at midnight."""
    return bool((times == times.dt.normalize()).all())


def statistics(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row of formatted statistics for each of the first `MAX_COLUMNS` columns."""
    columns = (table[name] for name in table.columns[:MAX_COLUMNS])
    return pd.DataFrame([_statistics_row(column, _column_kind(column)) for column in columns])


def _statistics_row(column: pd.Series, kind: ColumnKind | None) -> dict[str, object]:
    filled = column[column.notna() & (column != "")]
    counts = filled.value_counts()
    row: dict[str, object] = {
        "Column": column.name,
        "Type": kind.value if kind else "empty",
        "Filled": len(filled),
        "Empty": len(column) - len(filled),
        "Distinct": len(counts),
        **dict.fromkeys(_FIGURES),
        "Most frequent": _top_values_text(counts),
    }
    if kind in (ColumnKind.NUMBER, ColumnKind.TIME):
        values = parse_column(filled, kind).dropna()
        if len(values):
            figures = values.agg([name.lower() for name in _FIGURES])
            if kind is ColumnKind.NUMBER:
                texts = figures.map(_number_text)
            else:
                texts = figures.dt.strftime(
                    "%Y-%m-%d" if are_dates(values) else "%Y-%m-%d %H:%M:%S"
                )
            row |= zip(_FIGURES, texts, strict=True)
    return row


def _top_values_text(counts: pd.Series) -> str:
    if len(counts) > 1 and counts.iloc[0] == 1:
        return "all different"
    top = counts.head(TOP_VALUES)
    return ", ".join(
        f"{clip(_value_text(value), MAX_VALUE_LENGTH)} ×{count:,}" for value, count in top.items()
    )


def _value_text(value: object) -> str:
    return _number_text(value) if isinstance(value, float) and math.isfinite(value) else str(value)


def _number_text(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:,.6g}"
