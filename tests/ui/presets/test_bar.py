"""The preset bar: choose, save and update presets without losing input."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from pages._ui.connection.app_context import app_context
from tests.ui.support.preset_pages import (
    choose,
    enter,
    key_of,
    open_page,
    owner,
    presets,
    save_as,
    store_preset,
    stored_presets,
    value,
)
from tests.ui.support.whole_pages import button_labels, page_text, press


@pytest.fixture(autouse=True)
def _server(fields_server):
    """Start the stand-in for every test."""


def test_a_preset_stores_no_secret_and_asks_for_it():
    app = save_as(enter(open_page(menu="save"), "typed", s="sk-12345678"), "Mine")
    (preset,) = stored_presets()
    assert (preset.values, preset.secrets) == ({"T-a.p": "typed"}, ("T-a.s",))
    assert "Enter these yourself" not in page_text(app)
    other = choose(open_page("c"), preset)
    assert "Enter these yourself: s (T)" in page_text(other)
    assert "Enter these yourself" not in page_text(enter(other, "sk-another", "s"))


def test_a_secret_that_was_not_entered_is_still_asked_for():
    first = store_preset(p="old", secrets=["T-a.s"])
    app = enter(choose(open_page(menu="save"), first), "new")
    press(app, "Update")
    assert presets().get(owner(), first.id).secrets == ("T-a.s",)
    save_as(app, "Another")
    assert [preset.secrets for preset in stored_presets()] == [("T-a.s",)] * 2


def test_a_changed_form_can_update_its_preset():
    preset = store_preset(p="old")
    app = choose(open_page(), preset)
    assert "Differs" not in page_text(app)
    enter(app, "new")
    assert "Differs from “Mine” in 1 value." in page_text(app)
    press(app, "Update")
    assert presets().get(owner(), preset.id).values == {"T-a.p": "new"}
    assert "Differs" not in page_text(app)
    assert value(press(enter(app, "newer"), "Undo")) == "new"


def test_the_menu_shows_that_there_are_no_presets_or_none_is_chosen():
    app = open_page(menu="more")
    assert "No presets yet" in page_text(app)
    assert "Choose a preset" not in page_text(app)
    store_preset()
    app = open_page("c", menu="more")
    assert "No presets yet" not in page_text(app)
    assert "Choose a preset" in page_text(app)


def test_only_presets_and_entered_values_are_offered_for_export():
    def exports(app):
        return [each.label for each in app.get("download_button")]

    app = open_page(menu="more")
    assert exports(app) == []
    assert app.get("file_uploader")
    assert exports(enter(app, "mine")) == ["Export"]
    preset = store_preset()
    assert exports(choose(open_page("c", menu="more"), preset)) == ["Export"]


def test_the_second_of_two_updates_overwrites_nothing():
    preset = store_preset(p="old")
    app = enter(choose(open_page(), preset), "mine")
    presets().update(replace(preset, values={"T-a.p": "theirs"}))
    press(app, "Update")
    assert presets().get(owner(), preset.id).values == {"T-a.p": "theirs"}
    assert "Nothing was overwritten" in page_text(app)
    assert "“Mine” was changed by someone else" in page_text(app)
    assert value(app) == "mine"
    press(app, "Overwrite")
    assert presets().get(owner(), preset.id).values == {"T-a.p": "mine"}
    assert "was changed by someone else" not in page_text(app)


def test_another_users_change_can_be_adopted():
    preset = store_preset(p="old")
    app = enter(choose(open_page(), preset), "mine")
    presets().update(replace(preset, values={"T-a.p": "theirs"}))
    press(app, "Update")
    assert value(press(app, "Use theirs")) == "theirs"
    assert "Not updated" not in page_text(app)
    assert value(press(app, "Restore my input")) == "mine"


def test_a_form_keeps_its_values_when_its_preset_is_deleted():
    preset = store_preset(p="old")
    app = enter(choose(open_page(), preset), "mine")
    presets().delete(owner(), preset.id)
    press(app, "Update")
    assert "The preset was deleted." in page_text(app)
    assert value(app) == "mine"
    assert stored_presets() == []


def test_a_preset_with_a_taken_name_can_be_replaced():
    preset = store_preset(p="old")
    app = save_as(enter(open_page(menu="save"), "new"), "Mi\u200bne")
    assert "A preset named “Mine” already exists." in page_text(app)
    assert presets().get(owner(), preset.id).values == {"T-a.p": "old"}
    press(app, "Replace")
    assert presets().get(owner(), preset.id).values == {"T-a.p": "new"}


def test_a_preset_without_a_name_or_with_the_key_in_it_is_rejected():
    app = save_as(enter(open_page(menu="save"), "typed"), "  ")
    assert "needs a name" in page_text(app)
    assert "This name contains the API key." in page_text(save_as(app, "of sk-configured-key"))
    assert stored_presets() == []


def test_invalid_fields_are_left_out_of_a_preset_and_reported():
    app = save_as(enter(open_page(menu="save"), "typed", n="many"), "Mine")
    (preset,) = stored_presets()
    assert preset.values == {"T-a.p": "typed"}
    assert "without the invalid fields" in page_text(app)
    assert "n (T): Enter a whole number" in page_text(app)


def test_a_preset_is_renamed_and_deleted():
    preset = store_preset(p="old")
    app = choose(open_page(menu="more"), preset)
    app.text_input(key=key_of(f"rename-{preset.id}-1")).set_value("Other name")
    press(app, "Rename")
    assert [each.name for each in stored_presets()] == ["Other name"]
    press(app, "Delete…")
    assert stored_presets()
    press(app, "Delete")
    assert stored_presets() == []
    assert value(app) == "old"
    assert "was deleted" not in page_text(app)


def test_an_untouched_form_opens_with_the_default_preset():
    store_preset(p="of the default", default=True)
    app = open_page()
    assert value(app) == "of the default"
    assert "Opened with “Mine”, the flow's default preset." in page_text(app)
    assert value(press(app, "Use flow defaults")) == "x"
    assert value(open_page()) == "x"
    assert value(open_page("c")) == "of the default"


def test_a_draft_is_not_replaced_by_the_default():
    enter(open_page(), "typed")
    store_preset(p="of the default", default=True)
    app = open_page()
    assert value(app) == "typed"
    assert "default preset" not in page_text(app)


def test_a_preset_becomes_and_stops_being_the_default():
    preset = store_preset(p="old")
    app = choose(open_page(menu="more"), preset)
    app.toggle(key=key_of(f"default-{preset.id}")).set_value(True)
    app.run()
    assert presets().get(owner(), preset.id).is_default
    app.toggle(key=key_of(f"default-{preset.id}")).set_value(False)
    app.run()
    assert not presets().get(owner(), preset.id).is_default


def test_the_chosen_preset_survives_a_reload():
    preset = store_preset(p="old")
    enter(choose(open_page(), preset), "new")
    app = open_page()
    assert app.selectbox(key=key_of("choice")).value == preset.id
    assert "Differs from “Mine”" in page_text(app)


def test_restoring_input_restores_its_preset():
    one, other = store_preset("One", p="one"), store_preset("Other", p="other")
    app = choose(enter(choose(open_page(), one), "typed"), other)
    press(app, "Restore my input")
    assert app.selectbox(key=key_of("choice")).value == one.id
    assert "Differs from “One” in 1 value." in page_text(app)


def test_unreadable_presets_leave_the_form_unchanged():
    app = enter(open_page(), "typed")
    with app_context().runner.store.database.write() as connection:
        connection.execute(text("drop table presets"))
    app.run()
    assert [each for each in app.error if "runs.db" in each.value.replace("\\", "")]
    assert value(app) == "typed"
    assert "Run" in button_labels(app)
