"""Which websockets a console accepts behind a proxy, and what its policy lets pages load."""

from pathlib import Path

import httpx

from tests.browser.screen import Screen
from tests.support.console_process import Console


def open_stream(console: Console, headers: dict[str, str]) -> int:
    """The status of a websocket's handshake: 101 if it is accepted."""
    handshake = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    url = f"{console.url.rstrip('/')}/_stcore/stream"
    all_headers = {**handshake, **headers}
    with httpx.stream("GET", url, headers=all_headers, timeout=60) as response:
        return response.status_code


def test_a_proxy_keeps_the_host_or_names_the_public_origin(tmp_path: Path) -> None:
    """Streamlit and the console check both."""
    environ = {
        "STREAMLIT_SERVER_ALLOWED_HOSTS": "127.0.0.1 kept.example named.example",
        "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": "https://named.example/",
    }
    kept, named = (
        {"origin": f"https://{host}", "x-forwarded-proto": "https"}
        for host in ("kept.example", "named.example")
    )
    with Console(tmp_path, environ) as console:
        assert open_stream(console, {**kept, "host": "kept.example"}) == 101
        assert open_stream(console, {**kept, "x-forwarded-host": "kept.example"}) == 403
        assert open_stream(console, {**named, "x-forwarded-host": "named.example"}) == 101


def test_pages_do_not_violate_the_content_security_policy(screen: Screen) -> None:
    page = screen.page
    refused: list[str] = []
    page.on(
        "console",
        lambda message: (
            refused.append(message.text) if "Content Security" in message.text else None
        ),
    )
    screen.pick("Table of")
    screen.run()
    screen.wait("completed")
    page.wait_for_timeout(1000)
    assert refused == []
