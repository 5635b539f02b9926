"""The form of the chosen flow, together with the modes and sessions it can run in."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.errors import TRANSIENT_ERRORS, BadResponse, InvalidKey, LangflowError
from lfclient.flows.encoding import sends_bare_values
from lfclient.flows.model import Flow
from lfclient.resources.server_resources import ServerResources
from lfclient.wire.modes import MODES, Mode
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection import loading
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import form as form_view
from pages._ui.form.choices import apply_choices, stored_flow
from pages._ui.form.flow_form import FlowForm, read_form
from pages._ui.form.form_state import FormState, FormUse, form_state
from pages._ui.presets import bar as preset_bar
from pages._ui.presets import share_link
from pages._ui.state import run_options
from pages._ui.state.slot import Slot
from pages._ui.widgets import controls

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
    return stored_flow(form.state) if form else None


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
            share_link.draw_question(state)
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
