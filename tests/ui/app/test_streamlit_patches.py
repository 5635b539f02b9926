"""Streamlit's private names are where they were, and its patches work."""

import asyncio
import inspect
import socket
import threading
import urllib.request
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileKind, MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette import starlette_server
from websockets.sync.client import connect

from pages._ui.app import streamlit_patches

pytestmark = pytest.mark.usefixtures("patched_streamlit")
SIZE = 2_000_000  # Streamlit hashes three parts of such a file
SCRIPT = """
import streamlit as st

@st.fragment(run_every=2)
def part():
    st.markdown("of the fragment")

part()
st.markdown("of the page")
"""
PAGES = """
import streamlit as st

def one():
    st.markdown("page one")

def two():
    st.markdown("page two")

st.navigation([one, two]).run()
"""


def test_streamlit_never_runs_a_file_of_pages_directly():
    assert PagesManager.uses_pages_directory is False
    assert "if PagesManager.uses_pages_directory is None" in inspect.getsource(PagesManager)


def test_uploaded_files_can_be_released():
    assert "uploaded_file_mgr" in inspect.signature(ScriptRunContext).parameters
    assert hasattr(MemoryUploadedFileManager, "remove_file")


@pytest.fixture
def storage():
    return MemoryMediaFileStorage("/media")


def add(storage, content, mimetype="image/png", name=None):
    return storage.load_and_get_id(content, mimetype, MediaFileKind.MEDIA, name)


def test_files_that_differ_in_the_middle_keep_their_content(storage):
    contents = [bytearray(SIZE) for _ in range(2)]
    contents[1][SIZE // 4] = 1
    for content in map(bytes, contents):
        assert storage.get_file(add(storage, content)).content == content


def test_a_file_under_another_name_or_type_has_another_id(storage):
    ids = {
        add(storage, b"a"),
        add(storage, b"a", "image/gif"),
        add(storage, b"a", name=""),
        add(storage, b"a", name="b"),
        add(storage, b"a", "image/pngb"),
    }
    assert len(ids) == 5


def test_a_file_that_is_drawn_again_keeps_its_id(storage):
    assert add(storage, b"a" * SIZE) == add(storage, b"a" * SIZE)


@pytest.fixture
def manager(storage, monkeypatch):
    manager = MediaFileManager(storage)
    runtime = SimpleNamespace(media_file_mgr=manager)
    monkeypatch.setattr(streamlit_patches, "get_instance", lambda: runtime)
    return manager


def draw_button(manager, place="a"):
    return manager.add_deferred(lambda: b"1,2", "text/csv", place, "runs.csv")


def test_a_download_works_until_the_browser_shows_its_button_redrawn(manager):
    clicked = draw_button(manager)
    manager.clear_session_refs()
    draw_button(manager)
    manager.remove_orphaned_files()
    assert manager.execute_deferred(clicked)


def test_a_downloaded_file_is_there_though_other_scripts_end(manager):
    url = manager.execute_deferred(draw_button(manager))
    streamlit_patches.remove_unused_media()
    for _ in range(3):
        manager.remove_orphaned_files()
    assert manager.read_file(url.rpartition("/")[2].partition(".")[0]).content == b"1,2"


def test_unused_images_and_downloads_are_removed_after_some_time(manager):
    used, unused = draw_button(manager), draw_button(manager, "b")
    manager.execute_deferred(unused)
    manager.add(b"image", "image/png", "c")
    manager.clear_session_refs()
    manager._files_by_session_and_coord["dontcare"]["a"] = used
    for _ in range(2):
        streamlit_patches.remove_unused_media()
    assert not manager._file_metadata
    with pytest.raises(MediaFileStorageError):
        manager.execute_deferred(unused)
    assert manager.execute_deferred(used)


@pytest.fixture
def open_session(tmp_path, monkeypatch):
    """Open a session of Streamlit's own, which no browser reads."""
    monkeypatch.setattr("streamlit.runtime.get_instance", Mock())
    script = tmp_path / "app.py"

    def open_session(content=SCRIPT):
        script.write_text(content)
        return AppSession(
            ScriptData(str(script), is_hello=False),
            MemoryUploadedFileManager("/upload"),
            ScriptCache(),
            message_enqueued_callback=None,
            user_info={},
        )

    return open_session


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


def test_a_click_on_another_page_wins_over_a_rerun_that_is_just_starting(open_session, monkeypatch):
    """The ended script of the old page writes its page after the new script has."""
    has_begun, is_overtaken, has_written = (threading.Event() for _ in range(3))
    write = PagesManager.set_script_intent

    def write_late(manager, page, name):
        if name == "one":
            has_begun.set()
            is_overtaken.wait(20)
        write(manager, page, name)
        if name == "one":
            has_written.set()
        else:
            is_overtaken.set()
            has_written.wait(20)

    monkeypatch.setattr(PagesManager, "set_script_intent", write_late)

    async def scene():
        session = open_session(PAGES)
        session.request_rerun(ClientState(page_name="one"))
        has_begun.wait(20)
        session.request_rerun(ClientState(page_name="two"))
        received = await messages(session)
        session.shutdown()
        return received

    assert texts(asyncio.run(scene())) == ["page two"]


def _page():
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    def press_again():
        context = get_script_run_ctx()
        context.script_requests.request_rerun(RerunData(page_script_hash=context.page_script_hash))

    def act():
        press_again()
        for step in range(3):
            st.session_state.setdefault("steps", []).append(step)
            st.query_params["step"] = str(step)
            st.toast("Done")

    st.session_state["pages"] = st.session_state.get("pages", 0) + 1
    st.button("Act", on_click=act)


def test_all_steps_of_a_callback_are_done_and_then_the_other_event():
    """The script that the other event interrupts would draw an outdated page."""
    page = AppTest.from_function(_page).run()
    page.button[0].click().run()
    assert page.session_state["steps"] == [0, 1, 2]
    assert page.query_params["step"] == "2"
    assert page.session_state["pages"] == 2


@pytest.mark.parametrize(("middleware", "expected"), [(streamlit_patches.MIDDLEWARE, 1), ([], 0)])
def test_small_packets_are_sent_at_once(middleware, expected):
    """On a socket as `streamlit run` makes it, which delays them by default."""
    found = []

    def look():
        for connection in server.server_state.connections:
            accepted = connection.transport.get_extra_info("socket")
            found.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async def respond(request):
        look()
        return PlainTextResponse("", headers={"connection": "close"})

    async def accept(websocket):
        await websocket.accept()
        look()
        await websocket.close()

    routes = [Route("/file", respond), WebSocketRoute("/page", accept)]
    app = Starlette(routes=routes, middleware=middleware)
    protocol = starlette_server._get_websocket_protocol()
    server = uvicorn.Server(uvicorn.Config(app, ws=protocol, log_level="error"))
    listening = starlette_server._bind_socket("127.0.0.1", 0, 8)
    serving = threading.Thread(target=server.run, args=([listening],))
    serving.start()
    address = f"127.0.0.1:{listening.getsockname()[1]}"
    urllib.request.urlopen(f"http://{address}/file").read()
    with connect(f"ws://{address}/page"):
        pass
    server.should_exit = True
    serving.join(10)
    assert set(found) == {expected}
    assert len(found) >= 2
