"""A table's suggested chart, its controls and its data."""

import pytest

from lfclient.console.content.tables import to_dataframe
from lfclient.outputs.model import OutputKind
from pages._ui.outputs import chart, column_stats
from pages._ui.outputs.chart import (
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
from tests.ui.outputs.drawing import ROWS, choose, draw_outputs, output, texts


def test_a_tables_chart_and_columns_are_computed_once_opened():
    app = draw_outputs(output(OutputKind.TABLE, ROWS))
    assert app.segmented_control[0].options == ["Rows", "Chart", "Columns"]
    assert len(app.dataframe) == 1
    assert not app.selectbox


def test_a_suggested_chart_can_be_changed():
    """A time column suggests a line."""
    app = choose(draw_outputs(output(OutputKind.TABLE, ROWS)), "Chart")
    assert [box.value for box in app.selectbox] == [LINE, "day"]
    assert app.multiselect[0].value == ["n"]
    app.selectbox[0].select(BAR).run()
    app.selectbox[1].select("city").run()
    assert app.multiselect[0].options == ["n", ROW_COUNT]
    app.selectbox[0].select(HISTOGRAM).run()
    assert app.selectbox[1].options == ["n"]


def test_row_count_and_columns_exclude_each_other_on_the_y_axis():
    """The last choice wins. Several columns may be combined."""
    rows = [{"city": f"c{i % 3}", "n": i, "m": i} for i in range(60)]
    app = choose(draw_outputs(output(OutputKind.TABLE, rows)), "Chart")
    app.multiselect[0].set_value([ROW_COUNT]).run()
    app.multiselect[0].set_value([ROW_COUNT, "n"]).run()
    assert app.multiselect[0].value == ["n"]
    app.multiselect[0].set_value(["n", "m"]).run()
    assert app.multiselect[0].value == ["n", "m"]
    app.multiselect[0].set_value(["n", "m", ROW_COUNT]).run()
    assert app.multiselect[0].value == [ROW_COUNT]


def test_a_chart_without_columns_or_values_shows_a_note():
    app = choose(draw_outputs(output(OutputKind.TABLE, ROWS)), "Chart")
    app.multiselect[0].unselect("n").run()
    assert "Choose at least one column" in texts(app)
    app = choose(draw_outputs(output(OutputKind.TABLE, [{"a": None}])), "Chart")
    assert "No column has values" in texts(app)


def test_a_chart_notes_how_many_points_it_omits():
    rows = [{"a": i, "b": i} for i in range(6000)]
    app = choose(draw_outputs(output(OutputKind.TABLE, rows)), "Chart")
    assert "5,000 of 6,000 rows" in texts(app)


@pytest.mark.parametrize("name", ["a.b[0]", "c:Q", "", "x'y\"z", "$5"])
def test_a_chart_takes_any_column_name(name):
    """Vega would parse dots, brackets and colons in them."""
    app = draw_outputs(output(OutputKind.TABLE, [{name: 1, "other": 2}, {name: 3, "other": 4}]))
    assert choose(app, "Chart").get("vega_lite_chart")


def suggested(*rows):
    table = to_dataframe(list(rows))
    return chart.suggest_spec(table, column_stats.column_kinds(table))


def data_of(spec, rows):
    table = to_dataframe(rows)
    return chart.build_chart_data(table, column_stats.column_kinds(table), spec)


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
def test_a_chart_is_suggested_from_the_columns(row, spec):
    """Times suggest a line, names bars, two numbers a scatter plot, one number a histogram."""
    assert suggested(row) == spec


def test_bars_are_suggested_for_a_column_with_repeated_values():
    """A column of unique addresses would give one bar per row."""
    rows = [{"mail": f"m{i}", "city": f"c{i % 3}", "n": i} for i in range(60)]
    assert suggested(*rows) == ChartSpec(BAR, "city", ("n",))


@pytest.mark.parametrize(
    ("days", "spec"),
    [
        (range(1, 29), ChartSpec(LINE, "day", ("n",))),
        (range(28, 0, -1), ChartSpec(LINE, "day", ("n",))),
        ([day * 11 % 29 for day in range(1, 29)], ChartSpec(BAR, "city", (ROW_COUNT,))),
        ([1] * 14 + [2] * 14, ChartSpec(BAR, "city", (ROW_COUNT,))),
    ],
)
def test_a_line_is_suggested_only_for_a_time_series(days, spec):
    """Unordered or repeated times are counted by a category instead."""
    rows = [{"day": f"2026-01-{day:02d}", "city": f"c{day % 3}", "n": day} for day in days]
    assert suggested(*rows) == spec


def test_too_many_rows_are_downsampled_evenly_with_a_note():
    """The first and the last row are kept."""
    rows = [{"a": i, "b": i} for i in range(12_000)]
    found = data_of(ChartSpec(SCATTER, "a", ("b",)), rows)
    assert len(found.table) == chart.MAX_POINTS
    assert {0, 11_999} <= set(found.table["x"])
    assert "5,000 of 12,000 rows" in found.note


def test_the_points_of_a_line_are_sorted_by_x():
    rows = [{"day": "2026-01-02", "n": 2}, {"day": "2026-01-01", "n": 1}]
    for kind in (LINE, AREA):
        assert list(data_of(ChartSpec(kind, "day", ("n",)), rows).table["y"]) == [1, 2]


def test_bars_show_the_total_mean_or_row_count_of_a_category():
    """Categories keep the order of their first rows."""
    rows = [{"c": "b", "n": 1}, {"c": "a", "n": 2}, {"c": "b", "n": 3}]
    total = data_of(ChartSpec(BAR, "c", ("n",)), rows).table
    assert list(zip(total["x"], total["y"], strict=True)) == [("b", 4), ("a", 2)]
    assert list(data_of(ChartSpec(BAR, "c", ("n",), MEAN), rows).table["y"]) == [2, 2]
    assert list(data_of(ChartSpec(BAR, "c", (ROW_COUNT,)), rows).table["y"]) == [2, 1]


def test_a_line_shows_the_mean_or_total_of_rows_with_the_same_x():
    rows = [{"day": "2026-01-02", "n": 4}, {"day": "2026-01-01", "n": 1}, {"day": "2026-01-02"}]
    rows[2]["n"] = 6
    mean = data_of(ChartSpec(LINE, "day", ("n",), MEAN), rows).table
    assert list(mean["y"]) == [1, 5]
    assert list(data_of(ChartSpec(AREA, "day", ("n",), TOTAL), rows).table["y"]) == [1, 10]


def test_a_scatter_plot_is_never_aggregated():
    table = to_dataframe([{"a": 1, "b": 1}, {"a": 1, "b": 2}])
    assert not chart.is_aggregated(table, ChartSpec(SCATTER, "a", ("b",)))
    assert chart.is_aggregated(table, ChartSpec(LINE, "a", ("b",)))
    assert not chart.is_aggregated(table, ChartSpec(BAR, "b", ("a",)))


def test_only_the_highest_bars_are_drawn_if_there_are_too_many():
    rows = [{"c": f"c{i}", "n": i} for i in range(100)]
    found = data_of(ChartSpec(BAR, "c", ("n",)), rows)
    assert len(found.table) == chart.MAX_BARS
    assert found.table["y"].min() == 60
    assert "40 highest of 100" in found.note


def test_several_y_columns_become_series():
    table = data_of(ChartSpec(LINE, "a", ("b", "c")), [{"a": 1, "b": 2, "c": 3}]).table
    assert list(table["series"]) == ["b", "c"]


def test_a_histogram_counts_every_finite_number():
    rows = [{"a": value} for value in (1, 2, 2, 3, None, float("inf"))]
    assert data_of(ChartSpec(HISTOGRAM, "a"), rows).table["count"].sum() == 4


@pytest.mark.parametrize("values", [(None, 1), (1e308, -1e308), (5, 5)])
def test_extreme_numbers_do_not_crash_a_chart(values):
    """Their range overflows, or is zero."""
    rows = [{"a": value, "b": value} for value in values]
    for spec in (
        ChartSpec(HISTOGRAM, "a"),
        ChartSpec(SCATTER, "a", ("b",)),
        ChartSpec(BAR, "a", ("b",)),
    ):
        assert "y" in data_of(spec, rows).table or spec.chart == HISTOGRAM
