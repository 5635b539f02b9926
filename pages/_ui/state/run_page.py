"""State of the Run page, and values computed for the shown run or the compared runs.

Widget keys of single parameters belong to the form and start with `param-`.
"""

import uuid
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

import streamlit as st

from pages._ui.state.browser import load_draft, save_draft
from pages._ui.state.query_params import RUN, RUNS
from pages._ui.state.slot import Slot, is_drawn

T = TypeVar("T")


class ShownSettings(NamedTuple):
    """The settings of a provider that Setup shows, and which of their boxes gets the focus.

    Without a `provider`, the page scrolls to Setup itself.
    It is the first box, or with `at_address` the first that is drawn of an address, if any is.
    """

    provider: str
    at_address: bool = False


COMPONENTS_VIEW = "components-as"  # whether a run's components are a graph or a table
TRACE_VIEW = "trace-view"
SNIPPET_LANGUAGE = "snippet-language"
SNIPPET_FOR_PRODUCTION = "snippet-for-production"
NEW_RUN: Slot[str] = Slot("run-to-sight")  # the run just opened: its status may be out of sight
RUN_REFUSED: Slot[bool] = Slot("run-refused")  # whether a click on Run started nothing
STOPPED: Slot[bool] = Slot("stop-clicked")  # whether Stop was clicked since Run was drawn
RUN_RETURNED: Slot[float] = Slot("run-returned")  # when Run took the place of Stop, monotonic
SHOWN_FIELD: Slot[str] = Slot("shown-field")  # the key of the form's field to scroll to
SHOWN_SETTINGS: Slot[ShownSettings] = Slot("shown-settings")
_SCROLLED_RUN: Slot[str] = Slot("run-scrolled-to")
_OPENED_ENDED: Slot[str] = Slot("run-opened-ended")
_CACHE = "kept-for-run"
_CACHE_RUNS = "kept-for-run-ids"
_FORM_RUN = "form-of-run"
_FULL_WIDTH = "full-width"
_FOLDED = "components-folded"
_ALL_FLOWS = ""
_TOKEN = "run-click"


def run_id() -> str | None:
    """Return the run ID in the URL, None if it cannot be one."""
    text = st.query_params.get(RUN, "")
    return text if is_run_id(text) else None


def is_run_id(text: str) -> bool:
    """Return whether a text has the form of a run ID."""
    return bool(text) and len(text) <= 64 and text.replace("-", "").isalnum()


def show_run(run_id: str) -> None:
    """Show a run, and name it in the URL.

    The URL changes before the status is drawn, so a reload always finds a run whose status was
    shown. The status takes 82 ms instead of 76 ms after the click (medians of 12, busy machine).
    """
    st.query_params[RUN] = run_id
    NEW_RUN.set(run_id)
    _drop_other_runs()


def show_started(started_id: str) -> bool:
    """Show a run that a click started. Return False, and have the page say so, if it is there.

    That was a double click, or a click before the page was drawn.
    """
    if started_id == run_id():
        RUN_REFUSED.set(True)
        return False
    show_run(started_id)
    return True


def result_key(run_id: str) -> str:
    """Return the key of a run's tabs."""
    return f"result-{run_id}"


def note_shown(run_id: str, *, has_ended: bool) -> None:
    """Have the page scroll to a run that it shows anew: opened by its address or on another page.

    Remember whether it had ended. Call it before the run's tabs are drawn.
    """
    if is_drawn(result_key(run_id)):
        return
    _OPENED_ENDED.set(run_id if has_ended else "")
    if NEW_RUN.get() is None:
        _SCROLLED_RUN.set(run_id)


def was_opened_ended(run_id: str) -> bool:
    """Return whether a run had ended when the page first showed it."""
    return _OPENED_ENDED.get() == run_id


def run_to_scroll_to(shown_id: str | None, *, is_running: bool) -> str | None:
    """Return the shown run if it was just opened, also in the reruns until it has ended.

    A quick run is redrawn before the browser has loaded what scrolls to it.
    """
    opened = NEW_RUN.take() or _SCROLLED_RUN.take()
    if opened is None or opened != shown_id:
        return None
    if is_running:
        _SCROLLED_RUN.set(opened)
    return opened


def attach_form(run_id: str, flow_id: str) -> None:
    """Keep a person's own form beside a run that was started from it, also after a reload.

    Only the latest such run of a flow keeps it.
    """
    st.session_state[f"{_FORM_RUN}-{flow_id}"] = run_id
    save_draft(flow_id, _FORM_RUN, {"run": run_id})


def detach_form(flow_id: str) -> None:
    """Let no run of the flow keep a person's own form beside it."""
    attach_form("", flow_id)


def has_form(run_id: str, flow_id: str) -> bool:
    """Return whether a person's own form is beside this run, not one with the run's inputs."""
    key = f"{_FORM_RUN}-{flow_id}"
    if key not in st.session_state:  # after a reload
        st.session_state[key] = load_draft(flow_id, _FORM_RUN).get("run")
    return bool(st.session_state[key] == run_id)


def is_full_width(flow_id: str) -> bool:
    """Return whether the results of a flow take the width of the window, above the form."""
    return _read_choice(_FULL_WIDTH, flow_id)


def set_full_width(flow_id: str, is_full: bool) -> None:
    """Save a person's choice of `is_full_width`, also for the next runs of the flow."""
    _save_choice(_FULL_WIDTH, is_full, flow_id)


def are_components_folded() -> bool:
    """Return whether the components of runs are folded, of all flows."""
    return _read_choice(_FOLDED)


def set_components_folded(is_folded: bool) -> None:
    """Save a person's choice of `are_components_folded`."""
    if is_folded != are_components_folded():
        _save_choice(_FOLDED, is_folded)


def _read_choice(name: str, flow_id: str = _ALL_FLOWS) -> bool:
    """Return a choice of this browser, False until it is made."""
    key = f"{name}-{flow_id}"
    if key not in st.session_state:  # after a reload
        st.session_state[key] = bool(load_draft(flow_id, name).get("on"))
    return bool(st.session_state[key])


def _save_choice(name: str, is_on: bool, flow_id: str = _ALL_FLOWS) -> None:
    st.session_state[f"{name}-{flow_id}"] = is_on
    save_draft(flow_id, name, {"on": is_on})


def close_run() -> None:
    """Close the run on the page without stopping it."""
    if RUN in st.query_params:
        del st.query_params[RUN]
    # after Close, a click on Run can't be a second click on Stop
    STOPPED.clear()
    RUN_RETURNED.clear()
    _drop_other_runs()
    st.session_state.pop(_TOKEN, None)


def submit_token() -> str:
    """Return the token of the Run button: repeated clicks on one button start one run."""
    return str(st.session_state.setdefault(_TOKEN, uuid.uuid4().hex))


def drop_submit_token(token: str) -> None:
    """Drop the token if this run used it."""
    if st.session_state.get(_TOKEN) == token:
        del st.session_state[_TOKEN]


def cached(key: str, make: Callable[[], T], version: Hashable = None) -> T:
    """Return `make()`, computed once until `version` changes; dropped with the shown runs."""
    _drop_other_runs()
    cache: dict[str, tuple[Hashable, Any]] = st.session_state[_CACHE]
    if key not in cache or cache[key][0] != version:
        cache[key] = version, make()
    value: T = cache[key][1]
    return value


def is_cached(key: str) -> bool:
    """Return whether `cached` has computed this value."""
    _drop_other_runs()
    return key in st.session_state[_CACHE]


def component_key(run_id: str) -> str:
    """Return the key of the control that chooses the component whose output is shown."""
    return f"output-component-{run_id}"


def _drop_other_runs() -> None:
    current = run_id()
    shown = current or st.query_params.get(RUNS)
    if _CACHE in st.session_state and st.session_state[_CACHE_RUNS] == shown:
        return
    # emptied in place: Streamlit keeps the previous value of a key until the next interaction
    st.session_state.setdefault(_CACHE, {}).clear()
    st.session_state[_CACHE_RUNS] = shown
    for name in [name for name in st.session_state if str(name).startswith("output-")]:
        if current is None or current not in str(name):
            del st.session_state[name]
