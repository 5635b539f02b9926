"""A notice is on the page that is drawn after it, until a person does something."""

import pytest

from lfclient.errors import InvalidRequest
from pages._ui.connection import request_cache
from pages._ui.state.notices import NOTICE
from tests.ui.support.chat_langflow import chat_flow
from tests.ui.support.chat_page import open_chat
from tests.ui.support.whole_pages import ONE, TWO, page_text

REFUSAL = "Not this message."
FLOW = f"GET /api/v1/flows/{ONE}"


def choose_first(app):
    """Choose the first of two flows in the chat of the second, and return the page."""
    app.selectbox[0].set_value(next(one for one in app.selectbox[0].options if "Talker" in one))
    return app.run()


@pytest.fixture
def chat(langflow_stand_in):
    langflow_stand_in.set_flows(chat_flow(), chat_flow(TWO, "Second"))
    return open_chat(flow=TWO)


def test_a_notice_does_not_come_back_above_another_flow(chat, langflow_stand_in, monkeypatch):
    """The page redraws itself once a slow server has responded, before it draws its notice."""
    chat.session_state[NOTICE.key] = InvalidRequest(REFUSAL)
    assert REFUSAL in page_text(chat.run())
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    langflow_stand_in.delays[FLOW] = 0.3
    chat = choose_first(chat)
    assert "Talker" in chat.chat_input[0].placeholder
    assert REFUSAL not in page_text(chat)


def test_a_notice_is_shown_while_the_flow_of_a_chat_is_loading(
    chat, langflow_stand_in, monkeypatch
):
    """Else it would be above the messages of another flow, chosen meanwhile."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    langflow_stand_in.hold(FLOW)
    chat.session_state[NOTICE.key] = InvalidRequest(REFUSAL)
    chat = choose_first(chat)
    assert REFUSAL in page_text(chat)
    assert not chat.chat_input
