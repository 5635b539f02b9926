"""Every key of the session's state and of the address, read and written in one place.

Those of a conversation are in `state_talk.py`, those of the list of all runs in `state_history.py`,
those that the connection page leaves to itself in `state_connection.py`. Widget keys of single
parameters are the form's, and named `param-…` there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from pages._ui.state import browser
from pages._ui.state.drafts import drafts
from pages._ui.state.query_params import RUN
from pages._ui.state.submit_token import renew_submit_token

T = TypeVar("T")


COMPONENTS_VIEW = "components-as"  # how a run's components are shown: as a graph or as a table
SNIPPET_LANGUAGE = "snippet-language"
_UNWRITTEN_RUN = "run-to-address"
_SCROLL_TO = "run-to-sight"
_DECIDED_QUESTION = "decided"
_CACHE = "kept-for-run"
_CACHE_RUN = "kept-for-run-id"
_FORM_RUN = "form-of-run"


# the run that is shown


def run_id() -> str | None:
    """The run in the address, or None; a text that can be no run's id counts as none."""
    text = st.session_state.get(_UNWRITTEN_RUN) or st.query_params.get(RUN, "")
    return text if is_run_id(text) else None


def is_run_id(text: str) -> bool:
    """Whether a text has the form of a run's id."""
    return bool(text) and len(text) <= 64 and text.replace("-", "").isalnum()


def show_run(run: str) -> None:
    """Show a run; `put_run_into_address` then does so."""
    st.session_state[_UNWRITTEN_RUN] = st.session_state[_SCROLL_TO] = run
    st.session_state[_FORM_RUN] = None
    _drop_other_runs()


def set_decided_question(question: str) -> None:
    """A question was just answered; its buttons are about to be gone."""
    st.session_state[_DECIDED_QUESTION] = question


def take_decided_question() -> str | None:
    """The question that `decided` was called with, once."""
    return st.session_state.pop(_DECIDED_QUESTION, None)


def take_run_to_scroll_to() -> str | None:
    """The run that `show_run` was called with, once: its status may stand out of sight."""
    return st.session_state.pop(_SCROLL_TO, None)


def attach_form(run: str, flow_id: str) -> None:
    """The form stays beside this run: it was started from it, or the form was filled from it.

    Also after a reload, which must not put what was typed since out of sight; but beside one run of
    a flow only, the last: there is one form, and it says nothing of the runs before.
    """
    st.session_state[_FORM_RUN] = run
    drafts().save((browser.browser_id(), flow_id, _FORM_RUN), {"run": run})


def has_form(run: str, flow_id: str) -> bool:
    """Whether the form stands beside this run; else what the run was given does, read-only."""
    if _FORM_RUN not in st.session_state:  # this is how a reloaded page begins
        kept = drafts().get((browser.browser_id(), flow_id, _FORM_RUN)) or {}
        st.session_state[_FORM_RUN] = kept.get("run")
    return st.session_state[_FORM_RUN] == run


def is_url_outdated() -> bool:
    """Whether the run that is shown is not in the address yet."""
    return _UNWRITTEN_RUN in st.session_state


def write_run_to_url() -> None:
    """Name the run that is shown in the address.

    To be called once its status is drawn: the browser takes longer over an address than over that.
    """
    if is_url_outdated():
        st.query_params[RUN] = st.session_state.pop(_UNWRITTEN_RUN)


def close_run() -> None:
    """Show no run; it goes on."""
    st.session_state.pop(_UNWRITTEN_RUN, None)
    if RUN in st.query_params:
        del st.query_params[RUN]
    _drop_other_runs()
    renew_submit_token()


def cached(key: str, make: Callable[[], T]) -> T:
    """A value worked out once for the run that is shown, and dropped when another is, or none."""
    _drop_other_runs()
    values: dict[str, Any] = st.session_state[_CACHE]
    if key not in values:
        values[key] = make()
    return values[key]


def is_cached(key: str) -> bool:
    """Whether `kept` has worked that out already."""
    _drop_other_runs()
    return key in st.session_state[_CACHE]


def component_key(run: str) -> str:
    """Key of the choice of the component whose result is shown."""
    return f"output-component-{run}"


def _drop_other_runs() -> None:
    current = run_id()
    if _CACHE in st.session_state and st.session_state[_CACHE_RUN] == current:
        return
    # emptied in place: Streamlit holds on to what a key had before until the next press
    st.session_state.setdefault(_CACHE, {}).clear()
    st.session_state[_CACHE_RUN] = current
    for name in [name for name in st.session_state if str(name).startswith("output-")]:
        if current is None or current not in str(name):
            del st.session_state[name]


# the runs that are compared


# a press of Run


# what a run is given


# what a form is filled with from elsewhere


# messages from a callback to the page that is drawn after it
