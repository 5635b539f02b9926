"""The list as cards, in a window that is too narrow for the table."""

from __future__ import annotations

import pytest

from lfclient.outputs.model import OutputKind
from lfclient.runs.components import RunError
from lfclient.runs.model import Run, RunStatus
from pages._ui.app import window
from pages._ui.connection.app_context import app_context
from pages._ui.history import view
from tests.support.flows import entry, node
from tests.support.http_stand_in import flow
from tests.support.pictures import image_file
from tests.ui.support.history_page import add, add_result, history, history_with
from tests.ui.support.whole_pages import ONE, button_labels, open_app, page_text, press


@pytest.fixture(autouse=True)
def narrow_window(monkeypatch):
    monkeypatch.setattr(window, "is_narrow", lambda: True)


def cards(app):
    """Return the texts of the cards."""
    return [each.value for each in app.markdown if ":small[:gray[" in each.value]


def tick(app, number):
    box = app.checkbox[number]
    return box.set_value(not box.value).run()


def test_a_card_shows_output_start_and_inputs(url):
    add_result(url, "a", 9, "Sunny *day*", input_summary=(("City", "Oslo"),), attempts=2)
    failed = add(url, "b", 30, status=RunStatus.FAILED)
    app_context().runner.store.shares.create(failed.owner, failed.id, {})
    app = history()
    assert not app.dataframe
    newer, older = (card.replace("\\", "") for card in cards(app))
    for part in (
        "**Echo**",
        "Completed",
        "Sunny",
        "Oslo",
        "1.0 s",
        "sent twice",
        "Synchronous",
    ):
        assert part in newer, part
    assert "Shared" not in newer
    assert "Failed" in older
    assert "Shared" in older


def test_all_filters_but_the_search_are_in_one_panel(url):
    add(url, "a")
    app = history_with("more", status="completed", starred="yes")
    panels = {each.proto.popover.label: each for each in app.get("popover")}
    panel = panels["Filters (2)"]
    assert {each.label for each in panel.selectbox} >= {"Flow", "Started", "Mode"}


def test_a_card_shows_the_words_of_a_search_and_a_thumbnail(url):
    add(url, "a", 60, overrides={"C.text": "Found in Oslo"})
    add_result(url, "b", 30, image_file(), OutputKind.IMAGE)
    picture, _ = cards(history())
    assert "![Image](data:image/webp;base64," in picture
    (found,) = cards(history(q="oslo"))
    assert "Found in :yellow-background[Oslo]" in found


def test_markup_in_names_and_outputs_is_shown_as_text(url):
    add_result(url, "a", 9, ":red[x] **y**", OutputKind.DATA, flow_name="![x](http://a.b/c)")
    (card,) = cards(history())
    assert "\\:red\\[x\\] \\*\\*y\\*\\*" in card
    assert "\\!\\[x\\]\\(http" in card


def test_runs_are_selected_by_their_check_boxes(url):
    """The bar has the table's actions."""
    for n in range(3):
        add(url, f"r{n}", n)
    app = history()
    assert [each.label for each in app.get("download_button")] == ["CSV"]
    app = tick(tick(app, 0), 2)
    assert "2 selected" in page_text(app)
    assert not app.get("download_button")
    assert "Compare" in [element.proto.label for element in app.get("page_link")]
    app = press(tick(app, 0), "Star")
    assert ["★" in card for card in cards(app)] == [False, False, True]


def test_a_card_opens_its_run(url):
    add_result(url, "a" * 32, 9, "sunny")
    app = history()
    open_button = next(label for label in button_labels(app) if label.startswith("Open Echo, "))
    app = press(app, open_button)
    assert app.query_params["run"] == "a" * 32
    assert "sunny" in page_text(app)


def test_a_failed_run_shows_the_cause_and_an_opened_one_links_to_the_field(langflow_stand_in):
    file = entry("FileInput", "file", "", file_path=[], list=True)
    langflow_stand_in.set_flows(flow(ONE, "Echo", [node("File-a", path=file)]))
    error = RunError("No files to process.", "File-a", "Read File")
    run = Run(ONE, "sync", RunStatus.FAILED, errors=(error,))
    add(langflow_stand_in.url, "a" * 32, status=RunStatus.FAILED, run=run)
    app = history()
    assert "No file was given" in cards(app)[0]
    app = press(app, next(label for label in button_labels(app) if label.startswith("Open Echo, ")))
    app = press(open_app(run=app.query_params["run"]), "Choose a file")
    (form,) = app.session_state["forms"].values()
    assert form.shown_key == "File-a.path"
    assert list(app.get("file_uploader"))


def test_cards_are_paged_below_the_list_only(url, monkeypatch):
    monkeypatch.setattr(view, "CARDS_PER_PAGE", 2)
    for n in range(3):
        add(url, f"r{n}", n)
    app = history()
    assert len(cards(app)) == 2
    assert button_labels(app).count("Older") == 1
    assert "3 runs" in page_text(app)
    app = press(app, "Older")
    assert len(cards(app)) == 1
    assert len(cards(press(app, "Newer"))) == 2


def test_without_a_cookie_a_window_counts_as_wide(url, monkeypatch):
    monkeypatch.undo()
    assert not window.is_narrow()
