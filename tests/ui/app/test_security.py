"""Security headers, closed endpoints, and the checks of websockets."""

import asyncio
import logging
import re
import tomllib
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.web.server.starlette.starlette_agent_routes import create_agent_routes
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from pages._ui.app import security
from pages._ui.app.security import ExceptionTextFilter, content_security_policy
from tests.support.console_process import ROOT


def get(path, headers):
    async def page(request):
        return PlainTextResponse("ok")

    app = Starlette(
        routes=[Route("/{path:path}", page)],
        middleware=security.MIDDLEWARE,
    )

    async def call():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
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


@pytest.mark.parametrize("base", ["", "base"])
def test_no_cache_keeps_what_a_run_returned(set_option, base):
    """An image or a download of somebody's run; Streamlit's own files may be kept."""
    root = f"/{base}" if base else ""
    set_option("server.baseUrlPath", base)
    assert get(f"{root}/media/f00.png", {}).headers["cache-control"] == "no-store"
    for path in (f"{root}/static/media/font.woff2", f"{root}/", "/other/media/x"):
        assert "cache-control" not in get(path, {}).headers


AGENT_API = [route.path for base in ("", "base") for route in create_agent_routes(None, base)]


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/base/_stcore/metrics", *AGENT_API])
def test_streamlits_metrics_and_agent_api_are_closed(path):
    response = get(path, {})
    assert (response.status_code, response.text) == (404, "Not found")
    assert "content-security-policy" in response.headers


def test_the_policy_allows_two_inline_scripts_by_hash():
    assert len(re.findall(r"'sha256-[A-Za-z0-9+/=]{44}'", content_security_policy())) == 2


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


def open_websocket(headers, scheme="ws"):
    """The websocket's first response to a browser's request: accepted or closed."""
    sent = []

    async def page(scope, receive, send):
        await send({"type": "websocket.accept"})

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message["type"])

    headers = {"host": "127.0.0.1:8501", **headers}
    scope = {
        "type": "websocket",
        "scheme": scheme,
        "path": "/_stcore/stream",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(security.OriginCheck(page)(scope, receive, send))
    return sent


@pytest.fixture
def set_option():
    """Changes options of Streamlit until the end of the test."""
    before = {}

    def change(name, value):
        before.setdefault(name, config.get_option(name))
        config.set_option(name, value)

    yield change
    for name, value in before.items():
        config.set_option(name, value)


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        ("ws", {"origin": "http://127.0.0.1:8501"}),
        ("wss", {"origin": "https://127.0.0.1:8501"}),
        ("ws", {"origin": "http://a.example", "host": "a.example"}),
        ("ws", {"origin": "https://127.0.0.1:8501", "x-forwarded-proto": "https"}),
        ("ws", {"origin": "https://127.0.0.1:8501", "x-forwarded-proto": "https, http"}),
        ("ws", {"origin": "https://127.0.0.1:8501", "x-forwarded-proto": "HTTPS,https"}),
        ("ws", {"origin": "http://127.0.0.1:8501", "x-forwarded-host": "a.example, b"}),
        ("ws", {}),
    ],
)
def test_the_consoles_own_page_opens_its_websocket(scheme, headers):
    """Also behind proxies. Clients other than browsers send no Origin."""
    assert open_websocket(headers, scheme) == ["websocket.accept"]


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:9000", "http://localhost:8501", "https://127.0.0.1:8501",
        "http://127.0.0.1", "null",
    ],
)  # fmt: skip
def test_a_page_of_another_origin_opens_no_websocket(origin):
    """Another port of the same host, another name or scheme."""
    assert open_websocket({"origin": origin}) == ["websocket.close"]


def test_a_refused_origin_is_logged_once(caplog):
    for _ in range(2):
        open_websocket({"origin": "http://logged.example"})
    assert caplog.messages == [
        "Websocket from http://logged.example refused; expected http://127.0.0.1:8501."
    ]


@pytest.mark.parametrize("allowed", ["https://a.example", " https://a.example/"])
def test_an_origin_that_the_operator_allows_opens_the_websocket(set_option, allowed):
    set_option("server.corsAllowedOrigins", [allowed])
    assert open_websocket({"origin": "https://a.example"}) == ["websocket.accept"]
    assert open_websocket({"origin": "https://b.example"}) == ["websocket.close"]


def test_all_origins_open_the_websocket_if_the_operator_turns_the_check_off(set_option):
    set_option("server.enableCORS", False)
    assert open_websocket({"origin": "https://a.example"}) == ["websocket.accept"]


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501"])
def test_the_console_can_be_opened_under_each_name_of_this_machine(set_option, host):
    """The configuration file that the console comes with says so."""
    options = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())
    set_option("server.allowedHosts", options["server"]["allowedHosts"])
    assert is_host_allowed(host)
    assert not is_host_allowed("a.example")


def pass_on(*sent):
    """The websocket messages that Streamlit receives."""
    messages = [{"type": "websocket.connect"}, *({"bytes": data} for data in sent), {"text": "x"}]
    received = []

    async def page(scope, receive, send):
        while not received or "text" not in received[-1]:
            received.append(await receive())

    async def receive():
        return messages.pop(0)

    asyncio.run(security.MessageFilter(page)({"type": "websocket"}, receive, None))
    return [message["bytes"] for message in received[1:-1]]


def message(kind):
    """A message of a kind, as a browser sends it."""
    made = BackMsg()
    part, _, operation = kind.partition(".")
    if operation:
        getattr(made.backend_operation_request, operation).SetInParent()
    elif part in ("rerun_script", "file_urls_request"):
        getattr(made, part).SetInParent()
    else:
        setattr(made, part, True)
    return made.SerializeToString()


def test_streamlit_receives_only_what_the_pages_send():
    operation = "backend_operation_request"
    kinds = ["rerun_script", "stop_script", "file_urls_request", "app_heartbeat"]
    kinds += [f"{operation}.deferred_file", f"{operation}.dataframe_chunk"]
    expected = [*map(message, kinds), b"\xff\xff"]
    assert pass_on(*expected) == expected
    refused = ["clear_cache", "load_git_info", "set_run_on_save", "debug_shutdown_runtime"]
    refused += [f"{operation}.install_skills", f"{operation}.dismiss_skills_nudge"]
    assert pass_on(*map(message, refused)) == []


def test_a_browser_can_ask_for_the_addresses_of_1000_files_at_once():
    """Streamlit responds to nobody else meanwhile."""
    asked = BackMsg()
    asked.file_urls_request.file_names.extend(["a"] * 1_000)
    assert pass_on(asked.SerializeToString()) == [asked.SerializeToString()]
    asked.file_urls_request.file_names.append("b")
    assert pass_on(asked.SerializeToString()) == []


def seconds_to_receive(monkeypatch, *sent, expected=None):
    """The seconds that a browser has to wait for its messages to arrive."""
    pauses = []

    async def pause(seconds):
        pauses.append(seconds)

    # for this module alone: threads of other tests wait as well
    monkeypatch.setattr(security, "time", SimpleNamespace(monotonic=lambda: sum(pauses)))
    monkeypatch.setattr(security, "asyncio", SimpleNamespace(sleep=pause))
    assert pass_on(*sent) == (list(sent) if expected is None else expected)
    return sum(pauses)


def test_a_browser_that_sends_many_messages_waits(monkeypatch):
    """Others are served meanwhile."""
    assert seconds_to_receive(monkeypatch, *[message("rerun_script")] * 90) == 0
    assert 24 < seconds_to_receive(monkeypatch, *[message("rerun_script")] * 300) < 26


def test_each_address_of_a_file_counts(monkeypatch):
    asked = BackMsg()
    asked.file_urls_request.file_names.extend(["a"] * 1_000)
    assert seconds_to_receive(monkeypatch, *[asked.SerializeToString()] * 10) > 10


def test_a_message_that_is_dropped_holds_nobody_up(monkeypatch):
    asked = BackMsg()
    asked.file_urls_request.file_names.extend(["a"] * 1_000_000)
    assert seconds_to_receive(monkeypatch, asked.SerializeToString(), expected=[]) == 0


VIEW = "/?view=present&flow=f"
EMBEDDING = "https://intranet.example http://localhost:8000"


def frame_headers(path):
    headers = get(path, {"accept": "text/html"}).headers
    ancestors = re.search(r"frame-ancestors ([^;]*)", headers["content-security-policy"])[1]
    return ancestors, headers.get("x-frame-options")


@pytest.mark.parametrize("path", [VIEW, "/?view=result&id=token"])
def test_pages_of_the_operators_origins_may_frame_a_view(monkeypatch, path):
    monkeypatch.setenv("LFCONSOLE_FRAME_ANCESTORS", EMBEDDING)
    assert frame_headers(path) == (EMBEDDING, None)


@pytest.mark.parametrize(
    "path",
    [
        "/", "/history?view=present", "/?view=run", "/?view=present&view=run",
        "/?view=run&view=present", "/?view=present&view=", "/?view=present&view",
        "/?view=&view=present", "/?flow=view%3Dpresent", "/_stcore/health?view=present",
        "/?view=present" + "&a" * 1_000,  # of so many, Streamlit reads none
    ],
)  # fmt: skip
def test_nobody_may_frame_another_page(monkeypatch, path):
    monkeypatch.setenv("LFCONSOLE_FRAME_ANCESTORS", EMBEDDING)
    assert frame_headers(path) == ("'none'", "DENY")


@pytest.mark.parametrize("setting", [None, "no-origin"])
def test_nobody_may_frame_a_view_without_a_valid_setting(monkeypatch, setting):
    if setting:
        monkeypatch.setenv("LFCONSOLE_FRAME_ANCESTORS", setting)
    assert frame_headers(VIEW) == ("'none'", "DENY")


def test_an_embedding_page_can_send_no_commands():
    options = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert options["client"]["allowedOrigins"] == []
