"""A chart of a table: suggested from its columns, adjustable by the person."""

from dataclasses import replace
from typing import Literal

import altair as alt
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import clip
from pages._ui.outputs import chart_data, column_stats
from pages._ui.outputs.card import OutputCard
from pages._ui.outputs.chart_data import ChartData, ChartSpec
from pages._ui.outputs.column_stats import ColumnKind
from pages._ui.widgets.markdown import escape

CHART_HEIGHT = 340
MAX_SERIES = 5
MAX_LINE_DOTS = 60  # points of a line that also have a dot

VegaType = Literal["quantitative", "ordinal", "temporal", "nominal"]
_VEGA_TYPES: dict[ColumnKind, VegaType] = {
    ColumnKind.NUMBER: "quantitative",
    ColumnKind.TIME: "temporal",
}


def draw(card: OutputCard, table: pd.DataFrame) -> None:
    """Draw the chart's controls, the chart, and a note about omitted points."""
    kinds = card.cached("kinds", lambda: column_stats.column_kinds(table))
    suggested = card.cached("chart", lambda: chart_data.suggest_spec(table, kinds))
    if suggested is None:
        st.caption("No column has values to chart.")
        return
    spec = _choose_spec(card, table, kinds, suggested)
    if spec is None:
        st.caption("Choose at least one column.")
        return
    data = chart_data.build_chart_data(table, kinds, spec)
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
    charts = list(chart_data.CHARTS) if numbers else [chart_data.BAR]
    chart_column, x_column, y_column = st.columns([3, 3, 4])

    def select(
        place: DeltaGenerator, label: str, options: list[str], default: str, key: str
    ) -> str:
        index = options.index(default) if default in options else 0
        key = card.widget_key(key)
        return place.selectbox(label, options, index, key=key, persist_state="session")

    chart = select(chart_column, "Chart", charts, suggested.chart, "Chart")
    if chart == chart_data.HISTOGRAM:
        return ChartSpec(chart, select(x_column, "Values", numbers, suggested.x, "Values"))
    x = select(x_column, "X axis", list(kinds), suggested.x, "Across")
    with y_column:
        spec = ChartSpec(chart, x, _choose_y(card, chart, numbers, suggested))
    if not spec.y:
        return None
    if chart_data.is_aggregated(table, spec):
        default = chart_data.TOTAL if chart == chart_data.BAR else chart_data.MEAN
        key = f"combine-{default}"
        place = st.container(key=card.widget_key(f"{key}-place"), width=200)
        options = [chart_data.TOTAL, chart_data.MEAN]
        aggregate = select(place, f"Per {escape(clip(x, 40))}", options, default, key)
        return replace(spec, aggregate=aggregate)
    return spec


def _choose_y(
    card: OutputCard, chart: str, numbers: list[str], suggested: ChartSpec
) -> tuple[str, ...]:
    """Let a person choose the columns on the Y axis; a bar chart also offers the row count."""
    is_bar = chart == chart_data.BAR
    options = [*numbers, chart_data.ROW_COUNT] if is_bar else numbers
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
    if chart_data.ROW_COUNT in chosen[-1:]:
        st.session_state[key] = [chart_data.ROW_COUNT]
    else:
        st.session_state[key] = [name for name in chosen if name != chart_data.ROW_COUNT]


def _build_chart(data: ChartData, spec: ChartSpec) -> alt.Chart:
    """Return the Altair chart.

    Its fields have our own names: Vega would parse dots and brackets in a flow's column names.
    """
    chart: alt.Chart
    base = alt.Chart(data.table)
    if spec.chart == chart_data.HISTOGRAM:
        chart = base.mark_bar(binSpacing=1).encode(
            x=alt.X("from:Q", bin="binned", title=spec.x),
            x2="to",
            y=alt.Y("count:Q", title=chart_data.ROW_COUNT),
            tooltip=["from:Q", "to:Q", "count:Q"],
        )
        return chart
    x_type = _VEGA_TYPES.get(data.x_kind, "nominal")
    is_bar = spec.chart == chart_data.BAR
    if is_bar and x_type == "quantitative":
        x_type = "ordinal"
    x = alt.X("x", type=x_type, title=spec.x, sort=None)
    x_tooltip = alt.Tooltip("x", type=x_type, title=spec.x)
    if x_type == "temporal":
        are_dates = column_stats.are_dates(data.table["x"])
        x = x.axis(format=chart_data.TIME_AXIS_FORMAT)
        x_tooltip = x_tooltip.format(chart_data.DAY_FORMAT if are_dates else chart_data.TIME_FORMAT)
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
        chart_data.LINE: base.mark_line(point=points <= MAX_LINE_DOTS),
        chart_data.AREA: base.mark_area(opacity=0.7),
        chart_data.SCATTER: base.mark_circle(size=45, opacity=0.6),
        chart_data.BAR: base.mark_bar(),
    }
    return marks[chart]
