"""A form that is filled from elsewhere, and the way back to what was typed."""

import pytest

from tests.support.flows import entry, node, text
from tests.ui.support.forms import first, forget_drafts, form

SOURCE = "Filled with the inputs of a run."
SECRET = entry("SecretStrInput", "str", "", password=True, load_from_db=True)


@pytest.fixture(autouse=True)
def no_drafts():
    """No test finds what another typed."""
    forget_drafts()


def load(page, overrides, source=SOURCE, hints=None):
    page.at.session_state["load"] = overrides
    page.at.session_state["load-more"] = (source, hints or {})
    return page.run()


def labels(page):
    return [button.label for button in page.at.button]


def test_it_says_where_its_values_come_from():
    """And a form that held nothing has no way back."""
    page = load(form(first(name=text())), {"T-a.name": "Ada"})
    assert page.overrides == {"T-a.name": "Ada"}
    assert SOURCE in page.words()
    assert "Back to what I had typed" not in labels(page)
    assert SOURCE not in page.press("Dismiss").words()
    assert page.overrides == {"T-a.name": "Ada"}


def test_what_was_typed_is_brought_back():
    """Nothing is left of what the form was filled with."""
    page = form(first(name=text(), other=text())).set("text_input", "T-a.name", "mine")
    load(page, {"T-a.other": "theirs"})
    assert page.overrides == {"T-a.other": "theirs"}
    page.press("Back to what I had typed")
    assert page.overrides == {"T-a.name": "mine"}
    assert "Back to what I had typed" not in labels(page)


def test_what_was_typed_after_it_is_kept_too():
    """One can go to and fro, as often as one likes, and reads what the button brings back."""
    page = form(first(name=text())).set("text_input", "T-a.name", "mine")
    load(page, {"T-a.name": "theirs"}).set("text_input", "T-a.name", "theirs, edited")
    assert page.press("Back to what I had typed").overrides == {"T-a.name": "mine"}
    for brought, kept in (("theirs, edited", "mine"), ("mine", "theirs, edited")):
        assert "Back to what I had typed" not in labels(page)
        assert page.press("Bring that back").overrides == {"T-a.name": brought}
        assert f"Kept, too: name: {kept}" in page.words()


def test_each_of_several_versions_is_brought_back_in_turn():
    """None of them is lost to a press too many."""
    page = form(first(name=text())).set("text_input", "T-a.name", "one")
    for theirs in ("two", "three"):
        load(page, {"T-a.name": "filled"}).set("text_input", "T-a.name", theirs)
    found = [page.press("Back to what I had typed").overrides["T-a.name"]]
    found += [page.press("Bring that back").overrides["T-a.name"] for _ in range(3)]
    assert found == ["two", "one", "three", "two"]


def test_a_secret_is_not_told_in_the_way_back():
    """Only that it is there."""
    page = form(first(key=SECRET)).set("text_input", "T-a.key", "sk-very-secret")
    page = load(page, {}, source="")
    assert "Kept, too: key: " in page.words()
    assert "sk-very-secret" not in page.words()


def test_what_only_came_from_a_run_is_not_kept():
    """Two runs one after the other: what was typed before the first comes back."""
    page = form(first(name=text())).set("text_input", "T-a.name", "mine")
    load(load(page, {"T-a.name": "one"}), {"T-a.name": "two"})
    assert page.press("Back to what I had typed").overrides == {"T-a.name": "mine"}
    assert "Back to what I had typed" not in labels(page)


def test_the_way_back_survives_a_reload():
    """As all that is typed does; the sentence above the form, too."""
    parts = first(name=text())
    load(form(parts).set("text_input", "T-a.name", "mine"), {"T-a.name": "theirs"})
    again = form(parts)
    assert again.overrides == {"T-a.name": "theirs"}
    assert SOURCE in again.words()
    assert again.press("Back to what I had typed").overrides == {"T-a.name": "mine"}


def test_a_field_that_has_to_be_filled_in_again_is_marked_and_in_sight():
    """Its component stands open; what is entered there takes the mark away."""
    page = form(node("T-a", key=SECRET), mode="background")
    load(page, {}, hints={"T-a.key": "Secrets aren't saved. Enter it again."})
    assert "Enter it again" in page.words()
    page.set("text_input", "T-a.key", "sk-new-secret")
    assert "Enter it again" not in page.words()
    assert page.overrides == {"T-a.key": "sk-new-secret"}
