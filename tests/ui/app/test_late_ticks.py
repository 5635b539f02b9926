"""What a page shows survives the rerun of a fragment that is requested while its script ends."""

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


def request(session, fragment_id="", *, tick=False):
    session.request_rerun(ClientState(fragment_id=fragment_id, is_auto_rerun=tick))


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


async def request_at_the_end(session, *, tick):
    """Request the page, then its fragment; return what the browser gets."""
    fragment_id = await timer_of(session)
    request(session)
    end_script_before_its_messages_are_handled(session)
    request(session, fragment_id, tick=tick)
    received = await messages(session)
    session.shutdown()
    return received


def test_a_tick_at_the_end_of_a_page_waits_for_the_next(open_session):
    async def scene():
        return await request_at_the_end(open_session(), tick=True)

    received = asyncio.run(scene())
    assert "of the page" in texts(received)
    assert fragments(received) == [[]]


def test_a_press_at_the_end_of_a_page_redraws_the_page(open_session):
    async def scene():
        return await request_at_the_end(open_session(), tick=False)

    received = asyncio.run(scene())
    assert "of the page" in texts(received)
    assert fragments(received)[-1] == []


@pytest.mark.parametrize("tick", [True, False])
def test_at_any_other_time_the_fragment_runs(open_session, tick):
    async def scene():
        session = open_session()
        fragment_id = await timer_of(session)
        request(session, fragment_id, tick=tick)
        received = await messages(session)
        session.shutdown()
        return fragments(received) == [[fragment_id]]

    assert asyncio.run(scene())
