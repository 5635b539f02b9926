"""The output cards: one viewer per kind."""

import base64

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.outputs.model import Output, OutputKind
from lfclient.outputs.truncation import mark_truncation
from lfclient.runs.components import NotRun
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import BRANCH_NOT_TAKEN
from lfclient.wire.server_info import Limits
from pages._ui.outputs import card
from pages._ui.outputs import view as outputs_view
from pages._ui.widgets import copy_button, downloads
from pages._ui.widgets.markdown import escape
from tests.ui.outputs.drawing import (
    DOT,
    data_url,
    draw_outputs,
    output,
    page,
    picture,
    texts,
)


def test_every_kind_of_output_has_a_viewer_with_an_icon():
    assert set(outputs_view.VIEWERS) == set(OutputKind)
    assert all(viewer.icon for viewer in outputs_view.VIEWERS.values())


def test_only_one_of_several_outputs_is_headed_by_its_component():
    tables = [
        Output(id, OutputKind.TABLE, [{"a": 1}], type="dataframe", display_name=f"Component {id}")
        for id in ("one", "two")
    ]
    assert "Component one" in texts(draw_outputs(*tables))
    assert not draw_outputs(tables[0]).markdown
    skipped = NotRun("n", "Normal desk", BRANCH_NOT_TAKEN)
    assert "Component one" in texts(draw_outputs(tables[0], not_run=(skipped,)))


def controls(app):
    """Return the names of the controls that choose parts and views."""
    return [each.label for each in app.segmented_control]


def test_outputs_with_the_same_name_are_distinguished_by_their_ids():
    parts = {name: Output(name, OutputKind.MESSAGE, "x") for name in ("a", "b")}
    app = draw_outputs(
        Output("T-1", OutputKind.TABLE, [{"a": 1}], display_name="Answer"),
        Output("T-2", OutputKind.TABLE, [{"a": 1}], display_name="Answer", parts=parts),
    )
    assert controls(app) == ["View of Answer, T-1", "Outputs of Answer, T-2"]
    assert "Answer, T\\-1" in texts(app)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Agent (v2)", "View of Agent (v2)"),
        ("a\u202eb", "View of ab"),
        ("x" * 100 + "y" * 20, f"View of {'x' * 39}…{'y' * 20}"),
    ],
)
def test_the_name_of_a_control_is_short_plain_text(name, label):
    table = Output("T-1", OutputKind.TABLE, [{"a": 1}], display_name=name)
    assert controls(draw_outputs(table)) == [label]


def test_a_message_is_markdown_and_offers_to_load_remote_images():
    app = draw_outputs(output(OutputKind.MESSAGE, "# Hi\n![x](https://p.example/i.png)"))
    assert any(element.value.startswith("# Hi") for element in app.markdown)
    assert not any("![" in element.value for element in app.markdown)
    assert [button.label for button in app.button] == ["Load from p\\.example"]


@pytest.mark.parametrize(("length", "shown"), [(50_001, 50_001), (2_000_000, 500_000)])
def test_a_long_message_is_plain_text_up_to_a_limit(length, shown):
    app = draw_outputs(output(OutputKind.MESSAGE, "x" * length))
    assert len(app.code[0].value) == shown
    assert f"{length:,} characters" in texts(app)


def test_values_without_content_show_a_note():
    values = (
        Output("A", OutputKind.MESSAGE, ""),
        Output("B", OutputKind.TABLE, []),
        Output("C", OutputKind.DATA, None, note="No longer available."),
    )
    shown = texts(draw_outputs(*values))
    for note in ("Empty message", "Empty table", "No value", "No longer available"):
        assert note in shown


def test_a_tree_shows_large_integers_exactly():
    """Browsers would round the numbers, so they are shown as text."""
    numbers = [2**53, 2**53 + 1, -12345678901234567890, 10**400]
    app = draw_outputs(output(OutputKind.DATA, numbers))
    shown = '[9007199254740992, "9007199254740993", "-12345678901234567890", "1' + "0" * 400 + '"]'
    assert app.json[0].value == shown


def test_an_unknown_type_is_shown_as_json_under_its_name():
    app = draw_outputs(output(OutputKind.UNKNOWN, {"odd": True}, type="hologram"))
    assert app.json[0].value == '{"odd": true}'
    assert "hologram" in texts(app)


def test_an_error_is_not_drawn_as_markdown():
    assert draw_outputs(output(OutputKind.ERROR, "*bad* thing")).error[0].value == "\\*bad\\* thing"


def test_embedded_images_are_drawn_at_once():
    """Bytes and data addresses need no button."""
    data = "data:image/png;base64," + base64.b64encode(DOT).decode()
    for value in (DOT, data):
        app = draw_outputs(output(OutputKind.IMAGE, value))
        assert app.get("image")
        assert not app.error
        assert not app.button


def test_a_truncated_output_names_the_lost_rows_and_the_setting_that_raises_the_limit():
    read = output(OutputKind.TABLE, [{"a": 1}], truncated=True, missing=1500)
    app = draw_outputs(mark_truncation(read, Limits()))
    assert "1,500 rows are missing" in texts(app)
    assert "LANGFLOW\\_MAX\\_ITEMS\\_LENGTH" in texts(app)


def test_a_message_that_is_a_table_has_the_views_of_both():
    table = output(OutputKind.TABLE, [{"a": 1}])
    app = draw_outputs(output(OutputKind.MESSAGE, "| a |\n|--|\n| 1 |", extras=(table,)))
    assert app.segmented_control[0].options == ["Message", "Rows", "Chart", "Columns"]
    assert not app.dataframe
    app.segmented_control[0].set_value("Rows").run()
    assert len(app.dataframe) == 1


def test_the_files_of_a_components_named_outputs_are_told_apart(monkeypatch):
    saved = []
    monkeypatch.setattr(downloads, "draw_button", lambda *args, **_: saved.append(args[2]))
    parts = {name: output(OutputKind.TABLE, [{"a": 1}]) for name in ("dataframe_output", "data")}
    app = draw_outputs(output(OutputKind.TABLE, [{"a": 1}], parts=parts))
    app.segmented_control[0].set_value("Data").run()
    assert {"Component-Dataframe-run-1.csv", "Component-Data-run-1.csv"} <= set(saved)


def test_the_view_of_each_named_output_is_kept_while_another_one_is_shown():
    parts = {name: output(OutputKind.TABLE, [{"a": 1}]) for name in ("one", "two")}
    app = draw_outputs(output(OutputKind.TABLE, [{"a": 1}], parts=parts))
    assert app.segmented_control[0].options == ["One", "Two"]
    app.segmented_control[1].set_value("Columns").run()
    app.segmented_control[0].set_value("Two").run()
    assert app.segmented_control[1].value == "Rows"
    app.segmented_control[0].set_value("One").run()
    assert app.segmented_control[1].value == "Columns"


def test_a_chosen_view_that_the_next_value_lacks_gives_way_to_the_first():
    """A running component's value changes its kind."""
    parts = {"one": output(OutputKind.TABLE, [{"a": 1}]), "two": output(OutputKind.MESSAGE, "a")}
    found = {"Comp-1": output(OutputKind.TABLE, [{"a": 1}], parts=parts)}
    run = Run("flow", "background", RunStatus.COMPLETED, outputs=found)
    app = AppTest.from_function(page, kwargs={"run": run, "download": None})
    app.query_params["run"] = "run-1"
    app.run()
    app.segmented_control[0].set_value("Two").run()
    found["Comp-1"] = output(
        OutputKind.MESSAGE, "![a](data:,) | b", extras=(output(OutputKind.DATA, 1),)
    )
    app.run()
    assert app.segmented_control[0].options == ["Message", "Data"]
    app.segmented_control[0].set_value("Data").run()
    found["Comp-1"] = output(OutputKind.TABLE, [{"a": 1}])
    app.run()
    assert app.segmented_control[0].value == "Rows"
    found["Comp-1"] = output(OutputKind.TABLE, [{"a": 1}], parts={**parts, "three": parts["two"]})
    app.run()


def test_skipped_components_are_shown_with_the_reason():
    unconnected = "It is not connected to the chat input."
    skipped = NotRun("Text-2", "Other branch", BRANCH_NOT_TAKEN)
    app = draw_outputs(not_run=(skipped, NotRun("Text-3", "Third", unconnected)))
    for name, label, reason in (
        ("Other branch", "Skipped", BRANCH_NOT_TAKEN),
        ("Third", "Not run", unconnected),
    ):
        assert f":gray[{name}] :gray-badge[{label}] :small[:gray[{escape(reason)}]]" in texts(app)


@pytest.mark.parametrize(
    ("shown", "copied"),
    [
        (output(OutputKind.MESSAGE, "**hi**"), ["**hi**"]),
        (output(OutputKind.MESSAGE, "x" * (card.MAX_COPIED_LENGTH + 1)), []),
        (output(OutputKind.DATA, {"a": 1}), ['{\n  "a": 1\n}']),
        (output(OutputKind.DATA, {"a": "x" * card.MAX_COPIED_LENGTH}), []),
        (output(OutputKind.TABLE, [{"a": 1, "b": 2}]), ["a\tb\n1\t2\n"]),
        (output(OutputKind.TABLE, [{"a": 1}] * 20_001), []),
        (output(OutputKind.ERROR, "It broke."), ["It broke."]),
        (output(OutputKind.IMAGE, DOT), [None]),
    ],
)
def test_an_output_can_be_copied_unless_it_is_too_long(shown, copied, monkeypatch):
    drawn = []
    monkeypatch.setattr(copy_button, "draw", lambda key, text: drawn.append(text))
    app = draw_outputs(shown)
    assert drawn == copied
    assert ("Too long to copy" in texts(app)) is not bool(copied)


NARROW = [{"city": "Lisbon", "n": 1}]
WIDE = [{f"column {number}": number for number in range(19)}]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (output(OutputKind.TABLE, NARROW), False),
        (output(OutputKind.TABLE, WIDE), True),
        (output(OutputKind.TABLE, [{"a": "x" * 90, "b": "y" * 90}]), True),
        (output(OutputKind.TABLE, [{"only": "x" * 5000}]), False),
        (output(OutputKind.TABLE, [{"a": 1, "_b": "x" * 90, "_c": "y" * 90}]), False),
        (output(OutputKind.TABLE, "no rows"), False),
        (output(OutputKind.MESSAGE, "x" * 5000), False),
        (output(OutputKind.IMAGE, picture(300)), False),
        (output(OutputKind.IMAGE, picture(1200)), True),
        (output(OutputKind.IMAGE, "https://pictures.example/x.png"), False),
        (output(OutputKind.DATA, [data_url(picture(1200)), data_url(picture(1201))]), False),
        (output(OutputKind.MESSAGE, f"![big]({data_url(picture(1200))})"), True),
        (output(OutputKind.MESSAGE, "", extras=(Output("C", OutputKind.TABLE, WIDE),)), True),
        (output(OutputKind.DATA, 1, parts={"a": Output("C", OutputKind.TABLE, WIDE)}), True),
    ],
)
def test_a_wide_table_or_a_large_image_needs_the_windows_width(found, expected):
    run = Run("flow", "sync", RunStatus.COMPLETED, outputs={"Comp-1": found})
    assert outputs_view.are_wide(run) is expected


def test_a_value_nested_very_deeply_is_not_wide():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    outputs = {"T": Output("T", OutputKind.TABLE, [{"a": deep}])}
    assert not outputs_view.are_wide(Run("f", "sync", RunStatus.COMPLETED, outputs=outputs))
