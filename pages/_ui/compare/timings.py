"""How long each component worked in each of the compared runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, format_timing
from lfclient.console.presentation.timeline import seconds_of, unit_for
from lfclient.runs.components import ComponentRun
from pages._ui.compare.runs import Column, one_flow
from pages._ui.components import timings
from pages._ui.components.states import all_runs

MOST = 60  # components
NAME_LIMIT = 40
BAR, GAP = 16, 14  # pixels


def draw(columns: Sequence[Column]) -> None:
    """A group of bars a component, a bar a run."""
    st.markdown("##### Timings", anchors=False)
    rows = seconds_of([_runs(column) for column in columns], by_id=one_flow(columns))
    silent = [column.name for number, column in enumerate(columns) if _nothing(rows, number)]
    if silent:
        st.caption(f"No times of components are known of {', '.join(silent)}.")
    if len(silent) == len(columns):
        return
    shown = rows[:MOST]
    with st.container(key="compared-times"):
        st.echarts_chart(
            option([column.name for column in columns], shown),
            height=len(shown) * (BAR * len(columns) + GAP) + 70,
            alt=_summary(columns, shown),
        )
    if len(rows) > MOST:
        st.caption(f"The first {MOST} of {len(rows):,} components.")


def _runs(column: Column) -> list[tuple[str, ComponentRun]]:
    """Names and runs of the components, in the flow's order where it is at hand."""
    run = column.record.run
    if run is None:
        return []
    if column.flow is None:
        return [(one.display_name or name, one) for name, one in run.components.items()]
    found = all_runs(column.flow, run.components, ended=column.record.ended)
    return [(name, one) for name, one, _ in found]


def _nothing(rows: Sequence[tuple[str, list[float | None]]], place: int) -> bool:
    return all(row[1][place] is None for row in rows)


def option(names: Sequence[str], rows: Sequence[tuple[str, list[float | None]]]) -> dict[str, Any]:
    """What ECharts draws. Names of components stand on the axis only, where it reads no markup;
    its tooltips, which are HTML, stay off.
    """
    dark = st.context.theme.type == "dark"
    text = {"color": timings.theme("textColor", dark=dark)}
    longest = max(took for _, row in rows for took in row if took is not None)
    factor, unit = unit_for(longest)
    return {
        "animation": False,
        "tooltip": {"show": False},
        "legend": {"top": 0, "left": 0, "textStyle": text},
        "grid": {"left": 4, "right": 70, "top": 34, "bottom": 22, "containLabel": True},
        "xAxis": {"type": "value", "axisLabel": timings.axis_label(unit, text)},
        "yAxis": timings.axis_of_names([name for name, _ in rows], NAME_LIMIT, text),
        "series": [
            {
                "name": name,
                "type": "bar",
                "silent": True,
                "barWidth": BAR - 3,
                "data": [_bar(row[place], factor, text["color"]) for _, row in rows],
            }
            for place, name in enumerate(names)
        ],
    }


def _bar(took: float | None, factor: float, colour: str) -> dict[str, Any]:
    words = "" if took is None else format_timing(took)
    return {
        "value": None if took is None else took * factor,
        # of our own making, so no template within
        "label": {"show": True, "position": "right", "formatter": words, "color": colour},
        "itemStyle": {"borderRadius": 3},
    }


def _summary(columns: Sequence[Column], rows: Sequence[tuple[str, list[float | None]]]) -> str:
    parts = []
    for place, column in enumerate(columns):
        known = [(row[1][place] or 0.0, row[0]) for row in rows if row[1][place] is not None]
        if known:
            took, name = max(known)
            parts.append(f"{column.name}: longest {clip(name, NAME_LIMIT)}, {format_timing(took)}")
    return f"Timings of {len(rows)} components. " + ". ".join(parts)
