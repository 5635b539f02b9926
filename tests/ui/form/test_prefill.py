"""A form filled from elsewhere, and restoring the earlier input."""

import pytest

from lfclient.flows.run_inputs import SECRET_HINT
from lfclient.flows.validation import SECRET_MASK
from pages._ui.form import prefill
from pages._ui.form.form_state import FormState
from tests.support.flows import entry, flow, node, text
from tests.ui.support.forms import KEY, MODELS, OWNER, agent, editable_node, form, setup
from tests.ui.support.whole_pages import lacks

SOURCE = "Filled with the inputs of a run."
SECRET = entry("SecretStrInput", "str", "", password=True, load_from_db=True)


def load(page, overrides, source=SOURCE, hints=None):
    page.at.session_state["load"] = overrides
    page.at.session_state["load-more"] = (source, hints or {})
    return page.run()


def labels(page):
    return [button.label for button in page.at.button]


def test_a_filled_form_shows_the_source_of_its_values():
    page = load(form(editable_node(name=text())), {"T-a.name": "Ada"})
    assert page.overrides == {"T-a.name": "Ada"}
    assert SOURCE in page.text()
    assert "Restore my input" not in labels(page)
    assert SOURCE not in page.press("Dismiss").text()
    assert page.overrides == {"T-a.name": "Ada"}


def test_setup_is_not_ready_while_a_value_has_to_be_entered_again():
    page = setup(node("T-a", words=text(required=True), key=SECRET))
    assert "Ready" in page.set("text_input", "T-a.words", "hi").text()
    load(page, {"T-a.words": "hi"}, hints={"T-a.key": SECRET_HINT})
    assert "1 to check" in page.text()
    assert "Ready" not in page.text()
    assert "Go to the marked field" in labels(page)
    page.set("text_input", "T-a.key", "sk-again")
    assert "Ready" in page.text()


def test_the_key_of_a_provider_that_this_tab_has_need_not_be_entered_again():
    given = {"given-settings": {OWNER: {KEY.name: "sk-given"}}}
    page = setup(agent(model=[MODELS[1].value]), **given)
    load(page, {}, hints={"Agent-a.api_key": SECRET_HINT})
    assert lacks(page.at, "to check", SECRET_HINT, "Go to the marked field", shows="gpt-4o")


def test_the_fields_to_check_are_named_until_they_have_changed_or_a_run_has_started():
    page = form(node("T-a", one=SECRET, two=SECRET))
    load(page, {}, hints=dict.fromkeys(("T-a.one", "T-a.two"), SECRET_HINT))
    assert "Check one (T), two (T) before you run." in page.text()
    page.set("text_input", "T-a.one", "sk-1")
    assert "Check two (T) before you run." in page.text()
    page.press("Reset")
    assert "Check one (T), two (T) before you run." in page.text()
    (state,) = page.at.session_state["forms"].values()
    prefill.clear_source(state)
    assert "Check " not in page.run().text()


@pytest.fixture
def state():
    return FormState(flow(editable_node(name=text(), key=SECRET)), owner="o")


def enter(state, value):
    state.set(state.fields["T-a.name"], value)


def test_a_fill_keeps_what_a_person_entered_but_not_an_earlier_fill(state):
    enter(state, "mine")
    for filled in ("one", "two"):
        prefill.fill(state, {"T-a.name": filled}, SOURCE, {})
    prefill.restore(state)
    assert state.overrides() == {"T-a.name": "mine"}
    assert state.replaced is None


def test_input_entered_after_a_fill_can_be_restored_in_turn(state):
    enter(state, "mine")
    prefill.fill(state, {"T-a.name": "theirs"}, SOURCE, {})
    enter(state, "theirs, edited")
    for restored in ("mine", "theirs, edited", "mine"):
        prefill.restore(state)
        assert state.overrides() == {"T-a.name": restored}


def test_a_masked_secret_fills_no_field_and_keeps_the_one_entered(state):
    prefill.fill(state, {"T-a.name": "z", "T-a.key": SECRET_MASK}, SOURCE, {"T-a.key": SECRET_HINT})
    assert (state.overrides(), state.active_hints) == ({"T-a.name": "z"}, {"T-a.key": SECRET_HINT})
    state.set(state.fields["T-a.key"], "sk-1")
    prefill.fill(state, {"T-a.key": SECRET_MASK}, SOURCE, {"T-a.key": SECRET_HINT})
    assert (state.overrides(), state.active_hints) == ({"T-a.key": "sk-1"}, {})


@pytest.mark.parametrize(("theirs", "kept"), [("mine", False), ("theirs", True)])
def test_input_that_another_form_has_as_well_is_not_offered_again(state, theirs, kept):
    other = FormState(state.flow, owner="o", run_id="r")
    enter(state, "mine")
    enter(other, theirs)
    prefill.take_over(state, other)
    assert (state.replaced is not None) is kept
    assert state.overrides() == {"T-a.name": theirs}


def test_replaced_input_does_not_show_its_secrets():
    page = form(editable_node(key=SECRET)).set("text_input", "T-a.key", "sk-very-secret")
    page = load(page, {}, source="")
    assert "You entered before: key: " in page.text()
    assert "sk-very-secret" not in page.text()


def test_replaced_input_is_offered_and_survives_a_reload():
    parts = editable_node(name=text(), other=text())
    page = load(form(parts).set("text_input", "T-a.name", "mine"), {"T-a.other": "theirs"})
    again = form(parts)
    for each in (page, again):
        assert each.overrides == {"T-a.other": "theirs"}
        assert SOURCE in each.text()
        assert each.press("Restore my input").overrides == {"T-a.name": "mine"}
        assert "Restore my input" not in labels(each)
