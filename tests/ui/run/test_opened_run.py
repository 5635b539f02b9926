"""An opened run fills the form with its inputs, or shows them if there is no form."""

import json
import uuid

from lfclient.console.form.entries import EnteredValue
from lfclient.console.store.presets import Preset
from pages._ui.state import browser
from pages._ui.widgets.times import browser_timezone
from tests.support.flows import entry
from tests.support.http_stand_in import NODE, flow
from tests.ui.support.preset_pages import owner, presets
from tests.ui.support.runs import POST, RESPONSE, store_ended_run
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    button_labels,
    open_app,
    page_text,
    press,
)

TEXT, SECRET = "ChatInput-a.input_value", "ChatInput-a.api_key"


def with_secret():
    """Return the flow of these tests with an additional secret field."""
    secret = entry("SecretStrInput", "str", "", display_name="Key", password=True)
    node = json.loads(json.dumps(NODE))
    node["data"]["node"]["template"] |= {"api_key": secret}
    return flow(ONE, "Echo", [node])


def address(app):
    """Return the run id in the URL."""
    found = app.query_params.get("run")
    return found[0] if isinstance(found, list) else found


def boxes(app):
    return [each.value for each in app.text_area]


def shown_inputs(app):
    """Return the text of the page, with its code blocks."""
    return " ".join([page_text(app), *(each.value for each in app.code)])


def test_an_opened_run_fills_the_form_with_its_inputs(langflow_stand_in):
    run = store_ended_run(langflow_stand_in, {TEXT: "Oslo"})
    app = open_app(run=run.id)
    assert boxes(app) == ["Oslo"]
    # the sentence is stored with the form: "Today" would be another day
    day = f"{run.created_at.astimezone(browser_timezone()):%d %b %Y}"
    assert f"Filled with the inputs of an earlier run: {day}, " in page_text(app)
    assert "Run inputs" not in page_text(app)
    assert {"Run", "Close"} <= set(button_labels(app))
    assert "Restore my input" not in button_labels(app)


def test_the_flows_defaults_that_a_run_used_are_filled_in_if_the_flow_has_others_now(
    langflow_stand_in,
):
    langflow_stand_in.answers[POST] = (200, RESPONSE)
    same = store_ended_run(langflow_stand_in, {}, flow_defaults={TEXT: "hello"})
    press(open_app(run=same.id), "Run")
    changed = store_ended_run(
        langflow_stand_in, {}, flow_defaults={TEXT: "Oslo"}, id="b" * 32, submit_token="b"
    )
    press(open_app(run=changed.id), "Run")
    assert [body["input_value"] for body in langflow_stand_in.bodies(POST)] == ["hello", "Oslo"]


def test_a_reload_keeps_the_form_of_a_run_started_here(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    langflow_stand_in.answers[POST] = (200, RESPONSE)
    app = press(open_app(), "Run")
    assert boxes(app) == ["hello"]
    assert "Run inputs" not in page_text(app)
    assert {"Run", "Close"} <= set(button_labels(app))
    app.text_area[0].set_value("typed since").run()
    assert boxes(open_app(run=address(app))) == ["typed since"]
    monkeypatch.setattr(browser, "browser_id", lambda: "another")
    assert boxes(open_app(run=address(app))) == ["hello"]


def test_a_run_is_repeated_in_the_mode_and_session_of_the_person_who_opened_it(langflow_stand_in):
    """Those of the run are told under Details; to read a run changes no options."""
    langflow_stand_in.answers[POST] = (200, RESPONSE)
    record = store_ended_run(langflow_stand_in, {TEXT: "Oslo"}, session_id="holiday plans")
    app = open_app(run=record.id)
    assert next(each for each in app.radio if each.label == "Run mode").value == "background"
    press(app, "Run")
    (body,) = langflow_stand_in.bodies(POST)
    assert body["mode"] == "background"
    assert body["input_value"] == "Oslo"
    assert body["session_id"].startswith("console-")
    assert address(app) not in (None, record.id)
    assert boxes(app) == ["Oslo"]


def test_what_was_entered_before_a_run_was_opened_stays(langflow_stand_in, monkeypatch):
    langflow_stand_in.set_flows(with_secret())
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    first = store_ended_run(langflow_stand_in, {TEXT: "Oslo"})
    more = {"id": "b" * 32, "submit_token": "b"}
    second = store_ended_run(langflow_stand_in, {TEXT: "Bergen", SECRET: "was set"}, **more)
    app = open_app()
    app.text_area[0].set_value("my own words")
    app.run()
    (form,) = app.session_state["forms"].values()
    form.entries.values[SECRET] = EnteredValue("secret", "typed-secret")
    for record, text in ((first, "Oslo"), (second, "Bergen")):
        app.query_params["run"] = record.id
        assert boxes(app.run()) == [text]
        assert address(app) == record.id
    press(app, "Close")
    assert boxes(app) == ["my own words"]
    assert form.overrides() == {TEXT: "my own words", SECRET: "typed-secret"}


def test_a_run_from_an_opened_one_goes_on_with_its_form(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, RESPONSE)
    app = open_app()
    app.text_area[0].set_value("my own words").run()
    app.query_params["run"] = store_ended_run(langflow_stand_in, {TEXT: "Oslo"}).id
    app.run()
    app.text_area[0].set_value("Bergen").run()
    press(app, "Run")
    assert langflow_stand_in.bodies(POST)[0]["input_value"] == "Bergen"
    assert boxes(app) == ["Bergen"]
    assert "Filled with" not in page_text(app)
    press(app, "Restore")
    assert boxes(app) == ["my own words"]


def test_a_run_that_was_changed_and_run_has_its_inputs_again(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    langflow_stand_in.answers[POST] = (200, RESPONSE)
    record = store_ended_run(langflow_stand_in, {TEXT: "Oslo"})
    app = open_app(run=record.id)
    app.text_area[0].set_value("Bergen").run()
    press(app, "Run")
    assert boxes(open_app(run=record.id)) == ["Oslo"]


def test_the_inputs_of_an_opened_run_come_without_the_default_preset(langflow_stand_in):
    preset = Preset("mine", owner(), ONE, "Echo", "Mine", {TEXT: "of the preset"})
    presets().create(preset)
    presets().set_default(owner(), ONE, preset.id)
    app = open_app(run=store_ended_run(langflow_stand_in, {}).id)
    assert boxes(app) == ["hello"]
    assert boxes(press(app, "Close")) == ["of the preset"]


def test_a_run_of_another_flow_comes_with_its_own_flow(langflow_stand_in):
    """Back, or a link of another page, leads to it."""
    langflow_stand_in.set_flows(flow(ONE, "Echo"), flow(TWO, "Other"))
    record = store_ended_run(langflow_stand_in, {TEXT: "Oslo"}, flow_id=TWO, flow_name="Other")
    app = open_app(flow=ONE)
    app.query_params["run"] = record.id
    app.run()
    assert app.title[0].value == "Other"
    assert boxes(app) == ["Oslo"]


def test_a_secret_of_an_opened_run_is_entered_again(langflow_stand_in):
    langflow_stand_in.set_flows(with_secret())
    app = open_app(run=store_ended_run(langflow_stand_in, {TEXT: "Oslo", SECRET: "was set"}).id)
    assert boxes(app) == ["Oslo"]
    assert "Check Key (Chat Input) before you run." in page_text(app)
    assert "Enter this value: secrets are not saved." in page_text(app)
    assert [each.label for each in app.text_input if each.label == "Key"]
    app = press(app, "Go to the marked field")
    (form,) = (each for each in app.session_state["forms"].values() if each.run_id)
    assert form.shown_key == SECRET
    (box,) = (each for each in app.text_input if each.label == "Key")
    app = box.set_value("sk-again").run()
    assert "Go to the marked field" not in button_labels(app)


def test_the_inputs_of_a_deleted_flow_are_still_shown(langflow_stand_in):
    record = store_ended_run(langflow_stand_in, {"T-a.name": "Oslo"}, flow_id=TWO, flow_name="Gone")
    app = open_app(run=record.id)
    assert "The flow of this run is no longer on the server" in page_text(app)
    assert "Oslo" in shown_inputs(app)
    assert "Run" not in button_labels(app)
    assert app.selectbox[0].value is None
    assert app.selectbox[0].placeholder == "Gone (deleted)"
    app.selectbox[0].set_value(ONE).run()
    assert "Run" in button_labels(app)
    assert "no longer on the server" not in page_text(app)


def test_inputs_are_shown_while_the_server_is_unreachable(langflow_stand_in):
    record = store_ended_run(langflow_stand_in, {TEXT: "Oslo"})
    flows = langflow_stand_in.answers["GET /api/v1/flows/"]
    langflow_stand_in.answers["GET /api/v1/flows/"] = (500, {"detail": "down"})
    app = open_app(run=record.id)
    assert "Run inputs" in page_text(app)
    assert "Oslo" in shown_inputs(app)
    assert "Run" not in button_labels(app)
    langflow_stand_in.answers["GET /api/v1/flows/"] = flows
    press(app, "Try again")
    assert boxes(app) == ["Oslo"]


def test_the_form_says_that_the_inputs_of_a_run_started_elsewhere_are_unknown(langflow_stand_in):
    elsewhere = store_ended_run(langflow_stand_in, {}, submit_token=f"job {uuid.uuid4()}")
    app = open_app(run=elsewhere.id)
    assert "The inputs are unknown: another client started this run." in page_text(app)
    assert "The form has the flow's own values." in page_text(app)
    assert boxes(app) == ["hello"]


def test_the_form_says_that_the_inputs_of_a_run_were_not_stored(langflow_stand_in):
    app = open_app()
    app.text_area[0].set_value("my own words").run()
    app.query_params["run"] = store_ended_run(langflow_stand_in, {}, inputs_stored=False).id
    app.run()
    assert "LFCONSOLE_KEEP_INPUTS" in page_text(app)
    assert boxes(app) == ["hello"]
    press(app, "Back to my form")
    assert "LFCONSOLE_KEEP_INPUTS" not in page_text(app)
    assert boxes(app) == ["my own words"]
