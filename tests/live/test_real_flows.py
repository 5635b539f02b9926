"""A person runs Langflow's own flows with models from the console, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from lfclient import Flow, LangflowClient
from lfclient.console.samples import graph_builder
from lfclient.console.samples.spec import Node, Sample
from tests.browser.accessibility import check
from tests.browser.attack_tools import traces_on_disk
from tests.browser.screen import Screen, log_of
from tests.live.flows import EMBED, loop_graph
from tests.live.releases import on
from tests.support import servers
from tests.support.console_process import CHROMIUM_ARGS, Console
from tests.support.model_server import OLLAMA_URL, ModelServer
from tests.support.servers import LiveServer, delete_flow

SECONDS = 60_000  # milliseconds for a step on a busy machine
OPENAI = "OpenAI: gpt-4o-mini"
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


def enter_key(screen: Screen, langflow: LiveServer, models: ModelServer) -> None:
    """Enter the provider's address, if the server has none, and its key.

    Background runs of 1.11.6 take the key from the server only: there, both are saved at once.
    """
    page = screen.page
    screen.drawn()
    address = page.get_by_role("textbox", name=re.compile(r"^OpenAI Base URL \(optional"))
    save = page.get_by_role("button", name="Save on the server")
    on_server = langflow.version == "1.11.6"
    saved = f"Saved: {models.url}/v1"
    if address.count() and address.get_attribute("placeholder") != saved:
        address.fill(f"{models.url}/v1")
        if not on_server:
            save.click()
            expect(address).to_have_attribute("placeholder", saved)
    page.locator("input[type=password]").first.fill("sk-of-this-test-1")
    (save if on_server else page.get_by_role("button", name="Use for my runs")).click()
    expect(screen.part("setup")).to_contain_text("Ready")
    screen.drawn()
    assert any(asked.key == "sk-of-this-test-1" for asked in models.chats())


def model_keys(flow: Flow) -> list[str]:
    return [field.key for field in flow.fields if field.resource == "language"]


def test_a_missing_key_is_mended_by_the_button_of_its_error(
    open_console, made: list[str], client: LangflowClient, langflow: LiveServer, models: ModelServer
):
    screen = open_console()
    made.append(screen.add_template("Simple Agent"))
    check(screen.page)
    (key,) = model_keys(client.flow(made[-1]))
    box = screen.part(f"param-{key.replace('.', '-')}").get_by_role("combobox")
    box.fill("gpt-4o-mini")
    box.press("Enter")  # the name alone, which another provider has as well
    expect(box).to_have_value(f"{OPENAI} (not set up)")
    screen.drawn()
    screen.run()
    expect(screen.part("run-status")).to_contain_text("OpenAI has no key")
    check(screen.page)
    screen.page.get_by_role("button", name="Enter the key").click()
    enter_key(screen, langflow, models)
    expect(screen.part("setup").get_by_role("combobox").first).to_have_value(OPENAI)
    screen.run()
    expect(screen.part("outputs")).to_contain_text("gpt-4o-mini says:")
    expect(screen.part("run-status")).to_contain_text(re.compile(r"[\d,]+ tokens"))


def test_a_key_that_is_entered_for_my_runs_is_sent_and_told_nowhere(
    open_project,
    console: Console,
    client: LangflowClient,
    langflow: LiveServer,
    models: ModelServer,
):
    """Before 1.12, in synchronous mode: a background run takes the key from the server only."""
    for saved in client.variables():  # by the tests before
        if saved.name == "OPENAI_API_KEY":
            client.settings.delete_variable(saved)
    address = client.settings.save_variable("OPENAI_BASE_URL", f"{models.url}/v1", is_secret=False)
    screen, flow = open_project("Simple Agent")
    page, secret, told = screen.page, f"sk-{uuid4().hex}", []
    page.on("websocket", lambda each: each.on("framereceived", lambda one: told.append(str(one))))
    screen.open(page.url)
    (key,) = model_keys(flow)
    screen.choose_model(key, OPENAI)
    setup = screen.part("setup")
    page.locator("input[type=password]").first.fill(secret)
    if langflow.version == "1.11.6":
        setup.get_by_role("button", name="Use synchronous mode").first.click()
        screen.drawn()
    page.get_by_role("button", name="Use for my runs").click()
    expect(setup).to_contain_text("Ready")
    screen.drawn()
    screen.run()
    expect(screen.part("outputs")).to_contain_text("gpt-4o-mini says:")
    assert models.chats()[-1].key == secret
    client.settings.delete_variable(address)
    for tab in ("Inputs", "Code"):
        page.get_by_role("tab", name=tab).click()
        screen.drawn()
    screen.part("export-run").get_by_role("button").first.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Report (HTML)").click()
    told.append(saved.value.path().read_text(encoding="utf-8"))
    assert any("gpt-4o-mini says:" in each for each in told)
    assert not any(secret in each for each in told)
    assert traces_on_disk(console.folder, secret) == []


def test_a_provider_is_set_up_one_of_all_its_models_is_chosen_and_its_key_is_removed(
    open_project, models: ModelServer
):
    """The model is not one of the five that Langflow enables."""
    screen, flow = open_project("Simple Agent")
    page = screen.page
    page.get_by_role("button", name="Model providers").click()
    openai = page.get_by_role("menuitem", name=re.compile("^OpenAI( ·|$)"))  # maybe set up
    expect(openai).to_be_visible()
    check(page)
    openai.click()
    page.locator("input[type=password]").first.fill("sk-of-this-test-2")
    screen.drawn()
    address = page.get_by_role("textbox", name=re.compile(r"^OpenAI Base URL \(optional"))
    if address.count():
        address.fill(f"{models.url}/v1")
    page.get_by_role("button", name="Save on the server").click()
    expect(page.locator("input[type=password]")).to_have_count(0)
    screen.drawn()
    (key,) = model_keys(flow)
    box = screen.part(f"param-{key.replace('.', '-')}").get_by_role("combobox")
    box.click()
    box.fill("gpt-4o")
    page.get_by_role("option", name="OpenAI: gpt-4o", exact=True).click()
    screen.drawn()
    expect(screen.part("setup")).to_contain_text("Ready")
    screen.run()
    expect(screen.part("outputs")).to_contain_text("gpt-4o says:")
    page.get_by_role("button", name="Change", exact=True).click()
    page.get_by_role("button", name="Remove…").click()
    check(page)
    page.get_by_role("button", name="Remove OpenAI API Key").click()
    expect(screen.part("setup")).to_contain_text("No OpenAI API Key yet")
    screen.drawn()


@on("1.13.0")
def test_a_model_that_calls_no_tools_is_not_offered_to_an_agent(
    open_project, client: LangflowClient
):
    screen, flow = open_project("Simple Agent")
    (key,) = model_keys(flow)
    box = screen.part(f"param-{key.replace('.', '-')}").get_by_role("combobox")
    options = screen.page.get_by_role("option")
    for calls_tools in (True, False):
        known = [each for each in client.models() if each.calls_tools is calls_tools]
        label = next(each.label for each in known if each.provider == "Google Generative AI")
        box.click()
        box.fill(label)
        expect(options.first).to_have_text(f"Add: {label}")  # the list is that of the typed text
        offered = screen.page.get_by_role("option", name=f"{label} (not set up)", exact=True)
        expect(offered).to_have_count(int(calls_tools))
        box.press("Escape")


@on("1.13.0")
def test_an_embedding_model_is_chosen_in_place_of_the_authors(
    open_console, made: list[str], client: LangflowClient, models: ModelServer
):
    """The author's is marked, and no model for chats offered.

    The server asks a saved address for its models once it has a key: until then, the console does
    not know whether the author's is among them.
    """
    data = graph_builder.build_graph(EMBED, client.editor.catalogue())
    (parts,) = (one["data"]["node"] for one in data["nodes"] if one["id"] == "EmbeddingModel-e")
    parts["template"]["model"]["value"] = [{"name": "embed-of-the-author", "provider": "OpenAI"}]
    made.append(client.editor.create_flow(f"embed {uuid4().hex[:8]}", data).id)
    screen = open_console(made[-1])
    page = screen.page
    box = screen.part("param-EmbeddingModel-e-model").get_by_role("combobox")
    saved = {variable.name for variable in client.variables()}  # by the tests before
    is_unknown = "OPENAI_BASE_URL" in saved and "OPENAI_API_KEY" not in saved
    mark = "not set up" if is_unknown else "not on this server"
    expect(box).to_have_value(f"OpenAI: embed-of-the-author ({mark})")
    box.click()
    box.fill("Ollama: ")
    expect(page.get_by_role("option", name="Ollama: nomic-embed-text:latest")).to_be_visible()
    expect(page.get_by_role("option", name="Ollama: llama3.2:latest")).to_have_count(0)
    box.press("Escape")
    screen.choose_model("EmbeddingModel-e.model", "Ollama: nomic-embed-text:latest")
    page.locator("textarea").first.fill("Lisbon")
    screen.run()
    screen.wait("completed")
    asked = models.requests[-1]
    assert (asked.path, asked.body["model"]) == ("/api/embed", "nomic-embed-text:latest")


@on("1.13.0")
def test_a_key_is_tried_without_moving_the_page(open_project, models: ModelServer):
    """A ring in the pressed button turns meanwhile; the refusal is below it."""
    screen, _ = open_project("Simple Agent")
    page = screen.page
    page.get_by_role("button", name="Model providers").click()
    page.get_by_role("menuitem", name=re.compile("^OpenAI( ·|$)")).click()  # maybe set up
    page.locator("input[type=password]").first.fill("sk-wrong-slow")
    address = page.get_by_role("textbox", name=re.compile(r"^OpenAI Base URL \(optional"))
    if address.count():
        address.fill(f"{models.url}/v1")
    screen.drawn()
    save = page.get_by_role("button", name="Save on the server")
    x, y, width, height = save.bounding_box().values()
    screen.watch_shifts()
    page.mouse.click(x + width / 2, y + height / 2)
    expect(save).to_have_css("cursor", "progress")
    ring = "button => getComputedStyle(button, '::after').animationName"
    assert save.evaluate(ring) == "appear, turn"
    expect(screen.part("setup")).to_contain_text("Invalid API key for OpenAI.")
    assert all(top > y for top in screen.shifts())
    assert list(save.bounding_box().values()) == [x, y, width, height]


def test_an_answer_is_seen_to_grow_and_can_be_stopped(
    open_project, langflow: LiveServer, models: ModelServer
):
    screen, flow = open_project("Simple Agent")
    (key,) = model_keys(flow)
    screen.choose_model(key, OPENAI.replace("4o-mini", "held"))
    if screen.page.locator("input[type=password]").count():
        enter_key(screen, langflow, models)
    models.held_after = 5
    screen.page.locator("textarea").first.fill("one two three four five six seven")
    screen.run()
    answer = screen.page.locator("main").get_by_text("says: one")
    expect(answer).to_have_text("gpt-held says: one two three")
    models.held_after = 7
    expect(answer).to_have_text("gpt-held says: one two three four five")
    screen.stop()
    screen.wait("stopped")


def test_a_knowledge_base_is_made_in_the_form_and_searched(open_project, client: LangflowClient):
    screen, flow = open_project("Vector Store RAG")
    name = f"Lisbon {uuid4().hex[:8]}"
    page = screen.page
    page.get_by_role("button", name="New knowledge base").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill(name)
    dialog.get_by_role("combobox").click()
    page.get_by_role("option").filter(has_text="Ollama: nomic").first.click()
    file = {"name": "l.txt", "mimeType": "text/plain", "buffer": b"Lisbon lies on the Tagus. " * 9}
    dialog.locator("input[type=file]").set_input_files([file])
    expect(dialog).to_contain_text("l.txt")
    check(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    screen.drawn()
    page.get_by_role("button", name="New knowledge base").click()
    expect(dialog).to_contain_text("l.txt")  # what was entered is there again
    check(page)
    dialog.get_by_role("button", name="Create").click()
    expect(dialog).to_have_count(0)
    expect(screen.part("setup").get_by_role("combobox").last).to_have_value(re.compile(name))
    screen.drawn()
    (key,) = model_keys(flow)
    screen.choose_model(key, "Ollama: llama3.2:latest")
    page.locator("textarea").first.fill("Where is Lisbon?")
    screen.run()
    expect(screen.part("outputs")).to_contain_text("Lisbon lies on the Tagus.")
    for base in client.knowledge_bases():
        if base.name == name:
            client.knowledge.delete(base)


def test_one_model_is_used_for_all_agents_and_a_file_is_read(open_project, tmp_path: Path):
    screen, flow = open_project("Text Sentiment Analysis")
    keys = model_keys(flow)
    screen.choose_model(keys[0], "Ollama: llama3.2:latest")
    screen.page.get_by_role("button", name=f"Use for all {len(keys)} components").click()
    screen.drawn()
    file = tmp_path / "review.txt"
    file.write_text("What a lovely day.")
    screen.part("setup").locator("input[type=file]").set_input_files(file)
    expect(screen.part("setup")).to_contain_text("review.txt")
    expect(screen.part("setup")).to_contain_text("Ready")
    screen.drawn()
    screen.run()
    expect(screen.part("outputs")).to_contain_text("What a lovely day.")


@on("1.13.0")
def test_components_whose_values_no_run_reaches_are_named(
    open_project, open_console, made: list[str], client: LangflowClient
):
    """An agent's tools, a component that runs another flow, and one that is frozen."""
    others = Sample("", "", (Node("r", "RunFlow"), Node("f", "TextInput")))
    graph = graph_builder.build_graph(others, client.editor.catalogue({}))
    graph["nodes"][1]["data"]["node"]["frozen"] = True
    made.append(client.editor.create_flow("Out of reach", graph).id)
    for screen, expected in (
        (open_project("Simple Agent")[0], ("The agent fills in the other inputs of its tools: ",)),
        (open_console(made[0]), ("stored there: Run Flow", "cached result: Text Input")),
    ):
        screen.open_parameters()
        for words in expected:
            expect(screen.part("all-parameters")).to_contain_text(words)


def test_values_within_a_loop_and_what_a_choice_adds_run_in_the_background(
    open_console, made: list[str], client: LangflowClient
):
    graph = loop_graph(client.editor.catalogue({}))
    made.append(client.editor.create_flow("Loop with a choice", graph).id)
    screen = open_console(made[-1])
    screen.open_parameters("ParserComponent-p")
    pattern = screen.part("param-ParserComponent-p-pattern").locator("textarea, input").first
    pattern.fill("new {text}")
    pattern.press("Tab")
    screen.drawn()
    screen.run()
    expect(screen.part("outputs")).to_contain_text("new x")
    screen.mode("Synchronous")
    screen.drawn()
    screen.part("param-ParserComponent-p-mode").get_by_text("Stringify").click()
    screen.part("param-ParserComponent-p-clean_data").get_by_text("Clean Data").click()
    screen.drawn()
    screen.part("param-ParserComponent-p-mode").get_by_role("button", name="Use background").click()
    screen.drawn()
    screen.run()
    expect(screen.part("outputs")).to_contain_text('"text": "x"')
