"""Every key of the session's state and of the address, read and written in one place.

Those of a conversation are in `state_talk.py`, those of the list of all runs in `state_history.py`,
those that the connection page leaves to itself in `state_connection.py`. Widget keys of single
parameters are the form's, and named `param-…` there.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import streamlit as st

from lfclient.run import Mode
from pages._ui.drafts import drafts
from pages._ui.security import COOKIE, valid_token

T = TypeVar("T")


RUN = "run"  # in the address: the run that is shown
FLOW = "flow"  # in the address: the flow that is chosen
RUNS = "runs"  # in the address: the runs that are compared, with commas between them
SESSION = "session"  # in the address: the session that is talked in
PRESET = "preset"  # in the address: the preset that the form is to be filled with
VALUES = "values"  # in the address: the values that it is to be filled with
SHARED = "shared-values"
MODE = "run-mode-choice"
ADVANCED = "run-advanced"
SERVER_URL = "connection-url"
API_KEY = "connection-key"
COMPONENTS_AS = "components-as"  # how a run's components are shown: as a graph or as a table
SNIPPET_LANGUAGE = "snippet-language"
_BROWSER = "browser-id"
_TO_ADDRESS = "run-to-address"
_TO_SIGHT = "run-to-sight"
_DECIDED = "decided"
_CLICK = "run-click"
_CLICK_USED = "run-click-used"
_KEPT = "kept-for-run"
_KEPT_RUN = "kept-for-run-id"
_FORM_OF = "form-of-run"
_COMPARED = "compared"
_NOTICE = "notice"
_WANTED_FLOW = "wanted-flow"
_KNOWN_FLOW = "known-flow"
_LOOKED_FOR = "looked-for-flow"
_LONGEST_RUNS = 1_000  # characters of the runs in an address
_RANDOM = "console-"  # begins the name of a session that no person has named


def browser_id() -> str:
    """The random name of this browser, by its cookie; of this session only, where it has none."""
    token = st.context.cookies.get(COOKIE)
    if valid_token(token):
        return token
    # not in the form of a cookie's, so that nothing is kept on disk that is never found again
    return st.session_state.setdefault(_BROWSER, f"session-{secrets.token_urlsafe(32)}")


# the run that is shown


def run_id() -> str | None:
    """The run in the address, or None; a text that can be no run's id counts as none."""
    text = st.session_state.get(_TO_ADDRESS) or st.query_params.get(RUN, "")
    return text if may_be_run(text) else None


def may_be_run(text: str) -> bool:
    """Whether a text has the form of a run's id."""
    return bool(text) and len(text) <= 64 and text.replace("-", "").isalnum()


def show_run(run: str) -> None:
    """Show a run; `put_run_into_address` then does so."""
    st.session_state[_TO_ADDRESS] = st.session_state[_TO_SIGHT] = run
    st.session_state[_FORM_OF] = None
    _forget_other_runs()


def decided(question: str) -> None:
    """A question was just answered; its buttons are about to be gone."""
    st.session_state[_DECIDED] = question


def take_decided() -> str | None:
    """The question that `decided` was called with, once."""
    return st.session_state.pop(_DECIDED, None)


def take_to_sight() -> str | None:
    """The run that `show_run` was called with, once: its status may stand out of sight."""
    return st.session_state.pop(_TO_SIGHT, None)


def keep_form(run: str, flow_id: str) -> None:
    """The form stays beside this run: it was started from it, or the form was filled from it.

    Also after a reload, which must not put what was typed since out of sight; but beside one run of
    a flow only, the last: there is one form, and it says nothing of the runs before.
    """
    st.session_state[_FORM_OF] = run
    drafts().put((browser_id(), flow_id, _FORM_OF), {"run": run})


def has_form(run: str, flow_id: str) -> bool:
    """Whether the form stands beside this run; else what the run was given does, read-only."""
    if _FORM_OF not in st.session_state:  # this is how a reloaded page begins
        kept = drafts().get((browser_id(), flow_id, _FORM_OF)) or {}
        st.session_state[_FORM_OF] = kept.get("run")
    return st.session_state[_FORM_OF] == run


def is_to_be_addressed() -> bool:
    """Whether the run that is shown is not in the address yet."""
    return _TO_ADDRESS in st.session_state


def put_run_into_address() -> None:
    """Name the run that is shown in the address.

    To be called once its status is drawn: the browser takes longer over an address than over that.
    """
    if is_to_be_addressed():
        st.query_params[RUN] = st.session_state.pop(_TO_ADDRESS)


def close_run() -> None:
    """Show no run; it goes on."""
    st.session_state.pop(_TO_ADDRESS, None)
    if RUN in st.query_params:
        del st.query_params[RUN]
    _forget_other_runs()
    new_click()


def kept(key: str, make: Callable[[], T]) -> T:
    """A value worked out once for the run that is shown, and dropped when another is, or none."""
    _forget_other_runs()
    values: dict[str, Any] = st.session_state[_KEPT]
    if key not in values:
        values[key] = make()
    return values[key]


def is_kept(key: str) -> bool:
    """Whether `kept` has worked that out already."""
    _forget_other_runs()
    return key in st.session_state[_KEPT]


def component_key(run: str) -> str:
    """Key of the choice of the component whose result is shown."""
    return f"output-component-{run}"


def _forget_other_runs() -> None:
    current = run_id()
    if _KEPT in st.session_state and st.session_state[_KEPT_RUN] == current:
        return
    # emptied in place: Streamlit holds on to what a key had before until the next press
    st.session_state.setdefault(_KEPT, {}).clear()
    st.session_state[_KEPT_RUN] = current
    for name in [name for name in st.session_state if str(name).startswith("output-")]:
        if current is None or current not in str(name):
            del st.session_state[name]


# the runs that are compared


def runs_in_address() -> list[str]:
    """What the address names, each once; it may be no run's id."""
    texts = st.query_params.get(RUNS, "")[:_LONGEST_RUNS].split(",")
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def compare_runs(runs: Iterable[str]) -> None:
    """Compare these from now on."""
    st.query_params[RUNS] = runs_text(runs)


def runs_text(runs: Iterable[str]) -> str:
    """Runs as the address names them."""
    return ",".join(runs)


def compare_key(part: str) -> str:
    """Key of a part of the page that compares runs."""
    return f"comparing-{part}"


def worked_out(mark: Hashable, key: str, make: Callable[[], T]) -> T:
    """What was worked out of the runs that are compared: once, until `mark` is another."""
    held: dict[str, Any] = st.session_state.setdefault(_COMPARED, {})
    if held.get("mark") != mark:
        held.clear()
        held["mark"] = mark
    if f"made {key}" not in held:
        held[f"made {key}"] = make()
    return held[f"made {key}"]


# a press of Run


def click() -> str:
    """The word of the Run button that is being drawn: all presses of that button are one run."""
    if st.session_state.get(_CLICK_USED) or _CLICK not in st.session_state:
        new_click()
    return st.session_state[_CLICK]


def use_click(word: str) -> None:
    """A run was started with this word: the next Run button that is drawn gets another."""
    st.session_state[_CLICK_USED] = st.session_state.get(_CLICK) == word


def new_click() -> None:
    """The next press of Run is another run."""
    st.session_state[_CLICK] = uuid.uuid4().hex
    st.session_state[_CLICK_USED] = False


# what a run is given


def flow_key(owner: str) -> str:
    """Key of the flow's select box, for one server."""
    return f"flow-choice-{owner[:12]}"


def flow_in_address() -> str | None:
    """The flow in the address, or None."""
    return st.query_params.get(FLOW) or None


def set_flow_in_address(flow_id: str) -> None:
    """Let a reload come back to this flow; where the address has a run, that leads to its own.

    Each change is one more page for the browser's Back button, which would never get past this.
    """
    if RUN not in st.query_params and st.query_params.get(FLOW) != flow_id:
        st.query_params[FLOW] = flow_id


def want_flow(flow_id: str) -> None:
    """Let the select box go to this flow when it is next drawn."""
    st.session_state[_WANTED_FLOW] = flow_id


def know_flow(owner: str, flow_id: str, name: str) -> None:
    """Remember what the chosen flow is called, for when it is gone."""
    st.session_state[_KNOWN_FLOW] = (owner, flow_id, name)


def known_flow(owner: str, flow_id: str) -> str | None:
    """The name of the flow that was chosen last on that server, if it is this one."""
    *known, name = st.session_state.get(_KNOWN_FLOW, (None, None, None))
    return name if known == [owner, flow_id] else None


def first_look_for(flow_id: str) -> bool:
    """Whether this session looks for that flow for the first time."""
    first = st.session_state.get(_LOOKED_FOR) != flow_id
    st.session_state[_LOOKED_FOR] = flow_id
    return first


def take_wanted_flow() -> str | None:
    """The flow that `want_flow` was called with, once."""
    return st.session_state.pop(_WANTED_FLOW, None)


def mode_key(owner: str) -> str:
    """Key of the choice of mode, for one server: servers differ in what is preselected."""
    return f"{MODE}-{owner[:12]}"


def mode(owner: str, default: Mode) -> Mode:
    """The chosen mode, before its control is drawn; also after a reload."""
    draft = drafts().get((browser_id(), owner, MODE)) or {}
    return st.session_state.get(mode_key(owner)) or draft.get("mode") or default


def is_advanced() -> bool:
    """Whether this person asked for what is seldom needed."""
    return bool(st.session_state.get(ADVANCED))


def keep_mode(owner: str) -> None:
    """Remember the mode that was just chosen."""
    drafts().put((browser_id(), owner, MODE), {"mode": st.session_state[mode_key(owner)]})


def session_key(owner: str, flow_id: str) -> str:
    """Key of the session field of a flow."""
    return f"run-session-{owner[:12]}-{flow_id}"


def keep_session_key(owner: str, flow_id: str) -> str:
    """Key of the switch that keeps a session for the next run."""
    return f"run-session-keep-{owner[:12]}-{flow_id}"


def set_mode(owner: str, mode: Mode) -> None:
    """Choose a mode in place of the person."""
    st.session_state[mode_key(owner)] = mode
    if mode == "stream":
        st.session_state[ADVANCED] = True
    keep_mode(owner)


def random_session() -> str:
    """The name of a session that nobody else has."""
    return f"{_RANDOM}{uuid.uuid4().hex[:12]}"


def is_random_session(name: str) -> bool:
    """Whether it is one of those names."""
    return name.startswith(_RANDOM)


def keeps_session(owner: str, flow_id: str, name: str) -> bool:
    """Whether the person chose to keep this session for the next run."""
    held = st.session_state.get(session_key(owner, flow_id)) == name
    return held and bool(st.session_state.get(keep_session_key(owner, flow_id)))


def set_session(owner: str, flow_id: str, name: str) -> None:
    """Put a session into the field, to be used for the next run and those after it."""
    st.session_state[session_key(owner, flow_id)] = name
    st.session_state[keep_session_key(owner, flow_id)] = True


def fresh_session(owner: str, flow_id: str) -> None:
    """Put a random session into the field, so that visitors do not share a flow's memory."""
    st.session_state[session_key(owner, flow_id)] = random_session()


def used_session(owner: str, flow_id: str, session_id: str | None) -> None:
    """A run was started with this session."""
    st.session_state[f"{session_key(owner, flow_id)}-used"] = session_id


def renew_session(owner: str, flow_id: str) -> None:
    """Before the field is drawn: a fresh session where there is none, or the last was not kept."""
    key = session_key(owner, flow_id)
    value = st.session_state.get(key)
    keep = st.session_state.get(keep_session_key(owner, flow_id), False)
    if not value or (value == st.session_state.get(f"{key}-used") and not keep):
        fresh_session(owner, flow_id)


def adopt_session(owner: str, flow_id: str, session_id: str | None) -> None:
    """Before the field is drawn, after a reload: the session of the run that goes on."""
    key = session_key(owner, flow_id)
    if session_id and not st.session_state.get(key):
        st.session_state[key] = session_id
        used_session(owner, flow_id, session_id)


# what a form is filled with from elsewhere


def preset_key(part: str, owner: str, flow_id: str) -> str:
    """Key of a part of what is done with the presets of a flow."""
    return f"preset-{part}-{owner[:12]}-{flow_id}"


# messages from a callback to the page that is drawn after it


def leave_notice(notice: object) -> None:
    """Something to be said once, on the next page that is drawn."""
    st.session_state[_NOTICE] = notice


def take_notice() -> object | None:
    """What was left to be said, once."""
    return st.session_state.pop(_NOTICE, None)
