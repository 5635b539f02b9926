"""A page that can't reach its server retries automatically."""

import threading
from types import SimpleNamespace

import pytest

from lfclient.errors import InvalidKey, ServerFault
from pages._ui.connection import loading, request_cache, servers
from pages._ui.connection.request_cache import StillLoading
from pages._ui.widgets import alerts
from tests.support.waiting import wait_for
from tests.ui.support.chat_langflow import MESSAGES, ChatLangflow
from tests.ui.support.model_pages import PROVIDERS, serve_models
from tests.ui.support.whole_pages import ONE, button_labels, open_app, page_text

REFUSED = (403, {"detail": "Invalid API key"})
UNAVAILABLE = (503, {"detail": "starting"})
PROMISE = "Retrying automatically."


@pytest.fixture
def at_once(monkeypatch):
    """Try again as soon as the error is drawn."""
    monkeypatch.setattr(loading, "RETRY_SECONDS", 0)
    monkeypatch.setattr(request_cache, "_ERROR_SECONDS", 0)


def fail_first(server, line, times=1):
    """Make the first requests of this line fail, as on a server that is starting."""
    server.answers[line] = [*[UNAVAILABLE] * times, server.answers[line]]


@pytest.mark.parametrize(
    ("page", "line", "shows_its_parts"),
    [
        (None, "flows/", lambda app: app.text_area[0].value == "hello"),
        ("pages/chat.py", "flows/", lambda app: "New session" in button_labels(app)),
        ("pages/connection.py", "version", lambda app: "Connected" in page_text(app)),
    ],
)
def test_a_page_is_drawn_once_its_server_responds(
    langflow_stand_in, at_once, page, line, shows_its_parts
):
    ChatLangflow(langflow_stand_in)
    fail_first(langflow_stand_in, f"GET /api/v1/{line}")
    app = open_app(page)
    assert shows_its_parts(app)
    assert PROMISE not in page_text(app)


def test_an_outdated_conversation_is_shown_until_its_server_responds(langflow_stand_in, at_once):
    chat, line = ChatLangflow(langflow_stand_in), f"GET {MESSAGES}"
    chat.store_message("s-1", "Hello.", sender="Machine")
    assert "Hello." in page_text(open_app("pages/chat.py", flow=ONE, session="s-1"))
    chat.store_message("s-1", "Still here.", sender="Machine")
    answer = langflow_stand_in.answers[line]
    langflow_stand_in.answers[line] = UNAVAILABLE
    servers.attach(servers.available_connections()[0]).refresh()
    app = open_app("pages/chat.py", flow=ONE, session="s-1")
    assert "Hello." in page_text(app)
    assert PROMISE in page_text(app)
    langflow_stand_in.answers[line] = answer
    app.run()
    assert "Still here." in page_text(app)
    assert PROMISE not in page_text(app)


def test_a_page_shows_the_servers_new_error_which_is_not_retried(langflow_stand_in, at_once):
    langflow_stand_in.answers["GET /api/v1/flows/"] = (403, {"detail": "Invalid API key"})
    fail_first(langflow_stand_in, "GET /api/v1/flows/")
    words = page_text(open_app())
    assert "The API key is not accepted" in words
    assert PROMISE not in words


@pytest.mark.parametrize("line", ["GET /api/v1/flows/", f"GET /api/v1/flows/{ONE}", PROVIDERS])
def test_a_refused_key_has_a_link_to_the_key_field(langflow_stand_in, line):
    serve_models(langflow_stand_in)
    langflow_stand_in.answers[line] = REFUSED
    app = open_app(flow=ONE)
    assert "The API key is not accepted" in page_text(app)
    assert [link.proto.label for link in app.get("page_link")].count("Open Connection") == 1


@pytest.mark.parametrize(
    ("answer", "says"), [(UNAVAILABLE, "The server failed"), ("slow", "Waiting for")]
)
def test_a_form_stays_if_its_server_goes_down_after_it_refused_the_key(
    langflow_stand_in, at_once, monkeypatch, answer, says
):
    """The earlier responses are dropped, because they must not be shown with a refused key."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.2)
    server = langflow_stand_in
    app = open_app(flow=ONE)
    app.text_area[0].set_value("typed before").run()
    before = dict(server.answers)
    server.answers |= dict.fromkeys(before.keys() - {"GET /api/v1/version"}, REFUSED)
    servers.attach(servers.available_connections()[0]).refresh()
    app.run()
    assert "The API key is not accepted" in page_text(app)
    is_released = threading.Event()

    def late(*_):
        is_released.wait(60)
        return UNAVAILABLE

    server.answers |= dict.fromkeys(before, late if answer == "slow" else answer)
    wait_for(lambda: says in page_text(app.run()))
    assert app.text_area[0].value == "typed before"
    server.answers |= before
    is_released.set()
    wait_for(lambda: says not in page_text(app.run()))
    assert "The API key is not accepted" not in page_text(app)
    assert app.text_area[0].value == "typed before"


def test_the_connection_page_has_no_link_to_itself(langflow_stand_in):
    langflow_stand_in.answers["GET /api/v1/flows/"] = REFUSED
    app = open_app("pages/connection.py")
    assert "The API key is not accepted" in page_text(app)
    assert "Open Connection" not in {link.proto.label for link in app.get("page_link")}


@pytest.mark.parametrize(
    ("failure", "is_redrawn", "is_due_again"),
    [
        (None, True, True),
        (StillLoading("flows"), False, True),
        (ServerFault("starting"), False, False),
        (InvalidKey("refused"), True, True),
    ],
)
def test_a_tick_redraws_the_page_unless_its_request_is_open_or_fails_as_before(
    monkeypatch, failure, is_redrawn, is_due_again
):
    """An open request is checked again at the next tick."""
    redrawn = []

    def request():
        if failure:
            raise failure

    monkeypatch.setattr(loading.st, "rerun", lambda: redrawn.append(True))
    retry = loading._Retry(float("-inf"), float("-inf"))
    loading._retry.__wrapped__(alerts.title(ServerFault("")), request, retry)
    assert bool(redrawn) is is_redrawn
    assert retry.is_due() is is_due_again


def test_the_pauses_between_attempts_grow_with_the_outage(monkeypatch):
    """Pauses grow up to half a minute, in steps of the page's ticks."""
    now = 0.0
    monkeypatch.setattr(loading, "time", SimpleNamespace(monotonic=lambda: now))
    retry, attempts = loading._Retry(0.0, 0.0), []
    for tick in range(1, 361):
        now = tick * loading.RETRY_SECONDS
        if retry.is_due():
            attempts.append(now)
            retry.previous = now
    assert attempts[:3] == [5, 10, 15]
    assert {b - a for a, b in zip(attempts[-10:], attempts[-9:], strict=False)} == {30}
    assert len(attempts) < 90
