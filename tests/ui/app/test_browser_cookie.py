"""The signed cookie that identifies a browser."""

import asyncio
import re
import tomllib

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lfclient.console.config.ownership import folder_secret
from pages._ui.app.browser_cookie import NAME, BrowserCookie
from tests.support.console_process import ROOT

FETCH = {"sec-fetch-site": "same-origin", "accept": "*/*"}
HEALTH = "/_stcore/health"


def get(path, headers, base="http://testserver"):
    async def page(request):
        return PlainTextResponse("ok")

    app = Starlette(
        routes=[Route("/", page), Route(HEALTH, page), Route("/base" + HEALTH, page)],
        middleware=[Middleware(BrowserCookie)],
    )

    async def call():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.get(path, headers=headers)

    return asyncio.run(call())


def new_cookie(base="http://testserver"):
    """A new cookie's name and value."""
    return get(HEALTH, FETCH, base).headers["set-cookie"].partition(";")[0].partition("=")[::2]


def test_the_cookie_is_set_on_a_fetch_by_the_page():
    """Random, unreadable for scripts, sent to this site only, for 30 days."""
    cookie = get(HEALTH, FETCH).headers["set-cookie"]
    assert re.match(rf"{NAME}_[0-9a-f]{{8}}=[\w-]{{43}}\.[0-9a-f]{{64}};", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age=2592000" in cookie
    assert "Secure" not in cookie


def test_the_cookie_is_set_under_a_base_path():
    assert "set-cookie" in get("/base" + HEALTH, FETCH).headers


def test_the_cookie_is_secure_and_of_this_host_over_https():
    cookie = get(HEALTH, FETCH, "https://testserver").headers["set-cookie"]
    assert cookie.startswith(f"__Host-{NAME}_")
    assert "Secure" in cookie
    assert "Path=/;" in cookie
    assert "Domain" not in cookie


def test_a_valid_cookie_is_renewed_and_never_replaced():
    """The browser's drafts depend on it."""
    name, before = new_cookie()
    headers = {**FETCH, "cookie": f"{name}={before}"}
    cookie = get(HEALTH, headers).headers["set-cookie"]
    assert cookie.startswith(f"{name}={before}; ")
    assert "Max-Age=2592000" in cookie
    assert "set-cookie" not in get("/", headers).headers


@pytest.mark.parametrize(
    "forged", ["short", "a" * 43, f"{'a' * 43}.{'0' * 64}", "a.b", f"{'a' * 43}.é", "."]
)
def test_a_cookie_that_the_console_did_not_sign_is_replaced(forged):
    name, _ = new_cookie()
    headers = [*FETCH.items(), ("cookie", f"{name}={forged}".encode("latin-1"))]
    assert f"{name}={forged};" not in get(HEALTH, headers).headers["set-cookie"]


def test_two_signed_cookies_are_left_as_they_are():
    """Which one was planted is not known."""
    (name, one), (_, other) = new_cookie(), new_cookie()
    headers = {**FETCH, "cookie": f"{name}={one}; {name}={other}"}
    assert "set-cookie" not in get(HEALTH, headers).headers


def websocket_headers(headers, scheme="ws"):
    """The headers that a page sees when its websocket is opened with these."""
    seen = []

    async def page(scope, receive, send):
        seen.extend(scope["headers"])

    scope = {"type": "websocket", "scheme": scheme, "headers": headers}
    asyncio.run(BrowserCookie(page)(scope, None, None))
    return seen


def websocket_cookies(*cookies, scheme="ws"):
    """The cookies that a page sees when its websocket is opened with these headers."""
    headers = websocket_headers([(b"cookie", cookie.encode()) for cookie in cookies], scheme)
    seen = [value.decode() for name, value in headers if name == b"cookie"]
    assert len(seen) <= 1
    return seen[0] if seen else None


def test_a_websocket_sees_the_token_and_no_cookie_of_a_console():
    """Others could let two people share what a browser is given."""
    name, own = new_cookie()
    token, _, signature = own.partition(".")
    assert websocket_cookies(f"a=1; {name}={own}; b=2") == f"a=1; b=2; {NAME}={token}"
    for forged in (token, f"{token}.{signature[::-1]}", f"{token}.é", "x" * 43, ""):
        for used in (name, NAME, f"__Host-{name}"):
            assert websocket_cookies(f"a=1; {used}={forged}; b=2") == "a=1; b=2"
            assert websocket_cookies(f"a=1;{used} = {forged}; b=2") == "a=1; b=2"
    assert websocket_cookies() is None


def test_streamlit_knows_the_browser_whose_session_it_may_resume():
    """In a header that its configuration names and that no browser can send itself."""
    options = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())
    (header,) = options["server"]["trustedUserHeaders"]
    name, own = new_cookie()
    made_up = (header.encode(), b"made up")
    headers = websocket_headers([(b"cookie", f"{name}={own}".encode()), made_up])
    assert [value for name, value in headers if name == header.encode()] == [own[:43].encode()]


def test_a_session_of_a_browser_without_a_cookie_is_resumed_by_nobody():
    made_up = (b"langflow-console-browser", b"made up")
    [first], [second] = websocket_headers([made_up]), websocket_headers([made_up])
    assert first[0] == second[0] == made_up[0]
    assert len({first[1], second[1], made_up[1]}) == 3


def test_over_https_only_a_cookie_that_the_host_set_counts():
    name, own = new_cookie("https://testserver")
    token = own.partition(".")[0]
    assert websocket_cookies(f"{name}={own}", scheme="wss") == f"{NAME}={token}"
    assert websocket_cookies(f"{name.removeprefix('__Host-')}={own}", scheme="wss") is None


def test_a_websocket_sees_the_cookies_of_all_headers():
    name, own = new_cookie()
    assert websocket_cookies("a=1", f"{name}={own}", "b") == f"a=1; b; {NAME}={own[:43]}"


def test_a_websocket_sees_no_token_if_two_are_signed():
    """One of them may be planted; twice the same is one."""
    (name, one), (_, other) = new_cookie(), new_cookie()
    assert websocket_cookies(f"{name}={one}; {name}={other}") is None
    assert websocket_cookies(f"{name}={one}; {name}={one}") == f"{NAME}={one[:43]}"


def test_processes_of_one_data_folder_accept_each_others_cookies():
    name, own = new_cookie()
    folder_secret.cache_clear()
    assert websocket_cookies(f"{name}={own}")


def test_consoles_with_different_data_folders_keep_their_cookies_beside_each_other(
    monkeypatch, tmp_path
):
    """Under one host, at two ports or paths, a browser keeps one cookie of a name."""
    name, own = new_cookie()
    monkeypatch.setenv("LFCONSOLE_DATA_DIR", str(tmp_path / "other"))
    other_name, other = new_cookie()
    assert other_name != name
    cookies = f"{name}={own}; {other_name}={other}"
    assert websocket_cookies(cookies) == f"{NAME}={other[:43]}"
    assert websocket_cookies(f"{other_name}={own}") is None


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", FETCH),
        (HEALTH, {"sec-fetch-site": "cross-site", "accept": "*/*"}),
        (HEALTH, {"sec-fetch-site": "none", "accept": "text/html"}),
        (HEALTH, {"accept": "text/html,*/*"}),
    ],
)
def test_no_cookie_is_set_when_the_browser_may_withhold_one(path, headers):
    assert "set-cookie" not in get(path, headers).headers


def test_two_browsers_get_different_cookies():
    assert get(HEALTH, FETCH).headers["set-cookie"] != get(HEALTH, FETCH).headers["set-cookie"]
