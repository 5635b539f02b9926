"""A person runs Langflow's own flows with models from the console, in Chromium."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import expect

from lfclient import LangflowClient
from tests.browser.accessibility import check
from tests.browser.attack_tools import traces_on_disk
from tests.browser.screen import Screen
from tests.live.flows import model_keys
from tests.support.console_process import Console
from tests.support.model_server import ModelServer
from tests.support.servers import LiveServer

OPENAI = "OpenAI: gpt-4o-mini"


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
