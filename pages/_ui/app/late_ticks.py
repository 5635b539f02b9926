"""Requests for a part of a page that arrive while the page's own script ends.

Between the end of a script's thread and the moment that the event loop has handled its last
messages, Streamlit starts a new thread for a request, and drops what the loop has not handled yet:
https://github.com/streamlit/streamlit/issues/9921. A request for the whole page draws that again.
One for a fragment does not, so that a page would show a run as running for ever. With 150 busy
sessions, this happened to up to 12.
"""

from typing import Any

from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

_PAUSE_SECONDS = 0.01
_start_script: Any = AppSession._create_scriptrunner


def install() -> None:
    """Have Streamlit handle the messages of the ending script first, from now on."""
    AppSession._create_scriptrunner = _wait_for_end  # type: ignore[method-assign,assignment]


def _wait_for_end(session: AppSession, request: RerunData) -> None:
    if session._scriptrunner is None or not request.fragment_id:
        _start_script(session, request)
    else:
        session._event_loop.call_later(_PAUSE_SECONDS, _retry, session, request)


def _retry(session: AppSession, request: RerunData) -> None:
    assert request.fragment_id
    is_closed = session._state is AppSessionState.SHUTDOWN_REQUESTED
    if is_closed or not session.has_fragment(request.fragment_id):
        return
    if not (session._scriptrunner and session._scriptrunner.request_rerun(request)):
        _wait_for_end(session, request)
