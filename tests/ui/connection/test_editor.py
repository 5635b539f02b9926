"""Links to Langflow's editor, and the sign-in to the local Langflow."""

import asyncio
import re
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest

from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import cookie_signature
from lfclient.errors import InvalidKey
from pages._ui.app.browser_cookie import BrowserCookie
from pages._ui.connection import editor
from pages._ui.connection.app_context import app_context
from tests.ui.support.whole_pages import ONE, page_text

LOCAL_URL = "http://127.0.0.1:7999"


def page(connection, flow_id):
    """Draw the link. AppTest runs the source of this function, so its imports are inside."""
    import streamlit as st

    from pages._ui.connection import editor

    editor.draw_link(connection, flow_id)
    st.write("below the link")


def links(url, flow_id=ONE, source="environment", **options):
    connection = Connection("any", url, SecretStr("sk-any"), source, **options)
    app = AppTest.from_function(page, args=(connection, flow_id)).run()
    assert "below the link" in page_text(app)
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
def test_a_loopback_langflow_has_no_link_on_other_machines(source):
    assert links(LOCAL_URL, source=source) == []


def test_a_loopback_langflow_has_a_link_on_the_consoles_machine(at_console):
    assert links(LOCAL_URL) == [f"{LOCAL_URL}/flow/{ONE}"]
    [link] = links(LOCAL_URL, source="local")
    assert re.fullmatch(rf"local-editor\?flow={ONE}&token=[\w-]{{22}}", link)


def test_the_local_langflows_editor_requires_the_permission_to_start_it(at_console, monkeypatch):
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    assert links(LOCAL_URL, source="local") == []


def test_a_flow_id_cannot_change_the_links_target():
    assert links("https://flows.example", "../../?x#y") == [
        "https://flows.example/flow/..%2F..%2F%3Fx%23y"
    ]


COOKIES = {"access_token_lf": "jwt-access", "refresh_token_lf": "jwt-refresh"}
BROWSER = "b" * 43


def follow(
    token="good",
    flow_id="",
    *,
    host="localhost:8501",
    browser=BROWSER,
    sign_in=lambda: COOKIES,
    address=(LOCAL_URL, "sk-local"),
    **more,
):
    """Open a link as `browser`, and return the response. The token "good" belongs to `BROWSER`."""
    context = app_context()
    context.editor_tokens.setdefault("good", BROWSER)
    context.local = SimpleNamespace(connection=lambda: address, sign_in=sign_in)
    app = BrowserCookie(Starlette(routes=editor.routes()))
    signature = cookie_signature(browser, context.settings.data_dir)
    name = f"langflow_console_{cookie_signature('', context.settings.data_dir)[:8]}"
    headers = {"cookie": f"{name}={browser}.{signature}", **more}

    async def get():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            query = {"token": token, "flow": flow_id}
            return await client.get("/local-editor", params=query, headers=headers)

    return asyncio.run(get())


def test_a_browser_is_signed_in_to_the_local_editor(at_console):
    """The cookies are for the host name under which the console was opened."""
    response = follow(flow_id=ONE)
    assert response.status_code == 303
    assert response.headers["location"] == f"http://localhost:7999/flow/{ONE}"
    assert dict(response.cookies) == COOKIES
    for cookie in response.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    assert "jwt-" not in response.text + response.headers["location"]


@pytest.mark.parametrize("flow_id", ["", "//elsewhere.example", "../api/v1/logout", "@elsewhere"])
def test_a_flow_id_cannot_change_the_redirects_target(at_console, flow_id):
    assert follow(flow_id=flow_id).headers["location"] == "http://localhost:7999/"


def test_a_refused_login_still_opens_the_editor(at_console):
    def refuse():
        raise InvalidKey("Too many logins.")

    response = follow(sign_in=refuse)
    assert (response.status_code, dict(response.cookies)) == (303, {})


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"host": "console.example"},
        {"x-forwarded-for": "10.0.0.1"},
        {"origin": "https://elsewhere.example"},
    ],
)
def test_browsers_on_other_machines_are_not_signed_in(elsewhere):
    context = app_context()
    context.settings = replace(context.settings, bind_address="127.0.0.1")
    assert follow().status_code == 303
    response = follow(**elsewhere)
    assert (response.status_code, dict(response.cookies)) == (403, {})


@pytest.mark.parametrize(
    ("token", "browser"), [("", BROWSER), ("made-up", BROWSER), ("good", "c" * 43), ("good", "")]
)
def test_only_a_link_of_a_page_in_the_same_browser_signs_in(at_console, token, browser):
    """Another account of the machine, a link or a script would get Langflow's tokens."""
    logins = []
    response = follow(token, browser=browser, sign_in=lambda: logins.append(1) or COOKIES)
    assert (response.status_code, dict(response.cookies), logins) == (303, {}, [])


def test_a_link_signs_in_once(at_console):
    app_context().editor_tokens["once"] = BROWSER
    assert [bool(follow("once").cookies) for _ in range(2)] == [True, False]


def test_an_unused_link_signs_in_after_langflow_was_restarted(at_console):
    app_context().editor_tokens["once"] = BROWSER
    response = follow("once", address=None)
    assert (response.status_code, "not running" in response.text) == (409, True)
    assert follow("once").cookies


def test_a_page_has_a_new_link_after_its_link_was_used(at_console):
    def page():
        from lfclient.console.config.connection import Connection
        from pages._ui.connection import editor

        editor.draw_link(Connection("any", "http://127.0.0.1:7999", None, "local"), "f")

    def link():
        return app.run().get("link_button")[0].proto

    app = AppTest.from_function(page)
    first = link().url
    assert link().url == first
    app_context().editor_tokens.clear()  # followed in another way, as with the middle button
    second = link().url
    assert second != first
    app._run(WidgetStates(widgets=[WidgetState(id=link().id, trigger_value=True)]))
    assert link().url != second
