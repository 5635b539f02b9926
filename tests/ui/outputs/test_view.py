"""Each output is drawn as what it is."""

import base64
from unittest.mock import Mock

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.errors import ServerFault
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import NotRun
from lfclient.runs.model import Run, RunStatus
from pages._ui.outputs import file
from pages._ui.outputs import view as outputs_view

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def page(run, download):
    from pages._ui.outputs import view as outputs_view

    outputs_view.draw(run, "run-1", download)


def drawn(*found, not_run=(), download=None):
    run = Run(
        "flow",
        "background",
        RunStatus.COMPLETED,
        outputs={output.component_id: output for output in found},
        not_run=not_run,
    )
    app = AppTest.from_function(page, kwargs={"run": run, "download": download})
    app.query_params["run"] = "run-1"
    app.run()
    return app


def texts(app):
    return " ".join(element.value for element in [*app.markdown, *app.caption])


def output(kind, value, **more):
    return Output("Comp-1", kind, value, display_name="Component", **more)


def test_every_kind_is_drawn_by_something():
    """A kind that nobody draws would be a gap on the screen."""
    assert set(outputs_view.VIEWERS) == set(OutputKind)


def test_names_the_component_and_the_servers_type():
    """Display name, id and the server's own word stand above the value."""
    app = drawn(output(OutputKind.TABLE, [{"a": 1}], type="dataframe"))
    assert "Component" in texts(app)
    assert "Comp\\-1" in texts(app)
    assert "dataframe" in texts(app)


def test_a_message_is_markdown_without_remote_images():
    """Remote images are offered by a button that names their host."""
    app = drawn(output(OutputKind.MESSAGE, "# Hi\n![x](https://p.example/i.png)"))
    assert any(element.value.startswith("# Hi") for element in app.markdown)
    assert not any("![" in element.value for element in app.markdown)
    assert [button.label for button in app.button] == ["Load from p\\.example"]


def test_a_long_message_is_plain_text():
    """Above the limit Markdown would take a browser seconds."""
    app = drawn(output(OutputKind.MESSAGE, "x" * 50_001))
    assert app.code[0].value == "x" * 50_001
    assert "50,001 characters" in texts(app)


def test_a_huge_message_is_shown_in_part():
    """The browser gets a part, the download all."""
    app = drawn(output(OutputKind.MESSAGE, "x" * 2_000_000))
    assert len(app.code[0].value) == 500_000
    assert "2,000,000 characters" in texts(app)


def test_an_empty_message_says_so():
    """Nothing to see is said in words."""
    assert "An empty message" in texts(drawn(output(OutputKind.MESSAGE, "")))


def test_a_table_has_its_rows():
    """All rows, in their order, with a count."""
    app = drawn(output(OutputKind.TABLE, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]))
    assert list(app.dataframe[0].value["a"]) == [1, 2]
    assert "2 rows × 2 columns" in texts(app)


def test_an_empty_table_says_so():
    """A table without rows is no error."""
    assert "without rows" in texts(drawn(output(OutputKind.TABLE, [])))


def test_data_is_a_tree():
    """Objects and lists open and close."""
    app = drawn(output(OutputKind.DATA, {"a": [1]}))
    assert app.json[0].value == '{"a": [1]}'


def test_a_bare_value_is_shown_as_it_is():
    """A text that looks like JSON is not read as JSON."""
    app = drawn(output(OutputKind.DATA, '{"a": 1}'))
    assert app.code[0].value == '"{\\"a\\": 1}"'


def test_an_unknown_type_keeps_its_name():
    """What this release does not know is shown as raw JSON under the server's word."""
    app = drawn(output(OutputKind.UNKNOWN, {"odd": True}, type="hologram"))
    assert app.json[0].value == '{"odd": true}'
    assert "hologram" in texts(app)


def test_an_error_is_no_markdown():
    """The reason is shown letter by letter."""
    app = drawn(output(OutputKind.ERROR, "*bad* thing"))
    assert app.error[0].value == "\\*bad\\* thing"


def test_a_damaged_image_says_so():
    """Cut base64 is a message, not a crash."""
    app = drawn(output(OutputKind.IMAGE, "data:image/png;base64,AAA"))
    assert "cannot be read" in app.error[0].value


def test_images_that_came_along_are_drawn_at_once():
    """Bytes and data addresses need no button."""
    data = "data:image/png;base64," + base64.b64encode(DOT).decode()
    for value in (DOT, data):
        app = drawn(output(OutputKind.IMAGE, value))
        assert not app.error
        assert not app.button


def test_a_file_is_called_one_whatever_the_servers_word():
    """Write File is told of as a message."""
    app = drawn(output(OutputKind.FILE, FileRef("out.txt", id="1"), type="message"))
    assert ":gray-badge[file]" in texts(app)


def test_a_file_is_fetched_once_for_all_who_want_it():
    """The browser and the page ask at the same press; both are told the same of a failure."""
    fetch = file.FileDownload(Mock(side_effect=[b"hello"]))
    assert fetch.get() == fetch.get() == b"hello"
    fetch = file.FileDownload(Mock(side_effect=[ServerFault("It is gone."), b"never"]))
    for _ in range(2):
        with pytest.raises(ServerFault, match="gone"):
            fetch.get()


def test_a_file_is_fetched_when_asked_for():
    """Through the given function, once, then it is previewed and can be saved."""
    asked = []

    def download(ref):
        asked.append(ref.name)
        return b"hello file"

    app = drawn(output(OutputKind.FILE, FileRef("out.txt", id="1", size=10)), download=download)
    assert asked == []
    app.button[0].click().run()
    assert asked == ["out.txt"]
    assert app.code[0].value == "hello file"


def test_a_file_that_is_gone_says_so():
    """A failed download is shown where the file stands."""

    download = Mock(side_effect=[ServerFault("It is gone."), b"back again"])
    app = drawn(output(OutputKind.FILE, FileRef("out.txt", id="1")), download=download)
    app.button[0].click().run()
    assert "It is gone" in app.error[0].value
    app.button[0].click().run()
    assert not app.error
    assert app.code[0].value == "back again"


def test_a_cut_output_names_the_setting_that_lifts_it():
    """How much is missing, and what to set on the server."""
    app = drawn(output(OutputKind.TABLE, [{"a": 1}], truncated=True, missing=1500))
    assert "1,500 rows are missing" in texts(app)
    assert "LANGFLOW\\_MAX\\_ITEMS\\_LENGTH" in texts(app)


def test_a_note_is_shown():
    """Why a value is empty is said beside it."""
    app = drawn(output(OutputKind.DATA, None, note="No longer available."))
    assert "No longer available" in texts(app)


def test_a_value_that_reads_as_something_else_is_offered_as_both():
    """A message that is only a table has a second tab."""
    table = output(OutputKind.TABLE, [{"a": 1}])
    app = drawn(output(OutputKind.MESSAGE, "| a |\n|--|\n| 1 |", extras=(table,)))
    assert [tab.label for tab in app.tabs] == ["Message", "As table"]
    assert not app.dataframe
    app.session_state["view-readings-run-1-Comp-1"] = "As table"
    app.run()
    assert len(app.dataframe) == 1


def test_several_outputs_of_a_component_stand_side_by_side():
    """Each named output has its tab."""
    parts = {
        "message_output": output(OutputKind.MESSAGE, "a"),
        "bad": output(OutputKind.DATA, {"b": 1}),
    }
    app = drawn(output(OutputKind.MESSAGE, "a", parts=parts))
    assert [tab.label for tab in app.tabs] == ["Message output", "Bad"]


def test_components_that_did_not_run_are_marked():
    """With the reason."""
    app = drawn(not_run=(NotRun("Text-2", "Other branch", "Its branch was not taken."),))
    assert "did not run" in texts(app)
    assert "Its branch was not taken" in texts(app)
