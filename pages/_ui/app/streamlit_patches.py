"""Everything that the console uses of Streamlit although it is private, and the patches of it.

No other module imports Streamlit's internals (ruff checks it). pyproject.toml pins Streamlit to a
minor version, and tests/ui/app/test_streamlit_patches.py fails when a private name moves.
"""

import hmac
import secrets
import socket
from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

# types of what public functions return
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer as ExpanderContainer
from streamlit.elements.lib.mutable_popover_container import PopoverContainer as PopoverContainer
from streamlit.elements.lib.mutable_tab_container import TabContainer as TabContainer
from streamlit.navigation.page import StreamlitPage as StreamlitPage

# messages of browsers
from streamlit.proto.BackMsg_pb2 import BackMsg as BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import get_instance, memory_media_file_storage
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState, get_script_run_ctx
from streamlit.runtime.state.query_params import _parse_query_string
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.typing import UploadedFile

# chooses the page: security.py must read a URL in the same way
parse_query_string = _parse_query_string

_MEDIA_KEY = secrets.token_bytes(32)  # of this process, which is the only one that has its files
_create_script: Any = AppSession._create_scriptrunner
_run_callbacks: Any = SafeSessionState.on_script_will_rerun
_remove_orphaned_files = MediaFileManager.remove_orphaned_files


def install() -> None:
    """Patch Streamlit in this process."""
    patched: Any = PagesManager
    # Until `st.navigation` has been called once, Streamlit would run a file in pages/ directly when
    # its page is opened first, without navigation and title.
    patched.uses_pages_directory = False
    memory_media_file_storage._calculate_file_id = media_file_id
    patched = MediaFileManager
    patched.remove_orphaned_files = lambda _: None  # see remove_unused_media
    patched = AppSession
    patched._create_scriptrunner = _start_script
    patched = SafeSessionState
    patched.on_script_will_rerun = _run_callbacks_to_end


def media_file_id(data: bytes, mimetype: str, filename: str | None = None) -> str:
    """Return the id in the URL of an image or download: a keyed hash of content, type and name.

    Streamlit hashes the content alone, and only three samples of files above 1 MiB. Anyone who has
    a file could find out whether somebody is viewing it, because no cookie is required. Files that
    differ outside the samples would share a URL, so that one is shown for the other.
    """
    names = repr((mimetype, filename)).encode("utf-8", "backslashreplace")
    digest = hmac.new(_MEDIA_KEY, b"%d:%b" % (len(names), names), "sha256")
    digest.update(data)
    return digest.hexdigest()


def remove_unused_media() -> None:
    """Remove the images and downloads that no page has; to be called every half a minute.

    Streamlit does so whenever any session's script ends. A click on a download failed while its
    page was redrawn or another session was active: github.com/streamlit/streamlit/issues/4347.
    """
    _remove_orphaned_files(get_instance().media_file_mgr)


def _start_script(session: AppSession, request: RerunData) -> None:
    """Start a script, but no fragment's in place of a page that is still being sent.

    Between the end of a script's thread and the moment that the event loop has handled its last
    messages, Streamlit starts a new thread for a request and drops what the loop has not handled
    yet: github.com/streamlit/streamlit/issues/9921. A request for the whole page sends that again.
    A fragment's does not, so the page would show its run as running for ever: up to 12 of 150 busy
    sessions did. Here a timer's request is dropped, and a click's reruns the whole page.

    Each script keeps its own page. All threads of a session would share it, as the page's script
    was in github.com/streamlit/streamlit/issues/9100: the script that a click on another page ends
    could set its page once more, and the new script would draw that page, so the click was lost.
    """
    is_ending = session._scriptrunner is not None
    if is_ending and request.fragment_id and request.is_auto_rerun:
        return
    session._pages_manager = copy(session._pages_manager)
    _create_script(session, replace(request, fragment_id=None) if is_ending else request)


def _run_callbacks_to_end(state: SafeSessionState, *args: Any, **kwargs: Any) -> None:
    """Run the callbacks of an event to their end although the browser has sent another event.

    Streamlit would end a callback at its next use of Streamlit, and log nothing: one that starts 20
    runs started 7. Here the other event is handled after the callbacks, with the query string that
    they set, which the browser did not have yet.
    """
    runner: Any = state._yield_callback.__self__  # type: ignore[attr-defined]
    context = get_script_run_ctx()
    assert context
    before = context.query_string
    runner._execing = False  # so that it looks for no other event
    try:
        _run_callbacks(state, *args, **kwargs)
    finally:
        runner._execing = True
    if context.query_string != before:
        _set_query(runner._requests, context.page_script_hash, context.query_string)


def _set_query(requests: ScriptRequests, page: str, query: str) -> None:
    """Give the pending event this query string, unless it leads to another page or back."""
    with requests._lock:
        event = requests._rerun_data
        is_pending = requests._state == ScriptRequestType.RERUN
        if is_pending and event.page_script_hash == page and not event.is_history_navigation:
            requests._rerun_data = replace(event, query_string=query)


class NoDelay:
    """Sets TCP_NODELAY on each connection, which asyncio does only if a socket's protocol is named.

    `streamlit run` makes its socket without naming TCP, so the second of two small packets waits
    for up to 40 ms: the first page of a fresh browser took 1.35 s instead of 0.97 s. The connection
    is taken from uvicorn, whose method `receive` is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        connection = transport.get_extra_info("socket") if transport else None
        if connection and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await self.app(scope, receive, send)


MIDDLEWARE = [Middleware(NoDelay)]


def stop_timer() -> None:
    """Stop the timer of the fragment that is being drawn.

    Streamlit stops a timer only when its fragment is gone, so that an ended run would be asked for
    as long as its page is open. To redraw the page instead would close an open dialog.
    """
    context, fragment_id = get_script_run_ctx(), ThreadState.get().fragment_id
    if context and fragment_id:
        message = ForwardMsg()
        message.stop_auto_rerun.fragment_ids.append(fragment_id)
        context.enqueue(message)


def session_id() -> str:
    """Return the id of the browser's session, "" outside of a script."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def uploaded_bytes() -> Counter[str]:
    """Return the size of the uploaded files that Streamlit holds, by session."""
    manager = get_instance().uploaded_file_mgr
    if not isinstance(manager, MemoryUploadedFileManager):
        return Counter()
    return Counter(
        {
            session: sum(len(file.data) for file in list(files.values()))
            for session, files in list(manager.file_storage.items())
        }
    )


def upload_releaser() -> Callable[[UploadedFile], None]:
    """Return what removes an uploaded file of this session from Streamlit's memory, in any thread.

    Streamlit would hold it as long as the session: github.com/streamlit/streamlit/issues/3553.
    """
    context = get_script_run_ctx()
    if context is None:
        return lambda file: None
    session = context.session_id
    manager: Any = context.uploaded_file_mgr  # its protocol does not declare `remove_file`
    return lambda file: manager.remove_file(session, file.file_id)


def forget_closed_sessions() -> None:
    """Remove the sessions that Streamlit would no longer resume, and with them their files.

    Streamlit does so only when somebody opens another page.
    """
    storage = get_instance()._session_mgr._session_storage  # type: ignore[attr-defined]
    storage._cache.expire()
