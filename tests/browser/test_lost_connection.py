"""What a person typed survives a connection that is lost for longer than its session is kept."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.flows import edge, entry, node
from tests.support.http_stand_in import NODE, StandIn, flow
from tests.support.relay import Relay
from tests.ui.support.chat_langflow import ChatLangflow
from tests.ui.support.whole_pages import ONE

SESSION_SECONDS = 1
SECRET = entry("SecretStrInput", "str", "", load_from_db=False, password=True, api_editable=True)


@pytest.fixture
def relay(tmp_path):
    """A port that leads to a console, which leads to a Langflow with a chat flow."""
    with StandIn() as server:
        ChatLangflow(server)
        talker = flow(ONE, "Talker", nodes=[NODE, node("ChatOutput-b", key=SECRET)])
        talker["data"]["edges"] = [edge("ChatInput-a", "ChatOutput-b")]
        server.set_flows(talker)
        environ = {
            "LANGFLOW_SERVER_URL": server.url,
            "LANGFLOW_API_KEY": "sk-configured-key",
            "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(SESSION_SECONDS),
        }
        with Console(tmp_path, environ) as console:
            relay = Relay(console.url)
            relay.open()
            yield relay
            relay.cut()


def wait_for_connection(screen, state):
    app = f"[data-testid=stApp][data-test-connection-state={state}]"
    screen.page.locator(app).wait_for(timeout=60_000)


def test_typed_text_survives_a_lost_connection(relay, window):
    """Text that was not sent yet is put back and saved. A lost secret is requested."""
    message, secret, chat, key = (Screen(window()) for _ in range(4))
    for screen in (message, secret):
        screen.open(relay.url)
    chat.page.goto(f"{relay.url}/chat")
    key.page.goto(f"{relay.url}/connection")
    key.page.locator("summary", has_text=re.compile("the key|server or key")).click()
    fields = {
        message: message.part("param-ChatInput-a-input_value").locator("textarea"),
        chat: chat.page.get_by_test_id("stChatInput").locator("textarea"),
        key: key.part("api-key").locator("input"),
    }
    for screen, field in fields.items():
        expect(field).to_be_editable()
        screen.drawn()
        field.fill("typed, not left")
    relay.hold()
    lost = secret.part("param-ChatOutput-b-key").locator("input")
    lost.fill("sk-typed-not-sent")
    relay.cut()
    for screen in (*fields, secret):
        wait_for_connection(screen, "PINGING_SERVER")
    secret.page.wait_for_timeout(SESSION_SECONDS * 1500)
    relay.open()
    for screen, field in fields.items():
        wait_for_connection(screen, "CONNECTED")
        screen.drawn()
        expect(field).to_have_value("typed, not left")
    secret.drawn()
    if lost.input_value():  # the field was not drawn anew: it is sent once it is left
        lost.press("Tab")
        expect(secret.page.get_by_text("Changed", exact=True)).to_be_visible()
    else:
        hint = "Lost with the connection. Enter it again."
        expect(lost).to_have_attribute("placeholder", hint)
    expect(message.page.get_by_text("Changed", exact=True)).to_be_visible()
