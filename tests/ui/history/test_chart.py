"""Runs over time, as bars."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import streamlit as st

from lfclient.runs.model import RunStatus
from pages._ui.history import chart as history_chart
from pages._ui.outputs import chart_data
from pages._ui.state import history as history_state
from tests.ui.support.history_page import add, history
from tests.ui.support.whole_pages import ONE, TWO, said

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STOPPED = (RunStatus.CANCELLED, RunStatus.TIMED_OUT, RunStatus.INTERRUPTED)


@pytest.mark.parametrize("hours", [0, 0.1, 5, 50, 500, 5_000, 50_000])
def test_there_are_never_too_many_bars(hours):
    """Nor fewer than it takes, for the longest of them are years."""
    width = history_chart.bar_width(NOW, NOW + timedelta(hours=hours))
    assert hours * 3600 / width <= history_chart.MAX_BARS
    assert width in history_chart.BAR_WIDTHS


def test_statuses_that_share_a_colour_are_told_apart(monkeypatch):
    """Also in the chart's words."""
    monkeypatch.setattr(st, "get_option", lambda name: "#9A4B00")
    bars = [(NOW, each, number + 1) for number, each in enumerate(STOPPED)]
    figure = history_chart.build_chart(bars, 3600, dark=True).to_dict()
    scale = figure["encoding"]["color"]["scale"]
    assert scale["domain"] == ["cancelled", "timed out", "interrupted"]
    assert len(set(scale["range"])) == 3
    said = history_chart.summary(bars, 3600)
    assert said == "6 runs: 3 interrupted, 2 timed out, 1 cancelled. A bar is one hour."


def test_its_times_are_told_by_a_clock_of_24_hours():
    """Hardly closer together than its bars."""
    axis = history_chart.build_chart([(NOW, RunStatus.FAILED, 1)], 3600, dark=False).to_dict()
    axis = axis["encoding"]["x"]["axis"]
    assert axis == {"format": chart_data.TIME_AXIS_FORMAT, "tickMinStep": 3_600_000}


def test_statuses_of_equal_number_are_always_told_in_the_same_order():
    """Whichever came first."""
    first = [(NOW, RunStatus.FAILED, 1), (NOW, RunStatus.COMPLETED, 1)]
    said = history_chart.summary(first, 60)
    assert said == history_chart.summary(first[::-1], 60)
    assert said.startswith("2 runs: 1 completed, 1 failed")


def test_a_bar_of_a_day_is_a_day_of_the_persons_clock(url, monkeypatch):
    """As are the days of the filters."""
    zone, drawn = timezone(timedelta(hours=5, minutes=30)), []
    draw = history_chart.build_chart

    def record_bars(bars, width, **more):
        drawn.extend(bars)
        return draw(bars, width, **more)

    monkeypatch.setattr(history_chart, "browser_timezone", lambda: zone)
    monkeypatch.setattr(history_chart, "build_chart", record_bars)
    add(url, "a")
    add(url, "b", 60 * 86400)
    app = history()
    app.session_state[history_state.history_key("chart")] = True
    app.run()
    starts = [start.astimezone(zone) for start, _, _ in drawn]
    assert [(start.hour, start.minute) for start in starts] == [(0, 0), (0, 0)]


def test_the_chart_follows_the_filters_and_is_told_in_words(url):
    """Closed until somebody wants it."""
    add(url, "a")
    add(url, "b", 1, status=RunStatus.FAILED)
    add(url, "c", 2, status=RunStatus.FAILED, flow_id=TWO)
    app = history(flow=ONE)
    assert "A bar is" not in said(app)
    app.session_state[history_state.history_key("chart")] = True
    app.run()
    assert "2 runs: 1 completed, 1 failed. A bar is one minute." in said(app)
