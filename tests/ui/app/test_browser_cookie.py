"""The signed cookie that identifies a browser."""

import asyncio
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pages._ui.app.browser_cookie import NAME, BrowserCookie, is_cookie

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


def new_cookie():
    return re.match(rf"{NAME}=([^;]+)", get(HEALTH, FETCH).headers["set-cookie"]).group(1)


def test_the_cookie_is_set_on_a_fetch_by_the_page():
    """Random, unreadable for scripts, sent to this site only, for 30 days."""
    cookie = get(HEALTH, FETCH).headers["set-cookie"]
    assert is_cookie(re.match(rf"{NAME}=([^;]+)", cookie).group(1))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age=2592000" in cookie
    assert "Secure" not in cookie


def test_the_cookie_is_set_under_a_base_path():
    assert "set-cookie" in get("/base" + HEALTH, FETCH).headers


def test_the_cookie_is_secure_over_https():
    assert "Secure" in get(HEALTH, FETCH, "https://testserver").headers["set-cookie"]


def test_a_valid_cookie_is_renewed_and_never_replaced():
    """The browser's drafts depend on it."""
    before = new_cookie()
    headers = {**FETCH, "cookie": f"{NAME}={before}"}
    cookie = get(HEALTH, headers).headers["set-cookie"]
    assert cookie.startswith(f"{NAME}={before}; ")
    assert "Max-Age=2592000" in cookie
    assert "set-cookie" not in get("/", headers).headers


@pytest.mark.parametrize("forged", ["short", "a" * 43, f"{'a' * 43}.{'0' * 64}", "a.b"])
def test_a_cookie_that_the_console_did_not_sign_is_replaced(forged):
    headers = {**FETCH, "cookie": f"{NAME}={forged}"}
    assert f"{NAME}={forged};" not in get(HEALTH, headers).headers["set-cookie"]


def websocket_cookies(cookie):
    """The cookies that a page sees when its websocket is opened with these."""
    seen = []

    async def page(scope, receive, send):
        seen.append(dict(scope["headers"]).get(b"cookie", b"").decode())

    scope = {"type": "websocket", "headers": [(b"cookie", cookie.encode())]}
    asyncio.run(BrowserCookie(page)(scope, None, None))
    return seen[0]


def test_a_websocket_sees_own_cookies_only():
    """Others could let two people share what a browser is given."""
    own = new_cookie()
    assert websocket_cookies(f"a=1; {NAME}={own}; b=2") == f"a=1; {NAME}={own}; b=2"
    token, _, signature = own.partition(".")
    for forged in (token, f"{token}.{signature[::-1]}", "x" * 43, ""):
        assert websocket_cookies(f"a=1; {NAME}={forged}; b=2") == "a=1; b=2"
        assert websocket_cookies(f"a=1;{NAME} = {forged}; b=2") == "a=1; b=2"


def test_processes_of_one_data_folder_accept_each_others_cookies(monkeypatch, tmp_path):
    own = new_cookie()
    assert websocket_cookies(f"{NAME}={own}")
    monkeypatch.setenv("LFCONSOLE_DATA_DIR", str(tmp_path / "other"))
    assert not websocket_cookies(f"{NAME}={own}")


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
