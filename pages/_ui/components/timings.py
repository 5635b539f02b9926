"""When each component of a run was working: a bar per component on one time axis."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, format_count
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.statuses import component_state_label
from lfclient.console.wording.timeline import TimelineBar, axis_unit, timeline_bars
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun, ComponentState
from pages._ui.app.window import theme_color
from pages._ui.components.states import duration_text, leaf_runs
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.status_badges import component_style

MAX_NAME_LENGTH = 60
MAX_NAME_LENGTH_WITH_ID = 40  # characters of a name that a number or an id may follow
ROW_HEIGHT = 25  # pixels
# the shortest bar, as a share of the axis, so that a component that took no time is visible
_MIN_BAR_SHARE = 0.004
# Component names stand only on the axis, where ECharts reads no template or markup. Its tooltips
# are HTML and stay off.
BASE_OPTIONS: dict[str, Any] = {"animation": False, "tooltip": {"show": False}}


def draw(flow: Flow, components: Mapping[str, ComponentRun]) -> None:
    """Draw a bar for each component with a known duration, in the order of their start."""
    names = ComponentNames(flow, components)
    runs = [
        (names.label(run.component_id, name, MAX_NAME_LENGTH_WITH_ID), run)
        for name, run, _ in leaf_runs(flow, components, ended=True)
    ]
    stopped = [
        escape(name)
        for name, run in runs
        if run.state is ComponentState.INTERRUPTED and run.seconds is None
    ]
    if stopped:
        st.caption(f"Interrupted, so without a duration: {', '.join(stopped)}")
    shown = timeline_bars(runs)
    if not shown:
        st.caption("The server reported no component timings.")
        return
    st.echarts_chart(chart_options(shown), height=ROW_HEIGHT * len(shown) + 46, alt=_summary(shown))
    without_start = sum(bar.start is None for bar in shown)
    if without_start == len(shown):
        st.caption("Durations only. The server reported no start times.")
    elif without_start:
        count = format_count(without_start, "component")
        st.caption(f"{count} without a start time: bars begin at 0.")


def chart_options(shown: list[TimelineBar]) -> dict[str, Any]:
    """Return the ECharts options."""
    end = max((bar.start or 0) + bar.seconds for bar in shown)
    factor, unit = axis_unit(end)
    shortest = end * factor * _MIN_BAR_SHARE or 1
    text_style = {"color": theme_color("textColor")}
    all_done = all(bar.run.state is ComponentState.DONE for bar in shown)
    return {
        **BASE_OPTIONS,
        "grid": {
            "left": 4,
            "right": 52 if all_done else 120,
            "top": 4,
            "bottom": 4,
            "containLabel": True,
        },
        "xAxis": {
            "type": "value",
            "position": "top",
            "min": 0,
            "max": end * factor or 1,
            "splitNumber": 4,
            "axisLabel": {"formatter": f"{{value}} {unit}", **text_style, "showMaxLabel": False},
            "splitLine": {"showMaxLine": False},
        },
        "yAxis": name_axis([bar.name for bar in shown], MAX_NAME_LENGTH, text_style),
        "series": [
            {
                "type": "bar",
                "stack": "time",
                "silent": True,
                "itemStyle": {"color": "transparent"},
                "data": [(bar.start or 0) * factor for bar in shown],
            },
            {
                "type": "bar",
                "stack": "time",
                "barWidth": "62%",
                "cursor": "default",
                "data": [
                    _bar_item(bar, max(bar.seconds * factor, shortest), text_style) for bar in shown
                ],
            },
        ],
    }


def name_axis(names: Sequence[str], limit: int, text_style: Mapping[str, Any]) -> dict[str, Any]:
    """Return the axis with component names, the first at the top."""
    return {
        "type": "category",
        "inverse": True,
        "data": [clip(" ".join(name.split()), limit) for name in names],
        "axisLabel": {"width": 150, "overflow": "truncate", "interval": 0, **text_style},
        "axisTick": {"show": False},
    }


def bar_item(
    value: float | None, words: str, text_style: Mapping[str, Any], **style: Any
) -> dict[str, Any]:
    """Return a bar with our own words beside it, which contain no ECharts template."""
    return {
        "value": value,
        "label": {"show": True, "position": "right", "formatter": words, **text_style},
        "itemStyle": {"borderRadius": 3, **style},
    }


def _bar_item(bar: TimelineBar, length: float, text_style: Mapping[str, Any]) -> dict[str, Any]:
    words = duration_text(bar.run)
    if bar.run.state is not ComponentState.DONE:
        words += f" · {component_state_label(bar.run.state, ended=True)}"
    color = theme_color(f"{component_style(bar.run.state, ended=True).color}TextColor")
    return bar_item(length, words, text_style, color=color, opacity=0.85)


def _summary(shown: list[TimelineBar]) -> str:
    longest = max(shown, key=lambda bar: bar.seconds)
    return (
        f"Timings of {len(shown)} components. The longest, {clip(longest.name, MAX_NAME_LENGTH)}, "
        f"took {duration_text(longest.run)}."
    )
