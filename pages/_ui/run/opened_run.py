"""An opened run: it fills the form with its inputs, or shows them if there is no form."""

from collections.abc import Collection, Mapping
from functools import partial

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.common.json_types import Json
from lfclient.console.store import omissions
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.field import FieldKind
from lfclient.flows.model import Flow
from lfclient.flows.needs import find_needs, provider_overrides
from lfclient.flows.run_inputs import RunInputs, check_rerun, describe_inputs, unchanged_defaults
from lfclient.flows.validation import SECRET_MASK
from lfclient.wire.modes import MODES
from pages._ui.connection import loading
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import input_values, prefill
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form_state import FormState, form_state
from pages._ui.run import run_form
from pages._ui.run.run_form import selected_mode
from pages._ui.state import run_options, run_page
from pages._ui.state.tab_choices import given_settings
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_full_time, format_time

MAX_OMITTED = 5  # values that are named if they can't be used


def prepare_form(server: ServerSession, flow: Flow, record: RunRecord | None) -> FlowForm | None:
    """Return the flow's form: a person's own, or that of an opened run, with the run's inputs.

    A person's own stays beside the run that was started from it. Return None, after drawing why, if
    the server can't tell now which of the inputs the flow can still use.
    """
    if record is None or run_page.has_form(record.id, flow.id):
        return run_form.prepare(server, flow)
    state = form_state(server.owner, flow, server.connection.secrets, run_id=record.id)
    if state.entries.preset_link is None:  # not filled yet
        request = partial(_check_inputs, server, flow, record)
        try:
            state.flow, inputs = request()
        except LangflowError as error:
            loading.show(server, error, request, retry="retry-server-again")
            return None
        _fill(state, record, inputs)
    return run_form.prepare(server, flow, run_id=record.id)


def draw_inputs(record: RunRecord, flow: Flow | None) -> None:
    """Draw the inputs of a run in place of a form that can't be drawn."""
    with st.container(key="run-inputs"):
        st.markdown("## Run inputs", anchors=False)
        parts = [f"Started: {format_time(record.created_at)}", MODES[record.mode].label]
        session = run_options.named_session(record.session_id)
        if session:
            parts.append(f"session {escape(clip(session, 60))}")
        st.caption(" · ".join(parts))
        if not input_values.show_omission(record):
            values = describe_inputs(record.overrides, record.flow_defaults, flow)
            input_values.draw(values, f"opened-{record.id}")


def _check_inputs(server: ServerSession, flow: Flow, record: RunRecord) -> tuple[Flow, RunInputs]:
    """Return the flow after the run's choices and the inputs that it can still use.

    They are checked for the mode under Options, which stays as a person chose it. Raises
    `LangflowError` if the server can't tell.
    """
    server_info = server.info().value
    flow = server.flow_with_choices(flow, record.overrides)
    given = _given_overrides(server, flow, record)
    unchanged = unchanged_defaults(flow, record.flow_defaults)
    overrides = {
        key: value
        for key, value in record.inputs.items()
        if key not in given and key not in unchanged
    }
    mode = selected_mode(server, server_info, flow)
    files = _server_paths(server, flow, record)
    return flow, check_rerun(overrides, flow, mode=mode, server=server_info, files=files)


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


def _fill(state: FormState, record: RunRecord, inputs: RunInputs) -> None:
    """Fill the form with the values that the flow can still use, and mark the others."""
    why = omissions.explain_missing_inputs(record)
    if why:
        prefill.fill(state, {}, f"{why} The form has the flow's own values.", {})
        return
    # stored with the form, so without "Today"
    started = format_full_time(record.created_at)
    source = f"Filled with the inputs of an earlier run: {started}."
    removed = [one for one in inputs.input_values if one.problem and one.field is None]
    for one in removed[:MAX_OMITTED]:
        source += f" Omitted: {clip(one.qualified_label, 80)}. {clip(one.problem, 200)}"
    if len(removed) > MAX_OMITTED:
        source += f" {len(removed) - MAX_OMITTED} more are omitted."
    hints = {one.key: one.problem for one in inputs.input_values if one.problem and one.field}
    prefill.fill(state, inputs.reusable_overrides, source, hints)
