"""Which websockets a console accepts behind a proxy."""

from pathlib import Path

import httpx

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
    origin = {"origin": "https://c.example", "x-forwarded-proto": "https"}
    kept, changed = {**origin, "host": "c.example"}, {**origin, "x-forwarded-host": "c.example"}
    hosts = {"STREAMLIT_SERVER_ALLOWED_HOSTS": "127.0.0.1 c.example"}
    with Console(tmp_path, hosts) as console:
        assert open_stream(console, kept) == 101
        assert open_stream(console, changed) == 403
    named = {"STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": "https://c.example/"}
    with Console(tmp_path, {**hosts, **named}) as console:
        assert open_stream(console, changed) == 101
