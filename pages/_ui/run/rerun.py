"""The inputs of a run that was opened, read-only, and the ways to run them again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presentation.modes import MODE_ADVERBS, MODE_NAMES
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.field import FieldKind
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import RunInputs, check_rerun
from lfclient.runs.model import Mode
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection import loading
from pages._ui.connection.app_context import app_context, close_run
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import input_values
from pages._ui.form.form import load_overrides
from pages._ui.run import controls as run_controls
from pages._ui.run import flow_picker
from pages._ui.state import notices, run_options, run_page, submit_token
from pages._ui.widgets.markdown import escape, format_time

MISSING = 5  # sentences above the values


@dataclass(frozen=True)
class Again:
    """A run as it would be run once more; `kept`: in the session that it was in."""

    server: ServerSession
    server_info: ServerInfo
    flow: Flow
    record: RunRecord
    inputs: RunInputs
    mode: Mode
    kept: bool


def is_due(server: ServerSession, record: RunRecord) -> bool:
    """Whether a run is shown with its own inputs; else the form it was started from is there."""
    return not run_page.has_form(record.id, record.flow_id) or flow_picker.is_gone(server, record)


def draw(server: ServerSession, flow: Flow | None, record: RunRecord) -> None:
    """What the run was given, with the buttons; `flow` is the one that is chosen on the page."""
    with st.container(border=True, key="run-inputs"):
        st.markdown("##### :material/input: Inputs of this run", anchors=False)
        _about(record)
        if input_values.says_missing(record):
            if record.ended:
                st.button(
                    "Open the form",
                    key="open-form",
                    on_click=run_page.attach_form,
                    args=(record.id, record.flow_id),
                )
            return
        again = _again(server, flow, record)
        if again:
            _buttons(again)
        values = list(again.inputs.input_values) if again else input_values.of_record(record, None)
        input_values.draw(values, f"again-{record.id}")


def _about(record: RunRecord) -> None:
    now = datetime.now(UTC)
    parts = [f"Started {format_time(record.created_at, now)}", MODE_NAMES[record.mode]]
    if record.session_id:
        parts.append(f"session {escape(clip(record.session_id, 60))}")
    st.caption(" · ".join(parts))


def _again(server: ServerSession, flow: Flow | None, record: RunRecord) -> Again | None:
    """What is needed to run it again; None where that can't be done now, and it is said why."""
    if flow is None or flow.id != record.flow_id:
        _no_flow(server, record)
        return None
    try:
        server_info = server.info().value
    except LangflowError as error:
        loading.show(server, error, retry="retry-server-again")
        return None
    possible = run_controls.possible_modes(server_info, flow)
    mode = record.mode if record.mode in possible else possible[0]
    files = _files(server, flow, record)
    inputs = check_rerun(record.overrides, flow, mode=mode, server=server_info, files=files)
    return Again(server, server_info, flow, record, inputs, mode, _keeps_session(server, record))


def _no_flow(server: ServerSession, record: RunRecord) -> None:
    if not flow_picker.is_gone(server, record):  # else that has said so
        st.caption(
            ":material/cloud_off: It can be run again once the server has told of "
            f"{escape(record.flow_name)}. What the run was given is kept here."
        )


def _files(server: ServerSession, flow: Flow, record: RunRecord) -> Collection[str] | None:
    """The paths of the files on the server, where the run was given any; None if not known."""
    if not any(f.kind is FieldKind.FILE and record.overrides.get(f.key) for f in flow.fields):
        return None
    try:
        return {ref.path for ref in server.files().value if ref.path}
    except StillLoading:
        loading.show_refreshing(server, flow.id)
    except LangflowError:
        pass  # the run itself will tell what is missing
    return None


def _keeps_session(server: ServerSession, record: RunRecord) -> bool:
    """Whether the run's session is to be used again: it has a person's own name, or is kept."""
    name = record.session_id
    if not name:
        return False
    return not run_options.is_random_session(name) or run_options.is_session_kept(
        server.owner, record.flow_id, name
    )


def _buttons(again: Again) -> None:
    going, troubles = not again.record.ended, again.inputs.problems
    with st.container(horizontal=True, vertical_alignment="center", key="run-again"):
        st.button(
            "Run again",
            key="run-again-button",
            type="primary",
            icon=":material/replay:",
            on_click=_run if not troubles else edit,
            args=(again, submit_token.submit_token()) if not troubles else (again,),
            help="Leaves this one going" if going else None,
        )
        st.button(
            "Edit and run",
            key="edit-and-run",
            icon=":material/edit:",
            on_click=edit,
            args=(again,),
            help="Fills the form with these values; what you had typed there is kept",
        )
        if not going:
            run_controls.close_button()
    st.caption(_how(again))
    for sentence in again.inputs.flow_problems[:MISSING]:
        st.caption(f":orange[:material/warning: {escape(clip(sentence, 300))}]")


def _how(again: Again) -> str:
    """How “Run again” goes about it."""
    if again.inputs.problems:
        names = [one.qualified_label for one in again.inputs.input_values if one.problem]
        listed = clip(", ".join(names), 200)
        why = f": see {escape(listed)} below" if names else ""
        return f"Run again leads to the form, since not all can be given just as it was{why}."
    parts = ["Run again: the same values at once"]
    if again.mode == again.record.mode:
        parts.append(f"{MODE_ADVERBS[again.mode]}, as before")
    else:
        was = MODE_NAMES[again.record.mode].lower()
        parts.append(f"{MODE_ADVERBS[again.mode]}, since “{was}” is not offered here any more")
    if run_controls.takes_session(again.server_info, again.flow):
        name = escape(clip(again.record.session_id or "", 60))
        parts.append(f"in its session {name}" if again.kept else "in a fresh session")
    return ", ".join(parts) + "."


def _run(again: Again, click: str) -> None:
    """Called before the page is drawn, so that it begins with the new run's status."""
    session_id = None
    if run_controls.takes_session(again.server_info, again.flow):
        session_id = again.record.session_id if again.kept else run_options.random_session()
    try:
        run_id = app_context().runner.start(
            again.server.connection,
            again.flow,
            again.inputs.reusable_overrides,
            mode=again.mode,
            session_id=session_id,
            server=again.server_info,
            submit_token=click,
        )
    except LangflowError as error:
        notices.set_notice(error)
        return
    submit_token.use_submit_token(click)
    run_page.show_run(run_id)


def edit(again: Again) -> None:
    """Fill the form with what can be given again, and mark what can't."""
    record, inputs, owner = again.record, again.inputs, again.server.owner
    when = format_time(record.created_at, datetime.now(UTC))
    source = f"Filled with the inputs of the run of {when}."
    lost = [one for one in inputs.input_values if one.problem and one.field is None]
    if lost:
        labels = ", ".join(one.qualified_label for one in lost[:10])
        source += f" Left out: {labels}, which can't be set now."
    if any(one.problem and one.field for one in inputs.input_values) or inputs.flow_problems:
        source += " What needs you is marked; nothing was run yet."
    hints = {one.key: one.problem for one in inputs.input_values if one.problem and one.field}
    load_overrides(owner, again.flow, inputs.reusable_overrides, source, hints)
    if again.mode == record.mode:
        run_options.set_mode(owner, record.mode)
    if again.kept and record.session_id:
        run_options.set_session(owner, record.flow_id, record.session_id)
    if record.ended:
        run_page.attach_form(record.id, record.flow_id)
    else:
        close_run()
