"""When each component of a run was at work: a bar per component on one axis of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presentation.component_names import ComponentNames
from lfclient.console.presentation.timeline import TimelineBar, axis_unit, timeline_bars
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun, ComponentState
from pages._ui.components.states import duration_text, leaf_runs
from pages._ui.widgets.status_badges import component_label, component_style

MAX_NAME_LENGTH = 60
MAX_NAME_LENGTH_WITH_ID = 40  # characters of it that stand before an id
ROW_HEIGHT = 25  # pixels
# the shortest bar, as a part of the axis: what took no time at all is still to be found
_MIN_BAR_SHARE = 0.004


def draw(flow: Flow, components: Mapping[str, ComponentRun]) -> None:
    """The bars of all components whose duration is known, in the order in which they began."""
    runs, names = leaf_runs(flow, components, ended=True), ComponentNames(flow, components)
    found = timeline_bars(
        (names.label(run.component_id, name, MAX_NAME_LENGTH_WITH_ID), run) for name, run, _ in runs
    )
    if not found:
        st.caption("The server has not told how long its components worked.")
        return
    dark = st.context.theme.type == "dark"
    st.echarts_chart(
        chart_options(found, dark=dark), height=ROW_HEIGHT * len(found) + 46, alt=_summary(found)
    )
    adrift = sum(bar.start is None for bar in found)
    if adrift == len(found):
        st.caption("How long each worked; the server has not told when.")
    elif adrift:
        st.caption(f"Of {adrift} it is not known when they began: their bars stand at 0.")


def chart_options(found: list[TimelineBar], *, dark: bool) -> dict[str, Any]:
    """What ECharts draws. Names stand only where it reads no template and no markup: on the axis;
    its tooltips, which are HTML, stay off.
    """
    end = max((bar.start or 0) + bar.seconds for bar in found)
    factor, unit = axis_unit(end)
    hair = end * factor * _MIN_BAR_SHARE or 1
    text = {"color": theme_color("textColor", dark=dark)}
    done = all(bar.run.state is ComponentState.DONE for bar in found)
    return {
        "animation": False,
        "tooltip": {"show": False},
        "grid": {
            "left": 4,
            "right": 52 if done else 120,
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
            "axisLabel": {**time_axis_label(unit, text), "showMaxLabel": False},
            "splitLine": {"showMaxLine": False},
        },
        "yAxis": name_axis([bar.name for bar in found], MAX_NAME_LENGTH, text),
        "series": [
            {
                "type": "bar",
                "stack": "time",
                "silent": True,
                "itemStyle": {"color": "transparent"},
                "data": [(bar.start or 0) * factor for bar in found],
            },
            {
                "type": "bar",
                "stack": "time",
                "barWidth": "62%",
                "cursor": "default",
                "data": [
                    _bar_item(bar, max(bar.seconds * factor, hair), dark=dark) for bar in found
                ],
            },
        ],
    }


def name_axis(names: Sequence[str], limit: int, text: Mapping[str, Any]) -> dict[str, Any]:
    """The axis on which the names of components stand, the first above."""
    return {
        "type": "category",
        "inverse": True,
        "data": [clip(" ".join(name.split()), limit) for name in names],
        "axisLabel": {"width": 150, "overflow": "truncate", "interval": 0, **text},
        "axisTick": {"show": False},
    }


def time_axis_label(unit: str, text: Mapping[str, Any]) -> dict[str, Any]:
    """How the numbers of the axis of time are written."""
    return {"formatter": f"{{value}} {unit}", **text}


def _bar_item(bar: TimelineBar, length: float, *, dark: bool) -> dict[str, Any]:
    done = bar.run.state is ComponentState.DONE
    words = duration_text(bar.run)
    if not done:
        words += f" · {component_label(bar.run.state, ended=True)}"
    colour = component_style(bar.run.state, ended=True).colour
    return {
        "value": length,
        "itemStyle": {
            "color": theme_color(f"{colour}TextColor", dark=dark),
            "borderRadius": 3,
            "opacity": 0.85,
        },
        "label": {
            "show": True,
            "position": "right",
            "formatter": words,  # of our own making, so no template within
            "color": theme_color("textColor", dark=dark),
        },
    }


def theme_color(name: str, *, dark: bool) -> str:
    """A colour of the theme."""
    return st.get_option(f"theme.{'dark' if dark else 'light'}.{name}")


def _summary(found: list[TimelineBar]) -> str:
    longest = max(found, key=lambda bar: bar.seconds)
    return (
        f"Timings of {len(found)} components. The longest, {clip(longest.name, MAX_NAME_LENGTH)}, "
        f"took {duration_text(longest.run)}."
    )
