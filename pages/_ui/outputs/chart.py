"""A chart of a table: guessed from its columns, changed by the person."""

from __future__ import annotations

from dataclasses import replace

import altair as alt
import pandas as pd
import streamlit as st

from lfclient.common.formatting import clip
from pages._ui.outputs import chart_data, column_stats
from pages._ui.outputs.card import OutputCard
from pages._ui.outputs.column_stats import ColumnKind
from pages._ui.widgets.markdown import escape

CHART_HEIGHT = 340
MAX_SERIES = 5
_VEGA_TYPES = {ColumnKind.NUMBER: "quantitative", ColumnKind.TIME: "temporal"}


def draw(card: OutputCard, table: pd.DataFrame) -> None:
    """The choices, the chart, and what was left out of it."""
    kinds = card.cached("kinds", lambda: column_stats.column_kinds(table))
    suggested = card.cached("chart", lambda: chart_data.suggest_spec(table, kinds))
    if suggested is None:
        st.caption("No column has values that could be drawn.")
        return
    spec = _choose_spec(card, table, kinds, suggested)
    if spec is None:
        st.caption("Choose at least one column to be drawn.")
        return
    data = chart_data.build_chart_data(table, kinds, spec)
    if data.table.empty:
        st.caption("These columns have no values to draw together.")
        return
    st.altair_chart(_build_chart(data, spec), height=CHART_HEIGHT, key=card.widget_key("figure"))
    if data.note:
        st.caption(f":material/info: {data.note}")


def _choose_spec(
    card: OutputCard,
    table: pd.DataFrame,
    kinds: dict[str, ColumnKind],
    suggested: chart_data.ChartSpec,
) -> chart_data.ChartSpec | None:
    numbers = [name for name, kind in kinds.items() if kind is ColumnKind.NUMBER]
    offered = chart_data.CHARTS if numbers else (chart_data.BAR,)
    kind_place, x_place, y_place = st.columns([3, 3, 4])
    with kind_place:
        chart = _select(card, "Chart", list(offered), suggested.chart)
    if chart == chart_data.HISTOGRAM:
        with x_place:
            return chart_data.ChartSpec(chart, _select(card, "Values", numbers, suggested.x))
    with x_place:
        x = _select(card, "Across", list(kinds), suggested.x)
    with y_place:
        spec = chart_data.ChartSpec(chart, x, _choose_y(card, chart, numbers, suggested))
    if not spec.y:
        return None
    if chart_data.is_aggregated(table, spec):
        usual = chart_data.TOTAL if chart == chart_data.BAR else chart_data.MEAN
        with st.container(key=card.widget_key(f"combine-{usual}-place"), width=200):
            label = f"Rows of the same {escape(clip(x, 40))}"
            aggregate = _select(
                card, label, [chart_data.TOTAL, chart_data.MEAN], usual, f"combine-{usual}"
            )
        return replace(spec, aggregate=aggregate)
    return spec


def _select(card: OutputCard, label: str, options: list[str], suggested: str, key: str = "") -> str:
    return st.selectbox(
        label,
        options,
        index=options.index(suggested) if suggested in options else 0,
        key=card.widget_key(key or label),
        persist_state="session",
    )


def _choose_y(
    card: OutputCard, chart: str, numbers: list[str], suggested: chart_data.ChartSpec
) -> tuple[str, ...]:
    """The columns that are drawn; how many rows there are counts as one for bars."""
    bar = chart == chart_data.BAR
    options = [*numbers, chart_data.ROW_COUNT] if bar else numbers
    key = card.widget_key("drawn-bar" if bar else "drawn")
    chosen = st.multiselect(
        "Drawn",
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
    """The number of rows is drawn alone: what was chosen last takes the other's place."""
    chosen = st.session_state[key]
    if chart_data.ROW_COUNT in chosen[-1:]:
        st.session_state[key] = [chart_data.ROW_COUNT]
    else:
        st.session_state[key] = [name for name in chosen if name != chart_data.ROW_COUNT]


def _build_chart(data: chart_data.ChartData, spec: chart_data.ChartSpec) -> alt.Chart:
    """Fields have names of our own: in those of a flow, Vega would read dots and brackets."""
    base = alt.Chart(data.table)
    if spec.chart == chart_data.HISTOGRAM:
        return base.mark_bar(binSpacing=1).encode(
            x=alt.X(field="from", type="quantitative", bin="binned", title=spec.x),
            x2=alt.X2(field="to"),
            y=alt.Y(field="count", type="quantitative", title=chart_data.ROW_COUNT),
            tooltip=[alt.Tooltip(field=f, type="quantitative") for f in ("from", "to", "count")],
        )
    vega_type = _VEGA_TYPES.get(data.x_kind, "nominal")
    if spec.chart == chart_data.BAR and vega_type == "quantitative":
        vega_type = "ordinal"
    title = spec.y[0] if len(spec.y) == 1 else "value"
    more = {}
    if len(spec.y) > 1:
        more["color"] = alt.Color(field="series", type="nominal", title=None)
        if spec.chart == chart_data.BAR:
            more["xOffset"] = alt.XOffset(field="series", type="nominal")
    axis, moment = {}, {}
    if vega_type == "temporal":
        days = column_stats.are_dates(data.table["x"])
        axis = {"axis": alt.Axis(format=chart_data.TIME_AXIS_FORMAT)}
        moment = {"format": chart_data.DAY_FORMAT if days else chart_data.TIME_FORMAT}
    return _with_mark(base, spec.chart, len(data.table)).encode(
        x=alt.X(field="x", type=vega_type, title=spec.x, sort=None, **axis),
        y=alt.Y(field="y", type="quantitative", title=title),
        tooltip=[
            alt.Tooltip(field="x", type=vega_type, title=spec.x, **moment),
            alt.Tooltip(field="y", type="quantitative", title=title),
            alt.Tooltip(field="series", type="nominal", title="column"),
        ],
        **more,
    )


def _with_mark(base: alt.Chart, chart: str, many: int) -> alt.Chart:
    if chart == chart_data.LINE:
        return base.mark_line(point=many <= 60)
    if chart == chart_data.AREA:
        return base.mark_area(opacity=0.7)
    if chart == chart_data.SCATTER:
        return base.mark_circle(size=45, opacity=0.6)
    return base.mark_bar()
