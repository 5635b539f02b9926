"""Callbacks that run to their end although the browser has sent another event.

Streamlit ends a callback at its next use of Streamlit once another event for the whole page has
arrived, and logs nothing. So one that starts 20 runs started 7. Here the other event is handled
after the callbacks, with the query string that they set, which the browser did not have yet.
"""

from dataclasses import replace
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests, ScriptRequestType
from streamlit.runtime.state.safe_session_state import SafeSessionState

_run_callbacks: Any = SafeSessionState.on_script_will_rerun


def install() -> None:
    """Have Streamlit run callbacks to their end, from now on."""
    SafeSessionState.on_script_will_rerun = _run_to_end  # type: ignore[method-assign,assignment]


def _run_to_end(state: SafeSessionState, *args: Any, **kwargs: Any) -> None:
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
