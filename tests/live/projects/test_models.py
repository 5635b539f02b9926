"""Providers, models and what the form reports about a flow, in Chromium."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from lfclient import LangflowClient
from lfclient.console.samples import graph_builder
from lfclient.console.samples.graph_builder import Node, Sample
from tests.browser.accessibility import check
from tests.live.flows import EMBED, loop_graph, model_keys
from tests.live.releases import on
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.exhaustive


def test_a_provider_is_set_up_one_of_all_its_models_is_chosen_and_its_key_is_removed(
    open_project, models: ModelServer
):
    """Its first model replaces one without a key. The other is not one that Langflow enables."""
    screen, flow = open_project("Simple Agent")
    page = screen.page
    (key,) = model_keys(flow)
    box = screen.part(f"param-{key.replace('.', '-')}").get_by_role("combobox")
    box.fill("Anthropic: claude")
    page.get_by_role("option", name="Anthropic: ").first.click()
    expect(screen.part("setup")).to_contain_text("No Anthropic API Key yet")
    page.get_by_role("button", name="Model providers").click()
    openai = page.get_by_role("menuitem", name=re.compile("^OpenAI( ·|$)"))  # maybe set up
    expect(openai).to_be_visible()
    check(page)
    openai.click()
    screen.part("provider-OpenAI").locator("input[type=password]").fill("sk-of-this-test-2")
    screen.drawn()
    address = page.get_by_role("textbox", name=re.compile(r"^OpenAI Base URL \(optional"))
    if address.count():
        address.fill(f"{models.url}/v1")
    screen.drawn()
    run = screen.part("run-button")
    top = run.bounding_box()["y"]
    page.get_by_role("button", name="Save on the server").click()
    expect(page.locator("input[type=password]")).to_have_count(0)
    screen.drawn()
    expect(box).to_have_value(re.compile("^OpenAI: "))
    expect(screen.part("setup")).not_to_contain_text("Anthropic")
    assert run.bounding_box()["y"] == pytest.approx(top, abs=8)  # the page may scroll a little
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
