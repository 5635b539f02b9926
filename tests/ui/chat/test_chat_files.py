"""Files that are sent with the messages of a chat."""

from tests.support.flows import entry
from tests.support.waiting import wait_for
from tests.ui.support.chat_langflow import RUN, chat_flow
from tests.ui.support.chat_page import (
    open_chat,
    press,
    send,
)
from tests.ui.support.whole_pages import ONE, page_text


def open_file_chat(chat_langflow, **more):
    """Open the chat of a flow that takes files. Return it and the upload's request line."""
    files = entry(
        "FileInput", "file", "", list=True, temp_file=True, fileTypes=["txt", "image"], **more
    )
    found = chat_flow()
    found["data"]["nodes"][0]["data"]["node"]["template"]["files"] = files
    chat_langflow.server.set_flows(found)
    upload = f"POST /api/v1/files/upload/{ONE}"
    chat_langflow.server.answers[upload] = (201, {"flowId": ONE, "file_path": f"{ONE}/cat.png"})
    return open_chat(), upload


def test_a_file_is_sent_only_with_its_message(chat_langflow):
    """The upload comes before the message."""
    app, upload = open_file_chat(chat_langflow)
    app.chat_input[0].upload("cat.png", b"meow", "image/png")
    send(app, "what is this?")
    assert chat_langflow.server.lines.index(upload) < chat_langflow.server.lines.index(RUN)
    assert chat_langflow.sent[0]["ChatInput-a.files"] == [f"{ONE}/cat.png"]
    send(app, "and now?")
    assert "ChatInput-a.files" not in chat_langflow.sent[1]


def test_a_message_is_not_sent_without_its_rejected_file(chat_langflow):
    """Files without text are not sent either."""
    app, upload = open_file_chat(chat_langflow)
    chat_langflow.server.answers[upload] = (413, {"detail": "Content size limit exceeded."})
    app.chat_input[0].upload("cat.png", b"meow", "image/png").set_value("what is this?").run()
    assert "Content size limit exceeded" in page_text(app)
    assert app.chat_input[0].proto.value == "what is this?"
    app.chat_input[0].upload("cat.png", b"meow", "image/png").run()
    assert "without a message" in page_text(app)
    assert chat_langflow.sent == []


def test_a_message_sent_again_keeps_its_files(chat_langflow):
    """The files are not uploaded again."""
    app, upload = open_file_chat(chat_langflow)
    chat_langflow.failure = (500, {"detail": "locked"})
    app.chat_input[0].upload("cat.png", b"meow", "image/png")
    send(app, "what is this?")
    assert "cat" in app.chat_message[0].markdown[0].value
    press(app, "Send again")
    wait_for(lambda: len(chat_langflow.sent) == 2)
    assert chat_langflow.sent[1]["ChatInput-a.files"] == [f"{ONE}/cat.png"]
    assert chat_langflow.server.lines.count(upload) == 1


def test_a_message_without_a_required_file_is_not_sent(chat_langflow):
    app, _ = open_file_chat(chat_langflow, required=True)
    assert "before you send a message" not in page_text(app)
    app.chat_input[0].set_value("what is this?").run()
    assert "Fill in the required fields" in page_text(app)
    assert app.chat_input[0].proto.value == "what is this?"
    assert chat_langflow.sent == []
    app.chat_input[0].upload("cat.png", b"meow", "image/png")
    send(app, "what is this?")
    assert chat_langflow.sent[0]["ChatInput-a.files"] == [f"{ONE}/cat.png"]
