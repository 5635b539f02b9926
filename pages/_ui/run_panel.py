"""How a run is started and stopped: mode, session, Run, Stop, New run."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lfclient import ServerInfo
from lfclient.errors import LangflowError
from lfclient.flow import Flow
from lfclient.run import Mode
from lfclient.store import RunRecord
from pages._ui import problems, state
from pages._ui.backend import backend
from pages._ui.form import FormResult
from pages._ui.servers import Session, current

MODES: dict[Mode, str] = {"background": "Background", "sync": "Wait for the result"}


@dataclass(frozen=True)
class Choice:
    """What is about to be run."""

    session: Session
    server: ServerInfo
    flow: Flow
    form: FormResult


def default_mode(server: ServerInfo) -> Mode:
    """Background where the server tells of a job as it goes, one call where it has to be asked."""
    return "background" if server.capabilities.events else "sync"


def draw(choice: Choice | None, record: RunRecord | None) -> RunRecord | None:
    """The controls; `record` is the run that is shown. Returns the run to be shown from now on."""
    going = record is not None and not record.ended
    if not choice and not going:
        return record
    with st.container(border=True, key="run-panel"):
        if choice:
            mode = _mode(choice, going)
            session_id = _session(choice, record if going else None)
        buttons = st.empty()
        if going:
            _stop_buttons(buttons, record)
            return record
        if not _run_button(buttons, record):
            return record
        started = _start(choice, mode, session_id)
        if started:
            _stop_buttons(buttons, started)
    return started


def _mode(choice: Choice, going: bool) -> Mode:
    modes = list(MODES)
    with st.container(key="run-mode"):
        return st.radio(
            "How to run",
            modes,
            index=modes.index(default_mode(choice.server)),
            format_func=MODES.__getitem__,
            captions=[
                "A job on the server: survives reload and restart, can be stopped; "
                "long results may be cut.",
                "One call: results come uncut. If it is closed, the run goes on at the server.",
            ],
            key=state.mode_key(choice.session.owner),
            horizontal=True,
            disabled=going,
            persist_state="session",
        )


def _session(choice: Choice, going: RunRecord | None) -> str | None:
    """The session's field; None where this server has no place for it."""
    if not choice.server.capabilities.session_field and choice.flow.chat_input is None:
        st.caption(
            ":material/forum: This server takes a session only for flows with a chat input, "
            "so this flow's own is used."
        )
        return None
    owner, flow_id = choice.session.owner, choice.flow.id
    key = state.session_key(owner, flow_id)
    keep = state.keep_session_key(owner, flow_id)
    if going:
        state.adopt_session(owner, flow_id, going.session_id)
    else:
        state.renew_session(owner, flow_id)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            "Session",
            key=key,
            disabled=going is not None,
            help="Runs of one session share the flow's chat memory. Each run gets a fresh one "
            "unless you keep it.",
            persist_state="session",
        )
        st.button(
            "New",
            key="session-new",
            disabled=going is not None,
            on_click=state.fresh_session,
            args=(owner, flow_id),
            help="Begin another session",
        )
        st.toggle("Keep this one", key=keep, persist_state="session")
    return text.strip() or None


def _run_button(place, record: RunRecord | None) -> bool:
    with place.container(horizontal=True, vertical_alignment="center"):
        with st.container(key="run-button", width="content"):
            pressed = st.button(
                "Run",
                key="run",
                type="primary",
                icon=":material/play_arrow:",
                shortcut="Ctrl+Enter",
            )
        if record is not None:
            st.button("New run", key="clear-run", type="tertiary", on_click=state.close_run)
    return pressed


def _stop_buttons(place, record: RunRecord) -> None:
    with place.container(horizontal=True, vertical_alignment="center"):
        with st.container(key="stop-button", width="content"):
            st.button(
                "Stop",
                key=f"stop-{record.id}",
                icon=":material/stop:",
                on_click=_stop,
                args=(record.id,),
                disabled=record.stop_requested_at is not None,
            )
        st.button(
            "New run",
            key="new-run",
            type="tertiary",
            icon=":material/add:",
            on_click=state.close_run,
            help="Leaves this one going; it stays under Recent runs",
        )


def _start(choice: Choice, mode: Mode, session_id: str | None) -> RunRecord | None:
    if not choice.form.ready:
        _say_problems(choice.form)
        return None
    runner = backend().runner
    try:
        run_id = runner.start(
            choice.session.connection,
            choice.flow,
            choice.form.overrides,
            mode=mode,
            session_id=session_id,
            server=choice.server,
            click=state.use_click(),
        )
    except LangflowError as error:
        problems.show(error)
        return None
    state.used_session(choice.session.owner, choice.flow.id, session_id)
    state.show_run(run_id)
    return runner.get(run_id, choice.session.owner)


def _say_problems(form: FormResult) -> None:
    wrong = [problem for problem in form.problems if problem.level == "error"]
    problems.show_words(
        "Not run: some values need a correction",
        "; ".join(f"{problem.key}: {problem.message}" for problem in wrong[:5]),
        "Each is marked at its field.",
    )


def _stop(run_id: str) -> None:
    """Called before the page is drawn, so at once whatever the page is busy with."""
    session = current()
    runner = backend().runner
    if session is None or runner.get(run_id, session.owner) is None:
        return
    try:
        runner.stop(run_id, session.connection)
    except LangflowError as error:
        state.leave_notice(error)
