"""Tables: statistics, pages, long cells, internal columns."""

import pytest

from lfclient.outputs.model import OutputKind
from pages._ui.outputs import table
from pages._ui.widgets import copy_button, downloads
from tests.ui.outputs.drawing import MESSAGE, ROWS, choose, draw_outputs, output, texts, uri


@pytest.mark.parametrize(("rows", "height"), [(12, "content"), (13, table.MAX_HEIGHT)])
def test_only_the_rows_of_a_longer_table_scroll_in_it(monkeypatch, rows, height):
    heights = []
    monkeypatch.setattr(table.st, "dataframe", lambda *_, height, **__: heights.append(height))
    draw_outputs(output(OutputKind.TABLE, ROWS[:rows]))
    assert heights == [height]


def test_a_very_large_table_is_sent_page_by_page(monkeypatch):
    monkeypatch.setattr(table, "MAX_PAGE_ROWS", 10)
    app = draw_outputs(output(OutputKind.TABLE, ROWS))
    assert list(app.dataframe[0].value["n"]) == list(range(10))
    assert "Rows 1 to 10 of 28" in texts(app)
    app.session_state["view-page-run-1-Comp-1"] = 3
    app.run()
    assert list(app.dataframe[0].value["n"]) == list(range(20, 28))
    assert "28 rows × 3 columns" in texts(app)


@pytest.mark.parametrize("name", ["self", "a b"])
def test_a_very_long_cell_is_truncated_in_a_column_of_any_name(name):
    app = draw_outputs(output(OutputKind.TABLE, [{name: "x" * 50_000, "n": 1}]))
    assert list(app.dataframe[0].value.columns) == [name, "n"]
    assert len(app.dataframe[0].value[name][0]) == table.MAX_CELL_LENGTH
    assert "Cells show 5,000 characters" in texts(app)


def test_rows_with_large_images_have_pages(monkeypatch):
    """The page size counts only what is sent, so truncated cells stay on one page."""
    monkeypatch.setattr(table, "MAX_PAGE_BYTES", 20_000)
    rows = [{"photo": uri() + "A" * 12_000, "text": "x" * 50_000} for _ in range(3)]
    app = draw_outputs(output(OutputKind.TABLE, rows))
    assert len(app.dataframe[0].value) == 1
    app = draw_outputs(output(OutputKind.TABLE, [{"text": "x" * 50_000} for _ in range(3)]))
    assert len(app.dataframe[0].value) == 3


def test_the_internal_columns_of_stored_messages_are_shown_once_asked_for():
    app = draw_outputs(output(OutputKind.TABLE, [MESSAGE]))
    assert list(app.dataframe[0].value.columns) == ["sender_name", "text", "timestamp"]
    assert "1 row × 7 columns" in texts(app)
    assert [box.label for box in app.checkbox] == ["Show 4 internal columns"]
    app.checkbox[0].check().run()
    assert list(app.dataframe[0].value.columns) == list(MESSAGE)
    choose(app, "Columns")
    assert list(app.dataframe[0].value["Column"]) == list(MESSAGE)
    choose(app, "Rows")
    assert app.checkbox[0].value


def test_a_copy_has_the_columns_that_are_shown_and_the_rows_of_all_pages(monkeypatch):
    """A download has all columns."""
    copied, saved = [], {}
    monkeypatch.setattr(table, "MAX_PAGE_ROWS", 1)
    monkeypatch.setattr(copy_button, "draw", lambda key, text: copied.append(text))
    monkeypatch.setattr(
        downloads, "draw_button", lambda label, data, *_, **__: saved.update({label: data()})
    )
    rows = [MESSAGE, {**MESSAGE, "text": "Ho", "files": "a.txt"}]
    app = draw_outputs(output(OutputKind.TABLE, rows))
    assert copied.pop().splitlines() == [
        "sender_name\ttext\ttimestamp\tfiles",
        "Ada\tHi\t2026-01-01\t",
        "Ada\tHo\t2026-01-01\ta.txt",
    ]
    app.checkbox[0].check().run()
    assert copied.pop().splitlines()[0].split("\t") == [*MESSAGE, "files"]
    assert saved["CSV"].decode("utf-8-sig").splitlines()[0].split(",") == [*MESSAGE, "files"]


def test_a_table_without_internal_columns_has_no_checkbox_for_them():
    app = draw_outputs(output(OutputKind.TABLE, [{"id": 1, "session_id": "s", "text": "a"}]))
    assert list(app.dataframe[0].value.columns) == ["id", "session_id", "text"]
    assert not app.checkbox
