"""Chart data of a table: the suggested chart, and its points, limited in number."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pages._ui.outputs.column_stats import SAMPLE_SIZE, ColumnKind, parse_column

LINE, AREA, BAR, SCATTER, HISTOGRAM = "Line", "Area", "Bar", "Scatter", "Histogram"
CHARTS = (LINE, AREA, BAR, SCATTER, HISTOGRAM)
ROW_COUNT = "number of rows"  # a Y value that is not a column
TOTAL, MEAN = "Total", "Mean"  # how rows with the same X value are aggregated
MAX_POINTS = 5_000
MAX_BARS = 40
MAX_BINS = 40
MAX_CATEGORIES = 20
# labels of a time axis, in the 24-hour clock that the console uses everywhere
TIME_AXIS_FORMAT = {
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
DAY_FORMAT, TIME_FORMAT = "%d %b %Y", "%d %b %Y, %H:%M"
MIN_DISTINCT_TIMES = 0.8  # share of unique times that makes rows a time series


@dataclass(frozen=True)
class ChartSpec:
    """A chart, its X column and its Y columns. `y` may be `ROW_COUNT` alone."""

    chart: str
    x: str
    y: tuple[str, ...] = ()
    aggregate: str = TOTAL


@dataclass(frozen=True)
class ChartData:
    """Columns `x`, `y` and `series`, or `from`, `to` and `count` of a histogram.

    `note` says which points were omitted. `x_kind` is the kind of the `x` values.
    """

    table: pd.DataFrame
    x_kind: ColumnKind
    note: str = ""


def suggest_spec(table: pd.DataFrame, kinds: dict[str, ColumnKind]) -> ChartSpec | None:
    """Suggest a chart from the columns. Return None if there is nothing to draw.

    Bars prefer a column with repeated values. A line needs a time series: rows with unrelated
    times, such as dates of birth, get bars that count them by a category.
    """
    numbers = [name for name, kind in kinds.items() if kind is ColumnKind.NUMBER]
    times = [name for name, kind in kinds.items() if kind is ColumnKind.TIME]
    names = [name for name, kind in kinds.items() if kind in (ColumnKind.TEXT, ColumnKind.BOOLEAN)]
    names.sort(key=lambda name: table[name].head(SAMPLE_SIZE).nunique() > MAX_BARS)
    measures = [name for name in numbers if not _is_id(name)] or numbers
    categories = [name for name in names if _is_category(table[name])]
    if times and categories and not _is_time_series(parse_column(table[times[0]], ColumnKind.TIME)):
        return ChartSpec(BAR, categories[0], (ROW_COUNT,))
    if times and numbers:
        return ChartSpec(LINE, times[0], tuple(measures[:1]))
    if names and numbers:
        return ChartSpec(BAR, names[0], tuple(measures[:1]))
    if len(numbers) > 1:
        x = next(name for name in numbers if name != measures[-1])
        return ChartSpec(SCATTER, x, (measures[-1],))
    if numbers:
        return ChartSpec(HISTOGRAM, numbers[0])
    if names or times:
        return ChartSpec(BAR, (names or times)[0], (ROW_COUNT,))
    return None


def _is_category(column: pd.Series) -> bool:
    """Return whether the column has few distinct values, some of them repeated."""
    column = column.head(SAMPLE_SIZE).dropna()
    return 2 <= column.nunique() <= MAX_CATEGORIES and column.nunique() < len(column)


def _is_time_series(times: pd.Series) -> bool:
    """Return whether the times are in order and almost all distinct."""
    times = times.dropna()
    ordered = times.is_monotonic_increasing or times.is_monotonic_decreasing
    return ordered and times.nunique() >= MIN_DISTINCT_TIMES * len(times)


def _is_id(name: str) -> bool:
    return name.lower() in ("id", "index", "nr", "no", "#") or name.lower().endswith("_id")


def build_chart_data(
    table: pd.DataFrame, kinds: dict[str, ColumnKind], spec: ChartSpec
) -> ChartData:
    """Return the points, bars or bins that the chart draws."""
    if spec.chart == HISTOGRAM:
        return _histogram(parse_column(table[spec.x], ColumnKind.NUMBER))
    if spec.chart == BAR or (spec.chart != SCATTER and table[spec.x].duplicated().any()):
        return _aggregate(table, kinds, spec)
    return _row_points(table, kinds, spec)


def is_aggregated(table: pd.DataFrame, spec: ChartSpec) -> bool:
    """Return whether the chart shows the total or mean of several rows as one mark."""
    never_aggregated = spec.chart in (SCATTER, HISTOGRAM) or ROW_COUNT in spec.y
    return not never_aggregated and bool(table[spec.x].duplicated().any())


def _row_points(table: pd.DataFrame, kinds: dict[str, ColumnKind], spec: ChartSpec) -> ChartData:
    table, note = _downsample(table, spec, "rows")
    kind = kinds[spec.x]
    x = parse_column(table[spec.x], kind)
    points = _to_long_form(_numbers(table, spec), x)
    if spec.chart != SCATTER and kind is not ColumnKind.TEXT:
        points = points.sort_values("x", kind="stable")
    return ChartData(points, kind, note)


def _downsample(table: pd.DataFrame, spec: ChartSpec, unit: str) -> tuple[pd.DataFrame, str]:
    """Pick evenly spaced rows if there are too many for a browser. Return them and a note."""
    limit = MAX_POINTS // max(len(spec.y), 1)
    if len(table) <= limit:
        return table, ""
    note = f"Shows {limit:,} of {len(table):,} {unit}, evenly spaced."
    return table.iloc[np.linspace(0, len(table) - 1, limit).astype(int)], note


def _aggregate(table: pd.DataFrame, kinds: dict[str, ColumnKind], spec: ChartSpec) -> ChartData:
    """Return a point or bar for each X value, or the highest bars if there are too many."""
    kind = kinds[spec.x]
    x = parse_column(table[spec.x], kind)
    if ROW_COUNT in spec.y:
        heights = pd.DataFrame({ROW_COUNT: x.groupby(x, sort=False).size()})
    else:
        groups = _numbers(table, spec).groupby(x, sort=False)
        heights = groups.mean() if spec.aggregate == MEAN else groups.sum(min_count=1)
    note = ""
    if spec.chart == BAR and len(heights) > MAX_BARS:
        note = f"Shows the {MAX_BARS} highest of {len(heights):,} bars."
        heights = heights.nlargest(MAX_BARS, heights.columns[0])
    if kind in (ColumnKind.NUMBER, ColumnKind.TIME):
        heights = heights.sort_index()
    if spec.chart != BAR:
        heights, note = _downsample(heights, spec, "points")
    return ChartData(_to_long_form(heights, heights.index.to_series()), kind, note)


def _numbers(table: pd.DataFrame, spec: ChartSpec) -> pd.DataFrame:
    return pd.DataFrame({name: parse_column(table[name], ColumnKind.NUMBER) for name in spec.y})


def _to_long_form(series: pd.DataFrame, x: pd.Series) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"x": x.to_numpy(), "y": values.to_numpy(), "series": name})
        for name, values in series.items()
    ]
    long = pd.concat(parts, ignore_index=True)
    return long.replace({"y": [np.inf, -np.inf]}, np.nan).dropna()


def _histogram(values: pd.Series) -> ChartData:
    values = values.dropna()
    span = float(values.max()) - float(values.min()) if len(values) else np.inf
    if not np.isfinite(span):
        return ChartData(pd.DataFrame({"from": [], "to": [], "count": []}), ColumnKind.NUMBER)
    bins = min(MAX_BINS, max(1, int(np.sqrt(len(values)))), max(1, values.nunique()))
    counts, edges = np.histogram(values, bins=bins)
    return ChartData(
        pd.DataFrame({"from": edges[:-1], "to": edges[1:], "count": counts}), ColumnKind.NUMBER
    )
