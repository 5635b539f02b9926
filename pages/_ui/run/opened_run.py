"""The inputs of an opened run, read-only, with the buttons to run them again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import clip
from lfclient.common.json_types import Json
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.modes import MODE_ADVERBS, MODE_NAMES
from lfclient.errors import LangflowError
from lfclient.flows.field import FieldKind
from lfclient.flows.model import Flow
from lfclient.flows.needs import find_needs, provider_overrides
from lfclient.flows.run_inputs import RunInputs, check_rerun, describe_inputs, unchanged_defaults
from lfclient.flows.validation import SECRET_MASK
from lfclient.runs.model import Mode
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection import loading
from pages._ui.connection.app_context import app_context
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import input_values, prefill
from pages._ui.form.form_state import form_state
from pages._ui.run import flow_picker
from pages._ui.run.run_form import supported_modes, supports_session
from pages._ui.state import run_options, run_page, submit_token
from pages._ui.state.given_settings import given_settings
from pages._ui.state.notices import notify_errors
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_time

MAX_MISSING = 5  # problems shown above the values


@dataclass(frozen=True)
class Rerun:
    """A run to repeat, and how; `keeps_session` reuses the run's session.

    `inputs` are those to send, `unchanged` the recorded defaults that the flow still has. `given`
    are overrides with secrets of providers that were entered in this tab.
    """

    server: ServerSession
    server_info: ServerInfo
    flow: Flow
    record: RunRecord
    inputs: RunInputs
    unchanged: Mapping[str, Json]
    mode: Mode
    keeps_session: bool
    given: Mapping[str, Json] = field(repr=False)


def shows_inputs(server: ServerSession, record: RunRecord) -> bool:
    """Return whether to show the run's inputs in place of the form it was started from."""
    has_form = run_page.has_form(record.id, record.flow_id)
    return not has_form or flow_picker.is_flow_deleted(server, record)


def draw(
    server: ServerSession, flow: Flow | None, record: RunRecord, buttons: DeltaGenerator
) -> None:
    """Draw the run's inputs, and once it has ended the buttons; `flow` is the flow on the page."""
    with st.container(key="run-inputs"):
        st.markdown("## Run inputs", anchors=False)
        _draw_facts(record)
        if input_values.show_omission(record):
            if record.ended and flow and flow.id == record.flow_id:
                buttons.button(
                    "Open the form",
                    key="open-form",
                    on_click=run_page.attach_form,
                    args=(record.id, record.flow_id),
                )
            return
        rerun = _prepare(server, flow, record)
        if rerun:
            if record.ended:
                with buttons:
                    _draw_buttons(rerun)
            values = [
                *rerun.inputs.input_values,
                *describe_inputs({}, rerun.unchanged, rerun.flow),
            ]
        else:
            values = describe_inputs(record.overrides, record.flow_defaults, None)
        input_values.draw(values, f"again-{record.id}")
        if rerun and record.ended:  # above the button that it is about
            _draw_description(rerun)


def _draw_facts(record: RunRecord) -> None:
    parts = [f"Started {format_time(record.created_at)}", MODE_NAMES[record.mode]]
    session = run_options.named_session(record.session_id)
    if session:
        parts.append(f"session {escape(clip(session, 60))}")
    st.caption(" · ".join(parts))


def _prepare(server: ServerSession, flow: Flow | None, record: RunRecord) -> Rerun | None:
    """Return what a rerun needs, or None after drawing why it is not possible now."""
    if flow is None or flow.id != record.flow_id:
        if not flow_picker.is_flow_deleted(server, record):  # the picker reports a deleted flow
            st.caption(
                f":material/cloud_off: To run it again, wait until {escape(record.flow_name)} is "
                "loaded from the server."
            )
        return None
    try:
        return _read(server, flow, record)
    except LangflowError as error:
        request = partial(_read, server, flow, record)
        loading.show(server, error, request, retry="retry-server-again")
        return None


def _read(server: ServerSession, flow: Flow, record: RunRecord) -> Rerun:
    """Return what a rerun needs. Raises `LangflowError` if the server can't tell."""
    server_info = server.info().value
    flow = server.flow_with_choices(flow, record.overrides)
    possible = supported_modes(server_info, flow)
    mode = record.mode if record.mode in possible else possible[0]
    files = _server_paths(server, flow, record)
    given = _given_overrides(server, flow, record)
    unchanged = unchanged_defaults(flow, record.flow_defaults)
    overrides = {
        key: value
        for key, value in record.inputs.items()
        if key not in given and key not in unchanged
    }
    inputs = check_rerun(overrides, flow, mode=mode, server=server_info, files=files)
    keeps_session = _keeps_session(server, record)
    return Rerun(server, server_info, flow, record, inputs, unchanged, mode, keeps_session, given)


def _given_overrides(server: ServerSession, flow: Flow, record: RunRecord) -> Mapping[str, Json]:
    """Return the run's secrets that were entered in this tab as a provider's."""
    given = given_settings(server.owner)
    if not given:
        return {}
    resources = server.resources(flow).value
    needs = find_needs(flow, record.overrides, resources)
    overrides = provider_overrides(flow, needs, given)
    return {key: overrides[key] for key in overrides if record.overrides.get(key) == SECRET_MASK}


def _server_paths(server: ServerSession, flow: Flow, record: RunRecord) -> Collection[str] | None:
    """Return the paths of the server's files if the run has file inputs; None if unknown."""
    if not any(f.kind is FieldKind.FILE and record.overrides.get(f.key) for f in flow.fields):
        return None
    try:
        return {ref.path for ref in server.files().value if ref.path}
    except StillLoading:
        raise
    except LangflowError:
        return None  # the server reports missing files when the run starts


def _keeps_session(server: ServerSession, record: RunRecord) -> bool:
    """Return whether to reuse the run's session: the user named it, or chose to keep it."""
    name = record.session_id
    if not name:
        return False
    is_kept = run_options.is_session_kept(server.owner, record.flow_id, name)
    return is_kept or bool(run_options.named_session(name))


def edit(server: ServerSession, flow: Flow, record: RunRecord) -> None:
    """Fill the form with the run's values and show it, in a callback. Raises `LangflowError`."""
    _edit_and_run(_read(server, flow, record))


def _draw_buttons(rerun: Rerun) -> None:
    has_problems = bool(rerun.inputs.problems)
    token = submit_token.submit_token()
    with st.container(horizontal=True, vertical_alignment="center", key="run-again"):
        st.button(
            "Run again",
            key="run-again-button",
            type="primary",
            icon=":material/replay:",
            shortcut="Ctrl+Enter",
            on_click=_edit_and_run if has_problems else _on_rerun,
            args=(rerun,) if has_problems else (rerun, token),
        )
        st.button(
            "Edit and run",
            key="edit-and-run",
            icon=":material/edit:",
            on_click=_edit_and_run,
            args=(rerun,),
            help="Fill the form with these values. You can restore your own input.",
        )


def _draw_description(rerun: Rerun) -> None:
    st.caption(_description(rerun))
    for sentence in rerun.inputs.flow_problems[:MAX_MISSING]:
        st.caption(f":orange[:material/warning: {escape(clip(sentence, 300))}]")


def _description(rerun: Rerun) -> str:
    """Return what “Run again” does, as a sentence."""
    if rerun.inputs.problems:
        names = [one.qualified_label for one in rerun.inputs.input_values if one.problem]
        listed = clip(", ".join(names), 200)
        why = f": see {escape(listed)} above" if names else ""
        return f"Run again opens the form, since not all values can be reused{why}."
    description = f"Run again starts a run {MODE_ADVERBS[rerun.mode]} with the same values"
    if supports_session(rerun.server_info, rerun.flow):
        name = escape(clip(rerun.record.session_id or "", 60))
        description += f", in its session {name}" if rerun.keeps_session else ", in a new session"
    if rerun.mode != rerun.record.mode:
        was = MODE_NAMES[rerun.record.mode].lower()
        return f"{description}. The {was} mode is not available here."
    return f"{description}."


@notify_errors()
def _on_rerun(rerun: Rerun, token: str) -> None:
    """Start the run in a callback, before the page is drawn, so that the page shows its status."""
    session_id = None
    if supports_session(rerun.server_info, rerun.flow):
        own = rerun.record.session_id
        session_id = own if rerun.keeps_session else run_options.random_session()
    run_id = app_context().runner.start(
        rerun.server.connection,
        rerun.flow,
        {**rerun.inputs.reusable_overrides, **rerun.given},
        mode=rerun.mode,
        session_id=session_id,
        server=rerun.server_info,
        submit_token=token,
    )
    submit_token.drop_submit_token(token)
    run_page.show_started(run_id)


def _edit_and_run(rerun: Rerun) -> None:
    """Fill the form with the reusable values and mark the others."""
    record, inputs, owner = rerun.record, rerun.inputs, rerun.server.owner
    source = f"Filled with the inputs of the run of {format_time(record.created_at)}."
    removed = [one for one in inputs.input_values if one.problem and one.field is None]
    if removed:
        labels = ", ".join(one.qualified_label for one in removed[:10])
        source += f" Omitted: {labels}, which the flow no longer has."
    if any(one.problem and one.field for one in inputs.input_values) or inputs.flow_problems:
        source += " Check the marked fields, then press Run."
    hints = {one.key: one.problem for one in inputs.input_values if one.problem and one.field}
    state = form_state(owner, rerun.flow, rerun.server.connection.secrets)
    state.flow = rerun.flow
    prefill.fill(state, inputs.reusable_overrides, source, hints)
    if rerun.mode == record.mode:
        run_options.set_mode(owner, record.mode)
    if rerun.keeps_session and record.session_id:
        run_options.set_session(owner, record.flow_id, record.session_id)
    run_page.attach_form(record.id, record.flow_id)
