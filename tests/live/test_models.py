"""Models, their providers and the variables that hold their settings, on real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lfclient import (
    InvalidRequest,
    LangflowClient,
    Provider,
    Run,
    RunStatus,
    Usage,
    apply,
)
from lfclient.api.operations import run_completion
from lfclient.api.operations.run_records import AsyncRuns
from lfclient.console.samples.graph_builder import Link, Node, Sample
from lfclient.resources.models import ModelKind, ModelOption, find_model
from lfclient.runs.error_causes import explain_error
from tests.live.flows import ASK_MODEL, ECHO
from tests.live.live_runner import LiveRunner, ended, has_components
from tests.live.releases import (
    Make,
    dialects,
    on,
    run_to_end,
    with_and_without_tokens,
    with_events,
)
from tests.support.model_server import (
    EMBEDDING_MODELS,
    LANGUAGE_MODELS,
    OLLAMA_MODELS,
    OLLAMA_URL,
    ModelServer,
)
from tests.support.waiting import wait_for


def find(client: LangflowClient, name: str) -> Provider:
    return next(one for one in client.providers() if one.name == name)


def test_providers_say_what_they_need(client: LangflowClient):
    openai, ollama = find(client, "OpenAI"), find(client, "Ollama")
    key = openai.settings[0]
    assert (key.name, key.is_required, key.is_secret) == ("OPENAI_API_KEY", True, True)
    assert (key.is_set, key.parameter, openai.is_ready) == (False, "api_key", False)
    address = ollama.settings[0]
    assert (address.name, address.is_secret) == (OLLAMA_URL, False)
    assert "gpt-4o" in [model.name for model in openai.models("language")]
    assert "text-embedding-3-small" in [model.name for model in openai.models("embedding")]


def test_models_of_providers_without_a_key_are_offered_as_not_ready(client: LangflowClient):
    by_name = {(one.provider, one.name): one for one in client.models()}
    gpt = by_name["OpenAI", "gpt-4o"]
    assert (gpt.is_ready, gpt.calls_tools) == (False, True)
    assert gpt.value["metadata"]["model_class"] == "ChatOpenAI"
    assert not any(name.startswith("__") for _, name in by_name)


def test_a_provider_that_is_set_up_offers_its_own_models_first(
    client: LangflowClient, ollama: ModelServer
):
    provider = find(client, "Ollama")
    assert (provider.is_ready, provider.settings[0].is_set) == (True, True)
    for kind, ability in (("language", "completion"), ("embedding", "embedding")):
        first = client.models(kind)[0]
        expected = next(name for name, has in OLLAMA_MODELS.items() if ability in has)
        assert (first.name, first.provider, first.is_ready) == (expected, "Ollama", True)


@pytest.fixture
def openai_key(client: LangflowClient) -> Iterator[str]:
    """The server has a key of OpenAI while the test lasts."""
    saved = client.settings.save_variable("OPENAI_API_KEY", "sk-of-this-test-1")
    yield "sk-of-this-test-1"
    client.settings.delete_variable(saved)


def openai_models(client: LangflowClient, kind: ModelKind = "language") -> list[ModelOption]:
    return [option for option in client.models(kind) if option.provider == "OpenAI"]


@dialects
def test_a_provider_that_is_set_up_offers_as_many_models_as_before(
    client: LangflowClient, request: pytest.FixtureRequest
):
    """The server itself offers only the five that it enables."""
    before = {option.name for option in openai_models(client)}
    request.getfixturevalue("openai_key")
    offered = openai_models(client)
    assert {option.name for option in offered} == before
    assert len(before) > 5
    assert all(option.is_ready for option in offered)


@dialects
def test_a_model_that_is_not_enabled_is_offered_as_the_server_offers_the_enabled(
    client: LangflowClient, openai_key: str
):
    """With the attributes of its provider, and the marks by which reasoning models are known."""
    offered = {option.name: option.value for option in openai_models(client)}
    known = {model.name: model.value for model in find(client, "OpenAI").models("language")}
    marks = ("reasoning", "reasoning_models")
    shown = {name: value["metadata"] for name, value in offered.items()}
    rest = [{k: v for k, v in each.items() if k not in marks} for each in shown.values()]
    assert all(each == rest[0] for each in rest)
    for name, value in known.items():
        own = {mark: value["metadata"].get(mark) for mark in marks}
        assert shown[name].get("reasoning_models") == own["reasoning_models"], name


@on("1.10.3", "1.13.0")  # 1.8 has no such variable
def test_a_gateway_offers_all_its_models_while_it_responds(
    client: LangflowClient, openai: ModelServer, openai_key: str
):
    chat, embedding = openai_models(client), openai_models(client, "embedding")
    assert [option.name for option in chat][:5] == list(LANGUAGE_MODELS[:5])
    assert {*LANGUAGE_MODELS} <= {option.name for option in chat}
    assert {*EMBEDDING_MODELS} <= {option.name for option in embedding}
    assert all(option.is_ready for option in [*chat, *embedding])
    assert not find(client, "OpenAI").has_silent_address
    for silent in ("http://127.0.0.1:9/v1", openai.url):
        client.settings.save_variable("OPENAI_BASE_URL", silent, is_secret=False)
        assert find(client, "OpenAI").has_silent_address


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_model_that_is_not_enabled_runs(
    client: LangflowClient, make: Make, openai: ModelServer, openai_key: str, mode: str
):
    model = next(option for option in openai_models(client) if option.name == "gpt-4o")
    overrides = {
        "ChatInput-a.input_value": "Say hello",
        "LanguageModelComponent-m.model": [model.value],
    }
    run = run_to_end(client, make(ASK_MODEL), mode, overrides)
    assert run.status == "completed", run.errors
    assert run.outputs["ChatOutput-b"].value == "gpt-4o says: Say hello"


def test_a_variable_is_saved_twice_and_deleted(client: LangflowClient):
    for value in ("one", "two"):
        saved = client.settings.save_variable("LFCONSOLE_TEST_VARIABLE", value, is_secret=False)
    listed = {one.name: one for one in client.variables()}
    assert listed["LFCONSOLE_TEST_VARIABLE"].id == saved.id
    assert listed["LFCONSOLE_TEST_VARIABLE"].is_set
    client.settings.delete_variable(saved)
    assert "LFCONSOLE_TEST_VARIABLE" not in {one.name for one in client.variables()}


def test_a_secret_in_a_variable_that_was_readable_is_not_returned(client: LangflowClient):
    name = "LFCONSOLE_TEST_SECRET"
    client.settings.save_variable(name, "plain", is_secret=False)
    saved = client.settings.save_variable(name, "not-to-be-read")
    try:
        listed = next(one for one in client.variables() if one.name == name)
        assert (listed.id, listed.is_secret, listed.value) == (saved.id, True, "")
    finally:
        client.settings.delete_variable(saved)


def test_settings_that_the_server_can_use_pass(client: LangflowClient, provider: ModelServer):
    client.settings.check_provider("Ollama", {OLLAMA_URL: provider.url})
    assert "/api/tags" in [request.path for request in provider.requests]


def test_a_key_that_the_provider_refuses_is_not_saved(client: LangflowClient, openai: ModelServer):
    wrong = "sk-wrong-1"
    with pytest.raises(InvalidRequest, match="Invalid API key"):
        client.settings.check_provider("OpenAI", {"OPENAI_API_KEY": wrong})
    with pytest.raises(InvalidRequest, match="Invalid API key"):
        client.settings.save_variable("OPENAI_API_KEY", wrong)
    assert openai.requests[-1].key == wrong
    assert not find(client, "OpenAI").is_ready


@dialects
def test_a_model_fills_a_schema(client: LangflowClient, make: Make, openai: ModelServer):
    nodes = (Node("a", "ChatInput"), Node("s", "StructuredOutput"))
    flow = make(Sample("schema", "", nodes, (Link("a", "message", "s"),)))
    model = {"name": "gpt-4o", "provider": "OpenAI", "metadata": {"model_class": "ChatOpenAI"}}
    overrides = {
        "ChatInput-a.input_value": "Ada is 36.",
        "StructuredOutput-s.model": [model],
        "StructuredOutput-s.api_key": "sk-of-this-test-1",
    }
    output = client.run(flow, overrides).outputs["StructuredOutput-s"]
    assert output.value["field"] == "some text"


@with_and_without_tokens
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_flow_asks_a_model(client: LangflowClient, make: Make, ollama: ModelServer, mode: str):
    model = client.models()[0]
    overrides = {
        "ChatInput-a.input_value": "Say hello",
        "LanguageModelComponent-m.model": [model.value],
        # before 1.11 the field's own default comes before the variable
        "LanguageModelComponent-m.ollama_base_url": ollama.url,
    }
    run = run_to_end(client, make(ASK_MODEL), mode, overrides)

    assert run.status == "completed", run.errors
    assert run.outputs["ChatOutput-b"].value == f"{model.name} says: Say hello"
    # the words of the question and of the answer, once each
    counts = Usage(2, 4, 6) if client.server.info().capabilities.tokens else None
    assert run.usage == counts
    assert not counts or run.components["LanguageModelComponent-m"].usage == counts


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_typed_model_reaches_its_provider_which_may_lack_it(
    client: LangflowClient, make: Make, ollama: ModelServer, mode: str
):
    typed = find_model("ollama: gone:latest", client.models(), client.providers()).value
    overrides = {
        "LanguageModelComponent-m.model": [typed],
        "LanguageModelComponent-m.ollama_base_url": ollama.url,
        "ChatInput-a.input_value": "Say hello",
    }
    run = run_to_end(client, make(ASK_MODEL), mode, overrides)
    assert run.status == "failed"
    assert ollama.chats()[-1].body["model"] == "gone:latest"
    causes = [explain_error(error.message) for error in run.errors]
    assert "The provider has no model “gone:latest”." in [each and each.message for each in causes]


@with_events
def test_a_streamed_run_has_the_tokens_of_its_components(
    client: LangflowClient, make: Make, ollama: ModelServer
):
    flow = make(ASK_MODEL)
    overrides = {
        "ChatInput-a.input_value": "Say hello",
        "LanguageModelComponent-m.model": [client.models()[0].value],
    }
    run = Run(flow.id, "stream", RunStatus.QUEUED)
    for event in client.stream(flow, overrides):
        run = apply(run, event)

    assert run.usage == run.components["LanguageModelComponent-m"].usage == Usage(2, 4, 6)


@on("1.12.8", "1.13.0")
def test_a_trace_names_the_model_that_was_used(
    client: LangflowClient, make: Make, openai: ModelServer
):
    """Without the values that were sent. Traces don't name models of Ollama."""
    saved = client.settings.save_variable("OPENAI_API_KEY", "sk-of-this-test-1")
    overrides = {
        "ChatInput-a.input_value": "Say hello",
        "LanguageModelComponent-m.model": [{"name": "gpt-4o", "provider": "OpenAI"}],
    }
    run = client.run(make(ASK_MODEL), overrides)
    named = client.runs.name_models(run)
    client.settings.delete_variable(saved)
    assert run.usage_by_model == {"": Usage(2, 4, 6)}
    assert named.usage_by_model == {"gpt-4o": Usage(2, 4, 6)}


def models_in_history(
    live_runner: LiveRunner, make: Make, provider: ModelServer, mode: str, model: object
):
    """Return the tokens by model that History has of a run, once it is complete."""
    overrides = {
        "ChatInput-a.input_value": "Say hello",
        "LanguageModelComponent-m.model": [model],
        "LanguageModelComponent-m.ollama_base_url": provider.url,
    }
    run_id = live_runner.start(make(ASK_MODEL), mode, **overrides)
    live_runner.until(run_id, ended)
    wait_for(lambda: not live_runner.runner.is_followed(run_id))
    return live_runner.runner.history.get([live_runner.owner], run_id).usage_by_model


@with_and_without_tokens
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_history_has_the_model_of_a_run(
    live_runner: LiveRunner, client: LangflowClient, make: Make, ollama: ModelServer, mode: str
):
    model = client.models()[0]
    found = models_in_history(live_runner, make, ollama, mode, model.value)
    has_tokens = client.server.info().capabilities.tokens
    assert found == ({model.name: Usage(2, 4, 6)} if has_tokens else None)


@with_events
def test_history_has_the_model_of_a_streamed_run(
    live_runner: LiveRunner, client: LangflowClient, make: Make, ollama: ModelServer
):
    model = client.models()[0]
    found = models_in_history(live_runner, make, ollama, "stream", model.value)
    assert found == {model.name: Usage(2, 4, 6)}


@with_and_without_tokens
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_history_lists_the_tokens_of_a_run(
    live_runner: LiveRunner,
    client: LangflowClient,
    make: Make,
    ollama: ModelServer,
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
):
    """The console asks for records only where neither events nor the client had them."""
    asked = []
    get = AsyncRuns.components
    monkeypatch.setattr(AsyncRuns, "components", lambda *args: asked.append(1) or get(*args))
    overrides = {
        "ChatInput-a.input_value": "Say hello",
        "LanguageModelComponent-m.model": [client.models()[0].value],
        "LanguageModelComponent-m.ollama_base_url": ollama.url,
    }
    run_id = live_runner.start(make(ASK_MODEL), mode, **overrides)
    live_runner.until(run_id, has_components)
    capabilities = client.server.info().capabilities
    total = 6 if capabilities.tokens else None
    wait_for(lambda: live_runner.runner.history.get([live_runner.owner], run_id).tokens == total)

    has_them = capabilities.tokens if mode == "sync" else capabilities.events
    assert len(asked) == (0 if has_them else 1)


def test_a_run_without_a_model_has_no_tokens_and_takes_no_request_for_them(
    client: LangflowClient, make: Make, monkeypatch: pytest.MonkeyPatch
):
    flow = make(ECHO)
    monkeypatch.setattr(run_completion, "get_component_runs", pytest.fail)
    run = client.run(flow, {"ChatInput-a.input_value": "Say hello"})
    assert (run.status, run.usage) == ("completed", None)


@with_and_without_tokens
def test_each_run_has_its_own_tokens(client: LangflowClient, make: Make, ollama: ModelServer):
    """The server keeps only the last build of a component."""
    flow, model = make(ASK_MODEL), client.models()[0]

    def run(words: str) -> Run:
        overrides = {
            "ChatInput-a.input_value": words,
            "LanguageModelComponent-m.model": [model.value],
            "LanguageModelComponent-m.ollama_base_url": ollama.url,
        }
        return client.run(flow, overrides)

    first, second = run("One"), run("Two words more")
    if client.server.info().capabilities.tokens:
        assert (first.usage.input, second.usage.input) == (1, 3)
    again = client.runs.components(first, flow)
    assert all(component.usage is None for component in again.values())
