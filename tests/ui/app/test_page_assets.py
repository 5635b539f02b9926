"""The console's own styles and script in the page that Streamlit serves."""

import asyncio
import gzip
import json
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from pages._ui.app import page_assets
from pages._ui.app.navigation import VIEWS

PAGE = "<html><head><title>x</title></head><body>é</body></html>"
BROWSER = {"accept": "text/html,*/*", "accept-encoding": "gzip", "if-none-match": '"old"'}


def get(path, headers, seen=None):
    async def page(request):
        if seen is not None:
            seen.update(request.headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return HTMLResponse(gzip.compress(PAGE.encode()), headers={"content-encoding": "gzip"})
        return HTMLResponse(PAGE, headers={"etag": '"old"'})

    async def pieces(request):
        return StreamingResponse(iter([PAGE[:20], PAGE[20:]]), media_type="text/html")

    async def text(request):
        return PlainTextResponse(PAGE, headers={"etag": '"text"'})

    routes = [Route("/", page), Route("/pieces", pieces), Route("/text", text)]
    app = Starlette(routes=routes, middleware=page_assets.MIDDLEWARE)

    async def call():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(call())


@pytest.mark.parametrize("path", ["/", "/pieces"])
def test_a_page_has_styles_and_script_in_its_head(path):
    seen = {}
    answer = get(path, BROWSER, seen)
    styles, script = page_assets.inline_styles(), page_assets.inline_script()
    own = f"<style>{styles}</style><script>{script}</script>"
    before, after = answer.text.split(own)
    assert before + after == PAGE
    assert after.startswith("</head>")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers
    assert "if-none-match" not in seen


@pytest.mark.parametrize(("path", "accept"), [("/text", "text/html"), ("/", "*/*")])
def test_other_responses_are_passed_on_unchanged(path, accept):
    answer = get(path, {"accept": accept, "accept-encoding": ""})
    assert answer.text == PAGE
    assert "etag" in answer.headers


@pytest.mark.parametrize("file", [*page_assets.STYLES, *page_assets.SCRIPTS])
def test_assets_do_not_close_their_own_tag(file):
    assert "</" not in file.read_text(encoding="utf-8")


def test_the_styles_ask_for_the_parts_that_the_script_publishes():
    asked = set(re.findall(r'data-parts~="([\w-]+)"', page_assets.inline_styles()))
    script = page_assets.inline_script()
    known = script[script.index("const PARTS") : script.index("const LOOKS")]
    names = re.findall(r'^  "([\w-]+)":', known, re.MULTILINE)
    assert asked == {*names, *re.findall(r'"([\w-]+)"', known[known.index("for (const key") :])}


def test_the_script_knows_the_views_that_may_be_framed():
    assert json.dumps(list(VIEWS)) in page_assets.inline_script()
