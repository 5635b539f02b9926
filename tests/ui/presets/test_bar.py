"""The preset bar: choose, save and update presets without losing input."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from pages._ui.connection.app_context import app_context
from tests.ui.support.preset_pages import (
    all_kept,
    choose,
    enter,
    keep,
    key_of,
    menu,
    open_page,
    owner,
    presets,
    save_as,
    value,
)
from tests.ui.support.whole_pages import TWO, labels, press, said


@pytest.fixture(autouse=True)
def _server(fields_server):
    """Start the fake server for every test."""


def test_a_form_is_saved_as_a_preset_and_restored_from_it():
    app = save_as(enter(enter(open_page(), "typed"), "8", "n"), " Short  answers ")
    (kept,) = all_kept()
    assert (kept.name, kept.values) == ("Short answers", {"T-a.p": "typed", "T-a.n": 8})
    assert app.selectbox(key=key_of("choice")).value == kept.id
    other = choose(open_page("c"), kept)
    assert (value(other), value(other, "n")) == ("typed", "8")
    assert "Restore my input" not in labels(other)


def test_a_preset_stores_no_secret_and_asks_for_it():
    app = save_as(enter(enter(open_page(), "sk-12345678", "s"), "typed"), "Mine")
    (kept,) = all_kept()
    assert (kept.values, kept.secrets) == ({"T-a.p": "typed"}, ("T-a.s",))
    assert "Enter it yourself" not in said(app)
    other = choose(open_page("c"), kept)
    assert "Enter these yourself: s (T)" in said(other)
    assert "Enter it yourself" not in said(enter(other, "sk-another", "s"))


def test_a_secret_that_was_not_entered_is_still_asked_for():
    first = keep(p="old", secrets=["T-a.s"])
    app = enter(choose(open_page(), first), "new")
    press(app, "Update")
    assert presets().get(owner(), first.id).secrets == ("T-a.s",)
    save_as(app, "Another")
    assert [kept.secrets for kept in all_kept()] == [("T-a.s",)] * 2


def test_input_replaced_by_a_preset_can_be_restored():
    kept = keep(p="of the preset")
    app = choose(enter(open_page(), "typed"), kept)
    assert value(app) == "of the preset"
    press(app, "Restore my input")
    assert value(app) == "typed"


def test_a_changed_form_can_update_its_preset():
    kept = keep(p="old")
    app = choose(open_page(), kept)
    assert "Differs" not in said(app)
    enter(app, "new")
    assert "Differs from “Mine” in 1 value." in said(app)
    press(app, "Update")
    assert presets().get(owner(), kept.id).values == {"T-a.p": "new"}
    assert "Differs" not in said(app)
    assert value(press(enter(app, "newer"), "Undo")) == "new"


def test_the_second_of_two_updates_overwrites_nothing():
    kept = keep(p="old")
    app = enter(choose(open_page(), kept), "mine")
    presets().update(replace(kept, values={"T-a.p": "theirs"}))
    press(app, "Update")
    assert presets().get(owner(), kept.id).values == {"T-a.p": "theirs"}
    assert "Nothing was overwritten" in said(app)
    assert "“Mine” was changed by somebody else" in said(app)
    assert value(app) == "mine"
    press(app, "Overwrite")
    assert presets().get(owner(), kept.id).values == {"T-a.p": "mine"}
    assert "meanwhile" not in said(app)


def test_another_users_change_can_be_adopted():
    kept = keep(p="old")
    app = enter(choose(open_page(), kept), "mine")
    presets().update(replace(kept, values={"T-a.p": "theirs"}))
    press(app, "Update")
    assert value(press(app, "Use theirs")) == "theirs"
    assert "Not updated" not in said(app)
    assert value(press(app, "Restore my input")) == "mine"


def test_a_form_keeps_its_values_when_its_preset_is_deleted():
    kept = keep(p="old")
    app = enter(choose(open_page(), kept), "mine")
    presets().delete(owner(), kept.id)
    press(app, "Update")
    assert "The preset was deleted." in said(app)
    assert value(app) == "mine"
    assert all_kept() == []


def test_a_preset_with_a_taken_name_can_be_replaced():
    kept = keep(p="old")
    app = save_as(enter(open_page(), "new"), "Mine")
    assert "A preset named Mine already exists." in said(app)
    assert presets().get(owner(), kept.id).values == {"T-a.p": "old"}
    press(app, "Replace")
    assert presets().get(owner(), kept.id).values == {"T-a.p": "new"}


def test_a_name_is_compared_in_its_stored_form():
    kept = keep(p="old")
    app = save_as(enter(open_page(), "new"), "Mi\u200bne")
    press(app, "Replace")
    assert presets().get(owner(), kept.id).values == {"T-a.p": "new"}


def test_a_preset_without_a_name_is_refused_where_it_was_typed():
    app = save_as(open_page(), "  ")
    assert "needs a name" in said(app)
    assert all_kept() == []


def test_invalid_fields_are_left_out_of_a_preset_and_named():
    app = save_as(enter(enter(open_page(), "typed"), "many", "n"), "Mine")
    (kept,) = all_kept()
    assert kept.values == {"T-a.p": "typed"}
    assert "without the invalid fields" in said(app)
    assert "n (T): Enter a whole number" in said(app)


def test_a_preset_is_renamed_and_deleted():
    kept = keep(p="old")
    app = menu(choose(open_page(), kept), "more")
    app.text_input(key=key_of(f"rename-{kept.id}-1")).set_value("Other name")
    press(app, "Rename")
    assert [each.name for each in all_kept()] == ["Other name"]
    press(app, "Delete…")
    assert all_kept()
    press(app, "Delete")
    assert all_kept() == []
    assert value(app) == "old"
    assert "meanwhile" not in said(app)


def test_an_untouched_form_opens_with_the_default_preset():
    keep(p="of the default", default=True)
    app = open_page()
    assert value(app) == "of the default"
    assert "Opened with “Mine”, the flow's default preset." in said(app)
    assert value(press(app, "Use flow defaults")) == "x"
    assert value(open_page()) == "x"
    assert value(open_page("c")) == "of the default"


def test_a_draft_is_not_replaced_by_the_default():
    enter(open_page(), "typed")
    keep(p="of the default", default=True)
    app = open_page()
    assert value(app) == "typed"
    assert "default preset" not in said(app)


def test_a_preset_becomes_and_stops_being_the_default():
    kept = keep(p="old")
    app = menu(choose(open_page(), kept), "more")
    app.toggle(key=key_of(f"default-{kept.id}")).set_value(True)
    app.run()
    assert presets().get(owner(), kept.id).is_default
    app.toggle(key=key_of(f"default-{kept.id}")).set_value(False)
    app.run()
    assert not presets().get(owner(), kept.id).is_default


def test_the_chosen_preset_survives_a_reload():
    kept = keep(p="old")
    enter(choose(open_page(), kept), "new")
    app = open_page()
    assert app.selectbox(key=key_of("choice")).value == kept.id
    assert "Differs from “Mine”" in said(app)


def test_presets_belong_to_their_flow():
    keep(p="old")
    app = open_page(flow=TWO)
    assert app.selectbox(key=key_of("choice", TWO)).disabled


def test_values_that_the_flow_no_longer_has_are_named():
    kept = keep(p="old", gone=1, n="many")
    app = choose(open_page(), kept)
    assert value(app) == "old"
    assert "T-a.gone: T has no such parameter." in said(app)
    assert "n (T): Enter a whole number" in said(app)


def test_restoring_input_restores_its_preset():
    one, other = keep("One", p="one"), keep("Other", p="other")
    app = choose(enter(choose(open_page(), one), "typed"), other)
    press(app, "Restore my input")
    assert app.selectbox(key=key_of("choice")).value == one.id
    assert "Differs from “One” in 1 value." in said(app)


def test_unreadable_presets_leave_the_form_unchanged():
    app = enter(open_page(), "typed")
    with app_context().runner.store.database.write() as connection:
        connection.execute(text("drop table presets"))
    app.run()
    assert [each for each in app.error if "runs.db" in each.value.replace("\\", "")]
    assert value(app) == "typed"
    assert "Run" in labels(app)
