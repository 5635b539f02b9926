"""Servers and keys in Chromium: entered keys, other browsers, unreachable servers."""

import re
from collections.abc import Callable
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import expect

from lfclient.console.config.connection import discover
from tests.browser.accessibility import check
from tests.browser.attack_tools import sign_in
from tests.browser.screen import Screen
from tests.browser.visitor import Visitor, new_cookie, start_run, wait_for_end
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


class Keys(NamedTuple):
    """Two keys of the server's user; the first can be revoked."""

    first: str
    second: str
    revoke_first: Callable[[], object]


@pytest.fixture
def keys(sample_flows):
    headers = {"x-api-key": sample_flows.api_key}
    with httpx.Client(base_url=sample_flows.url, headers=headers, timeout=60) as api:
        first, second = (api.post("/api/v1/api_key/", json={"name": n}).json() for n in "ab")

        def revoke_first():
            api.delete(f"/api/v1/api_key/{first['id']}").raise_for_status()

        yield Keys(first["api_key"], second["api_key"], revoke_first)


@pytest.fixture
def connect(bare_console, sample_flows):
    """Enter a key and the server's address, or another; return the cookie of the browser."""

    def enter(key, url=sample_flows.url, cookie=""):
        cookie = cookie or new_cookie(bare_console)
        with Visitor(bare_console, cookie) as visitor:
            # the first answers of a busy server are slow
            wait_for(lambda: "Connected to" in sign_in(visitor, url, key))
        return cookie

    return enter


@pytest.fixture
def open_with_key(bare_console, window, connect, sample_ids):
    """Open a window without a page, of a browser that has entered a key."""
    addresses = {name: f"{bare_console.url}/?flow={id}" for name, id in sample_ids.items()}

    def open_window(key, *url):
        cookie = connect(key, *url)
        page = window()
        name, _, value = cookie.partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": bare_console.url}])
        return Screen(page, addresses)

    return open_window


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
    tab = Screen(page.context.new_page())
    tab.open(bare_console.url)
    tab.page.get_by_role("link", name="Connection").first.click()
    expect(tab.part("server-facts")).to_contain_text("1.13.0")
    expect(tab.part("api-key").locator("input")).to_have_value("")
    assert sample_flows.api_key not in tab.page.content()
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


def test_a_visitor_through_a_proxy_on_this_machine_installs_no_langflow(bare_console, window):
    """The page says what is missing and offers nothing; nothing is installed or started."""
    proxy = Relay(bare_console.url, b"\r\nX-Forwarded-For: 192.0.2.7")
    proxy.open()
    screen = Screen(window())
    screen.page.goto(proxy.url)
    for link, path in (("Run", "/"), ("Connection", "/connection")):
        screen.page.get_by_role("link", name=link, exact=True).first.click()
        expect(screen.page).to_have_url(re.compile(f"{re.escape(proxy.url)}{path}([?]|$)"))
        screen.drawn()
        expect(screen.part("local-langflow")).to_contain_text("Only the console's operator")
        expect(screen.page.get_by_text("LFCONSOLE_ALLOW_OTHER_SERVERS")).to_be_visible()
        expect(screen.page.get_by_role("button", name="Install and start")).to_have_count(0)
        expect(screen.page.get_by_label("Address")).to_have_count(0)
    proxy.cut()
    assert not (bare_console.folder / "data" / "local").exists()


def test_another_browser_needs_the_key_to_open_a_run(
    bare_console, window, connect, sample_flows, sample_ids
):
    """The URL alone opens nothing. With the key it shows the running run."""
    cookie = connect(sample_flows.api_key)
    with Visitor(bare_console, cookie) as owner:
        run = start_run(owner, sample_ids["Takes half a minute"])
        other = Screen(window())
        other.page.goto(f"{bare_console.url}/?run={run}")
        other.part("api-key").wait_for()
        expect(other.page.get_by_role("button", name="Stop")).to_have_count(0)
        enter_key(other, sample_flows.api_key)
        other.wait("running")
        other.stop()
        other.wait("stopped")
        wait_for_end(owner, run)


def test_a_new_key_takes_on_the_run_of_a_revoked_one(
    bare_console, connect, sample_ids, keys, finish_work
):
    cookie = connect(keys.first)
    with Visitor(bare_console, cookie) as visitor:
        run = start_run(visitor, sample_ids["Takes half a minute"])
        wait_for(lambda: "Running" in visitor.open(run=run))
        keys.revoke_first()
        connect(keys.second, cookie=cookie)
        assert "stop-button" in visitor.open(run=run)
        finish_work()
        wait_for(lambda: "The work is done" in visitor.open(run=run))
        wait_for_end(visitor, run)
        listed = visitor.open("history", status="completed", q="The work is done")
        assert re.search(r"\b[1-9]\d* runs?\b", listed)


def test_a_form_stays_open_while_its_key_is_refused(open_with_key, keys):
    screen = open_with_key(keys.first)
    screen.pick("Echo")
    box = screen.page.locator("textarea").first
    box.fill("typed before")
    box.press("Tab")
    screen.drawn()
    keys.revoke_first()
    screen.part("refresh-flows").get_by_role("button").click()
    expect(screen.page.get_by_text("The API key is not accepted")).to_be_visible()
    screen.drawn()
    expect(box).to_have_value("typed before")
    screen.run()
    screen.wait("failed")
    expect(box).to_have_value("typed before")
    screen.page.get_by_role("link", name="Open Connection").click()
    enter_key(screen, keys.second)
    expect(screen.page.get_by_text("Connected to")).to_be_visible()
    screen.page.get_by_role("link", name="Run", exact=True).click()
    expect(box).to_have_value("typed before")
    screen.run()
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("typed before")


@pytest.mark.exhaustive
def test_a_message_whose_key_is_refused_is_sent_again_with_a_new_one(
    bare_console, open_with_key, keys, sample_ids
):
    screen = open_with_key(keys.first)
    page = screen.page
    page.goto(f"{bare_console.url}/chat?flow={sample_ids['Echo chat']}")
    screen.part("talk-new").wait_for()
    screen.drawn()
    keys.revoke_first()
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
    enter_key(screen, keys.second)
    expect(page.get_by_text("Connected to")).to_be_visible()
    page.get_by_role("link", name="Chat", exact=True).click()
    messages = page.get_by_test_id("stChatMessage")
    expect(messages).to_contain_text(["precious words"])
    expect(page.get_by_role("button", name=re.compile("precious words"))).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    expect(messages.nth(1)).to_contain_text("precious words")


def test_losing_the_server_loses_no_input_and_no_run(
    open_with_key, sample_flows, relay, finish_work
):
    screen = open_with_key(sample_flows.api_key, relay.url)
    screen.pick("Echo")
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


@pytest.fixture(scope="module")
def connection_page(console, lasting_window):
    """The Connection page with the server's details, in a window that stays open."""
    return open_details(console, lasting_window())


def open_details(console, page):
    screen = Screen(page)
    page.goto(f"{console.url}/connection")
    facts = screen.part("server-facts")
    expect(facts).to_contain_text("Connected")
    screen.drawn()
    facts.get_by_text("Details").click()
    return screen


@pytest.mark.exhaustive
def test_the_servers_limits_fit_a_phone(console, window):
    page = window()
    page.set_viewport_size({"width": 390, "height": 844})
    screen = open_details(console, page)
    facts = screen.part("server-facts")
    facts.locator("code", has_text="LANGFLOW_MAX_FILE_SIZE_UPLOAD").wait_for()
    screen.drawn()
    edge = facts.bounding_box()
    for code in facts.locator("code").all():
        box = code.bounding_box()
        assert box["x"] + box["width"] <= edge["x"] + edge["width"]


def test_the_configured_connection_can_be_tested(connection_page):
    check(connection_page.page)
    unfold_form(connection_page)
    connection_page.part("test-connection").get_by_role("button").click()
    expect(connection_page.page.get_by_text("Connected to")).to_be_visible()
