"""Stored messages as the Chat page draws them."""

from streamlit.testing.v1 import AppTest

from tests.ui.support.chat_langflow import read_messages, row
from tests.ui.support.whole_pages import page_text


def draw(*rows):
    """Draw only these messages, with the IDs m0, m1 and so on."""

    def page(messages):
        from pages._ui.run import messages as run_messages

        for message in messages:
            run_messages.draw(message)

    return AppTest.from_function(page, args=(read_messages(*rows),)).run()


def test_a_messages_file_has_its_original_name():
    """Langflow's file name starts with the upload's time."""
    app = draw(row("see", files='["u/2026-11-26_10-00-00_my cat.png"]'))
    words = app.chat_message[0].markdown[0].value.replace("\\", "")
    assert words == ":material/attach_file: my cat.png"


def test_an_approval_is_shown_with_its_decision():
    """Langflow stores both in the content blocks of a message without text."""
    block = {
        "type": "human_input",
        "prompt": "May I pay?",
        "options": [{"action_id": "ok", "label": "Approve it"}],
        "submitted_action": "ok",
    }
    app = draw(row("", "Machine", content_blocks=[{"contents": [block]}]))
    assert "May I pay?" in page_text(app)
    assert "Decided: **Approve it**" in page_text(app)
    assert "Empty message" not in page_text(app)


def test_the_steps_of_an_agent_are_loaded_once_opened():
    """The steps don't repeat the answer."""
    steps = [
        {
            "type": "tool_use",
            "name": "search",
            "tool_input": {"q": "<b>cats</b>"},
            "output": {"type": "tool", "content": "Two cats", "id": "4ef0"},
            "duration": 1500,
        },
        {"type": "text", "text": "All cats"},
        "odd",
    ]
    app = draw(row("All cats", "Machine", content_blocks=[{"contents": steps}, "odd", None]))
    assert app.chat_message[0].expander[0].label == "Tools called · 1"
    assert not app.chat_message[0].code
    app.session_state["talk-steps-m0"] = True
    app.run()
    asked, found = app.chat_message[0].code
    assert "<b>cats</b>" in asked.value
    assert found.value == "Two cats"
    assert "search" in page_text(app)
    assert "1.5 s" in page_text(app)
