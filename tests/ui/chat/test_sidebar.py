"""The sidebar of the Chat page: the parameters of its messages."""

from threading import Event
from types import SimpleNamespace

from lfclient import Run, RunError, RunStatus
from lfclient.console.form.entries import EnteredValue, InvalidEntry
from lfclient.flows.run_inputs import SECRET_HINT
from pages._ui.connection import servers
from pages._ui.state import browser
from pages._ui.state.chat import chat_key
from tests.support.flows import chat_input, edge, entry, node
from tests.support.http_stand_in import VERSION, flow
from tests.ui.support.chat_langflow import RUN, chat_flow
from tests.ui.support.chat_page import (
    PAGE,
    open_chat,
    open_parameters,
    press,
    send,
)
from tests.ui.support.model_pages import MODELS, PROVIDERS, choose_model, provider
from tests.ui.support.whole_pages import ONE, add_ended_run, open_app, page_text, place_of

NO_FILE = "Error processing files: No files to process."
SENDING = "before you send a message"


def talk_with_agent(server, model=()):
    """Let the chat's flow have an agent whose provider needs a key that the server lacks."""
    talker = chat_flow()
    agent = {
        "model": entry("ModelInput", "model", list(model), required=True),
        "api_key": entry("SecretStrInput", "str", "", password=True),
    }
    talker["data"]["nodes"].append(node("Agent-a", **agent))
    talker["data"]["edges"].append(edge("Agent-a", "ChatOutput-b"))
    server.set_flows(talker)
    server.answers |= {
        PROVIDERS: (200, [provider("Far", "FAR_KEY", "api_key")]),
        MODELS: (200, [{"name": "Far-1", "provider": "Far"}]),
        "GET /api/v1/variables/": (200, []),
    }


def test_only_the_forms_own_entries_count_as_changed_parameters(langflow_stand_in):
    """A provider's key, once entered, is sent with all flows' messages."""
    talk_with_agent(langflow_stand_in, [{"name": "Far-1", "provider": "Far"}])
    app = open_chat()
    # the message can be sent, because Langflow may have the key
    assert "Setup is not complete: the message may fail." in page_text(app)
    press(app, "Open Setup")
    owner = servers.current().owner
    assert app.session_state[chat_key("parameters", owner, ONE)]
    app.session_state["given-settings"] = {owner: {"FAR_KEY": "far-key-1234"}}
    assert "sent with every message" not in page_text(app.run())
    open_parameters(app)
    next(one for one in app.text_input if one.key.endswith("ChatOutput-b.tone")).set_value("rude")
    assert "1 changed, here and on the Run page. Sent with every message." in page_text(app.run())


def caption(app, words: str) -> str:
    """Return the caption with these words."""
    captions = (one.value.replace("\\", "") for one in app.caption)
    return next(each for each in captions if words in each)


def test_setup_is_opened_after_a_message_was_refused_for_missing_values(langflow_stand_in):
    talk_with_agent(langflow_stand_in)
    app = open_chat()
    assert ":red" not in caption(app, SENDING)
    app.chat_input[0].set_value("hello").run()
    assert caption(app, SENDING).startswith(":red[")  # held up by it, which no alert repeats
    assert "Fill in the required fields" not in page_text(app)
    assert app.chat_input[0].proto.value == "hello"
    press(app, "Open Setup")
    assert any(each.key.endswith("Agent-a.model") for each in app.selectbox)


def test_an_unsaved_secret_is_requested_while_the_parameters_are_closed(chat_langflow, monkeypatch):
    monkeypatch.setattr(browser, "browser_id", lambda: "one")
    found = chat_flow()
    key = entry("SecretStrInput", "str", "", load_from_db=False, password=True)
    found["data"]["nodes"][1]["data"]["node"]["template"]["token"] = {**key, "api_editable": True}
    chat_langflow.server.set_flows(found)
    app = open_chat()
    assert SECRET_HINT not in page_text(app)
    open_parameters(app)
    field = next(each for each in app.text_input if "token" in (each.key or ""))
    field.set_value("sk-very-secret").run()
    assert SECRET_HINT in page_text(open_chat())


def test_parameters_are_sent_with_every_message(chat_langflow):
    """The parameters' panel is closed at first, and lacks the message and presets."""
    app = open_chat()
    assert not any(each.label == "Tone" for each in app.text_input)
    open_parameters(app)
    assert not app.text_area
    assert not [box for box in app.selectbox if box.label == "Preset"]
    next(each for each in app.text_input if "tone" in each.key).set_value("rude").run()
    assert "1 changed" in page_text(app)
    send(app, "hello")
    assert chat_langflow.sent[0]["ChatOutput-b.tone"] == "rude"
    assert chat_langflow.sent[0]["ChatInput-a.input_value"] == "hello"


def test_values_of_the_run_page_are_sent_with_messages_but_its_message_is_not(chat_langflow):
    app = open_app(flow=ONE)
    form = next(iter(app.session_state["forms"].values()))
    form.entries.values["ChatOutput-b.tone"] = EnteredValue("text", "rude")
    form.entries.values["ChatInput-a.input_value"] = EnteredValue("multiline", "typed on Run")
    app.switch_page(PAGE).run()
    assert "1 changed, here and on the Run page." in page_text(app)
    send(app, "hello")
    sent = chat_langflow.sent[0]
    assert (sent["ChatOutput-b.tone"], sent["ChatInput-a.input_value"]) == ("rude", "hello")
    assert form.entries.values["ChatInput-a.input_value"].value == "typed on Run"
    assert not form.dropped_keys


def test_the_model_and_key_of_the_run_page_are_sent_with_messages(chat_langflow, langflow_stand_in):
    talk_with_agent(langflow_stand_in)
    app = choose_model(open_app(flow=ONE), "Far: Far-1")
    app.session_state["given-settings"] = {servers.current().owner: {"FAR_KEY": "far-key-1234"}}
    app.run()
    app.switch_page(PAGE).run()
    send(app, "hello")
    sent = chat_langflow.sent[0]
    assert sent["Agent-a.model"][0]["name"] == "Far-1"
    assert sent["Agent-a.api_key"] == "far-key-1234"
    assert "far-key-1234" not in page_text(app)


def test_a_problem_of_the_run_pages_message_does_not_prevent_chat_messages(chat_langflow):
    app = open_app(flow=ONE)
    form = next(iter(app.session_state["forms"].values()))
    upload = SimpleNamespace(name="slow.png", size=9, sent_bytes=1, ended=Event(), ref=None)
    upload.cancel = upload.ended.set
    form.entries.invalid["ChatInput-a.input_value"] = InvalidEntry({}, "Enter text.")
    form.entries.uploads["ChatInput-a.input_value"] = [upload]
    app.switch_page(PAGE).run()
    send(app, "hello")
    assert [each["ChatInput-a.input_value"] for each in chat_langflow.sent] == ["hello"]
    assert form.entries.uploads["ChatInput-a.input_value"] == [upload]


def test_the_message_cannot_be_entered_as_json(chat_langflow):
    """The message would be dropped, because the message box has it."""
    app = open_chat()
    open_parameters(app)
    form = next(iter(app.session_state["forms"].values()))
    app.session_state[f"{form.key('form-json')}-panel"] = True
    app.run()
    text = app.text_area(key=f"{form.key('form-json')}-text")
    text.set_value('{"ChatInput-a.input_value": "hello", "ChatOutput-b.tone": "rude"}').run()
    press(app, "Apply")
    assert "ChatInput-a.input_value is part of the message" in page_text(app)
    assert "Enter it in the message box" in page_text(app)
    assert not form.overrides()


def test_a_problem_that_no_field_shows_is_in_the_sidebar(chat_langflow):
    """A flow with an approval and several chat inputs runs in no mode."""
    nodes = [*chat_flow()["data"]["nodes"], chat_input("ChatInput-c"), node("HumanInput-h")]
    ends = ("ChatInput-a", "ChatOutput-b"), ("ChatInput-c", "ChatOutput-b")
    edges = [edge(*each) for each in (*ends, ("ChatInput-a", "HumanInput-h"))]
    chat_langflow.server.set_flows(flow(ONE, "Talker", nodes, edges))
    chat_langflow.server.answers["GET /api/v1/version"] = (200, VERSION)
    app = open_chat()
    assert "Background runs of a flow with several chat inputs fail" in page_text(app)
    assert "Correct the marked values" not in page_text(app)
    app.chat_input[0].set_value("hello").run()
    assert "The message was not sent" in page_text(app)
    assert RUN not in chat_langflow.server.lines


def test_setup_is_shown_while_the_parameters_are_closed_until_an_error_opens_them(chat_langflow):
    file = entry("FileInput", "file", "", file_path=[], list=True, required=True)
    found = chat_flow()
    found["data"]["nodes"].append(node("File-a", path=file))
    found["data"]["edges"].append(edge("ChatInput-a", "File-a"))
    chat_langflow.server.set_flows(found)
    chat_langflow.store_message("s", "hello")
    error = RunError(NO_FILE, "File-a", "Read File")
    run = Run(ONE, "sync", RunStatus.FAILED, errors=(error,))
    add_ended_run(
        chat_langflow.server.url,
        status=RunStatus.FAILED,
        run=run,
        session_id="s",
        overrides={"ChatInput-a.input_value": "hello"},
    )
    app = open_chat(flow=ONE, session="s")
    assert "No file was given." in page_text(app)
    choose, send_again = (
        place_of(app.main, next(one.key for one in app.button if one.label == label))
        for label in ("Choose a file", "Send again")
    )
    assert choose[:-1] == send_again[:-1]  # in one row
    parameters = chat_key("parameters", servers.current().owner, ONE)
    assert not app.session_state[parameters]
    assert len(app.get("file_uploader")) == 1  # in Setup
    assert page_text(app).count("Complete Setup before you send a message.") == 1
    press(app, "Choose a file")
    assert app.session_state[parameters]
    assert len(app.get("file_uploader")) == 1
