"""The link to Langflow's editor, and the way into the one of the local Langflow."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from lfclient.console.config.connection import Connection
from lfclient.errors import InvalidKey
from pages._ui.connection import editor
from pages._ui.connection.app_context import app_context
from tests.ui.support.whole_pages import ONE

LOCAL_URL = "http://127.0.0.1:7999"


def page(connection, flow_id):
    """Draw the link. AppTest runs the source of this function, so its import is inside."""
    from pages._ui.connection import editor

    editor.draw_link(connection, flow_id)


def links(url, flow_id=ONE, source="environment", **options):
    connection = Connection("any", url, SecretStr("sk-any"), source, **options)
    app = AppTest.from_function(page, args=(connection, flow_id)).run()
    assert not app.exception
    return [element.proto.url for element in app.get("link_button")]


@pytest.fixture
def at_console(monkeypatch):
    """The browser runs on the console's machine."""
    monkeypatch.setattr(editor, "is_at_this_machine", lambda settings, headers: True)


@pytest.mark.parametrize(
    ("url", "options", "link"),
    [
        ("https://flows.example", {}, f"https://flows.example/flow/{ONE}"),
        ("http://langflow:7860", {"editor_url": "https://e.example/lf"}, "https://e.example/lf"),
        ("http://127.0.0.1:7860", {"editor_url": "https://e.example"}, "https://e.example"),
    ],
)
def test_the_flow_is_opened_in_the_editor_of_its_server(url, options, link):
    assert links(url, **options)[0].startswith(link)


@pytest.mark.parametrize("source", ["environment", "local"])
def test_a_langflow_that_only_the_consoles_machine_reaches_has_no_link_elsewhere(source):
    assert links(LOCAL_URL, source=source) == []


def test_at_the_consoles_machine_it_has_one(at_console):
    assert links(LOCAL_URL) == [f"{LOCAL_URL}/flow/{ONE}"]
    assert links(LOCAL_URL, source="local") == [f"local-editor?flow={ONE}"]


def test_the_editor_of_the_local_langflow_is_for_those_who_may_start_it(at_console, monkeypatch):
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    assert links(LOCAL_URL, source="local") == []


def test_the_id_of_a_flow_leads_nowhere_else():
    assert links("https://flows.example", "../../?x#y") == [
        "https://flows.example/flow/..%2F..%2F%3Fx%23y"
    ]


COOKIES = {"access_token_lf": "jwt-access", "refresh_token_lf": "jwt-refresh"}


def open_editor(query="", host="localhost:8501", headers=None, sign_in=lambda: COOKIES):
    app_context().local = SimpleNamespace(
        connection=lambda: (LOCAL_URL, "sk-local"), sign_in=sign_in
    )
    transport = httpx.ASGITransport(Starlette(routes=editor.routes()))

    async def get():
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            sent = {"sec-fetch-site": "same-origin", "accept": "text/html", **(headers or {})}
            sent = {name: value for name, value in sent.items() if value}
            return await client.get(f"/local-editor{query}", headers=sent)

    return asyncio.run(get())


def test_a_browser_is_signed_in_to_the_local_editor(at_console):
    """Under the host name that it opened the console with; the tokens are in cookies only."""
    response = open_editor(f"?flow={ONE}")
    assert response.status_code == 303
    assert response.headers["location"] == f"http://localhost:7999/flow/{ONE}"
    assert dict(response.cookies) == COOKIES
    for cookie in response.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    assert "jwt-" not in response.text + response.headers["location"]


def test_the_editor_opens_without_a_flow(at_console):
    assert open_editor(host="127.0.0.1:8501").headers["location"] == f"{LOCAL_URL}/"


@pytest.mark.parametrize("flow_id", ["//elsewhere.example", "../api/v1/logout", "@elsewhere"])
def test_the_browser_is_sent_nowhere_else(at_console, flow_id):
    assert open_editor(f"?flow={flow_id}").headers["location"] == "http://localhost:7999/"


def test_a_refused_login_still_opens_the_editor(at_console):
    def refuse():
        raise InvalidKey("Too many logins.")

    response = open_editor(sign_in=refuse)
    assert (response.status_code, dict(response.cookies)) == (303, {})


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("console.example", {}),
        ("localhost:8501", {"x-forwarded-for": "10.0.0.1"}),
        ("127.0.0.1:8501", {"origin": "https://elsewhere.example"}),
    ],
)
def test_nobody_elsewhere_is_signed_in(host, headers):
    context = app_context()
    context.settings = replace(context.settings, bind_address="127.0.0.1")
    assert open_editor().status_code == 303
    response = open_editor(host=host, headers=headers)
    assert (response.status_code, dict(response.cookies)) == (403, {})


@pytest.mark.parametrize(
    ("site", "status"),
    [("same-origin", 303), ("none", 303), ("same-site", 403), ("cross-site", 403), ("", 403)],
)
def test_only_this_console_and_the_address_bar_lead_to_the_editor(at_console, site, status):
    """A link or script of another site would sign the browser in, and use up the logins."""
    logins = []
    response = open_editor(
        headers={"sec-fetch-site": site}, sign_in=lambda: logins.append(1) or COOKIES
    )
    assert (response.status_code, len(logins)) == (status, 1 if status == 303 else 0)


def test_a_local_langflow_that_is_stopped_is_said_to_be(at_console):
    app_context().local = SimpleNamespace(connection=lambda: None)
    request = SimpleNamespace(headers={"sec-fetch-site": "same-origin"})
    assert b"not running" in editor._open_local_editor(request).body
