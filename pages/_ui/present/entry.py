"""The way from the Run page to the Present view, and back."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.console.presets.fitting import changed_keys
from lfclient.console.store.errors import StoreError
from lfclient.flows.model import Flow
from pages._ui.app import window
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form_state import FormState
from pages._ui.present import editing
from pages._ui.presets.preset_state import masked_values
from pages._ui.state import query_params, run_page
from pages._ui.state.present import EDITED, ENTERED, Entered, set_presenter


def draw_button(
    server: ServerSession, flow: Flow, form: FlowForm | None, beside_menu: DeltaGenerator
) -> None:
    """Draw the button of the Run page that presents a flow, with the values of the form.

    A presentation that was edited and not saved has another button, which leads to its editor.
    Narrow windows have both in a menu, which is closed: the key of Present is `beside_menu`.
    """
    state = form.state if form else None
    if editing.has_draft(server.owner, flow.id):
        st.button(
            "Unsaved presentation",
            key="present-unsaved-changes",
            icon=":material/edit:",
            type="tertiary",
            on_click=_enter_editor,
            args=(server.owner, flow.id, state),
            help="Present shows it as it was last saved",
        )
    look: dict[str, Any] = {"shortcut": "Alt+P"}
    if window.is_narrow():
        look = {"icon": ":material/slideshow:", "type": "tertiary"}
        with beside_menu.container(key="present-key"):  # never seen
            st.button(
                "Present by key",
                key="present-flow-key",
                on_click=_enter,
                args=(flow.id, state),
                shortcut="Alt+P",
            )
    st.button(
        "Present",
        key="present-flow",
        on_click=_enter,
        args=(flow.id, state),
        help="Show this flow to an audience",
        **look,
    )


def _enter_editor(owner: str, flow_id: str, state: FormState | None) -> None:
    _enter(flow_id, state)
    editing.start(owner, flow_id)


def _enter(flow_id: str, state: FormState | None) -> None:
    set_presenter(flow_id, True)
    edited = EDITED.get()
    if edited and edited.flow_id != flow_id:
        EDITED.clear()  # left by the browser's Back button
    ENTERED.clear()
    if state:
        _pass_on(state)
    st.query_params.from_dict({query_params.VIEW: "present", query_params.FLOW: flow_id})


def _pass_on(state: FormState) -> None:
    """Let the view start with the form's values."""
    state.read_widgets()
    try:
        preset = app_context().runner.store.presets.default(state.owner, state.flow.id)
    except StoreError:
        return  # the view shows the error
    values = masked_values(preset) if preset else {}
    is_changed = changed_keys(state.flow, values, state.overrides())
    ENTERED.set(Entered(state.flow.id, state.masked_overrides() if is_changed else None))


def leave(owner: str, flow_id: str, run_id: str | None) -> None:
    """Return to the person's own form, beside the run that the view shows; a callback.

    Unsaved settings are kept.
    """
    editing.keep_draft(owner, flow_id)
    set_presenter(flow_id, False)
    EDITED.clear()
    ENTERED.clear()
    if run_id:
        run_page.attach_form(run_id, flow_id)
    address = {query_params.FLOW: flow_id, query_params.RUN: run_id}
    st.query_params.from_dict({name: text for name, text in address.items() if text})
