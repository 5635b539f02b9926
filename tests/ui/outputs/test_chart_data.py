"""The chart that fits a table, and its points."""

import pytest

from pages._ui.outputs import chart_data, column_stats
from pages._ui.outputs.chart_data import (
    AREA,
    BAR,
    HISTOGRAM,
    LINE,
    MEAN,
    ROW_COUNT,
    SCATTER,
    TOTAL,
    ChartSpec,
)
from pages._ui.widgets.downloads import to_dataframe


def guessed(*rows):
    table = to_dataframe(list(rows))
    return chart_data.suggest_spec(table, column_stats.column_kinds(table))


def points(spec, rows):
    table = to_dataframe(rows)
    return chart_data.build_chart_data(table, column_stats.column_kinds(table), spec)


@pytest.mark.parametrize(
    ("row", "spec"),
    [
        ({"day": "2026-01-01", "id": 1, "n": 2.5}, ChartSpec(LINE, "day", ("n",))),
        ({"city": "x", "id": 1, "n": 2.5}, ChartSpec(BAR, "city", ("n",))),
        ({"a": 1, "b": 2}, ChartSpec(SCATTER, "a", ("b",))),
        ({"a": 1}, ChartSpec(HISTOGRAM, "a")),
        ({"a": "x"}, ChartSpec(BAR, "a", (ROW_COUNT,))),
        ({"a": None}, None),
    ],
)
def test_guesses_the_chart_from_the_columns(row, spec):
    """A time makes a line, a name bars, two numbers points, one number a histogram."""
    assert guessed(row) == spec


def test_bars_are_guessed_for_what_comes_more_than_once():
    """An address that each row has for itself would be a bar a row."""
    rows = [{"mail": f"m{i}", "city": f"c{i % 3}", "n": i} for i in range(60)]
    assert guessed(*rows) == ChartSpec(BAR, "city", ("n",))


@pytest.mark.parametrize(
    ("days", "spec"),
    [
        (range(1, 29), ChartSpec(LINE, "day", ("n",))),
        (range(28, 0, -1), ChartSpec(LINE, "day", ("n",))),
        ([day * 11 % 29 for day in range(1, 29)], ChartSpec(BAR, "city", (ROW_COUNT,))),
        ([1] * 14 + [2] * 14, ChartSpec(BAR, "city", (ROW_COUNT,))),
    ],
)
def test_a_line_needs_times_that_follow_each_other(days, spec):
    """Without an order, or many rows a time, they are counted by a category."""
    rows = [{"day": f"2026-01-{day:02d}", "city": f"c{day % 3}", "n": day} for day in days]
    assert guessed(*rows) == spec


def test_thins_out_what_is_too_much():
    """Evenly, with the first and the last row, and says so."""
    rows = [{"a": i, "b": i} for i in range(12_000)]
    found = points(ChartSpec(SCATTER, "a", ("b",)), rows)
    assert len(found.table) == chart_data.MAX_POINTS
    assert {0, 11_999} <= set(found.table["x"])
    assert "5,000 of 12,000 rows" in found.note


def test_a_line_goes_along_its_axis():
    """Whatever the order of the rows."""
    rows = [{"day": "2026-01-02", "n": 2}, {"day": "2026-01-01", "n": 1}]
    for chart in (LINE, AREA):
        assert list(points(ChartSpec(chart, "day", ("n",)), rows).table["y"]) == [1, 2]


def test_bars_add_up_equal_categories_or_average_them():
    """In the order in which they first come."""
    rows = [{"c": "b", "n": 1}, {"c": "a", "n": 2}, {"c": "b", "n": 3}]
    total = points(ChartSpec(BAR, "c", ("n",)), rows).table
    assert list(zip(total["x"], total["y"], strict=True)) == [("b", 4), ("a", 2)]
    assert list(points(ChartSpec(BAR, "c", ("n",), MEAN), rows).table["y"]) == [2, 2]
    assert list(points(ChartSpec(BAR, "c", (ROW_COUNT,)), rows).table["y"]) == [2, 1]


def test_a_line_averages_rows_at_the_same_place():
    """Or adds them up; it would go up and down there otherwise."""
    rows = [{"day": "2026-01-02", "n": 4}, {"day": "2026-01-01", "n": 1}, {"day": "2026-01-02"}]
    rows[2]["n"] = 6
    mean = points(ChartSpec(LINE, "day", ("n",), MEAN), rows).table
    assert list(mean["y"]) == [1, 5]
    assert list(points(ChartSpec(AREA, "day", ("n",), TOTAL), rows).table["y"]) == [1, 10]


def test_points_of_a_scatter_are_never_combined():
    """Each row is one."""
    table = to_dataframe([{"a": 1, "b": 1}, {"a": 1, "b": 2}])
    assert not chart_data.is_aggregated(table, ChartSpec(SCATTER, "a", ("b",)))
    assert chart_data.is_aggregated(table, ChartSpec(LINE, "a", ("b",)))
    assert not chart_data.is_aggregated(table, ChartSpec(BAR, "b", ("a",)))


def test_too_many_bars_are_the_highest():
    """And it says how many there are."""
    rows = [{"c": f"c{i}", "n": i} for i in range(100)]
    found = points(ChartSpec(BAR, "c", ("n",)), rows)
    assert len(found.table) == chart_data.MAX_BARS
    assert found.table["y"].min() == 60
    assert "40 highest of 100" in found.note


def test_several_columns_are_series():
    """One below the other, each under its name."""
    table = points(ChartSpec(LINE, "a", ("b", "c")), [{"a": 1, "b": 2, "c": 3}]).table
    assert list(table["series"]) == ["b", "c"]


def test_a_histogram_counts_every_value():
    """Those that are numbers."""
    rows = [{"a": value} for value in (1, 2, 2, 3, None, float("inf"))]
    assert points(ChartSpec(HISTOGRAM, "a"), rows).table["count"].sum() == 4


@pytest.mark.parametrize("values", [(None, 1), (1e308, -1e308), (5, 5)])
def test_odd_numbers_are_no_crash(values):
    """Too far apart for a width, or all the same."""
    rows = [{"a": value, "b": value} for value in values]
    for spec in (
        ChartSpec(HISTOGRAM, "a"),
        ChartSpec(SCATTER, "a", ("b",)),
        ChartSpec(BAR, "a", ("b",)),
    ):
        points(spec, rows)
