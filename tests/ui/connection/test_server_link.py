"""The server in the upper corner of the pages."""

from contextlib import suppress
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr

from lfclient.errors import Unreachable
from pages._ui.connection import server_panel, servers
from pages._ui.connection.request_cache import StillLoading
from tests.support.http_stand_in import flow
from tests.support.waiting import wait_for
from tests.ui.support.whole_pages import ONE, button_labels, lacks, open_app, page_text, press

pytestmark = pytest.mark.usefixtures("no_pauses")

VERSION, LIST = "GET /api/v1/version", "GET /api/v1/flows/"
PAGES = ("run", "chat", "history", "compare", "connection")


LOST = httpx.RemoteProtocolError("Server disconnected")


def server_links(app):
    """Return the labels of the links to the Connection page."""
    links = [each.proto for each in app.main.get("page_link")]
    return [link.label.replace("\\", "") for link in links if link.help == "Servers and keys"]


def test_every_page_shows_its_server_and_version(langflow_stand_in):
    langflow_stand_in.set_flows(flow(ONE, "Echo"))
    for page in PAGES:
        app = open_app(f"pages/{page}.py")
        [label] = server_links(app)
        assert label.endswith(" · Langflow 1.13.0"), page


def test_an_error_of_a_panel_leaves_the_server_in_its_corner(langflow_stand_in, monkeypatch):
    def fail(*_):
        raise Unreachable("The panel's error")

    monkeypatch.setattr(server_panel, "draw_connection_form", fail)
    app = open_app("pages/connection.py")
    assert "The panel's error" in page_text(app)
    assert server_links(app)


def test_a_response_to_any_page_shows_that_the_server_is_back(langflow_stand_in):
    server = servers.attach(servers.available_connections()[0])
    langflow_stand_in.answers[VERSION], answer = LOST, langflow_stand_in.answers[VERSION]
    with pytest.raises(Unreachable):
        wait_for(lambda: has_checked(server))
    langflow_stand_in.answers[VERSION] = answer
    with pytest.raises(Unreachable):
        server.check()
    server.flows()
    assert server.check() == "1.13.0"


def has_checked(server):
    """Return whether the check has ended; raise its error."""
    with suppress(StillLoading):
        return server.check()


def test_a_server_that_hides_its_version_is_reachable(langflow_stand_in):
    langflow_stand_in.answers[VERSION] = (403, {"detail": "a gateway"})
    [label] = server_links(open_app())
    assert "Not responding" not in label
    assert "Langflow" not in label


def test_sessions_share_the_check_that_their_server_responds(langflow_stand_in):
    """The check is one request without a key."""
    configured = servers.available_connections()[0]
    for key in ("sk-one", "sk-two"):
        connection = replace(configured, api_key=SecretStr(key))
        assert servers.attach(connection).check() == "1.13.0"
    assert langflow_stand_in.lines == [VERSION]


def test_without_a_server_no_name_is_shown():
    for page in PAGES:
        app = open_app(f"pages/{page}.py")
        assert lacks(app, "Servers and keys", shows="Local Langflow"), page


def test_try_again_shows_that_the_server_is_back(langflow_stand_in):
    langflow_stand_in.set_flows(flow(ONE, "Echo"))
    before = dict(langflow_stand_in.answers)
    langflow_stand_in.answers |= dict.fromkeys(before, LOST)
    app = open_app()
    wait_for(lambda: "Not responding" in server_links(app.run())[0])
    wait_for(lambda: "Try again" in button_labels(app.run()))
    langflow_stand_in.answers |= before
    press(app, "Try again")
    assert "Try again" not in button_labels(app)
    assert server_links(app)[0].endswith(" · Langflow 1.13.0")
