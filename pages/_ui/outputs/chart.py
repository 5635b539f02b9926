"""A table's chart: suggested from the columns, adjustable, with a limited number of points."""

from dataclasses import dataclass, replace
from typing import Literal

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import clip
from pages._ui.outputs import column_stats
from pages._ui.outputs.card import OutputCard
from pages._ui.outputs.column_stats import SAMPLE_SIZE, ColumnKind, parse_column
from pages._ui.widgets.markdown import escape

LINE, AREA, BAR, SCATTER, HISTOGRAM = "Line", "Area", "Bar", "Scatter", "Histogram"
CHARTS = (LINE, AREA, BAR, SCATTER, HISTOGRAM)
ROW_COUNT = "number of rows"  # a Y value that is not a column
TOTAL, MEAN = "Total", "Mean"  # how rows with the same X value are aggregated
MAX_POINTS, MAX_BARS, MAX_BINS = 5_000, 40, 40
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
CHART_HEIGHT = 340
MAX_SERIES = 5
MAX_LINE_DOTS = 60  # points of a line that also have a dot

VegaType = Literal["quantitative", "ordinal", "temporal", "nominal"]
_VEGA_TYPES: dict[ColumnKind, VegaType] = {
    ColumnKind.NUMBER: "quantitative",
    ColumnKind.TIME: "temporal",
}


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


def draw(card: OutputCard, table: pd.DataFrame) -> None:
    """Draw the chart's controls, the chart, and a note about omitted points."""
    kinds = card.cached("kinds", lambda: column_stats.column_kinds(table))
    suggested = card.cached("chart", lambda: suggest_spec(table, kinds))
    if suggested is None:
        st.caption("No column has values to chart.")
        return
    spec = _choose_spec(card, table, kinds, suggested)
    if spec is None:
        st.caption("Choose at least one column.")
        return
    data = build_chart_data(table, kinds, spec)
    if data.table.empty:
        st.caption("These columns have no values in common.")
        return
    st.altair_chart(_build_chart(data, spec), height=CHART_HEIGHT, key=card.widget_key("figure"))
    if data.note:
        st.caption(f":material/info: {data.note}")


def _choose_spec(
    card: OutputCard, table: pd.DataFrame, kinds: dict[str, ColumnKind], suggested: ChartSpec
) -> ChartSpec | None:
    numbers = [name for name, kind in kinds.items() if kind is ColumnKind.NUMBER]
    charts = list(CHARTS) if numbers else [BAR]
    chart_column, x_column, y_column = st.columns([3, 3, 4])

    def select(
        place: DeltaGenerator, label: str, options: list[str], default: str, key: str
    ) -> str:
        index = options.index(default) if default in options else 0
        key = card.widget_key(key)
        return place.selectbox(label, options, index, key=key, persist_state="session")

    chart = select(chart_column, "Chart", charts, suggested.chart, "Chart")
    if chart == HISTOGRAM:
        return ChartSpec(chart, select(x_column, "Values", numbers, suggested.x, "Values"))
    x = select(x_column, "X axis", list(kinds), suggested.x, "Across")
    with y_column:
        spec = ChartSpec(chart, x, _choose_y(card, chart, numbers, suggested))
    if not spec.y:
        return None
    if is_aggregated(table, spec):
        default = TOTAL if chart == BAR else MEAN
        key = f"combine-{default}"
        place = st.container(key=card.widget_key(f"{key}-place"), width=200)
        options = [TOTAL, MEAN]
        aggregate = select(place, f"Per {escape(clip(x, 40))}", options, default, key)
        return replace(spec, aggregate=aggregate)
    return spec


def _choose_y(
    card: OutputCard, chart: str, numbers: list[str], suggested: ChartSpec
) -> tuple[str, ...]:
    """Let a person choose the columns on the Y axis; a bar chart also offers the row count."""
    is_bar = chart == BAR
    options = [*numbers, ROW_COUNT] if is_bar else numbers
    key = card.widget_key("drawn-bar" if is_bar else "drawn")
    chosen = st.multiselect(
        "Y axis",
        options,
        default=[name for name in suggested.y if name in options] or options[:1],
        max_selections=MAX_SERIES,
        key=key,
        on_change=_keep_row_count_alone,
        args=(key,),
        persist_state="session",
    )
    return tuple(chosen)


def _keep_row_count_alone(key: str) -> None:
    """Deselect the columns if the row count was chosen last, else the row count."""
    chosen = st.session_state[key]
    if ROW_COUNT in chosen[-1:]:
        st.session_state[key] = [ROW_COUNT]
    else:
        st.session_state[key] = [name for name in chosen if name != ROW_COUNT]


def _build_chart(data: ChartData, spec: ChartSpec) -> alt.Chart:
    """Return the Altair chart.

    Its fields have our own names: Vega would parse dots and brackets in a flow's column names.
    """
    chart: alt.Chart
    base = alt.Chart(data.table)
    if spec.chart == HISTOGRAM:
        chart = base.mark_bar(binSpacing=1).encode(
            x=alt.X("from:Q", bin="binned", title=spec.x),
            x2="to",
            y=alt.Y("count:Q", title=ROW_COUNT),
            tooltip=["from:Q", "to:Q", "count:Q"],
        )
        return chart
    x_type = _VEGA_TYPES.get(data.x_kind, "nominal")
    is_bar = spec.chart == BAR
    if is_bar and x_type == "quantitative":
        x_type = "ordinal"
    x = alt.X("x", type=x_type, title=spec.x, sort=None)
    x_tooltip = alt.Tooltip("x", type=x_type, title=spec.x)
    if x_type == "temporal":
        are_dates = column_stats.are_dates(data.table["x"])
        x = x.axis(format=TIME_AXIS_FORMAT)
        x_tooltip = x_tooltip.format(DAY_FORMAT if are_dates else TIME_FORMAT)
    has_series = len(spec.y) > 1
    y_title = "value" if has_series else spec.y[0]
    chart = _with_mark(base, spec.chart, len(data.table)).encode(
        x=x,
        y=alt.Y("y:Q", title=y_title),
        tooltip=[
            x_tooltip,
            alt.Tooltip("y:Q", title=y_title),
            alt.Tooltip("series:N", title="column"),
        ],
    )
    if has_series:
        chart = chart.encode(color=alt.Color("series:N", title=None))
        if is_bar:
            chart = chart.encode(xOffset="series:N")
    return chart


def _with_mark(base: alt.Chart, chart: str, points: int) -> alt.Chart:
    marks: dict[str, alt.Chart] = {
        LINE: base.mark_line(point=points <= MAX_LINE_DOTS),
        AREA: base.mark_area(opacity=0.7),
        SCATTER: base.mark_circle(size=45, opacity=0.6),
        BAR: base.mark_bar(),
    }
    return marks[chart]


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
