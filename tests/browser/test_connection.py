"""Servers and keys in Chromium: entered keys, other browsers, unreachable servers."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from lfclient.console.config.discovery import discover
from tests.browser.accessibility import check
from tests.browser.attack_tools import site
from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.relay import Relay
from tests.support.waiting import wait_for


@pytest.fixture
def relay(sample_flows):
    relay = Relay(sample_flows.url)
    relay.open()
    yield relay
    relay.cut()


@pytest.fixture(scope="module")
def bare_console(sample_flows, tmp_path_factory):
    """A console without configuration that finds a Langflow which requires a key.

    Each window has its own connection.
    """
    wait_for(lambda: discover(sample_flows.url))  # its first answers are slow on a busy machine
    environ = {"LFCONSOLE_DISCOVER_URL": sample_flows.url}
    with Console(tmp_path_factory.mktemp("bare"), environ) as console:
        yield console


def enter_key(screen, key):
    unfold_form(screen)
    screen.part("api-key").locator("input").fill(key)
    screen.part("test-connection").get_by_role("button").click()


def unfold_form(screen):
    """Open the form in the card of a server, which is folded while the server is connected."""
    screen.part("test-connection").wait_for(state="attached")
    screen.drawn()
    if not screen.part("api-key").is_visible():
        folds = screen.part("server-facts").locator("summary")
        folds.filter(has_text=re.compile("the key|server or key")).click()


def test_a_discovered_server_requires_its_key(bare_console, window, sample_flows):
    """A wrong key is rejected. The right one opens the flows and is never shown."""
    screen = Screen(window())
    page = screen.page
    page.goto(bare_console.url)
    expect(screen.part("discovered")).to_contain_text("Langflow 1.13.0 is running here")
    expect(page.get_by_role("button", name="Install and start")).to_be_visible()
    enter_key(screen, "sk-wrong")
    expect(page.get_by_text("The API key is not accepted")).to_be_visible()
    check(page)
    enter_key(screen, sample_flows.api_key)
    screen.part("flow-picker").wait_for()
    expect(page.locator(".st-key-api-key")).to_have_count(0)  # once the page is drawn completely
    assert sample_flows.api_key not in page.content()
    assert sample_flows.api_key not in page.url
    page.reload()
    screen.part("flow-picker").wait_for()
    tab = Screen(page.context.new_page())
    tab.open(bare_console.url)
    page.goto(f"{bare_console.url}/connection")
    expect(screen.part("server-facts")).to_contain_text("1.13.0")
    expect(screen.part("api-key").locator("input")).to_have_value("")
    assert sample_flows.api_key not in page.content()
    assert sample_flows.api_key not in bare_console.log.read_text()


def test_a_key_that_could_not_be_tested_stays_for_the_next_press(
    bare_console, window, sample_flows, relay
):
    screen = Screen(window())
    page = screen.page
    page.goto(bare_console.url)
    address = screen.part("server-url").locator("input")
    address.fill(relay.url)
    relay.cut()
    enter_key(screen, sample_flows.api_key)
    expect(page.get_by_text("Can't reach the server")).to_be_visible()
    screen.drawn()
    expect(screen.part("api-key").locator("input")).to_have_value(sample_flows.api_key)
    relay.open()
    screen.part("test-connection").get_by_role("button").click()
    screen.part("flow-picker").wait_for()
    assert sample_flows.api_key not in page.url
    assert sample_flows.api_key not in bare_console.log.read_text()


def test_only_the_console_and_the_address_bar_lead_to_the_local_editor(bare_console, window):
    """A link of another site, or of another port of the host, would sign the browser in."""
    page = window()
    editor = f"{bare_console.url}/local-editor"
    link = f"<a href={editor} target=_blank rel=noreferrer style='position: fixed'>Editor</a>"

    def follow_link():
        """Return what the link of Streamlit's kind leads to, from the page as it is."""
        page.evaluate("(link) => document.body.insertAdjacentHTML('afterbegin', link)", link)
        with page.expect_popup() as popup:
            page.get_by_role("link", name="Editor", exact=True).dispatch_event("click")
        return popup.value.locator("body").inner_text()

    page.goto(f"{bare_console.url}/_stcore/health")
    assert "not running" in follow_link()
    page.goto(editor)
    assert "not running" in page.content()
    with site(b"<body>", content_type="text/html") as other:
        for url in (other.url, other.url.replace("127.0.0.1", "localhost")):
            page.goto(url)
            assert "Open the editor from a page of this console." in follow_link()


def test_a_visitor_through_a_proxy_on_this_machine_installs_no_langflow(bare_console, window):
    """The page says what is missing and offers nothing; nothing is installed or started."""
    proxy = Relay(bare_console.url, b"\r\nX-Forwarded-For: 192.0.2.7")
    proxy.open()
    screen = Screen(window())
    for path in ("", "/connection"):
        screen.page.goto(proxy.url + path)
        expect(screen.part("local-langflow")).to_contain_text("Only the console's operator")
        expect(screen.page.get_by_text("LFCONSOLE_ALLOW_OTHER_SERVERS")).to_be_visible()
        expect(screen.page.get_by_role("button", name="Install and start")).to_have_count(0)
        expect(screen.page.get_by_label("Address")).to_have_count(0)
    proxy.cut()
    assert not (bare_console.folder / "data" / "local").exists()


def test_a_key_is_entered_with_the_keyboard_alone(bare_console, window, sample_flows):
    page = window()
    page.goto(f"{bare_console.url}/connection")
    part = Screen(page).part
    button = part("test-connection").get_by_role("button")
    expect(button).to_be_visible()  # it is drawn after the fields
    part("server-url").locator("input").fill(sample_flows.url)
    part("api-key").locator("input").fill(sample_flows.api_key)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Connected to")).to_be_visible()


def test_another_browser_needs_the_key_to_open_a_run(bare_console, window, sample_flows):
    """The URL alone opens nothing. With the key it shows the running run."""
    mine = Screen(window())
    mine.page.goto(bare_console.url)
    enter_key(mine, sample_flows.api_key)
    mine.part("flow-picker").wait_for()
    mine.pick("Takes half")
    mine.run()
    mine.wait("running")
    other = Screen(window())
    other.page.goto(mine.address())
    expect(other.page.get_by_role("button", name="Stop")).to_have_count(0)
    enter_key(other, sample_flows.api_key)
    other.wait("running")
    other.stop()
    other.wait("stopped")
    mine.wait("stopped")


def test_a_new_key_takes_on_the_run_of_a_revoked_one(
    bare_console, window, sample_flows, finish_work
):
    """In the same browser, which then lists the run, and shows how it ends."""
    headers = {"x-api-key": sample_flows.api_key}
    with httpx.Client(base_url=sample_flows.url, headers=headers, timeout=60) as api:
        first, second = (api.post("/api/v1/api_key/", json={"name": n}).json() for n in "ab")
        screen = Screen(window())
        screen.page.goto(bare_console.url)
        enter_key(screen, first["api_key"])
        screen.part("flow-picker").wait_for()
        screen.pick("Takes half")
        screen.run()
        screen.wait("running")
        address = screen.address()
        api.delete(f"/api/v1/api_key/{first['id']}").raise_for_status()
    screen.page.goto(f"{bare_console.url}/connection")
    enter_key(screen, second["api_key"])
    expect(screen.page.get_by_text("Connected to")).to_be_visible()
    screen.page.goto(address)
    screen.wait("running")
    finish_work()
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("The work is done")
    screen.page.goto(f"{bare_console.url}/history?status=completed&q=The+work+is+done")
    expect(screen.page.get_by_text(re.compile(r"^[1-9]\d* runs?$"))).to_be_visible()


def test_a_form_stays_open_while_its_key_is_refused(bare_console, window, sample_flows):
    """With what was typed, until a new key of the same user is entered."""
    headers = {"x-api-key": sample_flows.api_key}
    with httpx.Client(base_url=sample_flows.url, headers=headers, timeout=60) as api:
        first, second = (api.post("/api/v1/api_key/", json={"name": n}).json() for n in "ab")
        screen = Screen(window())
        screen.page.goto(bare_console.url)
        enter_key(screen, first["api_key"])
        screen.part("flow-picker").wait_for()
        screen.pick("Echo")
        box = screen.page.locator("textarea").first
        box.fill("typed before")
        box.press("Tab")
        screen.drawn()
        api.delete(f"/api/v1/api_key/{first['id']}").raise_for_status()
    screen.part("refresh-flows").get_by_role("button").click()
    expect(screen.page.get_by_text("The API key is not accepted")).to_be_visible()
    screen.drawn()
    expect(box).to_have_value("typed before")
    screen.run()
    screen.wait("failed")
    expect(box).to_have_value("typed before")
    screen.page.get_by_role("link", name="Open Connection").click()
    enter_key(screen, second["api_key"])
    expect(screen.page.get_by_text("Connected to")).to_be_visible()
    screen.page.get_by_role("link", name="Run", exact=True).click()
    expect(box).to_have_value("typed before")
    screen.run()
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("typed before")


def test_a_message_whose_key_is_refused_is_sent_again_with_a_new_one(
    bare_console, window, sample_flows
):
    """The page of the message says so once, and the Connection page at once."""
    headers = {"x-api-key": sample_flows.api_key}
    with httpx.Client(base_url=sample_flows.url, headers=headers, timeout=60) as api:
        first, second = (api.post("/api/v1/api_key/", json={"name": n}).json() for n in "ab")
        screen = Screen(window())
        page = screen.page
        page.goto(bare_console.url)
        enter_key(screen, first["api_key"])
        screen.part("flow-picker").wait_for()
        screen.pick("Echo")
        page.get_by_role("link", name="Chat", exact=True).click()
        screen.part("talk-new").wait_for()
        screen.drawn()
        api.delete(f"/api/v1/api_key/{first['id']}").raise_for_status()
    page.get_by_test_id("stChatInputTextArea").fill("precious words")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send again").wait_for()
    screen.drawn()
    expect(page.get_by_text("The server rejected the API key")).to_have_count(1)
    link = page.get_by_role("link", name="Open Connection")
    expect(link).to_have_count(1)
    link.click()
    expect(page.get_by_text("The API key is not accepted")).to_be_visible()
    expect(screen.part("api-key")).to_be_visible()
    expect(page.get_by_text("Connected", exact=True)).to_have_count(0)
    enter_key(screen, second["api_key"])
    expect(page.get_by_text("Connected to")).to_be_visible()
    page.get_by_role("link", name="Chat", exact=True).click()
    messages = page.get_by_test_id("stChatMessage")
    expect(messages).to_contain_text(["precious words"])
    expect(page.get_by_role("button", name=re.compile("precious words"))).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    expect(messages.nth(1)).to_contain_text("precious words")


def test_losing_the_server_loses_no_input_and_no_run(
    window, sample_flows, sample_ids, relay, tmp_path, finish_work
):
    """Before, during and after a run. The page explains each failure and recovers."""
    environ = {"LANGFLOW_SERVER_URL": relay.url, "LANGFLOW_API_KEY": sample_flows.api_key}
    with Console(tmp_path, environ) as console:
        screen = Screen(window())
        screen.open(f"{console.url}/?flow={sample_ids['Echo chat']}")
        box = screen.page.locator("textarea").first
        box.fill("typed before")
        relay.cut()
        screen.run()
        screen.wait("failed")
        expect(screen.part("run-status")).to_contain_text("Check that Langflow is running")
        expect(box).to_have_value("typed before")
        relay.open()
        screen.run()
        screen.wait("completed")
        expect(screen.part("outputs")).to_contain_text("typed before")
        screen.pick("Takes half")
        screen.run()
        screen.wait("running")
        output = screen.part("run-status").get_by_role("tab", name="Output")
        place = output.bounding_box()
        relay.cut()
        expect(screen.part("run-status")).to_contain_text("Retrying")
        assert output.bounding_box() == place
        relay.open()
        finish_work()
        screen.wait("completed")
        address = screen.address()
        relay.cut()
        screen.page.goto(address)
        screen.wait("completed")
        expect(screen.part("outputs")).to_contain_text("The work is done")


def test_the_connection_page_shows_what_the_server_supports(console, window):
    screen = Screen(window())
    screen.page.goto(f"{console.url}/connection")
    facts = screen.part("server-facts")
    expect(facts).to_contain_text("Connected")
    screen.drawn()
    facts.get_by_text("Details").click()
    for text in ("1.13.0", "flows", "Live events", "6,000", "LANGFLOW_MAX_TEXT_LENGTH"):
        expect(facts).to_contain_text(text)
    unfold_form(screen)
    screen.part("test-connection").get_by_role("button").click()
    expect(screen.page.get_by_text("Connected to")).to_be_visible()


def test_the_servers_limits_fit_a_phone(console, window):
    screen = Screen(window())
    screen.page.set_viewport_size({"width": 390, "height": 844})
    screen.page.goto(f"{console.url}/connection")
    facts = screen.part("server-facts")
    expect(facts).to_contain_text("Connected")
    screen.drawn()
    facts.get_by_text("Details").click()
    facts.locator("code", has_text="LANGFLOW_MAX_FILE_SIZE_UPLOAD").wait_for()
    edge = facts.bounding_box()
    for code in facts.locator("code").all():
        box = code.bounding_box()
        assert box["x"] + box["width"] <= edge["x"] + edge["width"]


def test_input_stays_with_its_flow(screen):
    """It survives a change of page and a reload, and does not appear in another flow."""
    screen.pick("Echo")
    box = screen.page.locator("textarea").first
    box.fill("only for the echo")
    box.press("Tab")
    screen.page.wait_for_timeout(800)
    screen.page.get_by_role("link", name="Connection").first.click()
    screen.part("server-facts").wait_for()
    screen.page.get_by_role("link", name="Run").first.click()
    expect(screen.page.locator("textarea").first).to_have_value("only for the echo")
    screen.page.reload()
    expect(screen.page.locator("textarea").first).to_have_value("only for the echo")
    screen.pick("Write a letter")
    expect(screen.page.locator("textarea").first).not_to_have_value("only for the echo")


def test_pages_do_not_violate_the_content_security_policy(screen):
    page = screen.page
    refused = []
    page.on(
        "console",
        lambda message: (
            refused.append(message.text) if "Content Security" in message.text else None
        ),
    )
    screen.pick("Table of")
    screen.run()
    screen.wait("completed")
    page.wait_for_timeout(1000)
    assert refused == []
