"""Attacks on the console's endpoints: other people's data, files of the machine, uploads."""

import uuid
from itertools import product

import httpx

from tests.browser.attack_tools import (
    StolenSession,
    raw_get,
    uploads,
)
from tests.browser.visitor import Visitor, new_cookie
from tests.support.console_process import ROOT, Console

METRICS = ("", "/", "?families=session_events")


ENDPOINTS = [
    *(("GET", f"_stcore/{name}") for name in ("health", "script-health-check", "host-config")),
    *(("GET", f"_stcore/metrics{more}") for more in METRICS),
    *(("GET", name) for name in ("_stcore//metrics", "x/_stcore/metrics", "_stcore/message")),
    *(("GET", name) for name in ("_stcore/agent/openapi.json", "openapi.json", "docs", "healthz")),
    *(("GET", name) for name in ("media/", "component/", "app/static/config.toml")),
    *(("POST", f"_stcore/{name}") for name in ("agent/interact", "agent/mcp", "stream", "health")),
    *(("OPTIONS", name) for name in ("_stcore/metrics", "_stcore/stream", "media/x", "*")),
]


def test_no_endpoint_shows_a_stranger_any_data(personal: Console, stolen_session: StolenSession):
    secrets = [
        stolen_session.words,
        stolen_session.run_id,
        stolen_session.tab.session_id,
        stolen_session.cookie,
    ]
    secrets += [str(ROOT), str(personal.folder), "langflow", "Python", "Traceback", "# TYPE"]
    with httpx.Client(base_url=personal.url, trust_env=False, timeout=60) as client:
        for method, each in ENDPOINTS:
            response = client.request(method, f"/{each}", json={} if method == "POST" else None)
            headers = {**response.headers, "set-cookie": ""}
            response_text = f"{headers} {response.text}"
            if '<div id="root">' in response.text:  # the page, which is the same for everybody
                assert response.text == client.get("/").text, each
                continue
            assert response.status_code < 500, each
            assert not [secret for secret in secrets if secret in response_text], (
                each,
                response_text[:500],
            )


TOPS = ["../" * 9, "..%2f" * 9, "%2e%2e/" * 9, "..%5c" * 9, "%252e%252e%252f" * 9, "/", "%2f", "//"]


PLACES = ["", "media/", "component/x/", "_stcore/bidi-components/", "static/", "app/static/"]


def test_no_path_leads_to_a_file_of_the_console(personal: Console, stolen_session: StolenSession):
    assert b'<div id="root">' in raw_get(personal, "/")
    key_file = personal.folder / "data/owner.key"
    for place, top, file in product(PLACES, TOPS, ("/etc/passwd", str(key_file))):
        path = file.lstrip("/").replace("/", "%2f" if "%" in top else "/")
        body = raw_get(personal, f"/{place}{top}{path}")
        assert b"root:" not in body, path
        assert key_file.read_bytes() not in body, path
    assert b"[server]" not in raw_get(personal, "/.streamlit/config.toml")
    assert b"import streamlit" not in raw_get(personal, "/app.py")


def test_uploads_beyond_the_quota_or_to_another_session_are_refused(personal: Console):
    """The quota is that of one file, here 1 MB, for all files of a session together."""
    with Visitor(personal, new_cookie(personal)) as visitor, uploads(personal) as upload:
        visitor.open()
        assert upload(visitor.session_id, 600_000) == 204
        assert upload(visitor.session_id, 600_000) == 413
        assert upload(visitor.session_id, 300_000) == 204
        assert upload(visitor.session_id, 2_000_000) == 413
        assert upload(visitor.session_id, 100, {}) == 403
        assert upload(visitor.session_id, 100, {"X-Xsrftoken": "2|made|up|1"}) == 403
        assert upload(str(uuid.uuid4()), 100) == 400
