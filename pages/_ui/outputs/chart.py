"""A chart of a table: guessed from its columns, changed by the person."""

from __future__ import annotations

from dataclasses import replace

import altair as alt
import pandas as pd
import streamlit as st

from lfclient.common.formatting import clip
from pages._ui.outputs import chart_data, column_stats
from pages._ui.outputs.card import Block
from pages._ui.outputs.column_stats import Kind
from pages._ui.widgets.markdown import plain

HEIGHT = 340
MOST_SERIES = 5
_TYPES = {Kind.NUMBER: "quantitative", Kind.TIME: "temporal"}


def draw(block: Block, table: pd.DataFrame) -> None:
    """The choices, the chart, and what was left out of it."""
    kinds = block.kept("kinds", lambda: column_stats.kinds(table))
    first = block.kept("chart", lambda: chart_data.guess(table, kinds))
    if first is None:
        st.caption("No column has values that could be drawn.")
        return
    choice = _choose(block, table, kinds, first)
    if choice is None:
        st.caption("Choose at least one column to be drawn.")
        return
    points = chart_data.points(table, kinds, choice)
    if points.table.empty:
        st.caption("These columns have no values to draw together.")
        return
    st.altair_chart(_figure(points, choice), height=HEIGHT, key=block.widget("figure"))
    if points.said:
        st.caption(f":material/info: {points.said}")


def _choose(
    block: Block, table: pd.DataFrame, kinds: dict[str, Kind], first: chart_data.ChartChoice
) -> chart_data.ChartChoice | None:
    numbers = [name for name, kind in kinds.items() if kind is Kind.NUMBER]
    offered = chart_data.CHARTS if numbers else (chart_data.BAR,)
    kind_place, x_place, y_place = st.columns([3, 3, 4])
    with kind_place:
        chart = _select(block, "Chart", list(offered), first.chart)
    if chart == chart_data.HISTOGRAM:
        with x_place:
            return chart_data.ChartChoice(chart, _select(block, "Values", numbers, first.x))
    with x_place:
        x = _select(block, "Across", list(kinds), first.x)
    with y_place:
        choice = chart_data.ChartChoice(chart, x, _heights(block, chart, numbers, first))
    if not choice.y:
        return None
    if chart_data.combines(table, choice):
        usual = chart_data.TOTAL if chart == chart_data.BAR else chart_data.MEAN
        with st.container(key=block.widget(f"combine-{usual}-place"), width=200):
            label = f"Rows of the same {plain(clip(x, 40))}"
            combine = _select(
                block, label, [chart_data.TOTAL, chart_data.MEAN], usual, f"combine-{usual}"
            )
        return replace(choice, combine=combine)
    return choice


def _select(block: Block, label: str, options: list[str], first: str, key: str = "") -> str:
    return st.selectbox(
        label,
        options,
        index=options.index(first) if first in options else 0,
        key=block.widget(key or label),
        persist_state="session",
    )


def _heights(
    block: Block, chart: str, numbers: list[str], first: chart_data.ChartChoice
) -> tuple[str, ...]:
    """The columns that are drawn; how many rows there are counts as one for bars."""
    bar = chart == chart_data.BAR
    options = [*numbers, chart_data.ROWS] if bar else numbers
    key = block.widget("drawn-bar" if bar else "drawn")
    chosen = st.multiselect(
        "Drawn",
        options,
        default=[name for name in first.y if name in options] or options[:1],
        max_selections=MOST_SERIES,
        key=key,
        on_change=_rows_or_values,
        args=(key,),
        persist_state="session",
    )
    return tuple(chosen)


def _rows_or_values(key: str) -> None:
    """The number of rows is drawn alone: what was chosen last takes the other's place."""
    chosen = st.session_state[key]
    if chart_data.ROWS in chosen[-1:]:
        st.session_state[key] = [chart_data.ROWS]
    else:
        st.session_state[key] = [name for name in chosen if name != chart_data.ROWS]


def _figure(points: chart_data.Points, choice: chart_data.ChartChoice) -> alt.Chart:
    """Fields have names of our own: in those of a flow, Vega would read dots and brackets."""
    base = alt.Chart(points.table)
    if choice.chart == chart_data.HISTOGRAM:
        return base.mark_bar(binSpacing=1).encode(
            x=alt.X(field="from", type="quantitative", bin="binned", title=choice.x),
            x2=alt.X2(field="to"),
            y=alt.Y(field="count", type="quantitative", title=chart_data.ROWS),
            tooltip=[alt.Tooltip(field=f, type="quantitative") for f in ("from", "to", "count")],
        )
    sort = _TYPES.get(points.x_kind, "nominal")
    if choice.chart == chart_data.BAR and sort == "quantitative":
        sort = "ordinal"
    title = choice.y[0] if len(choice.y) == 1 else "value"
    more = {}
    if len(choice.y) > 1:
        more["color"] = alt.Color(field="series", type="nominal", title=None)
        if choice.chart == chart_data.BAR:
            more["xOffset"] = alt.XOffset(field="series", type="nominal")
    axis, moment = {}, {}
    if sort == "temporal":
        days = column_stats.are_days(points.table["x"])
        axis = {"axis": alt.Axis(format=chart_data.CLOCK)}
        moment = {"format": chart_data.DAY if days else chart_data.MOMENT}
    return _marked(base, choice.chart, len(points.table)).encode(
        x=alt.X(field="x", type=sort, title=choice.x, sort=None, **axis),
        y=alt.Y(field="y", type="quantitative", title=title),
        tooltip=[
            alt.Tooltip(field="x", type=sort, title=choice.x, **moment),
            alt.Tooltip(field="y", type="quantitative", title=title),
            alt.Tooltip(field="series", type="nominal", title="column"),
        ],
        **more,
    )


def _marked(base: alt.Chart, chart: str, many: int) -> alt.Chart:
    if chart == chart_data.LINE:
        return base.mark_line(point=many <= 60)
    if chart == chart_data.AREA:
        return base.mark_area(opacity=0.7)
    if chart == chart_data.SCATTER:
        return base.mark_circle(size=45, opacity=0.6)
    return base.mark_bar()
