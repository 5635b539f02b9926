"""The form of the chosen flow or of an opened run, and the modes and sessions it can run in."""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import clip
from lfclient.common.json_types import Json
from lfclient.console.form.form import FormUse
from lfclient.console.presets.sources import Source
from lfclient.console.store import run_record
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import TRANSIENT_ERRORS, BadResponse, InvalidKey, LangflowError
from lfclient.flows.encoding import sends_bare_values
from lfclient.flows.field import FieldKind
from lfclient.flows.model import Flow
from lfclient.flows.needs import find_needs
from lfclient.flows.provider_needs import provider_overrides
from lfclient.flows.run_inputs import RunInputs, check_rerun, describe_inputs, unchanged_defaults
from lfclient.flows.validation import SECRET_MASK
from lfclient.resources.server_resources import ServerResources
from lfclient.wire.modes import MODES, Mode
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection import loading
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import form as form_view
from pages._ui.form import input_values, prefill
from pages._ui.form.choices import apply_choices
from pages._ui.form.flow_form import FlowForm, read_form
from pages._ui.form.form_state import FormState, form_state
from pages._ui.presets import bar as preset_bar
from pages._ui.presets import share_link
from pages._ui.presets.offer import draw as draw_offer
from pages._ui.presets.offer import offer
from pages._ui.state import run_options, run_page
from pages._ui.state.slot import Slot
from pages._ui.state.tab_choices import given_settings
from pages._ui.widgets import controls
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_full_time, format_time

MAX_OMITTED = 5  # an earlier run's values that are named if they can't be used

# the form that this session read last
_LATEST: Slot[FlowForm] = Slot("latest-form")


def open_flow(server: ServerSession, flow_id: str | None, error: LangflowError) -> Flow | None:
    """Return the flow whose form this session has open, if the error may pass.

    So what was typed stays on the page while the server refuses the key, and if it is slow or down
    then: the responses from before are gone. `flow_id` is the flow that the page asks for, None for
    any.
    """
    may_pass = isinstance(error, (*TRANSIENT_ERRORS, BadResponse, StillLoading))
    form = _open_form(server, flow_id) if may_pass and not server.is_stopped else None
    return form.state.flow.stored if form else None


def load_flow(server: ServerSession, flow_id: str) -> tuple[Flow, LangflowError | None]:
    """Return the flow; if it can't be loaded now, that of the open form, with the error."""
    try:
        return server.flow(flow_id).value, None
    except LangflowError as error:
        flow = open_flow(server, flow_id, error)
        if flow is None:
            raise
        return flow, error


def require_flow(server: ServerSession, flow_id: str) -> None:
    """Raise the error that keeps the list of flows, or this one, from being loaded."""
    server.flows()
    server.flow(flow_id)


def _open_form(server: ServerSession, flow_id: str | None) -> FlowForm | None:
    form = _LATEST.get()
    if form is None or form.server.owner != server.owner:
        return None
    return form if flow_id in (None, form.flow.id) else None


def prepare(
    server: ServerSession, flow: Flow, *, chat: bool = False, run_id: str = ""
) -> FlowForm | None:
    """Read the flow's form; Run sends its contents. Return None if the server is unreachable.

    If it refuses the key, a form that is open stays as it is. For a `chat`, the form has no message
    field, and the mode is the default, or the flow's own while the default can't do what it can.
    `run_id` is the opened run whose form it is.
    """
    notes = controls.place_above_fields()
    try:
        server_info = server.info().value
    except LangflowError as error:
        with notes:
            loading.show(server, error, server.info, retry="retry-server")
        return None
    server.prefetch_resources(flow)
    use: FormUse = "chat" if chat else "run"
    state = form_state(server.owner, flow, server.connection.secrets, use=use, run_id=run_id)
    if not run_id:
        preset_bar.apply_initial_values(state)
    with notes:
        draw_offer(state)
    if chat:
        modes = unstreamed_modes(server_info, flow)
        mode = modes[0]
    else:
        modes = offered_modes(server_info, flow)
        mode = selected_mode(server, server_info, flow)
    form, problem = load(state, server, server_info, flow, mode, modes)
    chosen = run_options.flow_mode(server.owner, flow.id) if chat else None
    if chosen and chosen in form.better_modes.values():
        form = read_form(
            state, server, server_info, chosen, form.resources, form.resources_error, modes
        )
    if problem:
        request = partial(apply_choices, state, server, flow)
        with notes:
            loading.show(server, problem, request, retry="retry-choices", warning=True)
    return form


def load(
    state: FormState,
    server: ServerSession,
    server_info: ServerInfo,
    flow: Flow,
    mode: Mode,
    modes: Sequence[Mode],
) -> tuple[FlowForm, LangflowError | None]:
    """Read a form of this session, and return why it lacks the effects of its choices, or None.

    `modes` are those that a person may choose. If the server refuses the key, a form that is open
    keeps what the server told before.
    """
    before = _open_form(server, flow.id)
    problem: LangflowError | None = None
    try:
        apply_choices(state, server, flow)
    except LangflowError as error:
        if not before or not isinstance(error, InvalidKey):
            problem = error
    resources_error: LangflowError | None = None
    try:
        resources = server.resources(flow).value
    except LangflowError as error:
        if before and isinstance(error, InvalidKey):
            resources = before.resources
        else:
            resources, resources_error = ServerResources(), error
    form = read_form(state, server, server_info, mode, resources, resources_error, modes)
    _LATEST.set(form)
    return form, problem


def draw(
    form: FlowForm, page_buttons: DeltaGenerator, draw_shared: Callable[[], object] | None = None
) -> None:
    """Draw the form and its presets, and *Share* among `page_buttons`.

    `draw_shared` draws what can be shared beside the form.
    """
    notes = st.container()
    draw_fields(form)
    chosen = preset_bar.draw(form.state, notes)
    with page_buttons:
        share_link.draw(form.state, chosen, draw_shared)


def draw_fields(form: FlowForm) -> None:
    """Draw the form alone, as for a chat, which has no presets."""
    if form.flow.needs_approval and not form.server_info.capabilities.pending:
        st.caption("This flow needs approval, which this Langflow release does not support.")
    form_view.draw(form)


def supported_modes(server_info: ServerInfo, flow: Flow) -> tuple[Mode, ...]:
    """Return the modes in which a server can run a flow; the first is the default.

    A flow with an approval only runs in modes that wait for it: elsewhere Langflow runs all
    branches. On Langflow 1.11 and later, a flow with several chat inputs fails in modes that build
    the graph first. A job is the default where the server streams its events, other modes where it
    has to be polled.
    """
    modes = [mode for mode in Mode if server_info.has_mode(mode)]
    if flow.needs_approval and server_info.capabilities.pending:
        modes = [mode for mode in modes if MODES[mode].waits_for_approval]
    elif flow.has_several_chat_inputs:
        modes = [mode for mode in modes if not sends_bare_values(mode, server_info)]
    if not server_info.capabilities.events:
        modes.sort(key=lambda mode: MODES[mode].response == "job")
    return tuple(modes)


def offered_modes(server_info: ServerInfo, flow: Flow) -> tuple[Mode, ...]:
    """Return the modes to offer; streamed calls only if the user enabled them under Options."""
    if run_options.is_advanced():
        return supported_modes(server_info, flow)
    return unstreamed_modes(server_info, flow)


def selected_mode(server: ServerSession, server_info: ServerInfo, flow: Flow) -> Mode:
    """Return the chosen mode, or the default if the flow cannot run in it."""
    modes = offered_modes(server_info, flow)
    chosen = run_options.mode(server.owner, flow.id, modes[0])
    return chosen if chosen in modes else modes[0]


def unstreamed_modes(server_info: ServerInfo, flow: Flow) -> tuple[Mode, ...]:
    """Return the supported modes without streamed calls, which end with their connection."""
    supported = supported_modes(server_info, flow)
    return tuple(mode for mode in supported if MODES[mode].response != "events")


def supports_session(server_info: ServerInfo, flow: Flow) -> bool:
    """Return whether this server accepts a session for runs of this flow."""
    return server_info.capabilities.session_field or flow.chat_input is not None


def prepare_for_run(server: ServerSession, flow: Flow, record: RunRecord | None) -> FlowForm | None:
    """Return the flow's form: a person's own, or that of an opened run, with the run's inputs.

    A person's own stays beside the run that was started from it. Return None, after drawing why, if
    the server can't tell now which of the inputs the flow can still use.
    """
    if record is None or run_page.has_form(record.id, flow.id):
        return prepare(server, flow)
    state = form_state(server.owner, flow, server.connection.secrets, run_id=record.id)
    if state.entries.preset_link is None:  # not filled yet
        request = partial(_check_inputs, server, flow, record)
        try:
            state.flow, inputs = request()
        except LangflowError as error:
            loading.show(server, error, request, retry="retry-server-again")
            return None
        _fill(state, record, inputs)
    return prepare(server, flow, run_id=record.id)


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
    why = run_record.explain_missing_inputs(record)
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

    def fill(omit: Container[str]) -> None:
        values = {key: each for key, each in inputs.reusable_overrides.items() if key not in omit}
        prefill.fill(state, values, source, hints)

    offer(state, inputs.reusable_overrides, Source.STORED, "this run", fill)
