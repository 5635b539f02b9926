"""Two outputs compared side by side."""

from lfclient.outputs.model import Output, OutputKind
from pages._ui.outputs import view as outputs_view
from tests.ui.outputs.drawing import draw_outputs, output, texts
from tests.ui.support.whole_pages import lacks

PAIR_VIEW = "compare-view-run-1"


def open_pair(first, second):
    pair = [Output("A-1", *first, display_name="One"), Output("B-2", *second, display_name="Two")]
    return draw_outputs(*pair, session_state={"compare-run-1": True})


def test_two_outputs_are_drawn_side_by_side_once_the_panel_is_opened():
    pair = (OutputKind.MESSAGE, "hello"), (OutputKind.TABLE, [{"a": 1}])
    assert len(draw_outputs(Output("A-1", *pair[0]), Output("B-2", *pair[1])).dataframe) == 1
    app = open_pair(*pair)
    assert [box.value for box in app.selectbox] == ["One", "Two"]
    assert len(app.dataframe) == 2


def test_the_controls_of_compared_outputs_have_names_of_their_own():
    app = open_pair((OutputKind.TABLE, [{"a": 1}]), (OutputKind.TABLE, [{"a": 1}]))
    names = [each.label for each in app.segmented_control]
    assert len(names) == len(set(names)) == 5
    assert names[-2:] == ["View of One, first", "View of Two, second"]


def test_a_single_output_has_no_comparison_panel():
    assert lacks(draw_outputs(output(OutputKind.MESSAGE, "only")), "Compare", shows="only")


def test_tables_are_compared_by_row_and_data_by_path():
    rows = [{"id": 1, "n": 1}, {"id": 2, "n": 2}]
    app = open_pair((OutputKind.TABLE, rows), (OutputKind.TABLE, rows[:1]))
    app.segmented_control(key=PAIR_VIEW).set_value(outputs_view.DIFFERENCES).run()
    assert "− 1 row removed" in texts(app)
    app = open_pair((OutputKind.DATA, {"a": 1}), (OutputKind.DATA, {"a": 2}))
    app.segmented_control(key=PAIR_VIEW).set_value(outputs_view.DIFFERENCES).run()
    assert app.dataframe[0].value.to_dict("records") == [
        {"±": "≠ changed", "Path": "a", "First": "1", "Second": "2"}
    ]


def test_outputs_and_named_parts_have_unique_labels():
    parts = {name: output(OutputKind.MESSAGE, name) for name in ("a_b", "a b", "y")}
    many = {"a": output(OutputKind.MESSAGE, "", parts=parts), "b": output(OutputKind.MESSAGE, "")}
    labels = outputs_view.label_outputs(many, {"a": "T", "b": "Other"})
    assert list(labels) == ["T · A b", "T · A b (2)", "T · Y", "Other"]
