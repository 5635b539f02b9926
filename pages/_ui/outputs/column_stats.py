"""What a table's columns hold: numbers, times, yes or no, text; and their statistics."""

from __future__ import annotations

import math
import re
from enum import StrEnum

import pandas as pd

from lfclient.common.formatting import clip

SAMPLE = 1000  # values by which a column of text is judged
MOST_COLUMNS = 200
MOST_FREQUENT = 3
FIGURES = ("Filled", "Empty", "Distinct", "Min", "Mean", "Median", "Max")
LONGEST = 40  # characters of a value
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_TIME = re.compile(
    r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})?)?)?"
)


class Kind(StrEnum):
    """How a column is read."""

    NUMBER = "number"
    TIME = "time"
    BOOLEAN = "yes or no"
    TEXT = "text"


def kinds(table: pd.DataFrame) -> dict[str, Kind]:
    """The kind of each column, the first `MOST_COLUMNS`; those without a value are left out.

    Text that is all numbers or ISO dates counts as what it says, as CSV files have it.
    """
    found = {}
    for name in table.columns[:MOST_COLUMNS]:
        kind = _kind(table[name])
        if kind:
            found[name] = kind
    return found


def _kind(column: pd.Series) -> Kind | None:
    sort = column.dtype.kind
    if sort in "iuf":
        return Kind.NUMBER if column.notna().any() else None
    if sort in "bmM":
        return Kind.BOOLEAN if sort == "b" else Kind.TIME
    sample = column[column.notna() & (column != "")].head(SAMPLE)
    if sample.empty:
        return None
    if all(isinstance(value, bool) for value in sample):
        return Kind.BOOLEAN
    texts = [str(value).strip() for value in sample]
    if all(_NUMBER.fullmatch(text) for text in texts):
        return Kind.NUMBER
    if all(_TIME.fullmatch(text) for text in texts):
        return Kind.TIME
    return Kind.TEXT


def read(column: pd.Series, kind: Kind) -> pd.Series:
    """A column's values as its kind; what does not read so is empty."""
    if kind is Kind.NUMBER:
        numbers = pd.to_numeric(column, errors="coerce").astype("float64")
        return numbers.where(numbers.abs() != float("inf"))
    if kind is Kind.TIME:
        times = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)
        return times.dt.tz_localize(None)
    texts = column.astype("str").where(column.notna() & (column != ""))
    return texts.map(lambda text: clip(text, LONGEST) if isinstance(text, str) else text)


def are_days(times: pd.Series) -> bool:
    """Whether none of these times has an hour."""
    return bool((times == times.dt.normalize()).all())


def statistics(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each of the first `MOST_COLUMNS` columns, in words and figures for a person."""
    known = kinds(table)
    return pd.DataFrame(
        [_row(table[name], known.get(name)) for name in table.columns[:MOST_COLUMNS]]
    )


def _row(column: pd.Series, kind: Kind | None) -> dict[str, object]:
    filled = column[column.notna() & (column != "")]
    counts = filled.value_counts()
    row: dict[str, object] = {
        "Column": column.name,
        "Type": kind.value if kind else "empty",
        "Filled": len(filled),
        "Empty": len(column) - len(filled),
        "Distinct": len(counts),
        "Min": None,
        "Mean": None,
        "Median": None,
        "Max": None,
        "Most frequent": _frequent(counts),
    }
    if kind in (Kind.NUMBER, Kind.TIME):
        values = read(filled, kind).dropna()
        if len(values):
            said = _number if kind is Kind.NUMBER else _day if are_days(values) else _time
            row["Min"], row["Max"] = said(values.min()), said(values.max())
            row["Mean"], row["Median"] = said(values.mean()), said(values.median())
    return row


def _frequent(counts: pd.Series) -> str:
    if len(counts) > 1 and counts.iloc[0] == 1:
        return "all different"
    top = counts.head(MOST_FREQUENT)
    return ", ".join(f"{clip(_word(value), LONGEST)} ×{count:,}" for value, count in top.items())


def _word(value: object) -> str:
    return _number(value) if isinstance(value, float) and math.isfinite(value) else str(value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:,.6g}"


def _time(value: pd.Timestamp) -> str:
    return value.strftime("%Y-%m-%d %H:%M:%S")


def _day(value: pd.Timestamp) -> str:
    return value.strftime("%Y-%m-%d")
