"""Settings of a provider that the server has: shown, corrected, removed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfclient.errors import LangflowError
from tests.ui.support.forms import (
    KEY,
    MODELS,
    SAVED_ADDRESS,
    SAVED_KEY,
    openai_agent,
)
from tests.ui.support.whole_pages import lacks


def test_the_settings_that_the_server_has_are_shown_and_kept_unless_replaced(api):
    saved = replace(SAVED_ADDRESS, value="http://me:secret@gateway/v1")
    found = openai_agent(SAVED_KEY, saved).press("Change")
    key, address = (found.find("text_input", name) for name in ("OPENAI_API_KEY", saved.name))
    assert (key.value, key.placeholder) == ("", "Saved. Enter a new one to replace it")
    assert (address.value, address.placeholder) == ("", "Saved: http://gateway/v1")
    assert "Fields left empty stay as saved." in found.text()
    found.set("text_input", "OPENAI_API_KEY", "sk-2").press("Save on the server")
    assert api.saved == [("OPENAI_API_KEY", "sk-2", True)]


def test_a_key_is_used_for_runs_with_the_address_that_the_server_has(api):
    found = (
        openai_agent(SAVED_KEY, SAVED_ADDRESS)
        .press("Change")
        .set("text_input", "OPENAI_API_KEY", "sk-1")
    )
    found.set("text_input", "OPENAI_BASE_URL", "http://gateway/v1").press("Use for my runs")
    assert api.checked == [("OpenAI", {"OPENAI_API_KEY": "sk-1"})]
    assert found.overrides == {"Agent-a.api_key": "sk-1"}


def test_the_address_that_the_server_has_is_saved_again_to_try_its_server(api):
    """It was silent when it was saved, and may be no longer."""
    found = openai_agent(SAVED_ADDRESS, is_silent=True).press("Change")
    found.set("text_input", SAVED_ADDRESS.name, SAVED_ADDRESS.value).press("Save on the server")
    assert api.saved == [(SAVED_ADDRESS.name, SAVED_ADDRESS.value, False)]


def test_a_saved_address_is_in_its_box_to_be_corrected(api):
    found = openai_agent(SAVED_KEY, SAVED_ADDRESS).press("Change")
    assert found.find("text_input", "OPENAI_BASE_URL").value == "http://gateway/v1"
    assert "not used yet" not in found.text()
    assert "Ready" in found.text()
    found.press("Use for my runs")
    assert "Enter the OpenAI API Key first." in found.text()
    found.set("text_input", "OPENAI_BASE_URL", "http://gateway/v2").press("Save on the server")
    assert api.saved == [("OPENAI_BASE_URL", "http://gateway/v2", False)]


def test_a_saved_address_that_is_left_as_it_is_changes_nothing(api):
    found = openai_agent(SAVED_KEY, SAVED_ADDRESS).press("Change").press("Save on the server")
    assert api.saved == [("OPENAI_BASE_URL", "http://gateway/v1", False)]
    found.press("Change").set("text_input", "OPENAI_API_KEY", "sk-2").press("Save on the server")
    assert api.saved[1:] == [("OPENAI_API_KEY", "sk-2", True)]
    assert api.checked == []
    found.press("Change").press("Remove OpenAI Base URL")
    assert found.find("text_input", "OPENAI_BASE_URL").value == ""
    found = openai_agent(
        SAVED_KEY, SAVED_ADDRESS, may_change=False
    )  # a visitor is not told the address
    assert not any(each.value for each in found.press("Change").at.text_input)


def test_a_saved_setting_is_removed_for_everyone_who_uses_the_account(api):
    """The form stays for the others."""
    found = openai_agent(SAVED_KEY, SAVED_ADDRESS).press("Change")
    assert "gone for everyone who uses the connected account of Langflow" in found.text()
    found.press("Remove OpenAI Base URL")
    assert api.deleted == ["OPENAI_BASE_URL"]
    assert [toast.value for toast in found.at.toast] == ["Removed the OpenAI Base URL."]
    assert found.find("text_input", KEY.name)


def test_a_setting_that_could_not_be_removed_is_reported(api):
    api.error = LangflowError("The server refused.")
    found = openai_agent(SAVED_KEY, SAVED_ADDRESS).press("Change").press("Remove OpenAI API Key")
    assert "The server refused." in found.text()
    assert found.find("text_input", KEY.name)


def test_only_what_the_server_has_is_removed_and_only_by_those_who_may_change_it(api):
    def removals(found):
        labels = (button.label for button in found.press("Change").at.button)
        return [label for label in labels if label.startswith("Remove")]

    assert removals(openai_agent(SAVED_KEY)) == ["Remove OpenAI API Key"]
    assert removals(openai_agent(SAVED_KEY, SAVED_ADDRESS, may_change=False)) == []


@pytest.mark.parametrize(
    ("may_change", "named"), [(True, "`http://gateway/v1`"), (False, "the saved address")]
)
def test_an_address_where_the_server_found_no_models_is_reported(may_change, named):
    saved = replace(SAVED_ADDRESS, value="http://me:secret@gateway/v1")
    found = openai_agent(SAVED_KEY, saved, is_silent=True, may_change=may_change)
    assert f"Langflow got no list of models from {named}." in found.text()
    assert "Check the address and the key, and that" in found.text()
    assert "Address not confirmed" in found.text()
    assert "Set up" not in found.text()
    assert "Ready" not in found.text()
    assert found.result.ready


@pytest.mark.parametrize("address", ["http://gateway/", "http://gateway/v1/"])
def test_an_address_without_models_may_lack_its_usual_end(address):
    saved = replace(SAVED_ADDRESS, value=address)
    app = openai_agent(SAVED_KEY, saved, is_silent=True).at
    is_missing = lacks(app, "Most such addresses end with `/v1`.", shows="Langflow got no list")
    assert is_missing == ("/v1" in address)


def test_a_saved_address_without_models_is_reported_before_a_model_is_chosen():
    silent = {"is_silent": True}
    found = openai_agent(SAVED_KEY, SAVED_ADDRESS, model=None, **silent)
    assert "got no list of models from `http://gateway/v1`" in found.text()
    of_ollama = openai_agent(SAVED_KEY, SAVED_ADDRESS, model=MODELS[0], **silent)
    assert "got no list of models" not in of_ollama.text()
