"""Import of presets from files, with a summary before they are saved."""

import json

import pytest

from lfclient.console.present.presentation import PURPOSE
from lfclient.console.presets.preset_file import FORMAT
from lfclient.console.store.flow_settings import FlowSettings, FlowSettingsStore, SettingsConflict
from pages._ui.connection.app_context import app_context
from tests.ui.support.preset_pages import (
    enter,
    key_of,
    open_page,
    owner,
    presets,
    store_preset,
    stored_presets,
    value,
)
from tests.ui.support.whole_pages import ONE, TWO, button_labels, page_text, press


@pytest.fixture(autouse=True)
def _server(fields_server):
    """Start the stand-in for every test."""


def upload(app, data):
    """Choose a file in the open menu."""
    if isinstance(data, dict):
        whole = {"format": FORMAT, "version": 1, "flow": {"id": ONE, "name": "Fields"}}
        data = json.dumps({**whole, "name": "From a file", **data}).encode()
    app.file_uploader(key=key_of("file-0")).upload("preset.json", data, "application/json")
    return app.run()


def test_a_file_becomes_a_preset_and_fills_the_form():
    app = upload(
        enter(open_page(menu="more"), "typed"), {"values": {"T-a.p": "z"}, "secrets": ["T-a.s"]}
    )
    assert [each.value for each in app.code] == ["p (T): z"]
    assert "Enter these yourself: s (T)" in page_text(app)
    assert stored_presets() == []
    press(app, "Import")
    (preset,) = stored_presets()
    assert (preset.name, preset.values, preset.secrets) == (
        "From a file",
        {"T-a.p": "z"},
        ("T-a.s",),
    )
    assert value(app) == "z"
    assert value(press(app, "Restore my input")) == "typed"


def test_the_source_is_not_shown_for_a_changed_form():
    app = upload(enter(open_page(menu="more"), "typed"), {"values": {"T-a.p": "z"}})
    press(app, "Import")
    assert "Filled with the imported preset “From a file”." in page_text(app)
    press(enter(app, "changed"), "Update")
    assert "Filled with the imported preset" not in page_text(app)
    assert "You entered before: p: typed" in page_text(app)
    assert value(press(app, "Restore")) == "typed"


def test_a_preset_of_another_flow_is_matched_by_component():
    of_other = {"id": TWO, "name": "Other"}
    app = upload(open_page(menu="more"), {"flow": of_other, "values": {"T-other.p": "z"}})
    assert "From another flow: values are matched" in page_text(app)
    press(app, "Import")
    assert value(app) == "z"


def test_an_existing_name_is_replaced_or_changed():
    preset = store_preset("From a file", p="old")
    app = upload(open_page(menu="more"), {"values": {"T-a.p": "z"}})
    assert "A preset with this name exists" in page_text(app)
    assert "Replace" in button_labels(app)
    next(box for box in app.text_input if "import-name" in box.key).set_value("Another")
    press(app.run(), "Import")
    assert presets().get(owner(), preset.id).values == {"T-a.p": "old"}
    assert [each.name for each in stored_presets()] == ["Another", "From a file"]


def test_a_file_that_is_not_a_preset_is_refused():
    app = upload(open_page(menu="more"), b"{")
    assert "preset.json was not imported" in page_text(app)
    assert "This is not valid JSON" in page_text(app)
    assert "Import" not in button_labels(app)


FILE = {"values": {"T-a.p": "z"}, "presentation": {"title": "For all"}, "example": True}


def presentation():
    return app_context().runner.store.flow_settings.get(owner(), ONE, PURPOSE)


def test_the_presentation_of_a_file_is_saved_with_its_preset_as_an_example():
    press(upload(open_page(menu="more"), FILE), "Import")
    (preset,) = stored_presets()
    assert presentation().content["title"] == "For all"
    assert presentation().content["examples"] == [preset.id]


def test_a_presentation_of_the_flow_is_replaced_on_request_only():
    app = open_page(menu="more")
    settings = FlowSettings({"title": "Ours"})
    app_context().runner.store.flow_settings.save(owner(), ONE, PURPOSE, settings)
    press(upload(app, {**FILE, "example": False}), "Import")
    assert presentation().content["title"] == "Ours"
    app = upload(open_page("c", menu="more"), {**FILE, "name": "Another"})
    app.toggle(key=key_of("presentation")).set_value(True)
    press(app.run(), "Import")
    assert presentation().content["title"] == "For all"


def test_an_invalid_presentation_does_not_keep_presets_from_import_and_export():
    settings = FlowSettings({"accent": "rainbow"})
    app_context().runner.store.flow_settings.save(owner(), ONE, PURPOSE, settings)
    app = upload(open_page(menu="more"), FILE)
    assert "Export" in [button.label for button in app.get("download_button")]
    press(app, "Import")
    assert [each.values for each in stored_presets()] == [{"T-a.p": "z"}]
    assert presentation().content["examples"] == [stored_presets()[0].id]


def test_a_presentation_that_can_not_be_saved_is_reported_after_the_import(monkeypatch):
    app = upload(open_page(menu="more"), FILE)

    def conflict(*_):
        raise SettingsConflict("Somebody else has changed these settings.")

    monkeypatch.setattr(FlowSettingsStore, "save", conflict)
    app = press(app, "Import")
    assert value(app) == "z"
    assert len(stored_presets()) == 1
    assert "The presentation in the file was not saved." in page_text(app)


def test_values_that_do_not_fit_are_left_out_with_the_reason():
    values = {"T-a.p": "z", "T-a.n": "many", "T-a.q": 1, "T-a.s": "sk-12345678"}
    app = upload(open_page(menu="more"), {"values": values})
    assert "Of this file, 1 of 4 fit." in page_text(app)
    assert "n (T): Enter a whole number" in page_text(app)
    assert "T-a.q: T has no such parameter." in page_text(app)
    assert "s (T): Secrets are not imported" in page_text(app)
    press(app, "Import matching values")
    (preset,) = stored_presets()
    assert (preset.values, preset.secrets) == ({"T-a.p": "z"}, ("T-a.s",))
