"""A presented flow whose server fails: the form stays, and what is missing arrives by itself."""

import threading
from dataclasses import replace

import pytest
from pydantic import SecretStr

from lfclient.api import requests
from lfclient.console.config.connection import Connection
from lfclient.console.runner.runner import Runner
from lfclient.console.store.errors import StoreError
from pages._ui.connection import loading, request_cache, servers
from pages._ui.connection.app_context import app_context
from tests.support.flows import entry, node
from tests.support.http_stand_in import StandIn, flow
from tests.support.waiting import wait_for
from tests.ui.present.support import inputs, present, present_as_presenter, store
from tests.ui.support.model_pages import MODEL, MODELS, serve_models
from tests.ui.support.preset_pages import enter, fields_flow, value
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    page_text,
    press,
)

VERSION = "GET /api/v1/version"
OTHER_FLOW = f"GET /api/v1/flows/{TWO}"
UNREACHED = "The flow can't be reached right now"
SUBMIT, STATUS = "POST /api/v2/workflows", f"GET {requests.STATUS}"
REFUSED = (403, {"detail": "Invalid API key sk-configured-key"})


def busy(seconds):
    """Return the answer of a server that takes no runs for so many seconds."""
    return 429, {"detail": "queue of host-7"}, {"retry-after": str(seconds)}


def run_refused(server, answer):
    """Run the presented flow, and return the page of its refusal."""
    server.answers[SUBMIT] = answer
    app = press(present(), "Run")
    wait_for(lambda: "The run did not start" in page_text(app.run()))
    return app


def refresh():
    """Let the next pages ask the server again."""
    servers.attach(servers.available_connections()[0]).refresh()


def refuse_key(server):
    """Let the server refuse the key from now on; return what it answered before."""
    before = dict(server.answers)
    for line in server.answers.keys() - {VERSION}:
        server.answers[line] = REFUSED
    refresh()
    return before


def test_a_presented_form_stays_while_the_key_is_refused(fields_server):
    app = present()
    enter(app, "typed before")
    before = refuse_key(fields_server)
    app.run()
    for _ in range(2):
        assert app.title[0].value == "Fields"
        assert value(app) == "typed before"
        assert page_text(app).count(UNREACHED) == 1
        app.run()
    assert "The server refuses access to the flow." in page_text(app)
    assert "Try again in a moment" not in page_text(app)
    assert "key" not in page_text(app)
    assert inputs(present()) == []
    fields_server.answers |= before
    press(app, "Try again")
    assert UNREACHED not in page_text(app)
    assert value(app) == "typed before"


def test_a_presenter_of_a_flow_that_fails_is_not_asked_to_tell_who_sent_the_link(
    fields_server, monkeypatch
):
    app = present_as_presenter()
    before = refuse_key(fields_server)
    words = words_for_presenter(app)
    assert "The server refuses access to the flow." in words
    assert "Check the connection on the Connection page." in words
    fields_server.answers |= dict.fromkeys(before, (503, {"detail": "down"}))
    refresh()
    assert "Try again in a moment." in words_for_presenter(app)
    fields_server.answers |= before
    refresh()

    def fail(*_, **__):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(Runner, "start", fail)
    app = press(app.run(), "Run")
    assert "That can't be done right now" in words_for_presenter(app, redraws=False)


def words_for_presenter(app, *, redraws=True):
    """Return the words of the page, which speak of no sender of a link."""
    words = page_text(app.run() if redraws else app)
    assert "who sent you this link" not in words
    return words


def test_choices_that_a_presented_form_lacks_are_loaded_once_the_server_responds(
    fields_server, monkeypatch
):
    serve_models(fields_server)
    store(inputs={MODEL: {}})
    fields_server.answers[MODELS] = (503, {"detail": f"starting at {fields_server.url}"})
    app = present()
    assert inputs(app) == ["model"]
    assert UNREACHED in page_text(app)
    assert "Retrying automatically." in page_text(app)
    assert fields_server.url not in page_text(app)
    fields_server.answers[MODELS] = (200, [{"name": "new", "provider": "Near"}])
    monkeypatch.setattr(loading, "RETRY_SECONDS", 0)
    monkeypatch.setattr(request_cache, "_ERROR_SECONDS", 0)
    app.run()
    assert UNREACHED not in page_text(app)
    assert any(each.startswith("Near: new") for each in app.selectbox[0].options)


@pytest.fixture
def hold(monkeypatch):
    """Return a function that holds a server's answer to a line until the end of the test."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.3)
    is_released = threading.Event()

    def hold(server, line):
        answer = server.answers[line]

        def late(*arguments):
            is_released.wait(60)
            return answer(*arguments) if callable(answer) else answer

        server.answers[line] = late
        return is_released

    yield hold
    is_released.set()


def test_an_audience_that_waits_for_the_options_of_a_field_does_not_see_the_server(
    fields_server, hold
):
    options = {**entry("DropdownInput", "str", "", options=[], refresh_button=True)}
    options = {**options, "api_editable": True, "required": True}
    fields_server.set_flows(flow(ONE, "Choose", [node("T-a", choice=options)]))
    line = "POST /api/v1/custom_component/update"
    fields_server.answers[line] = (200, {"template": {"choice": {"options": ["a", "b"]}}})
    is_released = hold(fields_server, line)
    app = present()
    wait_for(lambda: inputs(app.run()))
    assert "Loading" in page_text(app)
    assert "Waiting for" not in page_text(app)
    is_released.set()
    wait_for(lambda: "Loading" not in page_text(app.run()))


@pytest.fixture
def other(fields_server):
    """Another server of the browser "b", which has a flow that the one in use lacks."""
    with StandIn() as other:
        other.set_flows(fields_flow(TWO, "Elsewhere"))
        fields_server.answers[OTHER_FLOW] = (404, {"detail": "Flow not found"})
        present(browser="b")
        connection = Connection("other", other.url, SecretStr("sk-other"), "typed")
        app_context().vault.save("b" * 43, connection)
        yield other


def test_a_view_waits_for_the_server_of_its_flow_if_that_is_not_the_one_in_use(other, hold):
    is_released = hold(other, OTHER_FLOW)
    app = present(TWO, browser="b")
    assert "Loading" in page_text(app)
    is_released.set()
    wait_for(lambda: inputs(app.run()) == ["p", "n"])


def assert_asks_for_another_key(app):
    assert "Langflow rejected the key that you entered." in page_text(app)
    assert "Enter another key on the Connection page, then try again." in page_text(app)
    assert "person who sent you this link" not in page_text(app)
    [link] = app.get("link_button")
    assert link.proto.url == "connection"


def test_a_visitor_whose_own_key_is_refused_is_led_to_where_another_is_entered(other):
    refused, answer = present(TWO, browser="b"), other.answers[OTHER_FLOW]
    other.answers[OTHER_FLOW] = REFUSED
    [connection] = app_context().vault.connections("b" * 43)
    servers.attach(connection).refresh()
    assert_asks_for_another_key(refused.run())
    assert inputs(refused) == ["p", "n"]
    first = present(TWO, browser="b")
    assert_asks_for_another_key(first)
    other.answers[OTHER_FLOW] = answer
    assert inputs(press(first, "Try again")) == ["p", "n"]
    assert not first.get("link_button")


def test_a_view_whose_run_and_form_are_refused_is_drawn(other):
    other.answers[SUBMIT] = REFUSED
    app = press(present(TWO, browser="b"), "Run")
    wait_for(lambda: "The run did not start" in page_text(app.run()))
    assert_asks_for_another_key(app)
    assert "refuses access" not in page_text(app)
    other.answers[OTHER_FLOW] = REFUSED
    [connection] = app_context().vault.connections("b" * 43)
    servers.attach(connection).refresh()
    assert page_text(app.run()).count("Langflow rejected the key that you entered.") == 2


def test_try_again_repeats_the_requests_of_the_flow_s_server_only(fields_server, other):
    app = present(browser="b")
    before = refuse_key(fields_server)
    assert UNREACHED in page_text(app.run())
    [connection] = app_context().vault.connections("b" * 43)
    server = replace(servers.attach(connection), browser_id="b" * 43)
    server.flows()
    sent = len(other.lines)
    fields_server.answers |= before
    press(app, "Try again")
    assert UNREACHED not in page_text(app)
    server.flows()
    assert len(other.lines) == sent


def test_a_view_says_that_the_other_server_of_its_flow_fails(other):
    """The flow was not deleted."""
    answer, other.answers[OTHER_FLOW] = other.answers[OTHER_FLOW], (503, {"detail": "down"})
    app = present(TWO, browser="b")
    assert UNREACHED in page_text(app)
    assert "Retrying automatically." in page_text(app)
    other.answers[OTHER_FLOW] = answer
    press(app, "Try again")
    assert inputs(app) == ["p", "n"]


def test_a_presented_run_that_a_busy_server_refuses_says_how_long_to_wait(fields_server):
    app = run_refused(fields_server, busy(7200))
    assert "The server is busy and accepts no runs." in page_text(app)
    assert "Wait at least 1 h 00 min, then try again." in page_text(app)
    assert "host-7" not in page_text(app)
    assert "in a moment" not in page_text(app)


def test_a_presented_run_that_the_server_does_not_accept_yet_waits(fields_server):
    fields_server.answers[SUBMIT] = busy(300)
    app = press(present(), "Run")
    text = "Waits for the server and starts by itself."
    wait_for(lambda: text in page_text(app.run()))
    assert "host-7" not in page_text(app)
    press(app, "Stop")


def test_a_presented_run_that_is_refused_says_why_without_the_server_s_words(fields_server):
    app = run_refused(fields_server, REFUSED)
    assert "The server refuses access to the flow." in page_text(app)
    assert "key" not in page_text(app)
    assert "Try again in a moment" not in page_text(app)


def test_a_visitor_is_asked_for_the_key_of_a_server_that_is_configured_without_one(
    fields_server, monkeypatch
):
    monkeypatch.delenv("LANGFLOW_API_KEY")
    fields_server.answers[f"GET /api/v1/flows/{ONE}"] = REFUSED
    app = present()
    assert "Langflow requires an API key." in page_text(app)
    assert "Enter one on the Connection page, then try again." in page_text(app)
    assert "that you entered" not in page_text(app)
    assert [link.proto.url for link in app.get("link_button")] == ["connection"]


def test_a_run_has_the_key_that_was_entered_in_another_tab_meanwhile(other, monkeypatch):
    before = Connection("other", other.url, SecretStr("sk-other"), "typed", user_id="u")
    app_context().vault.save("b" * 43, before)
    app, used, runner = present(TWO, browser="b"), [], app_context().runner
    app_context().vault.save("b" * 43, replace(before, api_key=SecretStr("sk-entered-later")))
    start = runner.start

    def start_run(connection, *args, **kwargs):
        used.append(connection.api_key.get_secret_value())
        return start(connection, *args, **kwargs)

    monkeypatch.setattr(runner, "start", start_run)
    app = press(app, "Run")
    assert used == ["sk-entered-later"]
