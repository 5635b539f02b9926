"""A conversation in Chromium, on a real Langflow 1.13.0 and on a slow stand-in."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from lfclient import FlowSummary, LangflowClient
from lfclient.console.samples import builtin, graph_builder
from tests.browser.accessibility import check, check_with_menus
from tests.browser.screen import PHONE, Screen
from tests.browser.visitor import Visitor
from tests.support.console_process import Console
from tests.support.flows import edge, entry, node
from tests.support.http_stand_in import StandIn
from tests.support.servers import LiveServer, delete_flow
from tests.support.waiting import wait_for
from tests.ui.support.chat_langflow import MESSAGES, ChatLangflow, chat_flow
from tests.ui.support.whole_pages import TWO

# records whether the second message was shown before it was complete
_RECORD_PARTIAL_ANSWER = """() => {
  window.hadPartialAnswer = false;
  const look = () => {
    const answer = document.querySelectorAll("[data-testid=stChatMessage]")[1]?.innerText ?? "";
    if (answer.includes("word") && !answer.includes("That is all")) window.hadPartialAnswer = true;
  };
  const kinds = { childList: true, subtree: true, characterData: true };
  new MutationObserver(look).observe(document.body, kinds);
}"""
WITHOUT_KEY, WITHOUT_MODEL = str(UUID(int=3)), str(UUID(int=4))
TALKERS = [str(UUID(int=100 + number)) for number in range(12)]


@pytest.fixture
def writer(own_langflow: LiveServer) -> Iterator[FlowSummary]:
    """A flow that answers word by word and has no sessions yet."""
    sample = next(one for one in builtin.SAMPLES if one.name == "Write word by word")
    with LangflowClient(own_langflow.url, own_langflow.api_key) as api:
        data = graph_builder.build_graph(
            sample, api.editor.catalogue(builtin.custom_component_code([sample]))
        )
        flow = api.editor.create_flow(f"Write {uuid4().hex[:8]}", data)
        yield flow
        delete_flow(api, flow.id)


@pytest.mark.exhaustive
def test_nothing_above_the_messages_moves_during_the_first_answer(
    console: Console, writer: FlowSummary, window: Callable[..., Page]
):
    """The session gets its name, *Rename* and *Delete* meanwhile. The box keeps the cursor."""
    screen = Screen(window())
    page = screen.page
    page.goto(f"{console.url}/chat?flow={writer.id}")
    box = page.get_by_test_id("stChatInputTextArea")
    expect(page.get_by_text("New session", exact=True)).to_have_count(2)  # the button, the session
    screen.drawn()
    screen.watch_shifts()
    box.fill("Hello")
    box.press("Enter")
    page.get_by_role("button", name="Rename").wait_for()
    screen.drawn()
    first = page.get_by_test_id("stChatMessage").first.bounding_box()
    assert first
    assert [each for each in screen.shifts() if each <= first["y"]] == []
    expect(box).to_be_focused()


def flow_with_agent(id: str, name: str, **fields: Any) -> dict[str, Any]:
    """Return a chat flow with an agent that has these fields."""
    flow = chat_flow(id, name)
    flow["data"]["nodes"].append(node("Agent-a", **fields))
    flow["data"]["edges"] = [edge("ChatInput-a", "Agent-a"), edge("Agent-a", "ChatOutput-b")]
    return flow


@pytest.fixture(scope="module")
def stand_in() -> Iterator[ChatLangflow]:
    """A server with chat flows, two of them with an agent that lacks a key or a model."""
    with StandIn() as server:
        stand_in = ChatLangflow(server)
        key = entry("SecretStrInput", "str", "", password=True)
        model = entry("ModelInput", "model", [], required=True)
        server.set_flows(
            *(chat_flow(id, f"Talker {id[-2:]}") for id in TALKERS),
            chat_flow(TWO, "Another"),
            flow_with_agent(WITHOUT_KEY, "Without key", api_key=key),
            flow_with_agent(WITHOUT_MODEL, "Without model", model=model),
        )
        yield stand_in


@pytest.fixture(scope="module")
def chat_console(
    stand_in: ChatLangflow, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    environ = {"LANGFLOW_SERVER_URL": stand_in.server.url, "LANGFLOW_API_KEY": "k"}
    with Console(tmp_path_factory.mktemp("chat"), environ) as console:
        yield console


@pytest.fixture(scope="module")
def unused_flows() -> Iterator[str]:
    """The ids of flows that no test has used yet."""
    return iter(TALKERS)


@pytest.fixture
def flow(unused_flows: Iterator[str], stand_in: ChatLangflow) -> str:
    """The id of a flow without sessions and texts."""
    stand_in.rows.clear()
    stand_in.failure = None
    stand_in.server.delays = {}
    unused = next(unused_flows, None)
    assert unused, "More tests than flows: make more of TALKERS."
    return unused


@pytest.fixture(scope="module")
def lasting_chat(chat_console: Console, lasting_window: Callable[..., Page]) -> Screen:
    """The Chat page in a window that stays open."""
    screen = Screen(lasting_window())
    screen.page.goto(f"{chat_console.url}/chat?flow={TWO}")
    screen.part("talk-new").wait_for()
    screen.drawn()
    return screen


@pytest.fixture
def chat(lasting_chat: Screen, flow: str) -> Screen:
    """The Chat page of a flow without sessions."""
    choose_flow(lasting_chat, f"Talker {flow[-2:]}")
    return lasting_chat


def choose_flow(screen: Screen, name: str) -> None:
    picker = screen.part("flow-picker").locator("input")
    picker.click()
    picker.fill(name)
    screen.page.get_by_role("option").filter(has_text=name).first.click()
    screen.page.get_by_placeholder(f"Message {name}").wait_for()
    screen.drawn()  # until then, the other box is still there


@pytest.fixture
def phone(flow: str, window: Callable[..., Page]) -> Screen:
    """A window as wide as a phone's."""
    screen = Screen(window())
    screen.page.set_viewport_size(PHONE)
    return screen


def test_a_new_session_is_shown_once_a_slow_server_has_sent_it(
    chat: Screen, stand_in: ChatLangflow
):
    """The page redraws itself, for *Rename* and for the list."""
    page = chat.page
    stand_in.server.delays = {f"GET {MESSAGES}": 2.0, f"GET {MESSAGES}/sessions": 2.0}
    box_of(chat).fill("Hello, slow one")
    box_of(chat).press("Enter")
    page.get_by_role("button", name="Rename").wait_for()
    page.get_by_role("button", name="Hello, slow one").wait_for()


def box_of(screen: Screen) -> Locator:
    return screen.page.get_by_test_id("stChatInputTextArea")


def go_to(screen: Screen, *names: str) -> None:
    """Open pages by the navigation."""
    for name in names:
        screen.page.get_by_role("link", name=name, exact=True).click()
        screen.page.wait_for_url(re.compile(f"/{name.lower() if name != 'Run' else ''}([?]|$)"))
        screen.drawn()


def send(screen: Screen, text: str) -> None:
    box_of(screen).fill(text)
    box_of(screen).press("Enter")
    expect(screen.page.get_by_test_id("stChatMessage").last).to_contain_text(f"echo of {text}")
    screen.drawn()


def test_the_button_of_an_error_opens_the_sidebar_of_a_phone(
    phone: Screen, chat_console: Console, stand_in: ChatLangflow
):
    error = (
        "Error building Component Agent: \n\n"
        "OpenAI API key is required when using OpenAI provider. Please provide it in the component "
        "or configure it globally as OPENAI_API_KEY."
    )
    failed = {"flow_id": WITHOUT_KEY, "job_id": str(uuid4()), "status": "failed", "outputs": {}}
    stand_in.failure = (200, {**failed, "errors": [{"error": error}]})
    page = phone.page
    page.goto(f"{chat_console.url}/chat?flow={WITHOUT_KEY}")
    box_of(phone).fill("Hello")
    box_of(phone).press("Enter")
    page.get_by_role("button", name="Enter the key").click()
    field = phone.part("param-Agent-a-api_key").locator("input")
    expect(field).to_be_in_viewport()
    expect(field).to_be_focused()


@pytest.mark.exhaustive
def test_a_phone_is_led_to_what_setup_lacks_before_a_message_is_sent(
    phone: Screen, chat_console: Console
):
    page = phone.page
    page.goto(f"{chat_console.url}/chat?flow={WITHOUT_MODEL}")
    box_of(phone).fill("Hello")
    box_of(phone).press("Enter")
    expect(box_of(phone)).to_have_value("Hello")
    page.get_by_role("button", name="Open Setup").click()
    field = phone.part("param-Agent-a-model").locator("input")
    expect(field).to_be_in_viewport()
    sidebar = page.get_by_test_id("stSidebarContent")
    wait_for(lambda: sidebar.evaluate("each => each.scrollTop") == 0)  # with its headings
    expect(field).to_be_in_viewport()


def test_text_that_is_not_sent_yet_stays_in_the_box(chat: Screen):
    box = box_of(chat)
    box.fill("not sent")
    go_to(chat, "Connection", "Chat")
    expect(box).to_have_value("not sent")
    go_to(chat, "Run", "Chat")
    expect(box).to_have_value("not sent")
    chat.page.reload()
    expect(box).to_have_value("not sent")
    box.press("Enter")  # what is put back can be sent
    expect(chat.page.get_by_test_id("stChatMessage").last).to_contain_text("echo of not sent")


def open_in_chat(screen: Screen) -> None:
    """Run the flow on the Run page and open the run's session in Chat."""
    page = screen.page
    page.get_by_label("Message", exact=True).fill("2+2?")
    page.get_by_role("button", name="Run").first.click()
    page.get_by_role("link", name="Open in Chat").click()
    expect(page.get_by_test_id("stChatMessage").first).to_contain_text("2+2?")
    screen.drawn()


def test_the_box_of_a_session_that_is_opened_has_the_cursor_in_a_wide_window(
    chat: Screen, flow: str
):
    page = chat.page
    chat.go_to(f"/?flow={flow}")
    open_in_chat(chat)
    expect(box_of(chat)).to_be_focused()
    page.keyboard.type("And 3+3?")
    expect(box_of(chat)).to_have_value("And 3+3?")
    expect(page.locator(".keyboard-help")).to_have_count(0)
    box_of(chat).press("Enter")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)
    chat.drawn()
    for name in ("New session", "2+2?"):
        chat.page.get_by_test_id("stSidebar").get_by_role("button", name=name).click()
        chat.drawn()
        expect(box_of(chat)).to_be_focused()


def test_a_sent_text_does_not_return_to_the_box(chat: Screen):
    send(chat, "first")
    box_of(chat).fill("second")
    chat.page.get_by_test_id("stChatInputSubmitButton").click()
    go_to(chat, "Connection", "Chat")
    expect(chat.page.get_by_test_id("stChatMessage").nth(2)).to_contain_text("second")
    expect(box_of(chat)).to_have_value("")
    chat.page.reload()
    chat.drawn()
    expect(box_of(chat)).to_have_value("")
    chat.page.get_by_role("button", name="New session").click()
    chat.drawn()
    expect(box_of(chat)).to_have_value("")


def test_each_conversation_and_each_flow_has_a_text_of_its_own(chat: Screen, flow: str):
    chat.page.goto(f"{chat.page.url}&session=Trip+to+R%C3%B6m/1")
    chat.drawn()
    send(chat, "first")
    box = box_of(chat)
    box.fill("for the first session")
    chat.page.get_by_role("button", name="New session").click()
    expect(chat.page.get_by_test_id("stChatMessage")).to_have_count(0)
    chat.drawn()
    expect(box).to_have_value("")
    box.fill("for a new session")
    choose_flow(chat, "Another")
    expect(box).to_have_value("")
    chat.page.goto(re.sub(r"chat.*", f"chat?flow={flow}", chat.page.url))
    expect(box).to_have_value("for a new session")
    chat.page.get_by_role("button", name=re.compile("Trip")).click()
    expect(chat.page.get_by_test_id("stChatMessage")).to_have_count(2)
    chat.drawn()
    expect(box).to_have_value("for the first session")


def test_a_user_chats_with_a_flow_and_manages_its_sessions(
    console: Console, writer: FlowSummary, window: Callable[..., Page], own_langflow: LiveServer
):
    """An answer streams, can be stopped, and is followed by another session, which is renamed and
    deleted. Parameters are sent with each message. Another browser opens the same conversation, and
    the details of an answer link back to it.
    """
    page = window()
    page.goto(f"{console.url}/chat?flow={writer.id}")
    messages, box = page.get_by_test_id("stChatMessage"), page.get_by_test_id("stChatInputTextArea")
    stop = page.locator(".st-key-stop-button button")
    expect(page.get_by_role("heading", name=writer.name)).to_be_visible()

    page.evaluate(_RECORD_PARTIAL_ANSWER)
    box.fill("Hello")
    box.press("Enter")
    expect(messages.first).to_contain_text("Hello")
    page.get_by_text("Answer details").wait_for()
    assert page.evaluate("window.hadPartialAnswer")
    expect(messages.nth(1)).to_contain_text("That is all")
    expect(messages).to_have_count(2)
    expect(box).to_be_focused()  # ready for the next message
    expect(stop).to_have_count(0)  # the next one stops another run

    page.get_by_text("Parameters", exact=True).click()
    milliseconds = page.get_by_label("Milliseconds per word")
    milliseconds.fill("1000")  # enough time for Stop
    milliseconds.press("Tab")
    expect(page.get_by_text("1 changed, here and on the Run page.")).to_be_visible()
    check(page, within="[data-testid=stSidebar]")
    box.fill("Once more")
    box.press("Enter")
    stop.click()
    page.get_by_role("button", name="Send again").wait_for()
    check_with_menus(page)
    expect(messages.nth(2)).to_contain_text("Once more")
    first = page.url

    page.get_by_role("button", name="New session").click()
    expect(messages).to_have_count(0)
    if not milliseconds.is_visible():
        page.get_by_text("Parameters", exact=True).click()
    milliseconds.fill("5")
    milliseconds.press("Tab")
    box.fill("Another matter")
    box.press("Enter")
    page.get_by_text("Answer details").wait_for()
    expect(page).not_to_have_url(first)

    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Session name").fill("Trip to Rome")
    page.get_by_label("Session name").press("Enter")
    expect(page).to_have_url(re.compile(r"session=Trip(\+|%20)to(\+|%20)Rome"))
    expect(messages).to_have_count(2)
    with Visitor(console) as elsewhere:
        shown = elsewhere.open("chat", flow=writer.id, session="Trip to Rome")
        assert "Another matter" in shown
        assert "That is all" in shown

    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete session").click()
    expect(messages).to_have_count(0)
    expect(page).not_to_have_url(re.compile("session="))
    page.get_by_role("button", name=re.compile("Hello")).click()
    expect(page).to_have_url(first)
    page.reload()
    expect(messages.nth(2)).to_contain_text("Once more")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_text("Answer details").last.click()
    way_back = page.locator(".st-key-run-chat").get_by_role("link", name="Chat")
    expect(way_back).to_be_in_viewport()  # with the result
    expect(page.get_by_role("combobox", name="Flow")).to_have_value(writer.name)
    way_back.click()
    expect(page).to_have_url(first)
    expect(messages.nth(2)).to_contain_text("Once more")
    with LangflowClient(own_langflow.url, own_langflow.api_key) as api:
        assert len(api.sessions.list(writer.id)) == 1
