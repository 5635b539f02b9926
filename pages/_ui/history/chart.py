"""How many runs began when, by how they stand: stacked bars that follow the filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import altair as alt
import streamlit as st

from lfclient.runs.model import RunStatus
from pages._ui.history.view import ListView, run_count_text, run_history
from pages._ui.outputs import chart_data
from pages._ui.state.history import history_key
from pages._ui.widgets import alerts, controls, status_badges
from pages._ui.widgets.markdown import browser_timezone

CHART_HEIGHT = 240
MAX_BARS = 100
MINUTE, HOUR, DAY = 60, 3600, 86400
BAR_WIDTHS = (  # seconds that a bar may stand for
    *(MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR),
    *(DAY, 7 * DAY, 28 * DAY, 91 * DAY, 364 * DAY),
)

_OPACITIES = ("", "99", "55")  # how opaque, as the last two digits of a colour

StatusCounts = Sequence[tuple[datetime, RunStatus, int]]


def draw(view: ListView) -> None:
    """The chart, closed until somebody wants it: it counts all that is found."""
    controls.lazy_expander(
        "Runs over time", ":material/bar_chart:", history_key("chart"), lambda: _draw_chart(view)
    )


@alerts.show_errors()
def _draw_chart(view: ListView) -> None:
    ends = run_history().time_range(view.owners)
    if ends is None:
        return
    since = max(filter(None, (view.run_filter.since, ends[0])))
    until = min(filter(None, (view.run_filter.until, ends[1])))
    width = bar_width(since, until)
    ahead = int(until.astimezone(browser_timezone()).utcoffset().total_seconds())
    bars = run_history().count_by_interval(view.owners, view.run_filter, width, ahead)
    st.altair_chart(
        build_chart(bars, width, dark=st.context.theme.type == "dark"),
        height=CHART_HEIGHT,
        key=history_key("figure"),
        alt=summary(bars, width),
    )
    st.caption(summary(bars, width))


def bar_width(since: datetime, until: datetime) -> int:
    """How many seconds a bar stands for, so that there are not too many."""
    span = (until - since).total_seconds()
    return next((width for width in BAR_WIDTHS if span / width <= MAX_BARS), BAR_WIDTHS[-1])


def build_chart(bars: StatusCounts, width: int, *, dark: bool) -> alt.Chart:
    """Each bar stands between the times that it is for."""
    order = [each for each in status_badges.STATUS_STYLES if any(each is one for _, one, _ in bars)]
    place = {each: number for number, each in enumerate(order)}
    words = [status_badges.status_label(each) for each in order]
    values = [
        {
            "from": start.isoformat(),
            "to": (start + timedelta(seconds=width)).isoformat(),
            "status": status_badges.status_label(each),
            "place": place[each],
            "runs": count,
        }
        for start, each, count in bars
    ]
    colours = alt.Scale(domain=words, range=_status_colors(order, dark=dark))
    axis = alt.Axis(format=chart_data.TIME_AXIS_FORMAT, tickMinStep=width * 1000)
    return (
        alt.Chart(alt.Data(values=values))
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X(field="from", type="temporal", bin="binned", title=None, axis=axis),
            x2=alt.X2(field="to"),
            y=alt.Y(field="runs", type="quantitative", title="runs", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                field="status",
                type="nominal",
                scale=colours,
                legend=alt.Legend(title=None, orient="top", columns=4),
            ),
            order=alt.Order(field="place", type="quantitative"),
            tooltip=[
                alt.Tooltip(field="from", type="temporal", format=chart_data.TIME_FORMAT),
                alt.Tooltip(field="to", type="temporal", format=chart_data.TIME_FORMAT),
                alt.Tooltip(field="status", type="nominal"),
                alt.Tooltip(field="runs", type="quantitative"),
            ],
        )
    )


def summary(bars: StatusCounts, width: int) -> str:
    """The chart in words."""
    counts: Counter[RunStatus] = Counter()
    for _, each, count in bars:
        counts[each] += count
    known = sorted(
        (each for each in status_badges.STATUS_STYLES if counts[each]),
        key=lambda each: -counts[each],
    )
    parts = [f"{counts[each]:,} {status_badges.status_label(each)}" for each in known]
    return f"{run_count_text(counts.total())}: {', '.join(parts)}. A bar is {_width_text(width)}."


def _width_text(width: int) -> str:
    for seconds, one in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if width % seconds == 0:
            many = width // seconds
            return f"one {one}" if many == 1 else f"{many} {one}s"
    raise AssertionError("all widths are whole minutes")


def _status_colors(order: Sequence[RunStatus], *, dark: bool) -> list[str]:
    """The colours of the statuses; those that share one are paler one after the other."""
    theme, seen = "dark" if dark else "light", Counter[str]()
    found = []
    for each in order:
        colour = status_badges.STATUS_STYLES[each].colour
        themed = st.get_option(f"theme.{theme}.{colour}TextColor")
        strength = _OPACITIES[min(seen[colour], len(_OPACITIES) - 1)]
        found.append(f"{themed}{strength}" if themed else colour)
        seen[colour] += 1
    return found
