"""The package: its version, its lock of the local Langflow, and the private names it relies on."""

from __future__ import annotations

import tomllib
from pathlib import Path

import httpx
import pytest
import streamlit

import lfclient
from lfclient.console.local_langflow.manager import PINNED_VERSION
from lfclient.console.local_langflow.requirement import Requirement as LocalRequirement
from lfclient.resources.packages import PACKAGES
from tests.support.clients import mock_client

ROOT = Path(__file__).parents[1]
GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]


def test_the_local_langflow_has_a_lock_of_all_its_packages():
    packages = [*LocalRequirement(PINNED_VERSION).packages, *(package.name for package in PACKAGES)]
    assert GROUPS["local-langflow"][: len(packages)] == packages


def test_requests_carry_the_version():
    agents = []

    def answer(request: httpx.Request) -> httpx.Response:
        agents.append(request.headers["user-agent"])
        return httpx.Response(200, json={"version": "1.13.0", "package": "Langflow"})

    http_client = mock_client("sync", answer)
    with lfclient.LangflowClient("http://127.0.0.1:7860", http_client=http_client) as client:
        client.server.info()
    assert set(agents) == {f"lfclient/{lfclient.__version__}"}


# What is patched or used although it is private. Each fails with what to look at when it changes.


def test_httpx_keeps_its_connections_in_a_pool_that_can_be_replaced():
    for transport in (httpx.HTTPTransport, httpx.AsyncHTTPTransport):
        assert "_pool" in vars(transport()), (
            f"{transport.__name__} has no _pool any more: lfclient/api/transports.py replaces it "
            "by one that checks each address before it connects"
        )


@pytest.mark.parametrize("mark", ["</head>", "<script"])
def test_the_page_of_streamlit_can_be_added_to(mark):
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    assert mark in page.read_text(encoding="utf-8"), (
        f"Streamlit's index.html has no {mark}: pages/_ui/app/page_assets.py adds the console's "
        "styles to its head, and pages/_ui/app/security.py allows its inline scripts by their hash"
    )
