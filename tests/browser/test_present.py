"""The Present view in Chromium: what an audience sees, and what it can't reach."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from lfclient import LangflowClient
from lfclient.console.samples import graph_builder
from lfclient.console.samples.graph_builder import Link, Node, Sample
from tests.browser.accessibility import OPEN_MENU, check
from tests.browser.screen import PREFIX, Screen
from tests.support.console_process import Console
from tests.support.servers import LiveServer, delete_flow
from tests.support.waiting import wait_for


@pytest.fixture
def unready_flow(sample_flows: LiveServer) -> Iterator[str]:
    """The id of a flow that lacks a key."""
    nodes = (Node("a", "ChatInput"), Node("s", "SearchAPI"))
    sample = Sample("needs a key", "", nodes, (Link("a", "message", "s", "input_value"),))
    with LangflowClient(sample_flows.url, sample_flows.api_key) as api:
        graph = graph_builder.build_graph(sample, api.editor.catalogue())
        made = api.editor.create_flow(f"{PREFIX}Needs a key", graph)
        yield made.id
        delete_flow(api, made.id)


def test_an_audience_runs_a_flow_and_reaches_nothing_else(
    shared_window: Screen, addresses: dict[str, str]
):
    page = shared_window.page
    page.goto(f"{addresses['Write word by word']}&view=present")
    shared_window.part("run-button").wait_for()
    shared_window.drawn()
    expect(page.get_by_role("button")).to_have_count(2)
    expect(shared_window.part("full-screen").get_by_role("button")).to_have_accessible_name(
        "Full screen"
    )
    links = page.locator("a:not([data-testid=stSkipToContent])")
    expect(links).to_have_count(0)
    shared_window.run()
    expect(shared_window.part("run-status")).to_contain_text("This answer comes")
    expect(page.locator("[data-testid=stAlert]")).to_have_count(0)
    shared_window.wait("completed")
    shared_window.drawn()
    expect(shared_window.part("outputs")).to_contain_text("That is all.")
    expect(links).to_have_count(0)
    for hidden in ("stHeader", "stToolbar", "stMainMenu", "stSidebar"):
        expect(page.get_by_test_id(hidden).locator("visible=true")).to_have_count(0)


@pytest.mark.exhaustive
def test_the_address_of_another_page_shows_the_present_view(
    shared_window: Screen, console: Console, sample_ids: dict[str, str]
):
    page = shared_window.page
    page.goto(f"{console.url}/history?view=present&flow={sample_ids['Echo chat']}")
    expect(page.locator(".st-key-present h1")).to_have_text(PREFIX + "Echo chat")
    expect(page.locator(".st-key-history-form")).to_have_count(0)


def test_a_presenter_enters_edits_and_leaves_with_the_keyboard(echo_form: Screen):
    page = echo_form.page
    page.keyboard.press("Alt+p")
    echo_form.part("present-edit").get_by_role("button").click()
    echo_form.part("present-editor").wait_for()
    echo_form.drawn()
    page.get_by_label("Title").fill("Say something")
    page.keyboard.press("Tab")
    expect(echo_form.part("present").get_by_role("heading", level=1)).to_have_text("Say something")
    page.get_by_role("button", name="Discard").click()
    expect(echo_form.part("present-editor")).to_have_count(0)
    echo_form.drawn()
    page.keyboard.press("Alt+Enter")
    wait_for(lambda: page.evaluate("document.fullscreenElement !== null"))
    page.keyboard.press("Alt+p")
    echo_form.part("flow-picker").wait_for()
    wait_for(lambda: page.evaluate("document.fullscreenElement === null"))
    assert "view=" not in page.url


def test_a_presenter_starts_with_what_was_entered_and_saves_it_for_the_audience(
    echo_form: Screen, console: Console, sample_ids: dict[str, str]
):
    page = echo_form.page
    message = page.get_by_label("Message").input_value()
    page.get_by_label("Message").fill("Good morning")
    page.keyboard.press("Alt+p")
    note = echo_form.part("presenter-entered")
    expect(note).to_contain_text("Shows the values of the Run page.")
    expect(page.get_by_label("Message")).to_have_value("Good morning")
    echo_form.part("present-edit").get_by_role("button").click()
    echo_form.part("present-editor").wait_for()
    echo_form.drawn()
    page.get_by_role("button", name="Save").click()
    expect(echo_form.part("present-editor")).to_have_count(0)
    audience = page.context.browser.new_page()
    audience.goto(f"{console.url}/?view=present&flow={sample_ids['Echo chat']}")
    expect(audience.get_by_label("Message")).to_have_value("Good morning")
    audience.close()
    page.keyboard.press("Alt+p")
    echo_form.part("flow-picker").wait_for()
    expect(page.locator("body")).not_to_be_focused()
    page.get_by_label("Message").fill(message)


@pytest.mark.exhaustive
def test_full_screen_hides_what_only_a_presenter_needs_to_know(
    shared_window: Screen, console: Console, unready_flow: str
):
    """The audience reads no instructions, and that the flow is not ready without names."""
    page = shared_window.page
    shared_window.open(f"{console.url}/?flow={unready_flow}")
    page.get_by_label("Message").fill("Hello")
    page.keyboard.press("Alt+p")
    shared_window.part("present-edit").wait_for()
    shared_window.drawn()
    line, offer = shared_window.part("presenter-obstacle"), shared_window.part("presenter-entered")
    expect(line).to_contain_text("Not filled in: SearchAPI API Key")
    expect(offer).to_be_visible()
    page.keyboard.press("Alt+Enter")
    expect(line).to_be_hidden()
    expect(offer).to_be_hidden()
    shared_window.run()
    alert = page.get_by_test_id("stAlert").locator("p")
    expect(alert).to_have_text("The flow is not ready to run")
    expect(line).to_be_hidden()
    page.keyboard.press("Alt+Enter")
    expect(line).to_be_visible()


def test_a_result_is_shared_with_somebody_who_opens_its_address(
    shared_window: Screen,
    window: Callable[..., Any],
    addresses: dict[str, str],
    ended_run: Callable[[str], str],
):
    run = ended_run("Echo chat")
    shared_window.page.goto(f"{addresses['Echo chat']}&{urlparse(run).query}&view=present")
    shared_window.part("run-button").wait_for()
    shared_window.drawn()
    shared_window.wait("completed")
    query = parse_qs(urlparse(shared_window.page.url).query)
    shared_window.page.get_by_role("button", name="Share result").click()
    shared_window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shared_window.page.get_by_role("button", name="Create link").click()
    menu = shared_window.page.get_by_test_id("stPopoverBody")
    address = menu.locator("code").inner_text()
    expect(menu.get_by_role("button", name="Create another link")).to_be_visible()
    shared_window.drawn()
    check(shared_window.page, OPEN_MENU)
    menu.get_by_role("button", name="Create another link").press("Shift+Tab")
    expect(menu.get_by_role("button", name="Copy")).to_be_focused()
    shared_window.page.keyboard.press("Enter")
    wait_for(lambda: shared_window.page.evaluate("navigator.clipboard.readText()") == address)
    reader = window()
    reader.goto(address)
    shown = reader.locator(".st-key-present")
    expect(shown).to_contain_text("Result of")
    expect(shown.get_by_role("heading", level=1)).to_have_text(PREFIX + "Echo chat")
    check(reader)
    content = shown.inner_html()
    for hidden in (
        "ChatOutput",
        "ChatInput",
        "127.0.0.1",
        query["run"][0],
        query["flow"][0],
    ):
        assert hidden not in content
    expect(shared_window.page.get_by_role("button", name="Create another link")).to_be_visible()
    expect(shared_window.page.get_by_role("button", name="Revoke")).to_have_count(0)
    shared_window.open(run)
    shared_window.page.get_by_role("button", name="Share").click()
    shared_window.page.get_by_role("button", name="Revoke").click()
    expect(shared_window.page.get_by_role("button", name="Create link")).to_be_visible()
    reader.reload()
    expect(reader.locator(".st-key-present")).to_contain_text("This link shows no result")
    check(reader)
