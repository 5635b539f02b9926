"""How long each component worked in each of the compared runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._ui.comparing.columns import Column, one_flow
from pages._ui.component_states import all_runs
from pages._ui.text import clip, took_words

MOST = 60  # components
NAME_LIMIT = 40
BAR, GAP = 16, 14  # pixels


def draw(columns: Sequence[Column]) -> None:
    """A group of bars a component, a bar a run."""
    st.markdown("##### Timings", anchors=False)
    rows = seconds(columns)
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


def seconds(columns: Sequence[Column]) -> list[tuple[str, list[float | None]]]:
    """The components in the flow's order, by name, each with its seconds in every run."""
    by_id = one_flow(columns)
    rows: dict[str, tuple[str, list[float | None]]] = {}
    for place, column in enumerate(columns):
        for name, took in _times(column, by_id):
            key, title = name
            row = rows.setdefault(key, (title, [None] * len(columns)))
            row[1][place] = took if row[1][place] is None else row[1][place] + took
    return list(rows.values())


def _times(column: Column, by_id: bool):
    run = column.record.run
    if run is None:
        return
    if column.flow is None:
        found = [(one.display_name or name, one) for name, one in run.components.items()]
    else:
        found = [
            (name, one)
            for name, one, _ in all_runs(column.flow, run.components, ended=column.record.ended)
        ]
    for name, one in found:
        if one.seconds is not None:
            yield (one.component_id if by_id else name.casefold(), name), max(one.seconds, 0.0)


def _nothing(rows: Sequence[tuple[str, list[float | None]]], place: int) -> bool:
    return all(row[1][place] is None for row in rows)


def option(names: Sequence[str], rows: Sequence[tuple[str, list[float | None]]]) -> dict[str, Any]:
    """What ECharts draws. Names of components stand on the axis only, where it reads no markup;
    its tooltips, which are HTML, stay off.
    """
    dark = st.context.theme.type == "dark"
    text = {"color": st.get_option(f"theme.{'dark' if dark else 'light'}.textColor")}
    longest = max(took for _, row in rows for took in row if took is not None)
    factor, unit = (1000, "ms") if longest < 1 else (1, "s")
    return {
        "animation": False,
        "tooltip": {"show": False},
        "legend": {"top": 0, "left": 0, "textStyle": text},
        "grid": {"left": 4, "right": 70, "top": 34, "bottom": 22, "containLabel": True},
        "xAxis": {
            "type": "value",
            "axisLabel": {"formatter": f"{{value}} {unit}", **text},
        },
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [clip(" ".join(name.split()), NAME_LIMIT) for name, _ in rows],
            "axisLabel": {"width": 150, "overflow": "truncate", "interval": 0, **text},
            "axisTick": {"show": False},
        },
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


def _bar(took: float | None, factor: int, colour: str) -> dict[str, Any]:
    words = "" if took is None else took_words(took)
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
            parts.append(f"{column.name}: longest {clip(name, NAME_LIMIT)}, {took_words(took)}")
    return f"Timings of {len(rows)} components. " + ". ".join(parts)
