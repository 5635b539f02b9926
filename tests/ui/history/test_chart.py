"""The chart of runs over time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from lfclient.runs.model import RunStatus
from pages._ui.history import chart as history_chart
from pages._ui.state import history as history_state
from tests.ui.support.history_page import add, history, history_with
from tests.ui.support.whole_pages import ONE, TWO, page_text

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STOPPED = (RunStatus.CANCELLED, RunStatus.TIMED_OUT, RunStatus.INTERRUPTED)


@pytest.mark.parametrize("hours", [0, 0.1, 5, 50, 500, 5_000, 50_000])
def test_any_time_range_fits_into_the_maximum_number_of_bars(hours):
    width = history_chart.bar_width(NOW, NOW + timedelta(hours=hours))
    assert hours * 3600 / width <= history_chart.MAX_BARS
    assert width in history_chart.BAR_WIDTHS


def test_the_summary_counts_each_status():
    bars = [(NOW, each, number + 1) for number, each in enumerate(STOPPED)]
    summary = history_chart.summary(bars, 3600)
    assert summary.startswith("6 runs: 3 interrupted, 2 timed out, 1 stopped.")
    assert summary.endswith("Each bar spans one hour.")


def test_statuses_with_the_same_count_have_a_fixed_order():
    first = [(NOW, RunStatus.FAILED, 1), (NOW, RunStatus.COMPLETED, 1)]
    summary = history_chart.summary(first, 60)
    assert summary == history_chart.summary(first[::-1], 60)
    assert summary.startswith("2 runs: 1 completed, 1 failed")


def test_a_day_on_the_chart_is_a_day_in_the_browsers_time_zone(url, monkeypatch):
    """The same holds for the filters."""
    zone, drawn = timezone(timedelta(hours=5, minutes=30)), []
    draw = history_chart.build_chart

    def record_bars(bars, width):
        drawn.extend(bars)
        return draw(bars, width)

    monkeypatch.setattr(history_chart, "browser_timezone", lambda: zone)
    monkeypatch.setattr(history_chart, "build_chart", record_bars)
    add(url, "a")
    add(url, "b", 60 * 86400)
    history_with("chart")
    starts = [start.astimezone(zone) for start, _, _ in drawn]
    assert [(start.hour, start.minute) for start in starts] == [(0, 0), (0, 0)]


def test_the_opened_chart_follows_the_filters_and_has_a_summary(url):
    add(url, "a")
    add(url, "b", 1, status=RunStatus.FAILED)
    add(url, "c", 2, status=RunStatus.FAILED, flow_id=TWO)
    app = history(flow=ONE)
    assert "Each bar spans" not in page_text(app)
    app.session_state[history_state.history_key("chart")] = True
    app.run()
    assert "2 runs: 1 completed, 1 failed. Each bar spans one minute." in page_text(app)
