"""What a page shows survives a request that arrives while its script ends."""

import asyncio
from unittest.mock import Mock

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from pages._ui.app import late_ticks

SCRIPT = """
import streamlit as st

@st.fragment(run_every=2)
def part():
    st.markdown("of the fragment")

part()
st.markdown("of the page")
"""


@pytest.fixture
def open_session(tmp_path, monkeypatch):
    """Open a session of Streamlit's own, which no browser reads."""
    monkeypatch.setattr(AppSession, "_create_scriptrunner", AppSession._create_scriptrunner)
    monkeypatch.setattr("streamlit.runtime.get_instance", Mock())
    late_ticks.install()
    script = tmp_path / "app.py"
    script.write_text(SCRIPT)
    return lambda: AppSession(
        ScriptData(str(script), is_hello=False),
        MemoryUploadedFileManager("/upload"),
        ScriptCache(),
        message_enqueued_callback=None,
        user_info={},
    )


def request(session, fragment_id=""):
    session.request_rerun(ClientState(fragment_id=fragment_id, is_auto_rerun=bool(fragment_id)))


async def messages(session):
    """The session's messages, once its scripts have ended."""
    async with asyncio.timeout(20):
        while session._scriptrunner:
            await asyncio.sleep(0.01)
    return session.flush_browser_queue()


def end_script_before_its_messages_are_handled(session):
    """Block the event loop meanwhile, as many sessions do."""
    session._scriptrunner._script_thread.join(20)


def texts(received):
    return [one.delta.new_element.markdown.body for one in received if one.HasField("delta")]


def fragments(received):
    """The fragments that ran, by the messages that announce scripts."""
    announced = [one for one in received if one.HasField("new_session")]
    return [list(one.metadata.run.fragment_ids) for one in announced]


async def timer_of(session):
    """The fragment that a browser would ask for at intervals, once its page is drawn."""
    request(session)
    received = await messages(session)
    (timer,) = [one.auto_rerun for one in received if one.HasField("auto_rerun")]
    return timer.fragment_id


def test_a_tick_at_the_end_of_a_page_runs_after_the_page_was_sent(open_session):
    async def scene():
        session = open_session()
        fragment_id = await timer_of(session)
        request(session)
        end_script_before_its_messages_are_handled(session)
        request(session, fragment_id)
        received = await messages(session)
        session.shutdown()
        return received, fragment_id

    received, fragment_id = asyncio.run(scene())
    assert "of the page" in texts(received)
    assert fragments(received) == [[], [fragment_id]]


def test_a_tick_that_waits_ends_with_its_session(open_session):
    async def scene():
        session = open_session()
        fragment_id = await timer_of(session)
        request(session)
        end_script_before_its_messages_are_handled(session)
        request(session, fragment_id)
        session.shutdown()
        return await messages(session)

    assert fragments(asyncio.run(scene())) == [[]]
