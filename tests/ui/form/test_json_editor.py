"""The overrides as JSON: seen, edited, brought back into the form."""

import json

import pytest

from lfclient.flows.field import Variable
from tests.support.flows import entry, text
from tests.ui.support.forms import OWNER, Form, first, forget_drafts, form

PANEL = f"form-json-{OWNER[:12]}-11111111-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def _no_drafts():
    forget_drafts()


def opened(**parameters) -> Form:
    found = form(first(**parameters), mode="sync")
    found.at.session_state[f"{PANEL}-panel"] = True
    return found.run()


def box(found: Form):
    return found.at.text_area(key=f"{PANEL}-text")


def apply(found: Form, written: str) -> Form:
    box(found).set_value(written)
    return found.run().press("Apply")


def test_shows_what_differs():
    """As the form changes, so does the text."""
    found = opened(p=text("x"))
    assert json.loads(box(found).value) == {}
    found.set("text_input", "T-a.p", "z")
    assert json.loads(box(found).value) == {"T-a.p": "z"}


def test_edits_come_back_into_the_form():
    """What is not named goes back to the flow's own."""
    found = opened(p=text("x"), q=text("y"), v=text(""))
    found.set("text_input", "T-a.q", "z")
    apply(found, '{"T-a.p": "new", "T-a.v": {"$variable": "KEY"}}')
    assert found.overrides == {"T-a.p": "new", "T-a.v": Variable("KEY")}
    assert found.find("text_input", "T-a.p").value == "new"
    assert found.find("text_input", "T-a.q").value == "y"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('{"T-a.p": "a",\n "T-a.q" 5}', "line 2, column 10"),
        ("[]", "object is needed"),
        ('{"T-a.z": 1}', "no such parameter"),
        ('{"T-a.p": 5}', "Enter text"),
        ('{"T-a.p": "\\ud800"}', "a lone surrogate"),
    ],
)
def test_broken_text_is_refused_at_its_place_and_kept(written, words):
    """The form stays as it was, and so does the text."""
    found = opened(p=text("x"), q=text("y")).set("text_input", "T-a.q", "z")
    apply(found, written)
    assert words in found.words()
    assert box(found).value == written
    assert found.overrides == {"T-a.q": "z"}


def test_edits_survive_a_change_in_the_form():
    """They are only discarded when asked."""
    found = opened(p=text("x"))
    box(found).set_value('{"T-a.p": "mine"}')
    found.run().set("text_input", "T-a.p", "other")
    assert box(found).value == '{"T-a.p": "mine"}'
    assert "has changed since" in found.words()
    assert json.loads(box(found.press("Discard")).value) == {"T-a.p": "other"}


def test_secrets_are_said_to_be_set_and_stay():
    """They are not shown, and applying the text keeps them."""
    found = opened(p=text("x"), s=entry("SecretStrInput", "str", password=True))
    found.set("text_input", "T-a.s", "sk-12345678")
    assert "sk-1" not in box(found).value
    apply(found, '{"T-a.s": "was set", "T-a.p": "z"}')
    assert found.overrides == {"T-a.p": "z", "T-a.s": "sk-12345678"}


def commit(found: Form, written: str) -> Form:
    box(found).set_value(written)
    found.run()
    found.at.session_state["commit"] = True
    return found.run()


def test_a_press_on_run_means_edits_that_were_not_applied():
    """They are applied first, as if Apply had been pressed."""
    found = commit(opened(p=text("x")), '{"T-a.p": "mine"}')
    assert found.overrides == {"T-a.p": "mine"}
    assert found.result.ready
    assert found.find("text_input", "T-a.p").value == "mine"


def test_a_press_on_run_is_refused_for_edits_that_are_broken():
    """Nothing runs with other values than those in sight."""
    found = commit(opened(p=text("x")), '{"T-a.p": ')
    assert not found.result.ready
    assert found.result.problems[-1].key == "Overrides as JSON"
    assert box(found).value == '{"T-a.p": '
    assert found.press("Discard").result.ready


def test_a_press_on_run_chooses_between_edits_and_a_changed_form_for_nobody():
    """Both were typed, so neither is thrown away."""
    found = opened(p=text("x"))
    box(found).set_value('{"T-a.p": "mine"}')
    found.run().set("text_input", "T-a.p", "other")
    found.at.session_state["commit"] = True
    found.run()
    assert not found.result.ready
    assert found.overrides == {"T-a.p": "other"}
    assert box(found).value == '{"T-a.p": "mine"}'
    assert found.press("Apply").result.ready
    assert found.overrides == {"T-a.p": "mine"}


def test_a_text_that_was_never_opened_is_no_edit():
    """A press on Run sends what the form holds."""
    found = form(first(p=text("x")), mode="sync").set("text_input", "T-a.p", "z")
    found.at.session_state["commit"] = True
    found.run()
    assert found.result.ready
    assert found.overrides == {"T-a.p": "z"}
