"""How a run is started and stopped: mode, session, Run, Stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lfclient.console.presentation.modes import MODE_NAMES
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import InvalidRequest, LangflowError
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import qualified_label_for_key
from lfclient.flows.validation import REQUIRED_MESSAGE
from lfclient.runs.model import Mode
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection.app_context import app_context, close_run
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.form import FormResult, mark_refused, mark_started
from pages._ui.state import notices, run_options, run_page, submit_token
from pages._ui.widgets import focus
from pages._ui.widgets.alerts import MissingValue
from pages._ui.widgets.markdown import escape

MODE_HELP: dict[Mode, str] = {
    "background": "A job on the server: survives reload and restart, can be stopped; "
    "long results may be cut.",
    "sync": "One call: results come uncut. If it is closed, the run goes on at the server.",
    "stream": "One call that tells what happens. The run ends with its connection: a restart of "
    "the console ends it too.",
}


@dataclass(frozen=True)
class RunSetup:
    """What is about to be run. The form that is drawn is for `mode`; `read` tells what it holds at
    the moment of asking, as another mode would have it, too. `chat`: it is that of a conversation.
    """

    server: ServerSession
    server_info: ServerInfo
    flow: Flow
    mode: Mode
    read: Callable[[Mode], FormResult]
    chat: bool = False


def supported_modes(server_info: ServerInfo, flow: Flow) -> tuple[Mode, ...]:
    """The modes in which a server can run a flow; the first is preselected.

    A flow that waits for a person is run in the background only: the calls do not wait, they run
    all of its branches. Elsewhere a job comes first where the server tells of it as it goes, a
    call where it has to be asked.
    """
    if flow.needs_approval and server_info.capabilities.pending:
        return ("background",)
    return (
        ("background", "sync", "stream")
        if server_info.capabilities.events
        else ("sync", "background")
    )


def offered_modes(server_info: ServerInfo, flow: Flow) -> tuple[Mode, ...]:
    """Those that are offered: a streamed call only to who asked for what is seldom needed."""
    possible = supported_modes(server_info, flow)
    return tuple(mode for mode in possible if mode != "stream" or run_options.is_advanced())


def selected_mode(server: ServerSession, server_info: ServerInfo, flow: Flow) -> Mode:
    """The chosen mode, or the first where that does not suit the flow."""
    modes = offered_modes(server_info, flow)
    chosen = run_options.mode(server.owner, modes[0])
    return chosen if chosen in modes else modes[0]


def draw(server: ServerSession, setup: RunSetup | None, record: RunRecord | None) -> None:
    """The controls; `record` is the run that is shown, which `server` may see and stop."""
    going = record is not None and not record.ended
    if not setup and not going:
        return
    with st.container(border=True, key="run-panel"):
        # what can't be changed while a run goes on would only push its progress out of sight
        if going:
            _draw_running_options(server, record)
        elif setup:
            _draw_mode(setup)
        buttons = st.empty()
        if going:
            _draw_stop_buttons(buttons, server, record)
        else:
            _draw_run_button(buttons, setup, record)
        focus.scroll_to(run_page.take_new_run(), "run-panel", "run-status")
        focus.move_focus(run_page.take_decided_question(), "run-panel")


def _draw_running_options(server: ServerSession, record: RunRecord) -> None:
    """How the run that goes on was started."""
    run_options.adopt_session(server.owner, record.flow_id, record.session_id)
    parts = [MODE_NAMES[record.mode]]
    if record.session_id:
        parts.append(f"session {escape(record.session_id)}")
    st.caption(" · ".join(parts))


def _draw_mode(setup: RunSetup) -> None:
    owner, server_info = setup.server.owner, setup.server_info
    modes = sorted(offered_modes(server_info, setup.flow), key=list(MODE_NAMES).index)
    if len(modes) == 1:
        st.caption(
            ":material/front_hand: This flow waits for a person to decide, so it runs in the "
            "background: a call that waits for its result would run all branches undecided."
        )
        return
    key = run_options.mode_key(owner)
    if st.session_state.get(key) not in modes:
        st.session_state[key] = setup.mode
    with st.container(key="run-mode"):
        chosen = st.radio(
            "How to run",
            modes,
            format_func=MODE_NAMES.__getitem__,
            key=key,
            on_change=run_options.save_mode,
            args=(owner,),
            horizontal=True,
            persist_state="session",
        )
        st.caption(f"{MODE_HELP[chosen]} {_preselection_reason(chosen, server_info)}".rstrip())


def _preselection_reason(mode: Mode, server_info: ServerInfo) -> str:
    """Why a mode is preselected, where that is not what one would expect."""
    if mode != "sync" or server_info.capabilities.events:
        return ""
    return f"Preselected, since Langflow {server_info.version} tells of no job until it is asked."


def _draw_options(setup: RunSetup) -> None:
    """What is seldom changed: the session, and whether a streamed call is offered."""
    with (
        st.container(key="run-more", width="content"),
        st.popover("Session and more", icon=":material/tune:", type="tertiary"),
    ):
        _draw_session(setup)
        server_info = setup.server_info
        if server_info.capabilities.events and len(offered_modes(server_info, setup.flow)) > 1:
            st.toggle(
                "Offer a streamed call",
                key=run_options.ADVANCED,
                help="One call that tells what happens as it happens. Leave it off for background "
                "jobs, which tell the same and survive a broken connection.",
                persist_state="session",
            )


def supports_session(server_info: ServerInfo, flow: Flow) -> bool:
    """Whether this server has a place for a session of this flow's runs."""
    return server_info.capabilities.session_field or flow.chat_input is not None


def _draw_session(setup: RunSetup) -> None:
    """The session's field, or that this server has no place for it."""
    if not supports_session(setup.server_info, setup.flow):
        st.caption(
            ":material/forum: This server takes a session only for flows with a chat input, "
            "so this flow's own is used."
        )
        return
    owner, flow_id = setup.server.owner, setup.flow.id
    key = run_options.session_key(owner, flow_id)
    keep = run_options.session_kept_key(owner, flow_id)
    run_options.renew_session(owner, flow_id)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Session",
            key=key,
            help="Runs of one session share the flow's chat memory. Each run gets a fresh one "
            "unless you keep it.",
            persist_state="session",
        )
        st.button(
            "New",
            key="session-new",
            on_click=run_options.reset_session,
            args=(owner, flow_id),
            help="Begin another session",
        )
        st.toggle("Keep this one", key=keep, persist_state="session")


def _draw_run_button(place, setup: RunSetup, record: RunRecord | None) -> None:
    with place.container(horizontal=True, vertical_alignment="center"):
        with st.container(key="run-button", width="content"):
            st.button(
                "Run",
                key="run",
                on_click=_on_run,
                args=(setup, submit_token.submit_token()),
                type="primary",
                icon=":material/play_arrow:",
                shortcut="Ctrl+Enter",
            )
        if record is not None:
            draw_close_button()
        _draw_options(setup)


def draw_close_button() -> None:
    """Shows no run any more; named so that nobody takes it for one that deletes."""
    st.button(
        "Show no run",
        key="clear-run",
        type="tertiary",
        on_click=close_run,
        help="The run stays under Recent runs and in History",
    )


def _draw_stop_buttons(place, server: ServerSession, record: RunRecord) -> None:
    with place.container(horizontal=True, vertical_alignment="center"):
        draw_stop_button(server, record)
        st.button(
            "New run",
            key="new-run",
            type="tertiary",
            icon=":material/add:",
            on_click=close_run,
            help="Leaves this one going; it stays under Recent runs",
        )


def draw_stop_button(server: ServerSession, record: RunRecord) -> None:
    """Stops a run, whatever the page is busy with."""
    with st.container(key="stop-button", width="content"):
        st.button(
            "Stop waiting" if record.mode == "sync" else "Stop",
            key=f"stop-{record.id}",
            icon=":material/stop:",
            on_click=_on_stop,
            args=(server, record.id),
            disabled=record.stop_requested_at is not None,
        )


def _on_run(setup: RunSetup, click: str) -> None:
    """Called before the page is drawn, so that the page begins with the run's status."""
    owner, flow_id = setup.server.owner, setup.flow.id
    session_id = None
    if supports_session(setup.server_info, setup.flow):
        session_id = st.session_state[run_options.session_key(owner, flow_id)].strip() or None
    mode = selected_mode(setup.server, setup.server_info, setup.flow)
    run_id = start_run(setup, mode, session_id, click)
    if run_id is None:
        return
    submit_token.use_submit_token(click)
    run_options.mark_session_used(owner, flow_id, session_id)
    run_page.show_run(run_id)
    run_page.attach_form(run_id, flow_id)


def start_run(
    setup: RunSetup,
    mode: Mode,
    session_id: str | None,
    click: str,
    more: Mapping[str, Any] | None = None,
) -> str | None:
    """Start a run of what the form holds, and `more`; the run's id.

    None if it cannot be started: a notice says why.
    """
    owner, form = setup.server.owner, setup.read(mode)
    try:
        if not form.ready:
            mark_refused(owner, setup.flow, form.problems, chat=setup.chat)
            raise _not_ready_error(form, setup.flow)
        run_id = app_context().runner.start(
            setup.server.connection,
            setup.flow,
            {**form.overrides, **(more or {})},
            mode=mode,
            session_id=session_id,
            server=setup.server_info,
            submit_token=click,
        )
        mark_started(owner, setup.flow, chat=setup.chat)
        return run_id
    except LangflowError as error:
        notices.set_notice(error)
        return None


def _not_ready_error(form: FormResult, flow: Flow) -> InvalidRequest:
    fields = flow.fields_by_key
    wrong = [problem for problem in form.problems if problem.level == "error"]
    said = "Not run. " + " ".join(
        f"{qualified_label_for_key(fields, one.key)}: {one.message}" for one in wrong[:5]
    )
    if all(problem.message == REQUIRED_MESSAGE for problem in wrong):
        hint = "Enter what is missing, each is marked at its field, and run again."
        return MissingValue(said, hint=hint)
    hint = "Correct the values, each is marked at its field, and run again."
    return InvalidRequest(said, hint=hint)


def _on_stop(server: ServerSession, run_id: str) -> None:
    """Called before the page is drawn, so at once whatever the page is busy with."""
    try:
        app_context().runner.stop(run_id, server.connection)
    except LangflowError as error:
        notices.set_notice(error)
