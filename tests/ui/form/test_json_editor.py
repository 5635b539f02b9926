"""The JSON editor of a form's overrides."""

import json

from lfclient.flows.field import Variable
from tests.support.flows import entry, text
from tests.ui.support.forms import OWNER, Form, editable_node, form

PANEL = f"form-json-{OWNER[:12]}-11111111-2222-3333-4444-555555555555"


def opened(**parameters) -> Form:
    return form(editable_node(**parameters), mode="sync", **{f"{PANEL}-panel": True})


def box(found: Form):
    return found.at.text_area(key=f"{PANEL}-text")


def apply(found: Form, written: str) -> Form:
    box(found).set_value(written)
    return found.run().press("Apply")


def test_the_editor_shows_the_changed_values_and_applies_edits():
    found = opened(p=text("x"), q=text("y"), v=text(""))
    assert json.loads(box(found).value) == {}
    found.set("text_input", "T-a.q", "z")
    assert json.loads(box(found).value) == {"T-a.q": "z"}
    apply(found, '{"T-a.p": "new", "T-a.v": {"$variable": "KEY"}}')
    assert found.overrides == {"T-a.p": "new", "T-a.v": Variable("KEY")}
    assert found.find("text_input", "T-a.p").value == "new"
    assert found.find("text_input", "T-a.q").value == "y"


def test_invalid_text_is_kept_and_its_error_located():
    found = opened(p=text("x"), q=text("y")).set("text_input", "T-a.q", "z")
    for written, words in (
        ('{"T-a.p": "a",\n "T-a.q" 5}', "line 2, column 10"),
        ("[]", "Enter an object"),
        ('{"T-a.z": 1}', "no such parameter"),
        ('{"Nope-1.p": 1}', "This flow has no component “Nope-1”"),
        ('{"T-a.p": 5}', "Enter text"),
        ('{"T-a.p": "\\ud800"}', "a lone surrogate"),
        ("[" * 100_000, "nested too deeply"),
    ):
        apply(found, written)
        assert words in found.text()
        assert box(found).value == written
        assert found.overrides == {"T-a.q": "z"}


def test_edits_survive_a_change_in_the_form():
    found = opened(p=text("x"))
    box(found).set_value('{"T-a.p": "mine"}')
    found.run().set("text_input", "T-a.p", "other")
    assert box(found).value == '{"T-a.p": "mine"}'
    assert "The form has changed" in found.text()
    assert json.loads(box(found.press("Discard")).value) == {"T-a.p": "other"}


def test_secrets_are_masked_and_stay_set():
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


def test_run_applies_pending_edits():
    found = commit(opened(p=text("x")), '{"T-a.p": "mine"}')
    assert found.overrides == {"T-a.p": "mine"}
    assert found.result.ready
    assert found.find("text_input", "T-a.p").value == "mine"


def test_run_is_refused_for_invalid_edits():
    found = commit(opened(p=text("x")), '{"T-a.p": ')
    assert not found.result.ready
    assert found.result.problems[-1].key == "Overrides as JSON"
    assert box(found).value == '{"T-a.p": '
    assert found.press("Discard").result.ready


def test_run_is_refused_if_both_the_text_and_the_form_were_edited():
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
