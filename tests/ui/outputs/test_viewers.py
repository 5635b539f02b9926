"""The output viewers: search, hidden internals, any value, release of the run."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.outputs.model import KINDS_BY_TYPE, Output, OutputKind, read_output
from lfclient.outputs.tables import without_internals
from lfclient.runs.model import Run, RunStatus
from pages._ui.outputs import json_viewer
from pages._ui.outputs import view as outputs_view
from tests.ui.outputs.drawing import MESSAGE, draw_outputs, output, texts


@pytest.mark.parametrize("value", [MESSAGE, [MESSAGE]], ids=["object", "list"])
def test_the_internal_keys_of_messages_are_shown_once_asked_for(value):
    app = draw_outputs(output(OutputKind.DATA, value))
    assert json.loads(app.json[0].value) == without_internals(value) != value
    assert [box.label for box in app.checkbox] == ["Show 4 internal keys"]
    app.checkbox[0].check().run()
    assert json.loads(app.json[0].value) == value


def test_a_search_finds_hidden_internal_keys():
    app = draw_outputs(output(OutputKind.DATA, MESSAGE))
    app.text_input[0].set_value("session").run()
    assert app.code[0].value == "session_id"


def test_the_text_of_a_large_object_has_no_hidden_internals(monkeypatch):
    monkeypatch.setattr(json_viewer, "MAX_TREE_BYTES", 10)
    app = draw_outputs(output(OutputKind.DATA, MESSAGE))
    assert "Ada" in app.code[0].value
    assert "session_id" not in app.code[0].value
    app.checkbox[0].check().run()
    assert "session_id" in app.code[0].value


def test_data_can_be_searched_and_paths_are_copyable_code():
    app = draw_outputs(output(OutputKind.DATA, {"items": [{"price": 4.5}], "odd key": "*bold*"}))
    app.text_input[0].set_value("price").run()
    assert app.code[0].value == "items[0].price"
    assert "1 match." in texts(app)
    app.text_input[0].set_value("bold").run()
    assert app.code[0].value == '["odd key"]'
    assert "\\*bold\\*" in texts(app)
    app.text_input[0].set_value("nowhere").run()
    assert "No matches" in texts(app)


def test_very_deep_data_does_not_crash_the_page():
    """The value is as deep as `json.loads` accepts."""
    value = json.loads('{"a":[' * 400 + "1" + "]}" * 400)
    assert len(draw_outputs(output(OutputKind.DATA, value)).json) == 1
    assert len(draw_outputs(output(OutputKind.TABLE, [{"a": value}])).dataframe) == 1


def test_a_changed_value_is_redrawn():
    """A component of a live run may return several times."""

    def page():
        import streamlit as st

        from lfclient.outputs.model import Output, OutputKind
        from pages._ui.outputs import view as outputs_view

        rows = [{"n": i} for i in range(st.number_input("rows", 1, 9))]
        one = Output("C-1", OutputKind.TABLE, rows)
        outputs_view.draw_output(one, "run-1", "live", None, "C")

    app = AppTest.from_function(page).run()
    app.number_input[0].set_value(3).run()
    assert len(app.dataframe[0].value) == 3


@pytest.mark.parametrize(
    "value",
    [None, 0, "", [], {}, [None], [{}], [[], {"a": {}}, 1, "x"], {"": "\ud800"}, [{"a": "\ud800"}]],
    ids=repr,
)
def test_any_content_of_any_type_is_drawn(value):
    """Empty, nested and mixed values, and lone surrogates."""
    outputs = [read_output(f"{type}-1", type=type, content=value) for type in KINDS_BY_TYPE]
    app = draw_outputs(*outputs, Output("unknown-1", OutputKind.UNKNOWN, value))
    assert all(f"{type}\\-1" in texts(app) for type in (*KINDS_BY_TYPE, "unknown"))


def test_a_drawn_page_releases_its_run_and_reloads_it_on_demand():
    run, reloaded = Run("f", "sync", RunStatus.COMPLETED), Run("f", "sync", RunStatus.COMPLETED)
    get_run = outputs_view.get_lazily(run, lambda: reloaded)
    assert get_run() is run
    del run
    assert get_run() is reloaded
