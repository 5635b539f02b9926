"""A page that can't reach its server tries again by itself."""

from types import SimpleNamespace

import pytest

from pages._ui.connection import loading, request_cache
from tests.ui.support.chat_langflow import ChatLangflow
from tests.ui.support.whole_pages import ONE, button_labels, open_app, page_text

UNAVAILABLE = (503, {"detail": "starting"})
PROMISE = "tries again by itself"


@pytest.fixture
def at_once(monkeypatch):
    """Try again as soon as the error is drawn."""
    monkeypatch.setattr(loading, "RETRY_SECONDS", 0)
    monkeypatch.setattr(request_cache, "_ERROR_SECONDS", 0)


def fail_first(server, line, times=1):
    """Let the first requests of this line fail, as those of a server that is starting."""
    answer, left = server.answers[line], [UNAVAILABLE] * times
    server.answers[line] = lambda *_: left.pop() if left else answer


@pytest.mark.parametrize("page", [None, "pages/chat.py", "pages/connection.py"])
@pytest.mark.parametrize("line", ["GET /api/v1/flows/", "GET /api/v1/version"])
def test_a_page_works_by_itself_once_its_server_responds(langflow_stand_in, at_once, page, line):
    ChatLangflow(langflow_stand_in)
    fail_first(langflow_stand_in, line)
    words = page_text(open_app(page))
    assert "not available" not in words
    assert PROMISE not in words


def test_a_flow_is_loaded_by_itself_once_its_server_responds(langflow_stand_in, at_once):
    fail_first(langflow_stand_in, f"GET /api/v1/flows/{ONE}")
    app = open_app(flow=ONE)
    assert app.text_area[0].value == "hello"
    assert not app.error


def test_a_presented_flow_is_shown_by_itself_once_its_server_responds(langflow_stand_in, at_once):
    fail_first(langflow_stand_in, f"GET /api/v1/flows/{ONE}")
    app = open_app(view="present", flow=ONE)
    assert not app.warning
    assert "Try again" not in button_labels(app)


def test_an_outdated_list_is_refreshed_by_itself_and_what_was_typed_stays(
    langflow_stand_in, monkeypatch
):
    app = open_app()
    app.text_area[0].set_value("typed before").run()
    answer = langflow_stand_in.answers["GET /api/v1/flows/"]
    langflow_stand_in.answers["GET /api/v1/flows/"] = UNAVAILABLE
    refresh = next(button for button in app.button if button.key == "refresh-flows")
    app = refresh.click().run()
    assert PROMISE in page_text(app)
    assert app.text_area[0].value == "typed before"
    langflow_stand_in.answers["GET /api/v1/flows/"] = answer
    monkeypatch.setattr(loading, "RETRY_SECONDS", 0)
    monkeypatch.setattr(request_cache, "_ERROR_SECONDS", 0)
    app.run()
    assert PROMISE not in page_text(app)
    assert app.text_area[0].value == "typed before"


def test_an_error_that_does_not_pass_by_itself_is_not_tried_again(langflow_stand_in, at_once):
    langflow_stand_in.answers["GET /api/v1/flows/"] = (403, {"detail": "Invalid API key"})
    assert PROMISE not in page_text(open_app())


def test_a_page_shows_another_error_once_its_server_gives_one(langflow_stand_in, at_once):
    langflow_stand_in.answers["GET /api/v1/flows/"] = (403, {"detail": "Invalid API key"})
    fail_first(langflow_stand_in, "GET /api/v1/flows/")
    assert "The API key is not accepted" in page_text(open_app())


def test_the_pauses_between_attempts_grow_with_the_outage(monkeypatch):
    """Up to half a minute, and by the ticks of the page."""
    now = 0.0
    monkeypatch.setattr(loading, "time", SimpleNamespace(monotonic=lambda: now))
    pauses, attempts = loading._Pauses(0.0, 0.0), []
    for tick in range(1, 361):
        now = tick * loading.RETRY_SECONDS
        if pauses.are_over():
            attempts.append(now)
            pauses.previous = now
    assert attempts[:3] == [5, 10, 15]
    assert {b - a for a, b in zip(attempts[-10:], attempts[-9:], strict=False)} == {30}
    assert len(attempts) < 90
