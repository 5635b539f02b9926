"""An opened run: its inputs, and running them again."""

import json
import uuid

import pytest

from lfclient.flows.field import Variable
from lfclient.runs.model import Run, RunStatus
from pages._ui.state import browser
from tests.support.flows import entry, node, text
from tests.ui.support.http_stand_in import NODE, flow
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    add_ended_run,
    add_running_run,
    button_labels,
    open_app,
    page_text,
    press,
)

TEXT, SECRET = "ChatInput-a.input_value", "ChatInput-a.api_key"
POST = "POST /api/v2/workflows"
ANSWER = {
    "job_id": "00000000-0000-4000-8000-000000000001",
    "flow_id": ONE,
    "object": "response",
    "status": "completed",
    "outputs": {},
    "errors": [],
    "inputs": {},
}


def with_secret(**template):
    """Return the flow of these tests with an additional secret field."""
    entry = {
        "display_name": "Key",
        "type": "str",
        "_input_type": "SecretStrInput",
        "password": True,
        "load_from_db": True,
        "show": True,
        "value": "",
    }
    node = json.loads(json.dumps(NODE))
    node["data"]["node"]["template"] |= {"api_key": entry, **template}
    return flow(ONE, "Echo", [node])


def store_ended_run(server, overrides, **more):
    """Store an ended run of the flow and return it."""
    more = {"run": Run(ONE, "sync", RunStatus.COMPLETED), **more}
    return add_ended_run(server.url, overrides=overrides, **more)


def sent(server):
    """Return the bodies of the run requests that the server received."""
    found = zip(server.requests, server.bodies, strict=True)
    return [json.loads(body) for line, body in found if line == POST]


def address(app):
    """Return the run id in the URL."""
    found = app.query_params.get("run")
    return found[0] if isinstance(found, list) else found


def test_values_of_components_with_the_same_name_are_distinguished(langflow_stand_in):
    ids = [f"LanguageModelComponent-{end}" for end in ("kT8z1", "Qw2x3")]
    nodes = [node(id, "A rather long name of a language model" * 2, heat=text("x")) for id in ids]
    langflow_stand_in.set_flows(flow(ONE, "Echo", nodes))
    app = open_app(run=store_ended_run(langflow_stand_in, {f"{id}.heat": "y" for id in ids}).id)
    assert all(id in shown_inputs(app) for id in ids)


def boxes(app):
    return [each.value for each in app.text_area]


def shown_inputs(app):
    """Return the text of the page, with its code blocks."""
    return " ".join([page_text(app), *(each.value for each in app.code)])


def test_an_opened_run_shows_its_inputs_in_place_of_the_form(langflow_stand_in):
    record = store_ended_run(langflow_stand_in, {TEXT: "Oslo", "T.v": Variable("NAME")})
    app = open_app(run=record.id)
    assert "Run inputs" in page_text(app)
    assert "**Message** :gray[· Chat Input]" in page_text(app)
    assert "Oslo" in shown_inputs(app)
    assert "server variable `NAME`" in page_text(app)
    assert "All other values: flow defaults" in page_text(app)
    assert boxes(app) == []
    assert "Run" not in button_labels(app)
    assert {"Run again", "Edit and run", "Close"} <= set(button_labels(app))


def test_an_opened_run_shows_the_flows_defaults_that_it_used(langflow_stand_in):
    """Those that the flow has no longer are sent if it runs again."""
    record = store_ended_run(langflow_stand_in, {}, flow_defaults={TEXT: "hello"})
    app = open_app(run=record.id)
    assert "**Message** :gray[· Chat Input · flow default]" in page_text(app)
    langflow_stand_in.answers[POST] = (200, ANSWER)
    press(app, "Run again")
    changed = store_ended_run(
        langflow_stand_in, {}, flow_defaults={TEXT: "Oslo"}, id="b" * 32, submit_token="b"
    )
    press(open_app(run=changed.id), "Run again")
    assert [body["input_value"] for body in sent(langflow_stand_in)] == ["hello", "Oslo"]


def test_a_run_started_here_keeps_its_form(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = press(open_app(), "Run")
    assert boxes(app) == ["hello"]
    assert "Run inputs" not in page_text(app)
    assert {"Run", "Close"} <= set(button_labels(app))


def test_a_reload_keeps_the_form_of_a_run_started_here(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = press(open_app(), "Run")
    app.text_area[0].set_value("typed since").run()
    reloaded = open_app(run=address(app))
    assert boxes(reloaded) == ["typed since"]
    assert "Run inputs" not in page_text(reloaded)
    monkeypatch.setattr(browser, "browser_id", lambda: "another")
    other = open_app(run=address(app))
    assert "Run inputs" in page_text(other)


def test_an_earlier_run_is_shown_with_its_own_inputs(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = press(open_app(), "Run")
    first = address(app)
    app.text_area[0].set_value("other words").run()
    press(app, "Run")
    before = open_app(run=first)
    assert "Run inputs" in page_text(before)
    assert "Run again" in button_labels(before)


def test_run_again_sends_the_same_values_in_a_new_session(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, ANSWER)
    record = store_ended_run(langflow_stand_in, {TEXT: "Oslo"}, session_id="console-0123456789ab")
    app = open_app(run=record.id)
    captions = [each.value for each in app.caption]
    described = next(each for each in captions if "in a new session" in each)
    assert captions.index(described) > captions.index("All other values: flow defaults")
    press(app, "Run again")
    (body,) = sent(langflow_stand_in)
    assert body["mode"] == "sync"
    assert body["tweaks"]["ChatInput-a"]["input_value"] == "Oslo"
    assert body["session_id"].startswith("console-")
    assert body["session_id"] != record.session_id
    assert address(app) not in (None, record.id)
    assert "Oslo" in shown_inputs(app)


def test_run_again_reuses_a_named_session(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, ANSWER)
    record = store_ended_run(langflow_stand_in, {TEXT: "Oslo"}, session_id="holiday plans")
    app = open_app(run=record.id)
    assert "in its session holiday plans" in page_text(app)
    press(app, "Run again")
    assert sent(langflow_stand_in)[0]["session_id"] == "holiday plans"


def test_two_presses_of_run_again_start_one_run_and_say_so(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = open_app(run=store_ended_run(langflow_stand_in, {TEXT: "Oslo"}).id)
    word = app.session_state["run-click"]
    press(app, "Run again")
    started = address(app)
    app.session_state["run-click"] = word
    app.query_params["run"] = "a" * 32  # as drawn before the first press
    app.run()
    app.query_params["run"] = started
    press(app, "Run again")
    assert len(sent(langflow_stand_in)) == 1
    assert [each.value for each in app.toast] == [
        "One run at a time: the second press was ignored."
    ]


def test_edit_and_run_fills_the_form_and_stores_earlier_input(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    record = store_ended_run(langflow_stand_in, {TEXT: "Oslo"})
    app = open_app()
    app.text_area[0].set_value("my own words").run()
    app.query_params["run"] = record.id
    press(app.run(), "Edit and run")
    assert boxes(app) == ["Oslo"]
    assert "Filled with the inputs of the run of" in page_text(app)
    assert address(app) == record.id  # its outputs stay beside the form
    assert "Run" in button_labels(app)
    press(app, "Restore my input")
    assert boxes(app) == ["my own words"]


def test_the_source_of_a_filled_form_disappears_after_a_run(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, ANSWER)
    record = store_ended_run(langflow_stand_in, {TEXT: "Oslo"})
    app = open_app()
    app.text_area[0].set_value("my own words").run()
    app.query_params["run"] = record.id
    press(app.run(), "Edit and run")
    app.text_area[0].set_value("Bergen").run()
    assert "Filled with" in page_text(app)
    press(app, "Run")
    assert "Filled with" not in page_text(app)
    press(app, "Restore")
    assert boxes(app) == ["my own words"]


def test_edit_and_run_uses_the_mode_of_the_run(langflow_stand_in):
    app = press(open_app(run=store_ended_run(langflow_stand_in, {TEXT: "Oslo"}).id), "Edit and run")
    assert next(each for each in app.radio if each.label == "Run mode").value == "sync"


def test_run_again_opens_the_form_for_a_secret(langflow_stand_in):
    langflow_stand_in.set_flows(with_secret())
    app = open_app(run=store_ended_run(langflow_stand_in, {TEXT: "Oslo", SECRET: "was set"}).id)
    assert "set, not stored" in page_text(app)
    assert "Run again opens the form" in page_text(app)
    press(app, "Run again")
    assert sent(langflow_stand_in) == []
    assert boxes(app) == ["Oslo"]
    assert "Secrets aren't saved. Enter it again." in page_text(app)
    assert [each.label for each in app.text_input if each.label == "Key"]


def test_a_removed_parameter_is_shown_and_omitted(langflow_stand_in):
    app = open_app(
        run=store_ended_run(langflow_stand_in, {TEXT: "Oslo", "ChatInput-a.tone": "dry"}).id
    )
    assert "dry" in shown_inputs(app)
    assert "see tone (Chat Input) above" in page_text(app)
    assert "Chat Input has no such parameter." in page_text(app)
    press(app, "Run again")
    assert sent(langflow_stand_in) == []
    assert "Omitted: tone (Chat Input)" in page_text(app)
    assert boxes(app) == ["Oslo"]


def test_an_unavailable_mode_is_reported(langflow_stand_in):
    version = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
    langflow_stand_in.answers["GET /api/v1/version"] = (200, version)
    app = open_app(run=store_ended_run(langflow_stand_in, {TEXT: "Oslo"}, mode="stream").id)
    assert "Run again starts a run in synchronous mode with the same values" in page_text(app)
    assert "The streamed mode is not available here." in page_text(app)


def test_the_inputs_of_a_deleted_flow_are_still_shown(langflow_stand_in):
    record = store_ended_run(langflow_stand_in, {"T-a.name": "Oslo"}, flow_id=TWO, flow_name="Gone")
    app = open_app(run=record.id)
    assert "The flow of this run is no longer on the server" in page_text(app)
    assert "Oslo" in shown_inputs(app)
    assert not {"Run again", "Edit and run"} & set(button_labels(app))
    assert app.selectbox[0].value is None
    assert app.selectbox[0].placeholder == "Gone (deleted)"
    app.selectbox[0].set_value(ONE).run()
    assert "Run" in button_labels(app)
    assert "no longer on the server" not in page_text(app)


def test_the_form_of_a_deleted_flow_is_replaced_by_the_runs_inputs(langflow_stand_in):
    langflow_stand_in.set_flows(flow(ONE, "Echo"), flow(TWO, "Gone"))
    langflow_stand_in.answers[POST] = (404, {"detail": "Flow not found"})
    app = press(open_app(flow=TWO), "Run")
    langflow_stand_in.set_flows(flow(ONE, "Echo"))
    next(each for each in app.button if each.key == "refresh-flows").click().run()
    assert "The flow of this run is no longer on the server" in page_text(app)
    assert "Run inputs" in page_text(app)
    assert app.selectbox[0].value is None


def test_inputs_are_shown_while_the_server_is_unreachable(langflow_stand_in):
    record = store_ended_run(langflow_stand_in, {TEXT: "Oslo"})
    langflow_stand_in.answers["GET /api/v1/flows/"] = (500, {"detail": "down"})
    app = open_app(run=record.id)
    assert "To run it again, wait until Echo is loaded" in page_text(app)
    assert "Oslo" in shown_inputs(app)
    assert "Run again" not in button_labels(app)


def test_a_run_started_elsewhere_reports_unknown_inputs(langflow_stand_in):
    app = open_app(
        run=store_ended_run(langflow_stand_in, {}, submit_token=f"job {uuid.uuid4()}").id
    )
    assert "The inputs are unknown" in page_text(app)
    assert "Run again" not in button_labels(app)


def test_inputs_that_were_not_stored_are_reported(langflow_stand_in):
    app = open_app(run=store_ended_run(langflow_stand_in, {}, inputs_stored=False).id)
    assert "LFCONSOLE_KEEP_INPUTS" in page_text(app)
    assert "All values: flow defaults" not in page_text(app)
    assert "Run again" not in button_labels(app)
    assert boxes(press(app, "Open the form")) == ["hello"]


def test_a_deleted_flow_has_no_form_to_open(langflow_stand_in):
    record = store_ended_run(
        langflow_stand_in, {}, inputs_stored=False, flow_id=TWO, flow_name="Gone"
    )
    app = open_app(run=record.id)
    assert "LFCONSOLE_KEEP_INPUTS" in page_text(app)
    assert "Open the form" not in button_labels(app)
    assert not app.exception


def test_a_running_run_is_stopped_but_not_repeated(langflow_stand_in):
    record = add_running_run(langflow_stand_in.url, overrides={TEXT: "Oslo"})
    app = open_app(run=record.id)
    assert "Oslo" in shown_inputs(app)
    assert "Stop" in button_labels(app)
    assert not {"Run again", "Edit and run"} & set(button_labels(app))
    assert not app.exception


def test_huge_values_are_shortened_until_requested(langflow_stand_in):
    many = {f"T-a.p{number}": number for number in range(40)}
    app = open_app(run=store_ended_run(langflow_stand_in, {TEXT: "word " * 20_000, **many}).id)
    assert max(len(each.value) for each in app.code) < 2_000
    toggles = {each.label: each for each in app.toggle}
    assert {"Show all 41 values", "Show all 100,000 characters"} <= set(toggles)
    toggles["Show all 100,000 characters"].set_value(True).run()
    assert max(len(each.value) for each in app.code) > 99_000


GPT = [{"name": "gpt", "provider": "OpenAI"}]


@pytest.fixture
def agent_server(langflow_stand_in):
    """A server with a flow of one agent, which has a model, and without a key for it."""
    agent = node(
        "Agent-a",
        model=entry("ModelInput", "model", GPT, required=True),
        api_key=entry("SecretStrInput", "str", "", password=True),
    )
    key = {
        "variable_key": "OPENAI_API_KEY",
        "required": True,
        "is_secret": True,
        "component_metadata": {"mapping_field": "api_key"},
    }
    langflow_stand_in.set_flows(flow(ONE, "Echo", [agent]))
    langflow_stand_in.answers |= {
        "GET /api/v1/models": (200, [{"provider": "OpenAI", "variables": [key]}]),
        "GET /api/v1/model_options/language": (200, GPT),
        POST: (200, ANSWER),
    }
    return langflow_stand_in


def test_a_run_with_a_providers_key_of_this_tab_runs_again_with_it(agent_server):
    """The key itself is not stored with the run."""
    record = store_ended_run(agent_server, {"Agent-a.api_key": "was set"})
    app = open_app(run=record.id)
    assert "opens the form" in page_text(app)  # without the key it can't run
    app.session_state["given-settings"] = {record.owner: {"OPENAI_API_KEY": "sk-given-key"}}
    app.run()
    assert "sk-given-key" not in page_text(app)
    press(app, "Run again")
    (body,) = sent(agent_server)
    assert body["tweaks"]["Agent-a"]["api_key"] == "sk-given-key"


def test_a_key_that_is_entered_and_not_used_yet_keeps_a_run_from_starting(agent_server):
    app = open_app(flow=ONE)
    next(box for box in app.text_input if "OPENAI_API_KEY" in box.key).set_value("sk-typed")
    press(app.run(), "Run")
    assert "A setting is not used yet" in page_text(app)
    assert "is entered but not used yet" in page_text(app)
    assert sent(agent_server) == []
