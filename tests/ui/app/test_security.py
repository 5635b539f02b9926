"""Security headers, and the cookie that identifies a browser."""

import asyncio
import logging
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pages._ui.app import security
from pages._ui.app.security import (
    COOKIE,
    ExceptionTextFilter,
    content_security_policy,
    is_valid_token,
)

FETCH = {"sec-fetch-site": "same-origin", "accept": "*/*"}
HEALTH = "/_stcore/health"


def get(path, headers, base="http://testserver"):
    async def page(request):
        return PlainTextResponse("ok")

    app = Starlette(
        routes=[Route("/", page), Route(HEALTH, page), Route("/base" + HEALTH, page)],
        middleware=security.MIDDLEWARE,
    )

    async def call():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.get(path, headers=headers)

    return asyncio.run(call())


def test_every_response_has_the_security_headers():
    headers = get("/", {}).headers
    policy = headers["content-security-policy"]
    assert "img-src 'self' data: blob:;" in policy
    assert "frame-ancestors 'none'" in policy
    scripts = re.search(r"script-src ([^;]*)", policy).group(1)
    assert "'unsafe-inline'" not in scripts
    assert "'unsafe-eval'" not in scripts
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_the_policy_allows_two_inline_scripts_by_hash():
    assert len(re.findall(r"'sha256-[A-Za-z0-9+/=]{44}'", content_security_policy())) == 2


def test_the_cookie_is_set_on_a_fetch_by_the_page():
    """Random, unreadable for scripts, sent to this site only, for 30 days."""
    cookie = get(HEALTH, FETCH).headers["set-cookie"]
    assert is_valid_token(re.match(rf"{COOKIE}=([^;]+)", cookie).group(1))
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
    headers = {**FETCH, "cookie": f"{COOKIE}={'a' * 43}"}
    cookie = get(HEALTH, headers).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}={'a' * 43}; ")
    assert "Max-Age=2592000" in cookie
    assert "set-cookie" not in get("/", headers).headers


def test_an_invalid_cookie_is_replaced():
    assert "set-cookie" in get(HEALTH, {**FETCH, "cookie": f"{COOKIE}=short"}).headers


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


def test_exception_texts_stay_out_of_streamlits_log():
    """The text may contain user input; the type does not."""
    try:
        raise ValueError("sk-secret")
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "f", 1, "Uncaught", (), (ValueError, error, error.__traceback__)
        )
    assert ExceptionTextFilter().filter(record)
    assert logging.Formatter().format(record) == "Uncaught: ValueError"
