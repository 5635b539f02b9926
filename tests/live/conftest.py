"""Fixtures of the live tests: a client of each release, and flows made for one test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from lfclient import Flow, LangflowClient
from lfclient.console.runner.timings import Timings
from lfclient.console.samples import builtin, graph_builder
from lfclient.console.samples.graph_builder import Sample
from tests.live.components import OWN
from tests.live.held_flow import HeldFlow, Hold
from tests.live.live_runner import LiveRunner
from tests.live.releases import Make
from tests.support import sample_flows, servers
from tests.support.model_server import OLLAMA_URL, ModelServer
from tests.support.proxy import Proxy
from tests.support.servers import LiveServer, delete_flow
from tests.support.waiting import wait_for


@pytest.fixture
def client(langflow: LiveServer) -> Iterator[LangflowClient]:
    """A client of each release.

    Its timeout is long: 1.13.0 may not respond for a minute after a run was cut off while it wrote
    to SQLite.
    """
    with LangflowClient(langflow.url, langflow.api_key, timeout=120, run_timeout=120) as client:
        yield client


@pytest.fixture
def modes(client: LangflowClient) -> bool:
    """Whether the release is 1.11 or later."""
    return client.server.info().dialect == "modes"


@pytest.fixture(scope="session")
def catalogue(langflow: LiveServer) -> dict[str, Any]:
    """All components of each release, requested once, which takes a second."""
    with LangflowClient(langflow.url, langflow.api_key, timeout=120) as client:
        return client.editor.catalogue({**builtin.custom_component_code(), **OWN})


@pytest.fixture
def make(client: LangflowClient, catalogue: dict[str, Any]) -> Iterator[Make]:
    """Create flows from samples with this server's components, and delete them afterwards."""
    made: list[str] = []

    def create(sample: Sample | str, endpoint_name: str | None = None) -> Flow:
        if isinstance(sample, str):
            sample = sample_flows.sample(sample)
        data = graph_builder.build_graph(sample, catalogue)
        name = f"contract {sample.name} {uuid4().hex[:8]}"
        made.append(client.editor.create_flow(name, data, endpoint_name=endpoint_name).id)
        return client.flow(made[-1])

    yield create
    for flow_id in made:
        delete_flow(client, flow_id)


@pytest.fixture(scope="session")
def provider() -> Iterator[ModelServer]:
    """A provider of models, of no server yet."""
    with ModelServer() as made:
        yield made


@pytest.fixture
def ollama(client: LangflowClient, provider: ModelServer) -> Iterator[ModelServer]:
    """The server knows of an Ollama while the test lasts."""
    variable = client.settings.save_variable(OLLAMA_URL, provider.url, is_secret=False)
    yield provider
    client.settings.delete_variable(variable)


@pytest.fixture
def openai(
    langflow: LiveServer, client: LangflowClient, provider: ModelServer
) -> Iterator[ModelServer]:
    """The server takes this for OpenAI while the test lasts."""
    if langflow.version == "1.8.4":
        with ModelServer(int(os.environ[servers.MODELS_PORT])) as own:
            yield own
        return
    variable = client.settings.save_variable(
        "OPENAI_BASE_URL", f"{provider.url}/v1", is_secret=False
    )
    yield provider
    client.settings.delete_variable(variable)


@pytest.fixture
def hold(make: Make, tmp_path: Path) -> Iterator[Hold]:
    """Create flows with a held step, by name; at the end all are released."""
    made: list[HeldFlow] = []

    def create(name: str) -> HeldFlow:
        made.append(HeldFlow(tmp_path / name, make))
        return made[-1]

    yield create
    for held in made:
        held.mark("go")


@pytest.fixture
def timings() -> Timings:
    """The runners' timings; a test file may override them."""
    return Timings()


@pytest.fixture
def live_runner(
    tmp_path: Path, langflow: LiveServer, client: LangflowClient, timings: Timings
) -> Iterator[LiveRunner]:
    made = LiveRunner(tmp_path, langflow, client, timings)
    yield made
    made.runner.close()


@pytest.fixture
def proxied_runner(
    tmp_path: Path, langflow: LiveServer, client: LangflowClient, proxy: Proxy, timings: Timings
) -> Iterator[LiveRunner]:
    """A console that connects through the proxy."""
    made = LiveRunner(tmp_path / "console", langflow, client, timings, url=proxy.url)
    yield made
    made.runner.close()


@pytest.fixture
def proxy(langflow: LiveServer) -> Iterator[Proxy]:
    with Proxy(langflow.url) as made:
        yield made


@pytest.fixture
def other(tmp_path: Path, langflow: LiveServer, client: LangflowClient) -> Iterator[LiveRunner]:
    """A second console with its own data folder."""
    made = LiveRunner(tmp_path / "two", langflow, client)
    yield made
    made.runner.close()


@pytest.fixture
def api(langflow: LiveServer) -> httpx.Client:
    """Requests with the server's first key."""
    headers = {"x-api-key": langflow.api_key}
    return httpx.Client(base_url=langflow.url, headers=headers, timeout=60, follow_redirects=True)


@pytest.fixture
def new_key(api: httpx.Client) -> Callable[[], tuple[str, str]]:
    """Create a key of the same user; return it and its id."""

    def create() -> tuple[str, str]:
        response = api.post("/api/v1/api_key/", json={"name": uuid4().hex}).raise_for_status()
        key = response.json()["api_key"]
        # a busy server responds before it has committed the key
        wait_for(lambda: api.get("/api/v1/users/whoami", headers={"x-api-key": key}).is_success)
        return key, response.json()["id"]

    return create
