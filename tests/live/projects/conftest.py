"""Langflow's own flows with models, opened in the console, in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from lfclient import Flow, LangflowClient
from tests.browser.screen import Screen, log_of
from tests.support import servers
from tests.support.console_process import CHROMIUM_ARGS, Console
from tests.support.model_server import OLLAMA_URL, ModelServer
from tests.support.servers import LiveServer, delete_flow

SECONDS = 60_000  # milliseconds for a step on a busy machine
OLDER = pytest.param("1.11.6", marks=pytest.mark.exhaustive)


@pytest.fixture(scope="module", params=[OLDER, "1.13.0"])
def langflow(request: pytest.FixtureRequest) -> LiveServer:
    """Two releases: before 1.12, an entered key has another effect in background runs."""
    return servers.release(request.param)


@pytest.fixture(scope="module")
def models(langflow: LiveServer) -> Iterator[ModelServer]:
    """A provider whose address the server knows as Ollama's, not as OpenAI's."""
    with (
        ModelServer() as provider,
        LangflowClient(langflow.url, langflow.api_key, timeout=60) as client,
    ):
        client.settings.save_variable(OLLAMA_URL, provider.url, is_secret=False)
        yield provider
        for variable in client.variables():
            if variable.name in (OLLAMA_URL, "OPENAI_BASE_URL", "OPENAI_API_KEY"):
                client.settings.delete_variable(variable)


@pytest.fixture(scope="module")
def console(
    langflow: LiveServer, models: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    environ = {
        "LANGFLOW_SERVER_URL": langflow.url,
        "LANGFLOW_API_KEY": langflow.api_key,
        "LFCONSOLE_ALLOW_INSTALL": "true",
    }
    with Console(tmp_path_factory.mktemp("console"), environ) as console:
        yield console
        assert "Traceback" not in log_of(console)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    expect.set_options(timeout=SECONDS)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_ARGS)


@pytest.fixture
def made(client: LangflowClient) -> Iterator[list[str]]:
    """The ids of the flows that a test has added."""
    ids: list[str] = []
    yield ids
    for flow_id in ids:
        delete_flow(client, flow_id)


@pytest.fixture
def open_console(console: Console, browser: Browser) -> Iterator[Callable[..., Screen]]:
    """Open the console, at the form of a flow if its id is given."""
    context = browser.new_context(viewport={"width": 1440, "height": 1200})

    def open_console(flow_id: str = "") -> Screen:
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        screen = Screen(page)
        if flow_id:
            screen.open(f"{console.url}/?flow={flow_id}")
        else:
            page.goto(console.url)  # the server may have no flow to pick
        return screen

    yield open_console
    context.close()


@pytest.fixture
def open_project(
    langflow: LiveServer,
    client: LangflowClient,
    open_console: Callable[..., Screen],
    made: list[str],
) -> Callable[[str], tuple[Screen, Flow]]:
    """Import a starter project and open its form."""

    def open_project(name: str) -> tuple[Screen, Flow]:
        projects = servers.starter_projects(langflow.version)
        file = next(project for project in projects if project.stem == name)
        made.append(client.import_flow(file.read_bytes())[0].id)
        return open_console(made[-1]), client.flow(made[-1])

    return open_project
