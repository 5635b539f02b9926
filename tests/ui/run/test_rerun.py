"""A run that is opened: its inputs, read-only, and the ways to run them again."""

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
    """The flow of these tests, with a secret beside its chat text."""
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
    """A run of the flow that has ended."""
    more = {"run": Run(ONE, "sync", RunStatus.COMPLETED), **more}
    return kept_run(server.url, overrides=overrides, **more)


def sent(server):
    """The bodies of the runs that the server was asked for."""
    found = zip(server.asked, server.bodies, strict=True)
    return [json.loads(body) for line, body in found if line == POST]


def address(app):
    """The run in the address."""
    found = app.query_params.get("run")
    return found[0] if isinstance(found, list) else found


def test_values_of_components_of_one_name_are_told_apart(langflow_stand_in):
    """Langflow's own ids are long, and tell it at their ends."""
    ids = [f"LanguageModelComponent-{end}" for end in ("kT8z1", "Qw2x3")]
    nodes = [node(id, "A rather long name of a language model" * 2, heat=text("x")) for id in ids]
    langflow_stand_in.add(flow(ONE, "Echo", nodes))
    app = opened(run=kept(langflow_stand_in, {f"{id}.heat": "y" for id in ids}).id)
    assert all(id in given(app) for id in ids)


def boxes(app):
    return [each.value for each in app.text_area]


def given(app):
    """The values that are shown, as they are."""
    return " ".join([said(app), *(each.value for each in app.code)])


def test_an_opened_run_shows_what_it_was_given_and_no_form(langflow_stand_in):
    """By the names that a person knows; the visitor's own draft is not in its place."""
    record = kept(langflow_stand_in, {TEXT: "Oslo", "T.v": Variable("NAME")})
    app = opened(run=record.id)
    assert "Inputs of this run" in said(app)
    assert "**Message** :gray[· Chat Input]" in said(app)
    assert "Oslo" in given(app)
    assert "server variable `NAME`" in said(app)
    assert "Everything else stood as in the flow" in said(app)
    assert boxes(app) == []
    assert "Run" not in labels(app)
    assert {"Run again", "Edit and run", "Show no run"} <= set(labels(app))


def test_a_run_that_was_started_here_keeps_its_form(langflow_stand_in):
    """Its inputs are in a tab instead."""
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = press(opened(), "Run")
    assert boxes(app) == ["hello"]
    assert "Inputs of this run" not in said(app)
    assert {"Run", "Show no run"} <= set(labels(app))


def test_a_reload_keeps_the_form_of_a_run_that_was_started_here(langflow_stand_in, monkeypatch):
    """With what was typed since; another browser sees what the run was given."""
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = press(opened(), "Run")
    app.text_area[0].set_value("typed since").run()
    reloaded = opened(run=address(app))
    assert boxes(reloaded) == ["typed since"]
    assert "Inputs of this run" not in said(reloaded)
    monkeypatch.setattr(browser, "browser_id", lambda: "another")
    other = opened(run=address(app))
    assert "Inputs of this run" in said(other)


def test_a_run_before_the_last_is_shown_with_its_own_inputs(langflow_stand_in, monkeypatch):
    """The form has gone on to other values since, and would be taken for what the run was given."""
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = press(opened(), "Run")
    first = address(app)
    app.text_area[0].set_value("other words").run()
    press(app, "Run")
    before = opened(run=first)
    assert "Inputs of this run" in said(before)
    assert "Run again" in labels(before)


def test_run_again_sends_the_same_values_in_a_fresh_session(langflow_stand_in):
    """At once and in the same mode, whatever stands in the form."""
    langflow_stand_in.answers[POST] = (200, ANSWER)
    record = kept(langflow_stand_in, {TEXT: "Oslo"}, session_id="console-0123456789ab")
    app = opened(run=record.id)
    assert "in a fresh session" in said(app)
    press(app, "Run again")
    (body,) = sent(langflow_stand_in)
    assert body["mode"] == "sync"
    assert body["tweaks"]["ChatInput-a"]["input_value"] == "Oslo"
    assert body["session_id"].startswith("console-")
    assert body["session_id"] != record.session_id
    assert address(app) not in (None, record.id)
    assert "Oslo" in given(app)


def test_run_again_stays_in_a_session_that_a_person_named(langflow_stand_in):
    """Such a name was given to be used more than once."""
    langflow_stand_in.answers[POST] = (200, ANSWER)
    record = kept(langflow_stand_in, {TEXT: "Oslo"}, session_id="holiday plans")
    app = opened(run=record.id)
    assert "in its session holiday plans" in said(app)
    press(app, "Run again")
    assert sent(langflow_stand_in)[0]["session_id"] == "holiday plans"


def test_two_presses_of_run_again_are_one_run(langflow_stand_in):
    """As those of Run are."""
    langflow_stand_in.answers[POST] = (200, ANSWER)
    app = opened(run=kept(langflow_stand_in, {TEXT: "Oslo"}).id)
    word = app.session_state["run-click"]
    press(app, "Run again")
    app.session_state["run-click"] = word
    app.session_state["run-click-used"] = False
    app.query_params["run"] = "a" * 32
    press(app.run(), "Run again")
    assert len(sent(langflow_stand_in)) == 1


def test_edit_and_run_fills_the_form_and_keeps_what_was_typed(langflow_stand_in, monkeypatch):
    """One press brings that back."""
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
    press(app, "Back to what I had typed")
    assert boxes(app) == ["my own words"]


def test_once_the_form_was_run_nothing_is_said_of_what_it_was_filled_with(langflow_stand_in):
    """The run beside it is another by then; the way back stays."""
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
    press(app, "Bring that back")
    assert boxes(app) == ["my own words"]


def test_edit_and_run_takes_the_mode_of_the_run(langflow_stand_in):
    """That of the form may be another."""
    app = press(opened(run=kept(langflow_stand_in, {TEXT: "Oslo"}).id), "Edit and run")
    assert next(each for each in app.radio if each.label == "How to run").value == "sync"


def test_a_secret_leads_to_the_form_where_it_is_marked(langflow_stand_in):
    """It is kept nowhere, so nothing can be sent in its place."""
    langflow_stand_in.add(with_secret())
    app = opened(run=kept(langflow_stand_in, {TEXT: "Oslo", SECRET: "was set"}).id)
    assert "was set, and is not kept" in said(app)
    assert "Run again leads to the form" in said(app)
    press(app, "Run again")
    assert sent(langflow_stand_in) == []
    assert boxes(app) == ["Oslo"]
    assert "Secrets aren't saved. Enter it again." in said(app)
    assert [each.label for each in app.text_input if each.label == "Key"]


def test_a_parameter_that_is_gone_is_shown_and_left_out_by_name(langflow_stand_in):
    """The flow has changed since."""
    app = opened(run=kept(langflow_stand_in, {TEXT: "Oslo", "ChatInput-a.tone": "dry"}).id)
    assert "dry" in given(app)
    assert "see tone (Chat Input) below" in said(app)
    assert "Chat Input has no such parameter." in said(app)
    press(app, "Run again")
    assert sent(langflow_stand_in) == []
    assert "Left out: tone (Chat Input)" in said(app)
    assert boxes(app) == ["Oslo"]


def test_a_mode_that_is_not_offered_any_more_is_said(langflow_stand_in):
    """The server may be an older one by now; the first mode takes its place."""
    version = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
    langflow_stand_in.answers["GET /api/v1/version"] = (200, version)
    app = opened(run=kept(langflow_stand_in, {TEXT: "Oslo"}, mode="stream").id)
    assert "synchronously, since “streamed” is not offered here" in said(app)


def test_a_flow_that_was_deleted_leaves_its_inputs(langflow_stand_in):
    """What can't be done, and what can."""
    record = kept(langflow_stand_in, {"T-a.name": "Oslo"}, flow_id=TWO, flow_name="Gone")
    app = opened(run=record.id)
    assert "The flow of this run is not on the server any more" in said(app)
    assert "Oslo" in given(app)
    assert not {"Run again", "Edit and run"} & set(labels(app))
    assert app.selectbox[0].value is None
    assert app.selectbox[0].placeholder == "Gone (deleted)"
    app.selectbox[0].set_value(ONE).run()
    assert "Run" in labels(app)
    assert "not on the server any more" not in said(app)


def test_a_flow_that_is_deleted_beside_its_run_takes_the_form_along(langflow_stand_in):
    """The run that was started from it is shown with what it was given, as any other."""
    langflow_stand_in.add(flow(ONE, "Echo"), flow(TWO, "Gone"))
    langflow_stand_in.answers[POST] = (404, {"detail": "Flow not found"})
    app = press(opened(flow=TWO), "Run")
    langflow_stand_in.add(flow(ONE, "Echo"))
    next(each for each in app.button if each.key == "refresh-flows").click().run()
    assert "The flow of this run is not on the server any more" in said(app)
    assert "Inputs of this run" in said(app)
    assert app.selectbox[0].value is None


def test_a_server_that_is_away_leaves_the_inputs(langflow_stand_in):
    """They are on this console's disk."""
    record = kept(langflow_stand_in, {TEXT: "Oslo"})
    langflow_stand_in.answers["GET /api/v1/flows/"] = (500, {"detail": "down"})
    app = opened(run=record.id)
    assert "It can be run again once the server has told of Echo" in said(app)
    assert "Oslo" in given(app)
    assert "Run again" not in labels(app)


def test_a_run_that_was_not_started_here_says_that_its_inputs_are_not_known(langflow_stand_in):
    """As one that waited for a person when it was found."""
    app = opened(run=kept(langflow_stand_in, {}, submit_token=f"job {uuid.uuid4()}").id)
    assert "The inputs are unknown" in said(app)
    assert "Run again" not in labels(app)


def test_inputs_that_were_not_kept_are_said_to_be_so(langflow_stand_in):
    """The form is there for another run."""
    app = opened(run=kept(langflow_stand_in, {}, inputs_stored=False).id)
    assert "LFCONSOLE_KEEP_INPUTS" in said(app)
    assert "Everything stood as in the flow" not in said(app)
    assert "Run again" not in labels(app)
    assert boxes(press(app, "Open the form")) == ["hello"]


def test_the_inputs_of_a_run_that_goes_on_can_be_seen(langflow_stand_in):
    """Edit and run leaves it going, and lets it go from the page."""
    record = going_run(langflow_stand_in.url, overrides={TEXT: "Oslo"})
    app = opened(run=record.id)
    assert "Oslo" in given(app)
    press(app, "Edit and run")
    assert boxes(app) == ["Oslo"]
    assert "No run is shown" in said(app)


def test_huge_values_are_cut_until_they_are_asked_for(langflow_stand_in):
    """A text and a list of values."""
    many = {f"T-a.p{number}": number for number in range(40)}
    app = opened(run=kept(langflow_stand_in, {TEXT: "word " * 20_000, **many}).id)
    assert max(len(each.value) for each in app.code) < 2_000
    toggles = {each.label: each for each in app.toggle}
    assert {"Show all 41 values", "Show all 100,000 characters"} <= set(toggles)
    toggles["Show all 100,000 characters"].set_value(True).run()
    assert max(len(each.value) for each in app.code) > 99_000
