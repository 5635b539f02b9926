"""An opened run: its inputs, and running them again."""

import json
import uuid

from lfclient.flows.field import Variable
from lfclient.runs.model import Run, RunStatus
from pages._ui.state import browser
from tests.support.flows import node, text
from tests.ui.support.http_stand_in import NODE, flow
from tests.ui.support.whole_pages import ONE, TWO, going_run, kept_run, labels, opened, press, said

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


def kept(server, overrides, **more):
    """Store an ended run of the flow and return it."""
    more = {"run": Run(ONE, "sync", RunStatus.COMPLETED), **more}
    return kept_run(server.url, overrides=overrides, **more)


def sent(server):
    """Return the bodies of the run requests that the server received."""
    found = zip(server.asked, server.bodies, strict=True)
    return [json.loads(body) for line, body in found if line == POST]


def address(app):
    """Return the run id in the address."""
    found = app.query_params.get("run")
    return found[0] if isinstance(found, list) else found


def test_values_of_components_with_the_same_name_are_distinguished(langflow_stand_in):
    ids = [f"LanguageModelComponent-{end}" for end in ("kT8z1", "Qw2x3")]
    nodes = [node(id, "A rather long name of a language model" * 2, heat=text("x")) for id in ids]
    langflow_stand_in.add(flow(ONE, "Echo", nodes))
    app = opened(run=kept(langflow_stand_in, {f"{id}.heat": "y" for id in ids}).id)
    assert all(id in given(app) for id in ids)


def boxes(app):
    return [each.value for each in app.text_area]


def given(app):
    """Return the shown values."""
    return " ".join([said(app), *(each.value for each in app.code)])


def test_an_opened_run_shows_its_inputs_in_place_of_the_form(langflow_stand_in):
    record = kept(langflow_stand_in, {TEXT: "Oslo", "T.v": Variable("NAME")})
    app = opened(run=record.id)
    assert "Run inputs" in said(app)
    assert "**Message** :gray[· Chat Input]" in said(app)
    assert "Oslo" in given(app)
    assert "server variable `NAME`" in said(app)
    assert "All other values: flow defaults" in said(app)
    assert boxes(app) == []
    assert "Run" not in labels(app)
    assert {"Run again", "Edit and run", "Close"} <= set(labels(app))


def test_a_run_started_here_keeps_its_form(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = press(opened(), "Run")
    assert boxes(app) == ["hello"]
    assert "Run inputs" not in said(app)
    assert {"Run", "Close"} <= set(labels(app))


def test_a_reload_keeps_the_form_of_a_run_started_here(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = press(opened(), "Run")
    app.text_area[0].set_value("typed since").run()
    reloaded = opened(run=address(app))
    assert boxes(reloaded) == ["typed since"]
    assert "Run inputs" not in said(reloaded)
    monkeypatch.setattr(browser, "browser_id", lambda: "another")
    other = opened(run=address(app))
    assert "Run inputs" in said(other)


def test_an_earlier_run_is_shown_with_its_own_inputs(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = press(opened(), "Run")
    first = address(app)
    app.text_area[0].set_value("other words").run()
    press(app, "Run")
    before = opened(run=first)
    assert "Run inputs" in said(before)
    assert "Run again" in labels(before)


def test_run_again_sends_the_same_values_in_a_new_session(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, ANSWER)
    record = kept(langflow_stand_in, {TEXT: "Oslo"}, session_id="console-0123456789ab")
    app = opened(run=record.id)
    assert "in a new session" in said(app)
    press(app, "Run again")
    (body,) = sent(langflow_stand_in)
    assert body["mode"] == "sync"
    assert body["tweaks"]["ChatInput-a"]["input_value"] == "Oslo"
    assert body["session_id"].startswith("console-")
    assert body["session_id"] != record.session_id
    assert address(app) not in (None, record.id)
    assert "Oslo" in given(app)


def test_run_again_reuses_a_named_session(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, ANSWER)
    record = kept(langflow_stand_in, {TEXT: "Oslo"}, session_id="holiday plans")
    app = opened(run=record.id)
    assert "in its session holiday plans" in said(app)
    press(app, "Run again")
    assert sent(langflow_stand_in)[0]["session_id"] == "holiday plans"


def test_two_presses_of_run_again_start_one_run(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = opened(run=kept(langflow_stand_in, {TEXT: "Oslo"}).id)
    word = app.session_state["run-click"]
    press(app, "Run again")
    app.session_state["run-click"] = word
    app.session_state["run-click-used"] = False
    app.query_params["run"] = "a" * 32
    press(app.run(), "Run again")
    assert len(sent(langflow_stand_in)) == 1


def test_edit_and_run_fills_the_form_and_stores_earlier_input(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    record = kept(langflow_stand_in, {TEXT: "Oslo"})
    app = opened()
    app.text_area[0].set_value("my own words").run()
    app.query_params["run"] = record.id
    press(app.run(), "Edit and run")
    assert boxes(app) == ["Oslo"]
    assert "Filled with the inputs of the run of" in said(app)
    assert address(app) == record.id  # its outputs stay beside the form
    assert "Run" in labels(app)
    press(app, "Restore my input")
    assert boxes(app) == ["my own words"]


def test_the_source_of_a_filled_form_disappears_after_a_run(langflow_stand_in):
    langflow_stand_in.answers[POST] = (200, ANSWER)
    record = kept(langflow_stand_in, {TEXT: "Oslo"})
    app = opened()
    app.text_area[0].set_value("my own words").run()
    app.query_params["run"] = record.id
    press(app.run(), "Edit and run")
    app.text_area[0].set_value("Bergen").run()
    assert "Filled with" in said(app)
    press(app, "Run")
    assert "Filled with" not in said(app)
    press(app, "Restore")
    assert boxes(app) == ["my own words"]


def test_edit_and_run_uses_the_mode_of_the_run(langflow_stand_in):
    app = press(opened(run=kept(langflow_stand_in, {TEXT: "Oslo"}).id), "Edit and run")
    assert next(each for each in app.radio if each.label == "Run mode").value == "sync"


def test_run_again_opens_the_form_for_a_secret(langflow_stand_in):
    langflow_stand_in.add(with_secret())
    app = opened(run=kept(langflow_stand_in, {TEXT: "Oslo", SECRET: "was set"}).id)
    assert "set, not stored" in said(app)
    assert "Run again opens the form" in said(app)
    press(app, "Run again")
    assert sent(langflow_stand_in) == []
    assert boxes(app) == ["Oslo"]
    assert "Secrets aren't saved. Enter it again." in said(app)
    assert [each.label for each in app.text_input if each.label == "Key"]


def test_a_removed_parameter_is_shown_and_left_out(langflow_stand_in):
    app = opened(run=kept(langflow_stand_in, {TEXT: "Oslo", "ChatInput-a.tone": "dry"}).id)
    assert "dry" in given(app)
    assert "see tone (Chat Input) below" in said(app)
    assert "Chat Input has no such parameter." in said(app)
    press(app, "Run again")
    assert sent(langflow_stand_in) == []
    assert "Left out: tone (Chat Input)" in said(app)
    assert boxes(app) == ["Oslo"]


def test_an_unavailable_mode_is_reported(langflow_stand_in):
    version = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
    langflow_stand_in.answers["GET /api/v1/version"] = (200, version)
    app = opened(run=kept(langflow_stand_in, {TEXT: "Oslo"}, mode="stream").id)
    assert "in synchronous mode, since “streamed” is not available here" in said(app)


def test_the_inputs_of_a_deleted_flow_are_still_shown(langflow_stand_in):
    record = kept(langflow_stand_in, {"T-a.name": "Oslo"}, flow_id=TWO, flow_name="Gone")
    app = opened(run=record.id)
    assert "The flow of this run is no longer on the server" in said(app)
    assert "Oslo" in given(app)
    assert not {"Run again", "Edit and run"} & set(labels(app))
    assert app.selectbox[0].value is None
    assert app.selectbox[0].placeholder == "Gone (deleted)"
    app.selectbox[0].set_value(ONE).run()
    assert "Run" in labels(app)
    assert "no longer on the server" not in said(app)


def test_the_form_of_a_deleted_flow_is_replaced_by_the_runs_inputs(langflow_stand_in):
    langflow_stand_in.add(flow(ONE, "Echo"), flow(TWO, "Gone"))
    langflow_stand_in.answers[POST] = (404, {"detail": "Flow not found"})
    app = press(opened(flow=TWO), "Run")
    langflow_stand_in.add(flow(ONE, "Echo"))
    next(each for each in app.button if each.key == "refresh-flows").click().run()
    assert "The flow of this run is no longer on the server" in said(app)
    assert "Run inputs" in said(app)
    assert app.selectbox[0].value is None


def test_inputs_are_shown_while_the_server_is_unreachable(langflow_stand_in):
    record = kept(langflow_stand_in, {TEXT: "Oslo"})
    langflow_stand_in.answers["GET /api/v1/flows/"] = (500, {"detail": "down"})
    app = opened(run=record.id)
    assert "To run it again, wait until Echo is loaded" in said(app)
    assert "Oslo" in given(app)
    assert "Run again" not in labels(app)


def test_a_run_started_elsewhere_reports_unknown_inputs(langflow_stand_in):
    app = opened(run=kept(langflow_stand_in, {}, submit_token=f"job {uuid.uuid4()}").id)
    assert "The inputs are unknown" in said(app)
    assert "Run again" not in labels(app)


def test_inputs_that_were_not_stored_are_reported(langflow_stand_in):
    app = opened(run=kept(langflow_stand_in, {}, inputs_stored=False).id)
    assert "LFCONSOLE_KEEP_INPUTS" in said(app)
    assert "All values: flow defaults" not in said(app)
    assert "Run again" not in labels(app)
    assert boxes(press(app, "Open the form")) == ["hello"]


def test_the_inputs_of_a_running_run_are_shown(langflow_stand_in):
    record = going_run(langflow_stand_in.url, overrides={TEXT: "Oslo"})
    app = opened(run=record.id)
    assert "Oslo" in given(app)
    press(app, "Edit and run")
    assert boxes(app) == ["Oslo"]
    assert "Results appear here" in said(app)


def test_huge_values_are_shortened_until_requested(langflow_stand_in):
    many = {f"T-a.p{number}": number for number in range(40)}
    app = opened(run=kept(langflow_stand_in, {TEXT: "word " * 20_000, **many}).id)
    assert max(len(each.value) for each in app.code) < 2_000
    toggles = {each.label: each for each in app.toggle}
    assert {"Show all 41 values", "Show all 100,000 characters"} <= set(toggles)
    toggles["Show all 100,000 characters"].set_value(True).run()
    assert max(len(each.value) for each in app.code) > 99_000
