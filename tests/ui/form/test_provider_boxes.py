"""The boxes of a provider's settings keep their text until it is used, saved or cancelled."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pages._ui.state.run_page import SHOWN_SETTINGS, ShownSettings
from tests.support.flows import graph, node, text
from tests.ui.support.forms import (
    KEY,
    MODELS,
    OPENAI_ADDRESS,
    SAVED_ADDRESS,
    SAVED_KEY,
    agent,
    openai_agent,
    openai_resources,
    setup,
)


def test_a_key_that_is_typed_stays_when_the_saved_address_is_removed(api):
    found = openai_agent(SAVED_KEY, replace(OPENAI_ADDRESS, is_set=True)).press("Change")
    found.set("text_input", KEY.name, "sk-typed").press("Remove OpenAI Base URL")
    assert api.deleted == [OPENAI_ADDRESS.name]
    assert found.find("text_input", KEY.name).value == "sk-typed"


@pytest.mark.parametrize("opened_by", ["Change", "the button of an error"])
def test_a_key_that_was_typed_before_it_was_saved_elsewhere_does_not_come_back(api, opened_by):
    """Save would put it in the place of the newer one."""
    found = openai_agent(KEY).set("text_input", KEY.name, "sk-old")
    found.at.session_state["resources"] = openai_resources(SAVED_KEY)
    if opened_by == "Change":
        found.run().press("Change")
    else:
        found.at.session_state[SHOWN_SETTINGS.key] = ShownSettings("OpenAI")
        found.run()
    assert found.find("text_input", KEY.name).value == ""


@pytest.mark.parametrize(("key", "is_drawn"), [(SAVED_KEY, True), (KEY, False)])
def test_the_box_that_a_button_leads_to_gets_the_focus_or_the_first_if_it_is_not_drawn(
    key, is_drawn
):
    """While the key is missing, an address that the server has is not asked for."""
    found = openai_agent(key, replace(OPENAI_ADDRESS, is_required=True, is_set=True))
    found.at.session_state[SHOWN_SETTINGS.key] = ShownSettings("OpenAI", at_address=True)
    found.run()
    assert (found.find("text_input", OPENAI_ADDRESS.name) is not None) == is_drawn
    focus = json.loads(found.at.get("bidi_component")[-1].proto.json)
    assert focus["part"].endswith(OPENAI_ADDRESS.name if is_drawn else "provider-OpenAI")


def test_a_saved_address_that_is_left_in_its_box_is_not_used_for_runs(api):
    """They would keep it when the operator saves another one."""
    address = replace(SAVED_ADDRESS, is_required=True, parameter="address")
    nodes = agent(model=[MODELS[1].value])
    nodes["data"]["node"]["template"]["address"] = text()
    found = (
        setup(nodes, resources=openai_resources(address)).press("Change").press("Use for my runs")
    )
    assert "Change the OpenAI Base URL first." in found.text()
    assert api.checked == []
    found.set("text_input", address.name, "http://mine/v1").press("Use for my runs")
    assert found.overrides == {"Agent-a.address": "http://mine/v1"}


def test_an_address_that_was_saved_elsewhere_while_the_former_is_in_its_box_stays(api):
    """The former holds up no run, and is not saved with a key."""
    found = openai_agent(SAVED_KEY, SAVED_ADDRESS).press("Change")
    newer = replace(SAVED_ADDRESS, value="http://newer/v1")
    found.at.session_state["resources"] = openai_resources(SAVED_KEY, newer)
    assert "not used yet" not in found.run().text()
    found.press("Save on the server")
    assert api.saved == [(newer.name, newer.value, False)]
    found.at.session_state["resources"] = openai_resources(SAVED_KEY, SAVED_ADDRESS)
    found.run().press("Change")
    found.at.session_state["resources"] = openai_resources(SAVED_KEY, newer)
    found.run().set("text_input", KEY.name, "sk-1").press("Save on the server")
    assert api.saved[1:] == [(KEY.name, "sk-1", True)]


def test_an_address_that_was_removed_elsewhere_is_saved_from_its_box(api):
    found = openai_agent(SAVED_KEY, SAVED_ADDRESS).press("Change")
    found.at.session_state["resources"] = openai_resources(SAVED_KEY, OPENAI_ADDRESS)
    found.run().press("Save on the server")
    assert api.saved == [(OPENAI_ADDRESS.name, SAVED_ADDRESS.value, False)]


def test_a_former_address_is_saved_again_if_it_is_typed(api):
    found = openai_agent(SAVED_KEY, SAVED_ADDRESS).press("Change").press("Cancel")
    newer = replace(SAVED_ADDRESS, value="http://newer/v1")
    found.at.session_state["resources"] = openai_resources(KEY, newer)
    found.run().set("text_input", OPENAI_ADDRESS.name, SAVED_ADDRESS.value)
    found.press("Save on the server")
    assert api.saved == [(OPENAI_ADDRESS.name, SAVED_ADDRESS.value, False)]


def test_settings_that_are_open_stay_in_sight_if_the_flow_needs_nothing_any_more(api):
    """What is entered in them holds up a run."""
    found = openai_agent(SAVED_KEY).press("Change")
    found.at.session_state["raw"] = graph(node("T-a", p=text()))
    assert found.run().find("text_input", KEY.name) is not None
