"""The foot of the form: the Run and Stop buttons, and the options mode and session."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import list_names
from lfclient.console.form.check import FormResult
from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.console.wording.hints import MODE_HELP
from lfclient.errors import InvalidRequest, LangflowError
from lfclient.flows.field import FieldKind, ProblemCode
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import qualified_label_for_key
from lfclient.wire.modes import MODES, Mode
from pages._ui.app import navigation, streamlit_patches, window
from pages._ui.connection.app_context import app_context, close_run, permissions
from pages._ui.connection.server_session import ServerSession
from pages._ui.connection.servers import stop_runs
from pages._ui.form import missing_variables, prefill, provider_settings
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form import mark_refused, mark_started
from pages._ui.form.form_state import form_state
from pages._ui.history.view import run_history
from pages._ui.run import pace
from pages._ui.run.run_form import (
    offered_modes,
    selected_mode,
    supported_modes,
    supports_session,
)
from pages._ui.state import query_params, run_options, run_page
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import focus
from pages._ui.widgets.alerts import NOT_STARTED, MissingValue

_REST_SECONDS = 1.0  # after Stop, Run is in its place: a second click there is not meant for it
MAX_RUN_COUNT = 20  # runs that one click starts
_ONLY_WAIT_TEXT = "Stops only waiting; the runs continue on the server."


def places() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the places of the buttons and of a run's progress, always in sight."""
    with st.container(key="run-panel", horizontal=True, vertical_alignment="center"):
        return st.container(width="content"), st.container(key="run-progress")


def draw(server: ServerSession, form: FlowForm | None, record: RunRecord | None) -> None:
    """Draw the buttons; `record` is the run on the page."""
    running = record if record and not record.ended else None
    show_refusal()
    if not form and not running:
        return
    # always two elements, so that nothing stays of the other buttons; emptying the place first
    # would take a button from under the mouse now and then
    with st.container(horizontal=True, vertical_alignment="center"):
        if running:
            run_options.adopt_session(server.owner, running.flow_id, running.session_id)
            draw_stop_button(server, running)
            draw_refusing_key()
        elif form:
            note_return_of_run()
            _draw_run_button(form)
    shown_id = record.id if record else None
    opened = run_page.run_to_scroll_to(shown_id, is_running=running is not None)
    focus.scroll_to(opened, "run-status", "run-status")


def note_return_of_run() -> None:
    """Remember when Run takes the place of Stop."""
    if run_page.STOPPED.take():
        run_page.RUN_RETURNED.set(time.monotonic())


def was_meant_for_stop() -> bool:
    """Return whether a click on Run came just after it took the place of Stop, and say so."""
    returned = run_page.RUN_RETURNED.take()
    if returned is None or time.monotonic() - returned >= _REST_SECONDS:
        return False
    st.toast("Not started: the run was just stopped.", icon=":material/info:")
    return True


def draw_refusing_key() -> None:
    """While a run goes on, let the key of Run say that it starts no other."""
    with st.container(key="run-refused"):  # never seen: its shortcut is all
        st.button(
            "Run refused",
            key="refuse-run",
            on_click=run_page.RUN_REFUSED.set,
            args=(True,),
            shortcut="Ctrl+Enter",
        )


def show_refusal() -> None:
    """Say that a click on Run started nothing; once, though two buttons may have had its key."""
    if run_page.RUN_REFUSED.take():
        st.toast("One run at a time: the second click was ignored.", icon=":material/info:")


def _draw_mode(form: FlowForm) -> None:
    owner, server_info = form.server.owner, form.server_info
    offered = offered_modes(server_info, form.flow)
    modes = [mode for mode in Mode if mode in offered]
    if len(modes) == 1:
        st.caption(
            ":material/front_hand: This flow needs approval, so it runs in the background. Other "
            "modes don't wait and would run every branch."
            if form.flow.needs_approval
            else ":material/forum: This flow has several chat inputs, so it runs synchronously. "
            "It would fail in other modes."
        )
        return
    key = run_options.mode_key(owner, form.flow.id)
    if st.session_state.get(key) not in modes:
        st.session_state[key] = form.mode
    with st.container(key="run-mode"):
        chosen = st.radio(
            "Run mode",
            modes,
            format_func=lambda mode: MODES[mode].label,
            key=key,
            on_change=run_options.save_mode,
            args=(owner, form.flow.id, offered[0]),
            horizontal=True,
            persist_state="session",
        )
        text = MODE_HELP[chosen]
        if chosen == offered[0] and not server_info.capabilities.events:
            release = f"Langflow {server_info.version}"
            text += f" Default on {release}, which does not stream job events."
        if run_options.flow_mode(owner, form.flow.id):
            text += " For this flow only."
        st.caption(text)
        if server_info.capabilities.events:
            st.toggle(
                "Offer streamed mode",
                key=run_options.ADVANCED,
                help="Background mode shows the same progress and survives a lost connection.",
                persist_state="session",
            )


def _draw_options(form: FlowForm) -> None:
    is_default = form.mode == supported_modes(form.server_info, form.flow)[0]
    with (
        st.container(key="run-more", width="content"),
        st.popover(
            "Options" if is_default else MODES[form.mode].label,
            icon=":material/tune:",
            type="tertiary",
            key="run-options",
        ),
    ):
        _draw_mode(form)
        _draw_session(form)
        _draw_run_count(form)
        if not window.is_narrow():
            st.caption("Press ? for keyboard shortcuts.")


def _draw_session(form: FlowForm) -> None:
    if not supports_session(form.server_info, form.flow):
        st.caption(
            ":material/forum: This server supports sessions only for flows with a chat input."
        )
        return
    owner, flow_id = form.server.owner, form.flow.id
    run_options.renew_session(owner, flow_id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Session",
            key=run_options.session_key(owner, flow_id),
            help="Runs in one session share the flow's chat memory. Each run gets a new session "
            "unless you keep this one.",
            persist_state="session",
        )
        st.button(
            "New",
            key="session-new",
            on_click=run_options.reset_session,
            args=(owner, flow_id),
            help="Start a new session",
        )
        keep_key = run_options.session_kept_key(owner, flow_id)
        st.toggle("Keep session", key=keep_key, persist_state="session")


def _draw_run_count(form: FlowForm) -> None:
    st.number_input(
        f"Number of runs (1 to {MAX_RUN_COUNT})",
        min_value=1,
        max_value=MAX_RUN_COUNT,
        key=run_options.run_count_key(form.server.owner, form.flow.id),
        help="Starts this many runs with the same values, each with its own result in History.",
        persist_state="session",
    )


def _draw_run_button(form: FlowForm) -> None:
    count = run_options.run_count(form.server.owner, form.flow.id)
    with st.container(key="run-button", width="content"):
        st.button(
            "Run" if count == 1 else f"Run {count} times",
            key="run",
            on_click=_on_run,
            args=(form, run_page.submit_token()),
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Ctrl+Enter",
        )
    _draw_options(form)


def draw_close_button(record: RunRecord) -> None:
    """Draw the button that leaves the run, without stopping or deleting it."""
    stays = "The run stays in Recent runs and History"
    continues = "The run continues; find it in Recent runs"
    st.button(
        "Close",
        key="clear-run",
        type="tertiary",
        icon=":material/close:",
        on_click=close_run,
        help=stays if record.ended else continues,
    )


def draw_stop_button(server: ServerSession, record: RunRecord) -> None:
    """Draw the button that stops a run, even while the page is busy."""
    label = "Stop this run" if record.batch_id else "Stop"
    with st.container(key="stop-button", width="content"):
        st.button(
            label if MODES[record.mode].is_stoppable else "Stop waiting",
            key=f"stop-{record.id}",
            icon=":material/stop:",
            on_click=_on_stop,
            args=(server, record.id),
            disabled=record.stop_requested_at is not None,
            shortcut="Alt+S",
        )


@notify_errors()
def _on_run(form: FlowForm, token: str) -> None:
    """Start the run in a callback, before the page is drawn, so that the page shows its status."""
    if was_meant_for_stop():
        return
    owner, flow_id = form.server.owner, form.flow.id
    session_id = None
    if supports_session(form.server_info, form.flow):
        session_id = st.session_state[run_options.session_key(owner, flow_id)].strip() or None
    mode = selected_mode(form.server, form.server_info, form.flow)
    overrides = check_values(form, mode)
    count = run_options.run_count(owner, flow_id)
    session_ids = [session_id] * count
    if session_id and not run_options.is_session_kept(owner, flow_id, session_id):
        session_ids[1:] = [run_options.random_run_session() for _ in range(1, count)]
    run_id = start_runs(form, overrides, mode, session_ids, token)
    run_page.drop_submit_token(token)
    if not run_page.show_started(run_id):
        return
    run_options.mark_session_used(owner, flow_id, session_id)
    if form.state.run_id:
        prefill.take_over(form_state(owner, form.flow, form.state.secrets), form.state)
    run_page.attach_form(run_id, flow_id)
    if count > 1:
        st.toast(f"Started {count} runs. All are in History.", icon=":material/play_arrow:")


def check_values(
    form: FlowForm, mode: Mode, extra_overrides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the overrides of a run with the form's values and `extra_overrides`.

    Raises `InvalidRequest` for values that can't be sent, which the form's fields then mark.
    """
    provider_settings.require_confirmed(form)
    missing_variables.require_saved(form)
    result = form.check(mode, extra_overrides or {})
    if not result.ready:
        mark_refused(form, result.problems)
        raise _not_ready_error(result, form.flow)
    return result.overrides


def start_runs(
    form: FlowForm,
    overrides: dict[str, Any],
    mode: Mode,
    session_ids: Sequence[str | None],
    token: str,
) -> str:
    """Start a run with these checked overrides in each of the sessions; return the first one's id.

    Raises `LangflowError`.
    """
    connection = form.server.live_connection()
    if any(secret in (session_ids[0] or "") for secret in connection.secrets):
        message = f"{NOT_STARTED} The session's name contains the API key."
        raise InvalidRequest(message, hint="Enter another session.")
    run_ids = app_context().runner.start(
        connection,
        form.flow,
        [overrides] * len(session_ids),
        mode=mode,
        session_ids=session_ids,
        server=form.server_info,
        submit_token=token,
        permissions=permissions(),
    )
    mark_started(form, overrides)
    return run_ids[0]


def _not_ready_error(result: FormResult, flow: Flow) -> InvalidRequest:
    fields = flow.fields_by_key
    errors = [problem for problem in result.problems if problem.level == "error"]
    labels = [qualified_label_for_key(fields, each.key) for each in errors]
    if all(problem.code is ProblemCode.REQUIRED for problem in errors):
        are_files = all(fields[problem.key].kind is FieldKind.FILE for problem in errors)
        hint = "Choose a file." if are_files else None
        keys = frozenset(problem.key for problem in errors)
        return MissingValue(list_names(labels, 5), keys=keys, hint=hint)
    reasons = [f"{label}: {each.message}" for label, each in zip(labels, errors, strict=True)]
    hint = "Correct the marked fields, then try again."
    return InvalidRequest(f"{NOT_STARTED} {' '.join(reasons[:5])}", hint=hint)


@notify_errors()
def _on_stop(server: ServerSession, run_id: str) -> None:
    """Stop the run in a callback, without waiting for the page."""
    connection = server.live_connection()
    run_page.STOPPED.set(True)
    app_context().runner.stop(run_id, connection)


def draw_batch(server: ServerSession, record: RunRecord) -> None:
    """Draw how many runs of the record's batch have ended; nothing for a run without a batch."""
    if record.batch_id:
        batch = _Batch(server, record.batch_id, record.flow_id, MODES[record.mode].is_stoppable)
        st.fragment(batch.draw, run_every=pace.list_seconds())()


@dataclass
class _Batch:
    """The runs of a batch, as they were last read."""

    server: ServerSession
    id: str
    flow_id: str
    is_stoppable: bool
    runs: Sequence[RunSummary] = ()

    def draw(self) -> None:
        had_ended = self._has_ended()
        with suppress(LangflowError):  # Recent runs says it
            self.runs = run_history().batch(self.server.owner, self.id)
        running = [run for run in self.runs if not run.status.ended]
        if len(self.runs) > 1:
            with st.container(key="run-batch", horizontal=True, vertical_alignment="center"):
                ended = len(self.runs) - len(running)
                st.caption(f"{ended} of {len(self.runs)} runs have ended", width="content")
                self._draw_action(running)
        if had_ended:
            # not before the second draw: Streamlit shows a button that has the focus until then
            streamlit_patches.stop_timer()

    def _has_ended(self) -> bool:
        return bool(self.runs) and all(run.status.ended for run in self.runs)

    def _draw_action(self, running: Sequence[RunSummary]) -> None:
        if not running:
            st.page_link(
                navigation.page("history"),
                label="Show in History",
                icon=":material/history:",
                query_params={query_params.FLOW: self.flow_id},
            )
        elif st.button(
            "Stop all",
            key="stop-batch",
            type="tertiary",
            icon=":material/stop:",
            help=None if self.is_stoppable else _ONLY_WAIT_TEXT,
        ):
            stop_runs(running, [self.server])
            st.rerun()
