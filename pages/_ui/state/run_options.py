"""State of the run options: run mode and chat session."""

import re
import uuid

import streamlit as st

from lfclient.common.json_types import JsonObject
from lfclient.wire.modes import Mode
from pages._ui.state.browser import load_draft, save_draft

MODE = "run-mode-choice"
ADVANCED = "run-advanced"
_TIMES_SET = "run-mode-times-set"
_RUN_SESSION = re.compile(r"console-run-[0-9a-f]{12}")
# generated here or by Langflow, which also takes the id of the flow
_RANDOM_SESSION = re.compile(
    rf"{_RUN_SESSION.pattern}|console-[0-9a-f]{{12}}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"
)


def mode_key(owner: str, flow_id: str) -> str:
    """Return the key of the mode control, by owner: servers differ in their default mode.

    A flow with a mode of its own has its own control. A mode that is set from code needs a new key:
    while Options is closed, the browser keeps what was chosen there before, and would send it with
    the next click.
    """
    part = f"{flow_id}-" if flow_mode(owner, flow_id) else ""
    return f"{MODE}-{owner[:12]}-{part}{st.session_state.get(_TIMES_SET, 0)}"


def mode(owner: str, flow_id: str, default: Mode) -> Mode:
    """Return the mode of a flow, also before its control is drawn and after a reload.

    It is the flow's own, else the one that was chosen for all flows.
    """
    chosen: Mode | None = flow_mode(owner, flow_id)
    chosen = chosen or st.session_state.get(mode_key(owner, flow_id)) or _saved(owner).get("mode")
    return chosen or default


def flow_mode(owner: str, flow_id: str) -> Mode | None:
    """Return the flow's own mode: a button chose it, because it can do what others can't."""
    chosen: Mode | None = _saved(owner).get("flows", {}).get(flow_id)
    return chosen


def _saved(owner: str) -> JsonObject:
    return load_draft(owner, MODE)


def is_advanced() -> bool:
    """Return whether advanced options are shown."""
    return bool(st.session_state.get(ADVANCED))


def save_mode(owner: str, flow_id: str, default: Mode) -> None:
    """Save the mode of the control, also for later sessions of this browser.

    It is that of all flows, or of this flow if it has its own, which ends with the one of all.
    """
    chosen = st.session_state[mode_key(owner, flow_id)]
    if flow_mode(owner, flow_id):
        is_common = chosen == (_saved(owner).get("mode") or default)
        _save_flow_mode(owner, flow_id, None if is_common else chosen)
    else:
        save_draft(owner, MODE, {**_saved(owner), "mode": chosen})


def set_flow_mode(owner: str, flow_id: str, mode: Mode) -> None:
    """Give a flow a mode of its own; other flows keep theirs."""
    st.session_state[_TIMES_SET] = st.session_state.get(_TIMES_SET, 0) + 1
    _save_flow_mode(owner, flow_id, mode)


def _save_flow_mode(owner: str, flow_id: str, mode: Mode | None) -> None:
    saved = _saved(owner)
    others = {id: own for id, own in saved.get("flows", {}).items() if id != flow_id}
    save_draft(owner, MODE, {**saved, "flows": others | ({flow_id: mode} if mode else {})})


def session_key(owner: str, flow_id: str) -> str:
    """Return the key of a flow's session field."""
    return f"run-session-{owner[:12]}-{flow_id}"


def session_kept_key(owner: str, flow_id: str) -> str:
    """Return the key of the switch that keeps the session for the next run."""
    return f"run-session-keep-{owner[:12]}-{flow_id}"


def run_count_key(owner: str, flow_id: str) -> str:
    """Return the key of the field that tells how many runs of a flow a click starts."""
    return f"run-count-{owner[:12]}-{flow_id}"


def run_count(owner: str, flow_id: str) -> int:
    """Return how many runs of a flow a click starts."""
    return int(st.session_state.get(run_count_key(owner, flow_id)) or 1)


def random_chat_session() -> str:
    """Return a new random name for a session of Chat."""
    return f"console-{uuid.uuid4().hex[:12]}"


def random_run_session() -> str:
    """Return a new random name for the session of one run, which is no conversation."""
    return f"console-run-{uuid.uuid4().hex[:12]}"


def is_run_session(name: str) -> bool:
    """Return whether a session was generated for one run."""
    return _RUN_SESSION.fullmatch(name) is not None


def named_session(name: str | None) -> str:
    """Return the name of a session if a person gave it, "" if it was generated."""
    return "" if name is None or _RANDOM_SESSION.fullmatch(name) else name


def is_session_kept(owner: str, flow_id: str, name: str) -> bool:
    """Return whether a person keeps this session for the next run."""
    is_current = st.session_state.get(session_key(owner, flow_id)) == name
    return is_current and bool(st.session_state.get(session_kept_key(owner, flow_id)))


def reset_session(owner: str, flow_id: str) -> None:
    """Fill in a random session, so that visitors do not share a flow's memory."""
    st.session_state[session_key(owner, flow_id)] = random_run_session()


def mark_session_used(owner: str, flow_id: str, session_id: str | None) -> None:
    """Note that a run was started with this session."""
    st.session_state[f"{session_key(owner, flow_id)}-used"] = session_id


def renew_session(owner: str, flow_id: str) -> None:
    """Before the field is drawn, replace a session that is empty or was used and is not kept."""
    key = session_key(owner, flow_id)
    name = st.session_state.get(key)
    is_used = name == st.session_state.get(f"{key}-used")
    if not name or (is_used and not is_session_kept(owner, flow_id, name)):
        reset_session(owner, flow_id)


def adopt_session(owner: str, flow_id: str, session_id: str | None) -> None:
    """After a reload, before the field is drawn, fill in the session of the open run."""
    key = session_key(owner, flow_id)
    if session_id and not st.session_state.get(key):
        st.session_state[key] = session_id
        mark_session_used(owner, flow_id, session_id)
