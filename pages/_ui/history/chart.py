"""Runs over time by status, as stacked bars that follow the filters."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import altair as alt
import streamlit as st

from lfclient.common.formatting import format_count
from lfclient.console.wording.statuses import status_name
from lfclient.runs.model import RunStatus
from pages._ui.app.window import theme_color
from pages._ui.history.view import ListView, run_history
from pages._ui.outputs import chart as output_chart
from pages._ui.state.history import history_key
from pages._ui.widgets import alerts, controls, status_badges
from pages._ui.widgets.times import browser_timezone

CHART_HEIGHT = 240
MAX_BARS = 100
MINUTE, HOUR, DAY = 60, 3600, 86400
BAR_WIDTHS = (  # seconds
    *(MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR),
    *(DAY, 7 * DAY, 28 * DAY, 91 * DAY, 364 * DAY),
)

_OPACITIES = ("", "99", "55")  # the last two hex digits of a color

StatusCounts = Sequence[tuple[datetime, RunStatus, int]]


def draw(view: ListView) -> None:
    """Draw the chart in a closed panel, because it counts all matching runs."""
    controls.lazy_expander("Runs over time", history_key("chart"), lambda: _draw_chart(view))


@alerts.show_errors()
def _draw_chart(view: ListView) -> None:
    time_range = run_history().time_range(view.owners)
    if time_range is None:
        return
    since = max(filter(None, (view.run_filter.since, time_range[0])))
    until = min(filter(None, (view.run_filter.until, time_range[1])))
    width = bar_width(since, until)
    utc_offset = until.astimezone(browser_timezone()).utcoffset() or timedelta()
    bars = run_history().count_by_interval(
        view.owners, view.run_filter, width, int(utc_offset.total_seconds())
    )
    st.altair_chart(
        build_chart(bars, width),
        height=CHART_HEIGHT,
        key=history_key("figure"),
        alt=summary(bars, width),
    )
    st.caption(summary(bars, width))


def bar_width(since: datetime, until: datetime) -> int:
    """Return the shortest bar width, in seconds, that needs at most `MAX_BARS` bars."""
    span = (until - since).total_seconds()
    return next((width for width in BAR_WIDTHS if span / width <= MAX_BARS), BAR_WIDTHS[-1])


def build_chart(bars: StatusCounts, width: int) -> alt.Chart:
    """Return the chart, with each bar between the start and end of its interval."""
    present = {status for _, status, _ in bars}
    order = [status for status in status_badges.STATUS_STYLES if status in present]
    labels = [status_name(status) for status in order]
    values = [
        {
            "from": start.isoformat(),
            "to": (start + timedelta(seconds=width)).isoformat(),
            "status": status_name(status),
            "place": order.index(status),
            "runs": count,
        }
        for start, status, count in bars
    ]
    colors = alt.Scale(domain=labels, range=_status_colors(order))
    legend = alt.Legend(title=None, orient="top", columns=4)
    axis = alt.Axis(format=output_chart.TIME_AXIS_FORMAT, tickMinStep=width * 1000)
    base = alt.Chart(alt.InlineData(values=values)).mark_bar(binSpacing=1)
    chart: alt.Chart = base.encode(
        x=alt.X("from:T", bin="binned", title=None, axis=axis),
        x2="to",
        y=alt.Y("runs:Q", title="runs", axis=alt.Axis(tickMinStep=1)),
        color=alt.Color("status:N", scale=colors, legend=legend),
        order="place:Q",
        tooltip=[
            alt.Tooltip("from:T", format=output_chart.TIME_FORMAT),
            alt.Tooltip("to:T", format=output_chart.TIME_FORMAT),
            "status:N",
            "runs:Q",
        ],
    )
    return chart


def summary(bars: StatusCounts, width: int) -> str:
    """Return a summary in words: the number of runs by status, and the bar width."""
    # statuses with the same count keep this order
    counts = Counter(dict.fromkeys(status_badges.STATUS_STYLES, 0))
    for _, status, count in bars:
        counts[status] += count
    present = [(count, status) for status, count in counts.most_common() if count]
    parts = [f"{count:,} {status_name(status).lower()}" for count, status in present]
    total = format_count(counts.total(), "run")
    return f"{total}: {', '.join(parts)}. Each bar spans {_width_text(width)}."


def _width_text(width: int) -> str:
    units = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))
    seconds, unit = next((seconds, unit) for seconds, unit in units if width % seconds == 0)
    count = width // seconds
    return f"one {unit}" if count == 1 else format_count(count, unit)


def _status_colors(order: Sequence[RunStatus]) -> list[str]:
    """Return the statuses' colors. Statuses that share a color get paler shades of the color."""
    uses: Counter[str] = Counter()
    colors = []
    for status in order:
        name = status_badges.STATUS_STYLES[status].color
        themed = theme_color(f"{name}TextColor")
        opacity = _OPACITIES[min(uses[name], len(_OPACITIES) - 1)]
        colors.append(f"{themed}{opacity}" if themed else name)
        uses[name] += 1
    return colors
