"""The package: what it asks for, which version it is, and what it relies on in private."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

import httpx
import pytest
import streamlit
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

import lfclient

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(file: str) -> list[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return sorted(line for line in lines if line and not line.startswith(("#", "-")))


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=;]", requirement)[0].lower()


def test_requirements_are_the_client_and_the_console():
    """`pip install -r requirements.txt` and `pip install .[console]` install the same."""
    console = PROJECT["optional-dependencies"]["console"]
    assert requirements("requirements.txt") == sorted([*PROJECT["dependencies"], *console])


def test_every_requirement_has_a_tested_version():
    pinned = {name_of(line) for line in requirements("constraints.txt")}
    asked = {name_of(line) for line in requirements("requirements.txt")}
    assert asked <= pinned


def test_the_changelog_tells_of_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+) \(\d{4}-\d\d-\d\d\)$", changelog, re.M)
    assert newest
    assert newest[1] == lfclient.__version__


def test_requests_carry_the_version():
    agents = []

    def answer(request: httpx.Request) -> httpx.Response:
        agents.append(request.headers["user-agent"])
        return httpx.Response(200, json={"version": "1.13.0", "package": "Langflow"})

    transport = httpx.MockTransport(answer)
    with lfclient.LangflowClient("http://127.0.0.1:7860", transport=transport) as client:
        client.server()
    assert set(agents) == {f"lfclient/{lfclient.__version__}"}


# What is patched or used although it is private. Each fails with what to look at when it changes.


def test_httpx_keeps_its_connections_in_a_pool_that_can_be_replaced():
    for transport in (httpx.HTTPTransport, httpx.AsyncHTTPTransport):
        assert "_pool" in vars(transport()), (
            f"{transport.__name__} has no _pool any more: lfclient/api/transports.py replaces it "
            "by one that checks each address before it connects"
        )


def test_streamlit_still_asks_whether_pages_are_a_folder():
    assert hasattr(PagesManager, "uses_pages_directory"), (
        "PagesManager.uses_pages_directory is gone: pages/_ui/app/navigation.py sets it, or else "
        "Streamlit runs a file of pages/ by itself when it is opened first"
    )


def test_an_uploaded_file_can_be_given_back():
    why = "pages/_ui/form/file_fields.py frees an uploaded file by the script's context"
    assert "uploaded_file_mgr" in inspect.signature(ScriptRunContext).parameters, why
    assert hasattr(MemoryUploadedFileManager, "remove_file"), why


@pytest.mark.parametrize("mark", ["</head>", "<script"])
def test_the_page_of_streamlit_can_be_added_to(mark):
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    assert mark in page.read_text(encoding="utf-8"), (
        f"Streamlit's index.html has no {mark}: pages/_ui/app/page_assets.py adds the console's "
        "styles to its head, and pages/_ui/app/security.py allows its inline scripts by their hash"
    )
