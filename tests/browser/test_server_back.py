"""Pages that can't reach their server work again by themselves once it is back."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import check
from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.flows import edge, node
from tests.support.http_stand_in import NODE, StandIn, flow
from tests.support.relay import Relay
from tests.ui.support.chat_langflow import ChatLangflow
from tests.ui.support.whole_pages import ONE

UNREACHABLE = "Retrying automatically."


@pytest.fixture(scope="module")
def server():
    """A Langflow with a chat flow, which can go down and up."""
    with StandIn() as server:
        ChatLangflow(server)
        talker = flow(ONE, "Talker", nodes=[NODE, node("ChatOutput-b")])
        talker["data"]["edges"] = [edge("ChatInput-a", "ChatOutput-b")]
        server.set_flows(talker)
        yield Relay(server.url)


@pytest.fixture(scope="module")
def started_while_down(server, tmp_path_factory):
    """A console of this server that was started while it was down."""
    environ = {"LANGFLOW_SERVER_URL": server.url, "LANGFLOW_API_KEY": "sk-configured-key"}
    with Console(tmp_path_factory.mktemp("console"), environ) as console:
        yield console


@pytest.fixture
def relay(server):
    """The server, which is down."""
    yield server
    server.cut()


@pytest.fixture
def console(started_while_down, relay):
    """The console of the server, which is up again."""
    relay.open()
    return started_while_down


@pytest.fixture(scope="module")
def lasting_form(lasting_window):
    """A window that stays open, for the form of the flow."""
    return Screen(lasting_window())


@pytest.fixture
def form(lasting_form, console):
    """The form of the flow, whose window has shown it before or not."""
    if lasting_form.page.url == "about:blank":
        lasting_form.open(console.url)
    lasting_form.part("run-button").wait_for()
    expect(lasting_form.page.get_by_text(UNREACHABLE)).to_have_count(0)
    lasting_form.drawn()
    return lasting_form


def test_pages_work_again_by_themselves_once_the_server_is_back(relay, started_while_down, window):
    parts = {"": "run-button", "chat": "talk-new", "connection": "samples"}
    screens = {address: Screen(window()) for address in parts}
    for address, screen in screens.items():
        screen.page.goto(f"{started_while_down.url}/{address}")
        expect(screen.page.get_by_text(UNREACHABLE)).to_be_visible()
        check(screen.page)
    relay.open()
    for address, screen in screens.items():
        screen.part(parts[address]).wait_for()
        expect(screen.page.get_by_text(UNREACHABLE)).to_have_count(0)


def test_what_was_typed_stays_while_the_server_is_down_and_back(relay, form):
    screen = form
    box = screen.part("param-ChatInput-a-input_value").locator("textarea")
    box.fill("left")
    box.press("Tab")
    screen.drawn()
    relay.cut()
    screen.part("refresh-flows").get_by_role("button").click()
    expect(screen.page.get_by_text(UNREACHABLE)).to_be_visible()
    expect(box).to_have_value("left")
    box.fill("typed, not left")
    relay.open()
    expect(screen.page.get_by_text(UNREACHABLE)).to_have_count(0)
    screen.drawn()
    expect(box).to_have_value("typed, not left")


@pytest.mark.exhaustive
def test_the_form_stays_where_it_is_while_a_slow_server_refreshes_it(relay, form):
    screen = form
    box = screen.part("param-ChatInput-a-input_value")
    before = box.bounding_box()
    field = box.locator("textarea").element_handle()
    relay.hold()
    screen.part("refresh-flows").get_by_role("button").click()
    waiting = screen.page.get_by_text("The data shown may be outdated")
    expect(waiting).to_be_in_viewport()
    assert box.bounding_box() == before
    field.type("being typed")  # into the same field: another in its place would lose the focus
    relay.flowing.set()
    expect(waiting).to_have_count(0)
    screen.drawn()
    assert "being typed" in field.evaluate("field => field.value")
    assert field.evaluate("field => field === document.activeElement")
