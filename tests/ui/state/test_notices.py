"""A notice is on the page that is drawn after it, until a person does something."""

import pytest

from lfclient.errors import InvalidRequest
from pages._ui.connection import request_cache
from pages._ui.connection.request_cache import StillLoading
from pages._ui.present import problems
from pages._ui.state import notices
from pages._ui.state.notices import NOTICE
from tests.support.http_stand_in import flow
from tests.support.waiting import wait_for
from tests.ui.present.support import present
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


def test_a_notice_does_not_come_back_in_another_presentation(langflow_stand_in, monkeypatch):
    def wait_and_redraw(request):
        wait_for(lambda: not raises(request))
        notices.rerun()

    monkeypatch.setattr(problems, "_draw_wait", wait_and_redraw)  # AppTest has no timers
    langflow_stand_in.set_flows(flow(ONE, "First"), flow(TWO, "Second"))
    app = present(TWO)
    app.session_state[NOTICE.key] = InvalidRequest(REFUSAL)
    assert REFUSAL in page_text(app.run())
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    langflow_stand_in.delays[FLOW] = 0.3
    app.query_params["flow"] = ONE
    app.run()
    assert app.title[0].value == "First"
    assert REFUSAL not in page_text(app)


def raises(request):
    """Return whether a request still waits for its response."""
    try:
        request()
    except StillLoading:
        return True
    return False
