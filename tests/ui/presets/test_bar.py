"""Presets in the head of a form: choose, save, update, and never lose what was typed."""

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
    """Every test has it."""


def test_what_the_form_holds_is_saved_under_a_name_and_chosen_again():
    """Also by another browser with the same server and key."""
    app = save_as(enter(enter(open_page(), "typed"), "8", "n"), " Short  answers ")
    (kept,) = all_kept()
    assert (kept.name, kept.values) == ("Short answers", {"T-a.p": "typed", "T-a.n": 8})
    assert app.selectbox(key=key_of("choice")).value == kept.id
    other = choose(open_page("c"), kept)
    assert (value(other), value(other, "n")) == ("typed", "8")
    assert "Back to what I had typed" not in labels(other)


def test_a_secret_is_never_in_it_and_said_to_be_entered():
    """Its place is noted, and what was typed there stays."""
    app = save_as(enter(enter(open_page(), "sk-12345678", "s"), "typed"), "Mine")
    (kept,) = all_kept()
    assert (kept.values, kept.secrets) == ({"T-a.p": "typed"}, ("T-a.s",))
    assert "Enter it yourself" not in said(app)
    other = choose(open_page("c"), kept)
    assert "Enter it yourself, presets keep no secrets: s (T)" in said(other)
    assert "Enter it yourself" not in said(enter(other, "sk-another", "s"))


def test_a_secret_that_was_not_entered_is_still_asked_for():
    """By the preset that was changed, and by one that was made of it."""
    first = keep(p="old", secrets=["T-a.s"])
    app = enter(choose(open_page(), first), "new")
    press(app, "Update")
    assert presets().get(owner(), first.id).secrets == ("T-a.s",)
    save_as(app, "Another")
    assert [kept.secrets for kept in all_kept()] == [("T-a.s",)] * 2


def test_choosing_one_over_what_was_typed_leaves_a_way_back():
    """The way back leads back to the other, too."""
    kept = keep(p="of the preset")
    app = choose(enter(open_page(), "typed"), kept)
    assert value(app) == "of the preset"
    press(app, "Back to what I had typed")
    assert value(app) == "typed"


def test_a_form_that_differs_says_so_and_can_update_its_preset():
    """Or be brought back to it."""
    kept = keep(p="old")
    app = choose(open_page(), kept)
    assert "Differs" not in said(app)
    enter(app, "new")
    assert "Differs from “Mine” in 1 value." in said(app)
    press(app, "Update")
    assert presets().get(owner(), kept.id).values == {"T-a.p": "new"}
    assert "Differs" not in said(app)
    assert value(press(enter(app, "newer"), "Undo")) == "new"


def test_the_last_of_two_who_update_is_told_and_overwrites_nothing():
    """Then may replace it knowingly."""
    kept = keep(p="old")
    app = enter(choose(open_page(), kept), "mine")
    presets().update(replace(kept, values={"T-a.p": "theirs"}))
    press(app, "Update")
    assert presets().get(owner(), kept.id).values == {"T-a.p": "theirs"}
    assert "Nothing was overwritten" in said(app)
    assert "Somebody changed “Mine” meanwhile" in said(app)
    assert value(app) == "mine"
    press(app, "Replace theirs")
    assert presets().get(owner(), kept.id).values == {"T-a.p": "mine"}
    assert "meanwhile" not in said(app)


def test_what_somebody_else_made_of_it_can_be_taken():
    """With a way back to one's own."""
    kept = keep(p="old")
    app = enter(choose(open_page(), kept), "mine")
    presets().update(replace(kept, values={"T-a.p": "theirs"}))
    press(app, "Update")
    assert value(press(app, "Take theirs")) == "theirs"
    assert "Not updated" not in said(app)
    assert value(press(app, "Back to what I had typed")) == "mine"


def test_one_that_was_deleted_meanwhile_takes_nothing_along():
    """What the form holds stays, and is said to."""
    kept = keep(p="old")
    app = enter(choose(open_page(), kept), "mine")
    presets().delete(owner(), kept.id)
    press(app, "Update")
    assert "was deleted meanwhile" in said(app)
    assert value(app) == "mine"
    assert all_kept() == []


def test_a_name_that_is_taken_is_offered_to_be_replaced():
    """Not replaced unasked."""
    kept = keep(p="old")
    app = save_as(enter(open_page(), "new"), "Mine")
    assert "A preset named Mine already exists." in said(app)
    assert presets().get(owner(), kept.id).values == {"T-a.p": "old"}
    press(app, "Replace it")
    assert presets().get(owner(), kept.id).values == {"T-a.p": "new"}


def test_a_name_is_looked_for_as_it_would_be_kept():
    """Without what is not seen of it, so that it can be replaced."""
    kept = keep(p="old")
    app = save_as(enter(open_page(), "new"), "Mi\u200bne")
    press(app, "Replace it")
    assert presets().get(owner(), kept.id).values == {"T-a.p": "new"}


def test_a_preset_without_a_name_is_refused_where_it_was_typed():
    """Nothing is kept."""
    app = save_as(open_page(), "  ")
    assert "needs a name" in said(app)
    assert all_kept() == []


def test_what_needs_a_correction_is_left_out_and_named():
    """A preset holds values only."""
    app = save_as(enter(enter(open_page(), "typed"), "many", "n"), "Mine")
    (kept,) = all_kept()
    assert kept.values == {"T-a.p": "typed"}
    assert "without what needs a correction" in said(app)
    assert "n (T): Enter a whole number" in said(app)


def test_a_preset_is_renamed_and_deleted():
    """Deleting asks first, and leaves the form as it is."""
    kept = keep(p="old")
    app = menu(choose(open_page(), kept), "more")
    app.text_input(key=key_of(f"rename-{kept.id}-1")).set_value("Other name")
    press(app, "Rename")
    assert [each.name for each in all_kept()] == ["Other name"]
    press(app, "Delete…")
    assert all_kept()
    press(app, "Delete it")
    assert all_kept() == []
    assert value(app) == "old"
    assert "meanwhile" not in said(app)


def test_a_flow_opens_with_its_default_where_nothing_was_entered():
    """It says so, and the flow's own values are a press away, also after a reload."""
    keep(p="of the default", default=True)
    app = open_page()
    assert value(app) == "of the default"
    assert "Opened with “Mine”, the flow's default preset." in said(app)
    assert value(press(app, "Use the flow's own values")) == "x"
    assert value(open_page()) == "x"
    assert value(open_page("c")) == "of the default"


def test_a_draft_is_not_replaced_by_the_default():
    """What somebody had typed comes first."""
    enter(open_page(), "typed")
    keep(p="of the default", default=True)
    app = open_page()
    assert value(app) == "typed"
    assert "default preset" not in said(app)


def test_a_preset_becomes_the_default_and_no_longer():
    """By one switch."""
    kept = keep(p="old")
    app = menu(choose(open_page(), kept), "more")
    app.toggle(key=key_of(f"default-{kept.id}")).set_value(True)
    app.run()
    assert presets().get(owner(), kept.id).is_default
    app.toggle(key=key_of(f"default-{kept.id}")).set_value(False)
    app.run()
    assert not presets().get(owner(), kept.id).is_default


def test_a_reload_finds_the_preset_that_the_form_goes_by():
    """And that the form differs from it."""
    kept = keep(p="old")
    enter(choose(open_page(), kept), "new")
    app = open_page()
    assert app.selectbox(key=key_of("choice")).value == kept.id
    assert "Differs from “Mine”" in said(app)


def test_presets_belong_to_their_flow():
    """Another flow's are not offered."""
    keep(p="old")
    app = open_page(flow=TWO)
    assert app.selectbox(key=key_of("choice", TWO)).disabled


def test_what_the_flow_no_longer_takes_is_named():
    """The rest is filled in."""
    kept = keep(p="old", gone=1, n="many")
    app = choose(open_page(), kept)
    assert value(app) == "old"
    assert "T-a.gone: T has no such parameter." in said(app)
    assert "n (T): Enter a whole number" in said(app)


def test_the_way_back_leads_back_to_the_preset_that_the_form_went_by():
    """So that what differs is told of the right one."""
    one, other = keep("One", p="one"), keep("Other", p="other")
    app = choose(enter(choose(open_page(), one), "typed"), other)
    press(app, "Back to what I had typed")
    assert app.selectbox(key=key_of("choice")).value == one.id
    assert "Differs from “One” in 1 value." in said(app)


def test_presets_that_cannot_be_read_leave_the_form_as_it_is():
    """What can't be done is said, and the flow can be run."""
    app = enter(open_page(), "typed")
    with app_context().runner.store.database.write() as connection:
        connection.execute(text("drop table presets"))
    app.run()
    assert [each for each in app.error if "runs.db" in each.value.replace("\\", "")]
    assert value(app) == "typed"
    assert "Run" in labels(app)
