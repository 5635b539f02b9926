"""Starter projects of old Langflow versions, run on newer servers before and after an update.

Each is filled in and run as the server's own starter projects are.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import uv

from lfclient import LangflowClient
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.error_causes import explain_error
from tests.live.old_starter_projects import BASES, COMPLETED, ENDS, SERVERS
from tests.live.test_starter_projects import SETUP, Server, open_server, run_flow
from tests.support import servers
from tests.support.model_server import ModelServer
from tests.support.servers import LiveServer, delete_flow

pytestmark = pytest.mark.exhaustive
# names of `REASONS` by the cause of the first failed run
_CAUSES = {
    CauseCode.KEY_MISSING: "key",
    CauseCode.VARIABLE_MISSING: "key",
    CauseCode.PACKAGE_MISSING: "package",
    CauseCode.MODULE_MISSING: "package",
    CauseCode.UNREACHABLE: "internet",
    CauseCode.PROVIDER_UNREACHABLE: "internet",
    CauseCode.INPUT_MISSING: "connection",
    CauseCode.VALUE_REFUSED: "embeddings",
}


@pytest.fixture(scope="module", params=SERVERS)
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveServer, Server]]:
    """A server where components of old versions also use the stand-in for OpenAI."""
    folder = tmp_path_factory.mktemp("server")
    with ModelServer() as provider:
        langflow = servers.local(request.param, folder, openai_url=f"{provider.url}/v1")
        langflow.start()
        try:
            url, key = langflow.connection()
            live = LiveServer(request.param, url, key)
            with connect(live) as client, open_server(client, provider) as server:
                yield live, server
        finally:
            langflow.stop()


def connect(live: LiveServer) -> LangflowClient:
    return LangflowClient(live.url, live.api_key, timeout=120, run_timeout=120)


@pytest.fixture(params=BASES)
def projects(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, list[Path]]:
    """A version's starter projects, from the package that has them."""
    package = f"langflow-base=={BASES[request.param]}"
    options = ["--quiet", "--no-deps", "--python-version", "3.12", "--target", str(tmp_path)]
    subprocess.run([uv.find_uv_bin(), "pip", "install", *options, package], check=True)
    folder = tmp_path / "langflow/initial_setup/starter_projects"
    return request.param, sorted(folder.glob("*.json"))


def run_before_and_after(live: LiveServer, server: Server, project: Path) -> tuple[str, str]:
    """Return how a project ends as it is, and updated.

    Each project has its own client, which hides the secrets of one flow from errors of others.
    """
    with connect(live) as client:
        own = replace(server, client=client)
        (flow,) = client.import_flow(project.read_bytes())
        (copy,) = client.import_flow(client.editor.prepare_update(flow.id).copy)
        try:
            before, after = (reason_of(run_flow(own, each.id)[1:]) for each in (flow, copy))
        finally:
            for each in (flow, copy):
                delete_flow(client, each.id)
    return before, after


def reason_of(ends: list[str]) -> str:
    """Return `COMPLETED`, or the reason why a project did not complete in both modes.

    The reason is the run's own text if its cause is unknown.
    """
    failed = next((end for end in ends if end != COMPLETED), COMPLETED)
    cause = explain_error(failed)
    if failed.startswith(SETUP):
        return "key"
    return _CAUSES.get(cause.code, str(cause.code)) if cause else failed


def test_old_starter_projects_end_as_listed(
    opened: tuple[LiveServer, Server], projects: tuple[str, list[Path]]
):
    (live, server), (version, files) = opened, projects
    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(lambda file: run_before_and_after(live, server, file), files))
    before, after = ([each[place] for each in ends] for place in (0, 1))
    found = before.count(COMPLETED), dict(Counter(after))
    named = dict(zip([file.stem for file in files], ends, strict=True))
    assert found == ENDS[version, live.version], named
