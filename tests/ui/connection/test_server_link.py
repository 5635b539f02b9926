"""The server in the upper corner of the pages."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from pages._ui.connection import server_session, servers
from pages._ui.connection.app_context import app_context
from tests.support.waiting import wait_for
from tests.ui.support.http_stand_in import flow
from tests.ui.support.whole_pages import ONE, add_ended_run, open_app

VERSION, LIST = "GET /api/v1/version", "GET /api/v1/flows/"
PAGES = ("run", "chat", "history", "compare", "connection")


def server_links(app):
    """Return the labels of the links to the Connection page."""
    links = [each.proto for each in app.main.get("page_link")]
    return [link.label.replace("\\", "") for link in links if link.help == "Servers and keys"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_names_its_server_and_release(langflow_stand_in, page):
    langflow_stand_in.set_flows(flow(ONE, "Echo"))
    app = open_app(f"pages/{page}.py")
    [label] = server_links(app)
    assert label.endswith(" · Langflow 1.13.0")
    assert not app.exception


@pytest.mark.parametrize("page", ["history", "compare"])
def test_a_page_of_stored_runs_names_its_server_while_it_is_unreachable(langflow_stand_in, page):
    add_ended_run(langflow_stand_in.url)
    langflow_stand_in.answers["GET /api/v1/version"] = (503, {"detail": "down"})
    app = open_app(f"pages/{page}.py")
    [label] = server_links(app)
    assert "Langflow 1" not in label
    assert not app.exception


def test_a_page_that_has_all_it_shows_says_that_its_server_stopped_responding(
    langflow_stand_in, monkeypatch
):
    """And that it is back."""
    monkeypatch.setattr(server_session, "_RELEASE_SECONDS", 0)
    app = open_app()
    requests = list(langflow_stand_in.requests)
    answer, down = langflow_stand_in.answers[VERSION], (503, {"detail": "down"})
    for answered, words in [(down, "Not responding"), (answer, "Langflow 1.13.0")]:
        langflow_stand_in.answers[VERSION] = answered
        wait_for(lambda words=words: words in server_links(app.run())[0])
        assert not app.error
        assert not app.warning
    assert langflow_stand_in.requests.count(LIST) == requests.count(LIST)


def test_all_pages_share_the_check_whether_their_server_responds(langflow_stand_in):
    """Also those with other keys."""
    open_app()
    configured = servers.available_connections()[0]
    session = servers.attach(configured)
    wait_for(
        lambda: app_context().request_cache.seconds_waiting(configured.url, ["release"]) is None
    )
    before = len(langflow_stand_in.requests)
    for key in ("sk-one", "sk-two"):
        connection = replace(configured, api_key=SecretStr(key))
        assert servers.attach(connection).release() == "1.13.0"
    assert session.release() == "1.13.0"
    assert len(langflow_stand_in.requests) == before


@pytest.mark.parametrize("page", PAGES)
def test_no_server_is_named_without_one(page):
    app = open_app(f"pages/{page}.py")
    assert server_links(app) == []
    assert not app.exception
