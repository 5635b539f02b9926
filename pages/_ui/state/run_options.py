"""Run options: mode and session."""

from __future__ import annotations

import uuid

import streamlit as st

from lfclient.runs.model import Mode
from pages._ui.state import browser
from pages._ui.state.drafts import drafts

MODE = "run-mode-choice"


ADVANCED = "run-advanced"


_RANDOM_PREFIX = "console-"  # begins the name of a session that no person has named


def mode_key(owner: str) -> str:
    """Key of the choice of mode, for one server: servers differ in what is preselected."""
    return f"{MODE}-{owner[:12]}"


def mode(owner: str, default: Mode) -> Mode:
    """The chosen mode, before its control is drawn; also after a reload."""
    draft = drafts().get((browser.browser_id(), owner, MODE)) or {}
    return st.session_state.get(mode_key(owner)) or draft.get("mode") or default


def is_advanced() -> bool:
    """Whether this person asked for what is seldom needed."""
    return bool(st.session_state.get(ADVANCED))


def save_mode(owner: str) -> None:
    """Remember the mode that was just chosen."""
    drafts().save((browser.browser_id(), owner, MODE), {"mode": st.session_state[mode_key(owner)]})


def session_key(owner: str, flow_id: str) -> str:
    """Key of the session field of a flow."""
    return f"run-session-{owner[:12]}-{flow_id}"


def session_kept_key(owner: str, flow_id: str) -> str:
    """Key of the switch that keeps a session for the next run."""
    return f"run-session-keep-{owner[:12]}-{flow_id}"


def set_mode(owner: str, mode: Mode) -> None:
    """Choose a mode in place of the person."""
    st.session_state[mode_key(owner)] = mode
    if mode == "stream":
        st.session_state[ADVANCED] = True
    save_mode(owner)


def random_session() -> str:
    """The name of a session that nobody else has."""
    return f"{_RANDOM_PREFIX}{uuid.uuid4().hex[:12]}"


def is_random_session(name: str) -> bool:
    """Whether it is one of those names."""
    return name.startswith(_RANDOM_PREFIX)


def is_session_kept(owner: str, flow_id: str, name: str) -> bool:
    """Whether the person chose to keep this session for the next run."""
    held = st.session_state.get(session_key(owner, flow_id)) == name
    return held and bool(st.session_state.get(session_kept_key(owner, flow_id)))


def set_session(owner: str, flow_id: str, name: str) -> None:
    """Put a session into the field, to be used for the next run and those after it."""
    st.session_state[session_key(owner, flow_id)] = name
    st.session_state[session_kept_key(owner, flow_id)] = True


def reset_session(owner: str, flow_id: str) -> None:
    """Put a random session into the field, so that visitors do not share a flow's memory."""
    st.session_state[session_key(owner, flow_id)] = random_session()


def mark_session_used(owner: str, flow_id: str, session_id: str | None) -> None:
    """A run was started with this session."""
    st.session_state[f"{session_key(owner, flow_id)}-used"] = session_id


def renew_session(owner: str, flow_id: str) -> None:
    """Before the field is drawn: a fresh session where there is none, or the last was not kept."""
    key = session_key(owner, flow_id)
    value = st.session_state.get(key)
    keep = st.session_state.get(session_kept_key(owner, flow_id), False)
    if not value or (value == st.session_state.get(f"{key}-used") and not keep):
        reset_session(owner, flow_id)


def adopt_session(owner: str, flow_id: str, session_id: str | None) -> None:
    """Before the field is drawn, after a reload: the session of the run that goes on."""
    key = session_key(owner, flow_id)
    if session_id and not st.session_state.get(key):
        st.session_state[key] = session_id
        mark_session_used(owner, flow_id, session_id)
