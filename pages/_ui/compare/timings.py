"""How long each component took in each of the compared runs."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lfclient.common.formatting import format_timing
from lfclient.console.compare.survey import have_same_flow
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.timeline import axis_unit, compare_durations
from lfclient.runs.components import ComponentRun
from pages._ui.app.window import theme_color, theme_palette
from pages._ui.compare.runs import ShownRun
from pages._ui.components import timings
from pages._ui.components.states import leaf_runs

MAX_COMPONENTS = 60
MAX_NAME_LENGTH = 40
BAR_HEIGHT, GROUP_GAP = 16, 14  # pixels

# a component's name, and its seconds in each run; None where unknown
TimingRow = tuple[str, list[float | None]]


def draw(runs: Sequence[ShownRun]) -> None:
    """Draw a chart with a group of bars for each component and a bar for each run."""
    st.markdown("## Timings", anchors=False)
    rows = compare_durations([_component_runs(run) for run in runs], by_id=have_same_flow(runs))
    missing = [run.name for index, run in enumerate(runs) if not _known_times(rows, index)]
    if missing:
        st.caption(f"No component timings for {', '.join(missing)}.")
    if len(missing) == len(runs):
        return
    shown = rows[:MAX_COMPONENTS]
    with st.container(key="compared-times"):
        st.echarts_chart(
            chart_options([run.name for run in runs], shown, _colors(runs)),
            height=len(shown) * (BAR_HEIGHT * len(runs) + GROUP_GAP) + 70,
            alt=_summary(runs, shown),
        )
    if len(rows) > MAX_COMPONENTS:
        st.caption(f"Shows the first {MAX_COMPONENTS} of {len(rows):,} components.")


def _component_runs(compared: ShownRun) -> list[tuple[str, str, ComponentRun]]:
    """Return names, labels and runs of the components, in the flow's order if it is known."""
    run = compared.record.run
    components = run.components if run else {}
    leaves = leaf_runs(compared.flow, components, ended=compared.record.ended)
    names = ComponentNames(compared.flow, components)
    return [
        (name, names.label(one.component_id, name, MAX_NAME_LENGTH), one) for name, one, _ in leaves
    ]


def _known_times(rows: Sequence[TimingRow], index: int) -> list[tuple[float, str]]:
    times = [(seconds[index], name) for name, seconds in rows]
    return [(seconds, name) for seconds, name in times if seconds is not None]


def chart_options(
    names: Sequence[str], rows: Sequence[TimingRow], colors: Sequence[str]
) -> dict[str, Any]:
    """Return the ECharts options, with the names and colors of the runs."""
    text_style = {"color": theme_color("textColor")}
    longest = max(seconds for _, row in rows for seconds in row if seconds is not None)
    factor, unit = axis_unit(longest)
    return {
        **timings.BASE_OPTIONS,
        "color": list(colors),
        "legend": {"top": 0, "left": 0, "textStyle": text_style},
        "grid": {"left": 4, "right": 70, "top": 34, "bottom": 22, "containLabel": True},
        "xAxis": {"type": "value", "axisLabel": {"formatter": f"{{value}} {unit}", **text_style}},
        "yAxis": timings.name_axis([name for name, _ in rows], timings.MAX_NAME_LENGTH, text_style),
        "series": [
            {
                "name": name,
                "type": "bar",
                "silent": True,
                "barWidth": BAR_HEIGHT - 3,
                "data": [_bar_item(row[index], factor, text_style) for _, row in rows],
            }
            for index, name in enumerate(names)
        ],
    }


def _colors(runs: Sequence[ShownRun]) -> list[str]:
    """Return the colors of the runs, which don't change with the baseline."""
    palette = theme_palette()
    return [palette[(run.number - 1) % len(palette)] for run in runs]


def _bar_item(seconds: float | None, factor: float, text_style: dict[str, Any]) -> dict[str, Any]:
    if seconds is None:
        return timings.bar_item(None, "", text_style)
    return timings.bar_item(seconds * factor, format_timing(seconds), text_style)


def _summary(runs: Sequence[ShownRun], rows: Sequence[TimingRow]) -> str:
    parts = []
    for index, run in enumerate(runs):
        times = _known_times(rows, index)
        if times:
            seconds, name = max(times)
            parts.append(f"{run.name}: longest {name}, {format_timing(seconds)}")
    return f"Timings of {len(rows)} components. " + ". ".join(parts)
