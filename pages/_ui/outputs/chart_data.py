"""Which chart fits a table, and the points that it draws: never more than a browser bears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pages._ui.outputs.column_stats import SAMPLE, Kind, read

LINE, AREA, BAR, SCATTER, HISTOGRAM = "Line", "Area", "Bar", "Scatter", "Histogram"
CHARTS = (LINE, AREA, BAR, SCATTER, HISTOGRAM)
ROWS = "number of rows"  # a height that is no column
TOTAL, MEAN = "Total", "Mean"  # what is shown of several rows at the same place
MOST_POINTS = 5_000
MOST_BARS = 40
MOST_BINS = 40
MOST_CATEGORIES = 20
# how the marks of an axis of time are written: by a clock of 24 hours, as times are elsewhere
CLOCK = {
    "milliseconds": ".%L",
    "seconds": ":%S",
    "minutes": "%H:%M",
    "hours": "%H:%M",
    "date": "%d %b",
    "week": "%d %b",
    "day": "%d %b",
    "month": "%b",
    "quarter": "%b",
    "year": "%Y",
}
DAY, MOMENT = "%d %b %Y", "%d %b %Y, %H:%M"
MOSTLY = 0.8  # of a series' times that are no other's


@dataclass(frozen=True)
class ChartChoice:
    """A kind of chart, the column along it, and those that it shows; `y` may be `ROWS`."""

    chart: str
    x: str
    y: tuple[str, ...] = ()
    combine: str = TOTAL


@dataclass(frozen=True)
class Points:
    """Columns `x`, `y` and `series`, or `from`, `to` and `count` of a histogram.

    `said` tells what was left out; `x_kind` how `x` is to be read.
    """

    table: pd.DataFrame
    x_kind: Kind
    said: str = ""


def guess(table: pd.DataFrame, kinds: dict[str, Kind]) -> ChartChoice | None:
    """The chart that a person would draw of the table; None where there is nothing to draw.

    Bars stand for what comes more than once, if there is any such column. A line needs a series:
    rows whose times are a matter of chance, as dates of birth are, are counted by a category.
    """
    numbers = [name for name, kind in kinds.items() if kind is Kind.NUMBER]
    times = [name for name, kind in kinds.items() if kind is Kind.TIME]
    names = [name for name, kind in kinds.items() if kind in (Kind.TEXT, Kind.BOOLEAN)]
    names.sort(key=lambda name: table[name].head(SAMPLE).nunique() > MOST_BARS)
    measured = [name for name in numbers if not _is_id(name)] or numbers
    groups = [name for name in names if _is_category(table[name])]
    if times and groups and not _is_series(read(table[times[0]], Kind.TIME)):
        return ChartChoice(BAR, groups[0], (ROWS,))
    if times and numbers:
        return ChartChoice(LINE, times[0], tuple(measured[:1]))
    if names and numbers:
        return ChartChoice(BAR, names[0], tuple(measured[:1]))
    if len(numbers) > 1:
        x = next(name for name in numbers if name != measured[-1])
        return ChartChoice(SCATTER, x, (measured[-1],))
    if numbers:
        return ChartChoice(HISTOGRAM, numbers[0])
    if names or times:
        return ChartChoice(BAR, (names or times)[0], (ROWS,))
    return None


def _is_category(column: pd.Series) -> bool:
    """Whether few values stand for many rows."""
    column = column.head(SAMPLE).dropna()
    return 2 <= column.nunique() <= MOST_CATEGORIES and column.nunique() < len(column)


def _is_series(times: pd.Series) -> bool:
    """Whether the rows follow each other in time, hardly two at once."""
    times = times.dropna()
    ordered = times.is_monotonic_increasing or times.is_monotonic_decreasing
    return ordered and times.nunique() >= MOSTLY * len(times)


def _is_id(name: str) -> bool:
    return name.lower() in ("id", "index", "nr", "no", "#") or name.lower().endswith("_id")


def points(table: pd.DataFrame, kinds: dict[str, Kind], choice: ChartChoice) -> Points:
    """What the chart draws."""
    if choice.chart == HISTOGRAM:
        return _bins(read(table[choice.x], Kind.NUMBER))
    if choice.chart == BAR or (choice.chart != SCATTER and table[choice.x].duplicated().any()):
        return _combined(table, kinds, choice)
    return _rows(table, kinds, choice)


def combines(table: pd.DataFrame, choice: ChartChoice) -> bool:
    """Whether the chart has one mark for several rows, which are then added up or averaged."""
    alone = choice.chart in (SCATTER, HISTOGRAM) or ROWS in choice.y
    return not alone and bool(table[choice.x].duplicated().any())


def _rows(table: pd.DataFrame, kinds: dict[str, Kind], choice: ChartChoice) -> Points:
    """A point for each row and series."""
    table, said = _thinned(table, choice, "rows")
    kind = kinds[choice.x]
    x = read(table[choice.x], kind)
    drawn = _long({name: read(table[name], Kind.NUMBER) for name in choice.y}, x)
    if choice.chart != SCATTER and kind is not Kind.TEXT:
        drawn = drawn.sort_values("x", kind="stable")
    return Points(drawn, kind, said)


def _thinned(table: pd.DataFrame, choice: ChartChoice, what: str) -> tuple[pd.DataFrame, str]:
    """Evenly, where there is more than a browser bears; and that it was done."""
    most = MOST_POINTS // max(len(choice.y), 1)
    if len(table) <= most:
        return table, ""
    said = f"{most:,} of {len(table):,} {what} are drawn, evenly picked."
    return table.iloc[np.linspace(0, len(table) - 1, most).astype(int)], said


def _combined(table: pd.DataFrame, kinds: dict[str, Kind], choice: ChartChoice) -> Points:
    """A point or bar for each value of `x`; the highest bars where they are too many."""
    kind = kinds[choice.x]
    x = read(table[choice.x], kind)
    if ROWS in choice.y:
        heights = pd.DataFrame({ROWS: x.groupby(x, sort=False).size()})
    else:
        values = pd.DataFrame({name: read(table[name], Kind.NUMBER) for name in choice.y})
        groups = values.groupby(x, sort=False)
        heights = groups.mean() if choice.combine == MEAN else groups.sum(min_count=1)
    said = ""
    if choice.chart == BAR and len(heights) > MOST_BARS:
        said = f"The {MOST_BARS} highest of {len(heights):,} bars are drawn."
        heights = heights.nlargest(MOST_BARS, heights.columns[0])
    if kind in (Kind.NUMBER, Kind.TIME):
        heights = heights.sort_index()
    if choice.chart != BAR:
        heights, said = _thinned(heights, choice, "points")
    drawn = _long({name: heights[name] for name in heights}, heights.index.to_series())
    return Points(drawn, kind, said)


def _long(series: dict[str, pd.Series], x: pd.Series) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"x": x.to_numpy(), "y": values.to_numpy(), "series": name})
        for name, values in series.items()
    ]
    empty = pd.DataFrame({"x": [], "y": [], "series": []})
    long = pd.concat(parts, ignore_index=True) if parts else empty
    return long.replace({"y": [np.inf, -np.inf]}, np.nan).dropna()


def _bins(values: pd.Series) -> Points:
    """How many values lie between each two steps."""
    values = values.dropna()
    wide = float(values.max()) - float(values.min()) if len(values) else np.inf
    if not np.isfinite(wide):
        return Points(pd.DataFrame({"from": [], "to": [], "count": []}), Kind.NUMBER)
    many = min(MOST_BINS, max(1, int(np.sqrt(len(values)))), max(1, values.nunique()))
    counts, steps = np.histogram(values, bins=many)
    return Points(pd.DataFrame({"from": steps[:-1], "to": steps[1:], "count": counts}), Kind.NUMBER)
