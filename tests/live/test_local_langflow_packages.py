"""The local Langflow with all packages of the list, which allows no custom code."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
import uv

from lfclient.client import LangflowClient
from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.resources.catalogue import parse_catalogue
from lfclient.resources.models import Provider, find_model
from lfclient.resources.packages import PACKAGES
from tests.live.releases import ask_model
from tests.support import servers
from tests.support.local_langflow import installed_folder
from tests.support.model_server import LANGUAGE_MODELS, OLLAMA_URL, ModelServer

pytestmark = pytest.mark.exhaustive


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
def extended(
    tokenizers: Path, vendors: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalLangflow]:
    """A server with all packages; to resolve each takes seconds, so the last alone is added."""
    env = {
        "LANGFLOW_ALLOW_CUSTOM_COMPONENTS": "false",
        "TIKTOKEN_CACHE_DIR": str(tokenizers),
        "ANTHROPIC_BASE_URL": vendors.url,
        "GOOGLE_GEMINI_BASE_URL": vendors.url,
    }
    with installed_folder(tmp_path_factory.mktemp("local")) as folder:
        langflow = LocalLangflow(folder, env=env)
        *others, last = PACKAGES
        requirement, python = langflow.installation.requirement, str(langflow.installation.python)
        names = [*requirement.packages, *(package.name for package in others)]
        packages = requirement.install_arguments(names)
        command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--python", python, *packages]
        subprocess.run(command, check=True)
        langflow.start(add=last)
        yield langflow


def test_each_package_of_the_list_can_be_imported(extended: LocalLangflow, tmp_path: Path):
    """Other tests run models of each provider."""
    assert extended.installation.added == [PACKAGES[-1].name]
    assert extended.installation.available == {package.name for package in PACKAGES}
    python = psutil.Process(extended.status().pid).cmdline()[0]
    modules = ", ".join(module for package in PACKAGES for module in package.modules)
    subprocess.run([python, "-c", f"import {modules}"], cwd=tmp_path, check=True)


@pytest.mark.parametrize("type", ["AddContentToPage", "MistralModel", "YouTubeTranscripts"])
def test_an_added_package_brings_the_components_that_import_it(api: LangflowClient, type: str):
    assert parse_catalogue(api.editor.catalogue()).find(type, by_label=False)


def test_a_choice_in_a_flow_of_another_release_runs_where_no_custom_code_is_allowed(
    extended: LocalLangflow,
):
    """The server refuses the flow's own code and is sent its own component."""
    url, key = extended.connection()
    config = httpx.get(f"{url}/api/v1/config", headers={"x-api-key": key}).json()
    assert config["allow_custom_components"] is False
    file = older_agent()
    with ModelServer() as ollama, LangflowClient(url, key, timeout=60) as client:
        client.settings.save_variable(OLLAMA_URL, ollama.url, is_secret=False)
        answer = ask_model(client, file, "background", client.models()[0])
    assert answer.endswith("says: Say hello")


def older_agent() -> bytes:
    servers.installation("1.11.6").install(lambda step, progress: None)
    projects = servers.starter_projects("1.11.6")
    return next(each for each in projects if each.stem == "Simple Agent").read_bytes()


def test_a_flow_of_another_release_is_updated_where_no_custom_code_is_allowed(api: LangflowClient):
    (older,) = api.import_flow(older_agent())
    assert any(each.can_update for each in api.outdated(older.id))
    updated = api.update_flow(older.id)
    assert api.outdated(updated.id) == []
    for flow in (older, updated):
        api.editor.delete_flow(flow.id)


@pytest.fixture
def api(extended: LocalLangflow) -> Iterator[LangflowClient]:
    with LangflowClient(*extended.connection(), timeout=60) as client:
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


@pytest.mark.parametrize(("provider", "path"), [("OpenAI Compatible", ""), ("vLLM", "/v1")])
def test_models_of_an_openai_compatible_server_run(
    api: LangflowClient,
    models: ModelServer,
    save: Callable[..., None],
    provider: str,
    path: str,
):
    save_address(api, save, provider, models.url + path)
    listed = find_provider(api, provider).models("language")
    assert {model.name for model in listed} >= {*LANGUAGE_MODELS}
    template = next(one for one in api.templates() if one.name == "Basic Prompting")
    for name in ("gpt-4o", "mine"):
        model = find_model(f"{provider.lower()}: {name}", api.models(), api.providers())
        for mode in ("sync", "background"):
            assert f"{name} says: " in ask_model(api, template, mode, model)


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
