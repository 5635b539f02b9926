"""Fragment reruns that are requested while the script of the page ends.

Between the end of a script's thread and the moment that the event loop has handled its last
messages, Streamlit starts a new thread for a request, and drops what the loop has not handled yet:
https://github.com/streamlit/streamlit/issues/9921. A request for the whole page draws that again.
One for a fragment does not, so that a page would show a run as running for ever. With 150 busy
sessions, this happened to up to 12.
"""

from dataclasses import replace
from typing import Any

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

_start_script: Any = AppSession._create_scriptrunner


def install() -> None:
    """Have Streamlit keep what the script of a page has drawn, from now on."""
    AppSession._create_scriptrunner = _keep_page  # type: ignore[method-assign,assignment]


def _keep_page(session: AppSession, request: RerunData) -> None:
    """Drop a tick, since its timer sends another one; let a press rerun the whole page."""
    is_ending = session._scriptrunner is not None
    if is_ending and request.fragment_id and request.is_auto_rerun:
        return
    _start_script(session, replace(request, fragment_id=None) if is_ending else request)
