"""Charts of a table."""

import pytest

from lfclient.outputs.model import OutputKind
from pages._ui.outputs import chart_data
from tests.ui.outputs.drawing import ROWS, choose, draw_outputs, output, texts


def test_a_tables_chart_and_columns_are_computed_once_opened():
    app = draw_outputs(output(OutputKind.TABLE, ROWS))
    assert app.segmented_control[0].options == ["Rows", "Chart", "Columns"]
    assert len(app.dataframe) == 1
    assert not app.selectbox


def test_a_suggested_chart_can_be_changed():
    """A time column suggests a line."""
    app = choose(draw_outputs(output(OutputKind.TABLE, ROWS)), "Chart")
    assert [box.value for box in app.selectbox] == [chart_data.LINE, "day"]
    assert app.multiselect[0].value == ["n"]
    app.selectbox[0].select(chart_data.BAR).run()
    app.selectbox[1].select("city").run()
    assert app.multiselect[0].options == ["n", chart_data.ROW_COUNT]
    app.selectbox[0].select(chart_data.HISTOGRAM).run()
    assert app.selectbox[1].options == ["n"]


def test_row_count_and_columns_exclude_each_other_on_the_y_axis():
    """The last choice wins. Several columns may be combined."""
    rows = [{"city": f"c{i % 3}", "n": i, "m": i} for i in range(60)]
    app = choose(draw_outputs(output(OutputKind.TABLE, rows)), "Chart")
    app.multiselect[0].set_value([chart_data.ROW_COUNT]).run()
    app.multiselect[0].set_value([chart_data.ROW_COUNT, "n"]).run()
    assert app.multiselect[0].value == ["n"]
    app.multiselect[0].set_value(["n", "m"]).run()
    assert app.multiselect[0].value == ["n", "m"]
    app.multiselect[0].set_value(["n", "m", chart_data.ROW_COUNT]).run()
    assert app.multiselect[0].value == [chart_data.ROW_COUNT]


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
