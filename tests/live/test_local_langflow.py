"""The local Langflow: started, crashed, extended, stopped.

It has the files of the installation that all test runs share. An installation from nothing is shown
in Chromium (test_from_nothing), its steps in a terminal with a stand-in for uv (test_manager).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
import uv
from filelock import FileLock

from lfclient.client import LangflowClient
from lfclient.console.local_langflow.manager import PINNED_VERSION, LocalLangflow
from lfclient.console.local_langflow.process import ProcessIdentity
from lfclient.console.local_langflow.state_file import LocalState
from lfclient.console.samples.builtin import SAMPLES
from lfclient.flows.model import Flow
from lfclient.resources.models import ModelOption, Provider, find_model
from lfclient.resources.packages import PACKAGES
from lfclient.runs.model import RunStatus
from tests.live.releases import run_to_end
from tests.support import servers
from tests.support.model_server import LANGUAGE_MODELS, OLLAMA_URL, ModelServer

ROOT = Path(__file__).parents[2]


def _terminal(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # without network access, trying to download a Python takes ten seconds
    environ = {
        **os.environ,
        "LFCONSOLE_DATA_DIR": str(folder),
        "UV_PYTHON_DOWNLOADS": "never",
        "LANGFLOW_AUTO_LOGIN": "true",
    }
    return subprocess.run(
        [sys.executable, "-m", "lfclient.local", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def link_or_copy(source: str, target: str) -> None:
    """Link a file, with which its compiled modules stay valid; copy it to another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with an installation only; whatever was started in it is stopped at the end."""
    folder = tmp_path_factory.mktemp("local")
    shared = servers.installation(PINNED_VERSION)
    with FileLock(shared.folder / "install.lock"):
        if shared.missing:
            shared.install(lambda step, progress: None)
    langflow = LocalLangflow(folder)
    langflow.stop()  # creates its folder
    for part in shared.folder.glob("venv-*"):
        target = langflow.folder / part.name
        shutil.copytree(part, target, symlinks=True, copy_function=link_or_copy)
    shutil.copy(shared.folder / "installed.json", langflow.folder)
    yield folder
    langflow.stop()


@pytest.fixture(scope="module")
def started(folder: Path) -> str:
    """The output of the first `python -m lfclient.local start`."""
    done = _terminal(folder, "start")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that OpenAI's embeddings need from the internet, out of a package that has it."""
    folder = tmp_path_factory.mktemp("tokenizers")
    names = ("--quiet", "--no-deps", "--target", str(folder), "llama-index-core")
    subprocess.run([uv.find_uv_bin(), "pip", "install", *names], check=True)
    return folder / "llama_index/core/_static/tiktoken_cache"


@pytest.fixture(scope="module")
def vendors() -> Iterator[ModelServer]:
    """Takes the place of Anthropic and Google, whose addresses are no settings of Langflow."""
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def changed(started: str, folder: Path, tokenizers: Path, vendors: ModelServer) -> LocalLangflow:
    """It is started again with all packages of the list, and allows no custom code since.

    All but one are installed at once: to resolve each takes seconds.
    """
    env = {
        "LANGFLOW_ALLOW_CUSTOM_COMPONENTS": "false",
        "TIKTOKEN_CACHE_DIR": str(tokenizers),
        "ANTHROPIC_BASE_URL": vendors.url,
        "GOOGLE_GEMINI_BASE_URL": vendors.url,
    }
    langflow = LocalLangflow(folder, env=env)
    *others, last = PACKAGES
    requirement, python = langflow.installation.requirement, str(langflow.installation.python)
    names = [*requirement.packages, *(package.name for package in others)]
    packages = requirement.install_arguments(names)
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--python", python, *packages]
    subprocess.run(command, check=True)
    langflow.start(add=last)
    return langflow


def ask_model(client: LangflowClient, file: Flow | bytes, mode: str, model: ModelOption) -> str:
    """Import a flow with one model, choose it, and return the answer."""
    (added,) = client.import_flow(file)
    flow = client.flow(added.id)
    (key,) = [field.key for field in flow.fields if field.resource == "language"]
    flow = client.refresh(flow, {key: [model.value]})
    assert flow.refreshed
    assert flow.refreshed.errors == {}
    run = run_to_end(client, flow, mode, {f"{flow.chat_input.id}.input_value": "Say hello"})
    client.editor.delete_flow(added.id)
    assert run.status is RunStatus.COMPLETED, run.errors
    (output,) = run.outputs.values()
    return str(output.value)


def test_a_start_reports_its_steps(started: str):
    """Each with its progress."""
    assert "Starting Langflow" in started
    assert "100%  The local Langflow is running." in started


def test_it_survives_the_process_that_started_it(started: str, folder: Path):
    """Another process finds it running and has its key."""
    langflow = LocalLangflow(folder)
    url, key = langflow.connection()

    assert langflow.status().state is LocalState.RUNNING
    with LangflowClient(url, key) as client:
        assert client.server.info().version == "1.13.0"


def test_it_has_all_sample_flows(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    with LangflowClient(*langflow.connection()) as client:
        flows = client.flows()
        assert {flow.name for flow in flows} == {sample.name for sample in SAMPLES}
        assert all(langflow.has_sample(flow.id) for flow in flows)
        assert not any(langflow.has_sample(template.id) for template in client.templates())


def test_it_has_templates(started: str, folder: Path):
    with LangflowClient(*LocalLangflow(folder).connection()) as client:
        assert "Simple Agent" in [template.name for template in client.templates()]


def test_its_limits_are_raised(started: str, folder: Path):
    """To 200,000 items and 5,000,000 characters."""
    with LangflowClient(*LocalLangflow(folder).connection()) as client:
        limits = client.server.info().limits

    assert (limits.max_items, limits.max_text) == (200_000, 5_000_000)


def test_auto_login_is_off(started: str, folder: Path):
    """Even if the environment that started it asks for it."""
    url, _ = LocalLangflow(folder).connection()
    with LangflowClient(url) as client:
        assert client.auth.auto_login() is None


def test_its_editor_is_served_and_a_browser_is_signed_in(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    url, _ = langflow.connection()
    assert "<title>Langflow</title>" in httpx.get(f"{url}/flow/any").text
    assert httpx.get(f"{url}/api/v1/session").json()["authenticated"] is False

    with httpx.Client(base_url=url, cookies=langflow.sign_in()) as browser:
        assert browser.get("/api/v1/session").json()["authenticated"] is True
        assert browser.post("/api/v1/refresh").status_code == 200


def test_it_listens_on_loopback_only(started: str, folder: Path):
    process = psutil.Process(LocalLangflow(folder).status().pid)
    listening = {c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN}

    assert listening == {"127.0.0.1"}


def test_a_second_start_reuses_the_running_server(started: str, folder: Path):
    """Even if two threads start it at once."""
    before = LocalLangflow(folder).status().pid
    threads = [threading.Thread(target=LocalLangflow(folder).start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert LocalLangflow(folder).status().pid == before


def test_its_secrets_are_in_one_file_that_only_the_user_can_read(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    _, key = langflow.connection()
    holders = [
        path
        for path in langflow.folder.glob("*")
        if path.is_file() and key in path.read_text(errors="replace")
    ]

    assert [path.name for path in holders] == ["secret.json"]
    assert holders[0].stat().st_mode & 0o077 == 0
    assert langflow.folder.stat().st_mode & 0o077 == 0
    assert key not in langflow.logs(10_000)


def test_it_runs_a_model_of_an_ollama_on_this_machine(started: str, folder: Path):
    with ModelServer() as ollama, LangflowClient(*LocalLangflow(folder).connection()) as client:
        # as “Use it” does on the Connection page
        client.settings.save_variable(OLLAMA_URL, ollama.url, is_secret=False)
        template = next(one for one in client.templates() if one.name == "Basic Prompting")
        assert "says: " in ask_model(client, template, "sync", client.models()[0])
    assert any(asked.path == "/api/chat" for asked in ollama.requests)


def test_a_crashed_server_is_reported_with_its_log(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    os.kill(langflow.status().pid, signal.SIGKILL)
    limit = time.monotonic() + 5
    while langflow.status().state is LocalState.RUNNING and time.monotonic() < limit:
        time.sleep(0.05)

    assert langflow.status().state is LocalState.CRASHED
    assert langflow.status().log_tail
    assert langflow.connection() is None


def test_a_crashed_server_is_started_again_with_its_data(
    started: str, folder: Path, request: pytest.FixtureRequest
):
    """And with the packages that were added meanwhile."""
    crashed = LocalLangflow(folder)
    assert crashed.status().state is LocalState.CRASHED
    connection = crashed.last_connection()
    langflow = request.getfixturevalue("changed")
    assert langflow.status().state is LocalState.RUNNING
    assert langflow.connection() == connection
    with LangflowClient(*connection) as client:
        assert len(client.flows()) == len(SAMPLES)


@pytest.mark.exhaustive
def test_each_package_of_the_list_can_be_imported(changed: LocalLangflow, folder: Path):
    """Other tests run models of each provider."""
    assert changed.installation.added == [PACKAGES[-1].name]
    assert changed.installation.available == {package.name for package in PACKAGES}
    python = psutil.Process(changed.status().pid).cmdline()[0]
    modules = ", ".join(module for package in PACKAGES for module in package.modules)
    subprocess.run([python, "-c", f"import {modules}"], cwd=folder, check=True)


@pytest.mark.exhaustive
def test_a_choice_in_a_flow_of_another_release_runs_where_no_custom_code_is_allowed(
    changed: LocalLangflow,
):
    """The server refuses the flow's own code and is sent its own component."""
    url, key = changed.connection()
    config = httpx.get(f"{url}/api/v1/config", headers={"x-api-key": key}).json()
    assert config["allow_custom_components"] is False
    servers.installation("1.11.6").install(lambda step, progress: None)
    projects = servers.starter_projects("1.11.6")
    file = next(project for project in projects if project.stem == "Simple Agent")
    with ModelServer() as ollama, LangflowClient(url, key, timeout=60) as client:
        client.settings.save_variable(OLLAMA_URL, ollama.url, is_secret=False)
        answer = ask_model(client, file.read_bytes(), "background", client.models()[0])
    assert answer.endswith("says: Say hello")


@pytest.fixture
def api(changed: LocalLangflow) -> Iterator[LangflowClient]:
    with LangflowClient(*changed.connection(), timeout=60) as client:
        yield client


@pytest.fixture
def models() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def save(api: LangflowClient) -> Iterator[Callable[..., None]]:
    """Save variables on the server; they are deleted at the end."""
    saved = []

    def save_variable(name: str, value: str, *, is_secret: bool = False) -> None:
        saved.append(api.settings.save_variable(name, value, is_secret=is_secret))

    yield save_variable
    for variable in saved:
        api.settings.delete_variable(variable)


def find_provider(client: LangflowClient, name: str) -> Provider:
    return next(one for one in client.providers() if one.name == name)


def save_address(
    client: LangflowClient, save: Callable[..., None], provider: str, address: str
) -> None:
    """Save the address of a server such as LM Studio, which needs no key."""
    before = find_provider(client, provider)
    assert (before.is_ready, before.models("language")) == (False, ())
    save(next(one.name for one in before.settings if one.is_required), address)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("provider", "path"), [("OpenAI Compatible", ""), ("vLLM", "/v1")])
def test_models_of_an_openai_compatible_server_run(
    api: LangflowClient,
    models: ModelServer,
    save: Callable[..., None],
    provider: str,
    path: str,
):
    """Those that it lists, more than Langflow enables, and others that are typed."""
    save_address(api, save, provider, models.url + path)
    listed = find_provider(api, provider).models("language")
    assert {model.name for model in listed} >= {*LANGUAGE_MODELS}
    template = next(one for one in api.templates() if one.name == "Basic Prompting")
    for name in ("gpt-4o", "mine"):
        model = find_model(f"{provider.lower()}: {name}", api.models(), api.providers())
        for mode in ("sync", "background"):
            assert f"{name} says: " in ask_model(api, template, mode, model)


@pytest.mark.exhaustive
@pytest.mark.parametrize("provider", ["Anthropic", "Google Generative AI"])
def test_models_of_other_vendors_run_with_the_key_that_is_saved(
    api: LangflowClient, vendors: ModelServer, save: Callable[..., None], provider: str
):
    vendors.requests.clear()
    key = next(one for one in find_provider(api, provider).settings if one.is_secret)
    save(key.name, "sk-of-the-vendor", is_secret=True)
    model = next(one for one in api.models() if one.provider == provider)
    assert model.is_ready
    template = next(one for one in api.templates() if one.name == "Basic Prompting")
    for mode in ("sync", "background"):
        assert f"{model.name} says: Say hello" in ask_model(api, template, mode, model)
    assert {asked.key for asked in vendors.requests} == {"sk-of-the-vendor"}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["OpenAI Compatible: mine", "OpenAI: text-embedding-3-small"])
def test_a_knowledge_base_is_made_with_a_typed_embedding_model(
    api: LangflowClient, models: ModelServer, save: Callable[..., None], name: str
):
    if name.startswith("OpenAI:"):
        save("OPENAI_BASE_URL", f"{models.url}/v1")
        save("OPENAI_API_KEY", "sk-of-the-embeddings", is_secret=True)
    else:
        save_address(api, save, "OpenAI Compatible", models.url)
    model = find_model(name, api.models("embedding"), api.providers())
    base = api.knowledge.create("of a typed model", model)
    ended = api.knowledge.ingest(base, {"a.txt": b"Lisbon lies on the Tagus."}, timeout=60)
    api.knowledge.delete(base)
    assert ended.is_ready
    assert ("/v1/embeddings", model.name) in [
        (one.path, one.body.get("model")) for one in models.requests
    ]


def test_stop_leaves_no_process_behind(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    langflow.start()
    status = langflow.status()
    server = ProcessIdentity.from_pid(status.pid)

    assert "stopped" in _terminal(folder, "stop").stdout

    assert server.find() is None
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{status.url}/health")
    assert LocalLangflow(folder).status().state is LocalState.STOPPED
