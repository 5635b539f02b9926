"""The output cards: one viewer per kind."""

import base64
from unittest.mock import Mock

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.errors import ServerFault
from lfclient.outputs.model import FileRef, Output, OutputKind, read_output
from lfclient.outputs.truncation import mark_truncation
from lfclient.runs.components import NotRun
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import BRANCH_NOT_TAKEN
from lfclient.wire.server_info import Limits
from pages._ui.outputs import card, file
from pages._ui.outputs import view as outputs_view
from pages._ui.widgets import copy_button, downloads
from pages._ui.widgets.markdown import escape
from tests.ui.outputs.drawing import DOT, draw_outputs, output, page, texts


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


def test_the_only_output_that_ran_of_several_is_headed_by_its_component():
    skipped = NotRun("n", "Normal desk", BRANCH_NOT_TAKEN)
    urgent = Output("u", OutputKind.MESSAGE, "Now.", display_name="Urgent desk")
    assert "Urgent desk" in texts(draw_outputs(urgent, not_run=(skipped,)))


def test_two_outputs_of_one_name_are_told_apart_by_their_ids():
    ids = ("Reply1", "Reply2")
    shown = texts(
        draw_outputs(*(Output(id, OutputKind.MESSAGE, "x", display_name="Answer") for id in ids))
    )
    assert "Answer, Reply1" in shown
    assert "Answer, Reply2" in shown


def controls(app):
    """Return the names of the controls that choose parts and views."""
    return [each.label for each in app.segmented_control]


def test_controls_of_two_outputs_of_one_name_have_different_names():
    parts = {name: Output(name, OutputKind.MESSAGE, "x") for name in ("a", "b")}
    app = draw_outputs(
        Output("T-1", OutputKind.TABLE, [{"a": 1}], display_name="Answer"),
        Output("T-2", OutputKind.TABLE, [{"a": 1}], display_name="Answer", parts=parts),
    )
    assert controls(app) == ["View of Answer, T-1", "Outputs of Answer, T-2"]


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


def test_a_long_message_is_plain_text():
    """A browser would take seconds for the Markdown."""
    app = draw_outputs(output(OutputKind.MESSAGE, "x" * 50_001))
    assert app.code[0].value == "x" * 50_001
    assert "50,001 characters" in texts(app)


def test_a_very_long_message_is_truncated_on_the_page():
    app = draw_outputs(output(OutputKind.MESSAGE, "x" * 2_000_000))
    assert len(app.code[0].value) == 500_000
    assert "2,000,000 characters" in texts(app)


def test_an_empty_message_shows_a_note():
    assert "Empty message" in texts(draw_outputs(output(OutputKind.MESSAGE, "")))


def test_a_table_has_all_rows_in_order_and_a_count():
    app = draw_outputs(output(OutputKind.TABLE, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]))
    assert list(app.dataframe[0].value["a"]) == [1, 2]
    assert "2 rows × 2 columns" in texts(app)


def test_an_empty_table_shows_a_note():
    assert "Empty table" in texts(draw_outputs(output(OutputKind.TABLE, [])))


def test_data_is_drawn_as_a_tree():
    app = draw_outputs(output(OutputKind.DATA, {"a": [1]}))
    assert app.json[0].value == '{"a": [1]}'


def test_a_tree_shows_large_integers_exactly():
    """As text: a browser would round the numbers."""
    numbers = [2**53, 2**53 + 1, -12345678901234567890, 10**400]
    app = draw_outputs(output(OutputKind.DATA, numbers))
    shown = '[9007199254740992, "9007199254740993", "-12345678901234567890", "1' + "0" * 400 + '"]'
    assert app.json[0].value == shown


def test_data_sent_as_text_is_shown_as_text_and_as_a_tree():
    tree = Output("Comp-1", OutputKind.DATA, {"a": 1})
    app = draw_outputs(output(OutputKind.DATA, '{"a": 1}', extras=(tree,)))
    assert app.segmented_control[0].options == ["Data", "Data (2)"]
    assert app.code[0].value == '"{\\"a\\": 1}"'
    app.segmented_control[0].set_value("Data (2)").run()
    assert app.json[0].value == '{"a": 1}'


def test_data_that_are_rows_are_shown_as_a_table_first():
    """As Langflow's Structured Output returns its table."""
    app = draw_outputs(read_output("Comp-1", type="json", content=[{"animal": "fox", "legs": 4}]))
    assert app.segmented_control[0].options == ["Rows", "Chart", "Columns", "Data"]
    assert list(app.dataframe[0].value["animal"]) == ["fox"]


def test_text_that_looks_like_json_is_not_parsed():
    app = draw_outputs(output(OutputKind.DATA, '{"a": 1}'))
    assert app.code[0].value == '"{\\"a\\": 1}"'


def test_an_unknown_type_is_shown_as_json_under_its_name():
    app = draw_outputs(output(OutputKind.UNKNOWN, {"odd": True}, type="hologram"))
    assert app.json[0].value == '{"odd": true}'
    assert "hologram" in texts(app)


def test_an_error_is_not_drawn_as_markdown():
    app = draw_outputs(output(OutputKind.ERROR, "*bad* thing"))
    assert app.error[0].value == "\\*bad\\* thing"


def test_a_damaged_image_shows_an_error():
    app = draw_outputs(output(OutputKind.IMAGE, "data:image/png;base64,AAA"))
    assert "Can't read this image" in app.error[0].value


def test_embedded_images_are_drawn_at_once():
    """Bytes and data addresses need no button."""
    data = "data:image/png;base64," + base64.b64encode(DOT).decode()
    for value in (DOT, data):
        app = draw_outputs(output(OutputKind.IMAGE, value))
        assert app.get("image")
        assert not app.error
        assert not app.button


def test_browser_and_page_share_one_download_and_its_error():
    download = file.FileDownload(Mock(side_effect=[b"hello"]))
    assert download.get() == download.get() == b"hello"
    download = file.FileDownload(Mock(side_effect=[ServerFault("It is gone."), b"never"]))
    for _ in range(2):
        with pytest.raises(ServerFault, match="gone"):
            download.get()


def test_a_file_is_downloaded_once_when_previewed():
    downloaded = []

    def download(ref):
        downloaded.append(ref.name)
        return b"hello file"

    app = draw_outputs(
        output(OutputKind.FILE, FileRef("out.txt", id="1", size=10)), download=download
    )
    assert downloaded == []
    app.button[0].click().run()
    assert downloaded == ["out.txt"]
    assert app.code[0].value == "hello file"


@pytest.mark.parametrize(
    ("data", "copied"),
    [
        ("\ufeffname;age\nZoë;36\n".encode(), ["name;age\nZoë;36\n"]),
        (DOT, []),
        (b"x" * (card.MAX_COPIED_LENGTH + 1), []),
    ],
)
def test_a_file_of_text_that_is_not_too_long_can_be_copied_once_previewed(
    data, copied, monkeypatch
):
    drawn = []
    monkeypatch.setattr(copy_button, "draw", lambda key, text: drawn.append(text))
    app = draw_outputs(
        output(OutputKind.FILE, FileRef("out.csv", id="1")), download=Mock(return_value=data)
    )
    assert drawn == []
    app.button[0].click().run()
    assert drawn == copied


def test_a_failed_download_shows_its_error_and_can_be_retried():
    download = Mock(side_effect=[ServerFault("It is gone."), b"back again"])
    app = draw_outputs(output(OutputKind.FILE, FileRef("out.txt", id="1")), download=download)
    app.button[0].click().run()
    assert "It is gone" in app.error[0].value
    app.button[0].click().run()
    assert not app.error
    assert app.code[0].value == "back again"


def test_a_truncated_output_names_the_lost_rows_and_the_setting_that_raises_the_limit():
    read = output(OutputKind.TABLE, [{"a": 1}], truncated=True, missing=1500)
    app = draw_outputs(mark_truncation(read, Limits()))
    assert "1,500 rows are missing" in texts(app)
    assert "LANGFLOW\\_MAX\\_ITEMS\\_LENGTH" in texts(app)


def test_an_outputs_note_is_shown():
    app = draw_outputs(output(OutputKind.DATA, None, note="No longer available."))
    assert "No longer available" in texts(app)


def test_a_message_that_is_a_table_has_the_views_of_both():
    table = output(OutputKind.TABLE, [{"a": 1}])
    app = draw_outputs(output(OutputKind.MESSAGE, "| a |\n|--|\n| 1 |", extras=(table,)))
    assert app.segmented_control[0].options == ["Message", "Rows", "Chart", "Columns"]
    assert not app.dataframe
    app.segmented_control[0].set_value("Rows").run()
    assert len(app.dataframe) == 1


def test_one_of_a_components_named_outputs_is_chosen():
    parts = {
        "message_output": output(OutputKind.MESSAGE, "a"),
        "bad": output(OutputKind.DATA, {"b": 1}),
    }
    app = draw_outputs(output(OutputKind.MESSAGE, "a", parts=parts))
    assert app.segmented_control[0].options == ["Message", "Bad"]
    assert not app.json
    app.segmented_control[0].set_value("Bad").run()
    assert app.json[0].value == '{"b": 1}'


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
        (output(OutputKind.TABLE, [{"a": 1, "b": 2}]), ["a\tb\n1\t2\n"]),
        (output(OutputKind.TABLE, [{"a": 1}] * 20_001), []),
        (output(OutputKind.ERROR, "It broke."), ["It broke."]),
        (output(OutputKind.IMAGE, DOT), [None]),
        (output(OutputKind.IMAGE, b"GIF89a no image"), []),
    ],
)
def test_outputs_that_are_not_too_long_can_be_copied(shown, copied, monkeypatch):
    drawn = []
    monkeypatch.setattr(copy_button, "draw", lambda key, text: drawn.append(text))
    draw_outputs(shown)
    assert drawn == copied


@pytest.mark.parametrize(
    "shown",
    [
        output(OutputKind.MESSAGE, "x" * (card.MAX_COPIED_LENGTH + 1)),
        output(OutputKind.DATA, {"a": "x" * card.MAX_COPIED_LENGTH}),
        output(OutputKind.TABLE, [{"a": 1}] * 20_001),
        output(OutputKind.FILE, FileRef("out.csv", id="1")),
    ],
)
def test_an_output_that_is_too_long_to_copy_says_so_beside_its_downloads(shown):
    download = Mock(return_value=b"x" * (card.MAX_COPIED_LENGTH + 1))
    app = draw_outputs(shown, download=download)
    if shown.kind is OutputKind.FILE:
        app.button[0].click().run()
    assert "Too long to copy" in [each.value for each in app.caption]
