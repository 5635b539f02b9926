"""The Chat page's sidebar with the parameters of messages, and the button that opens it."""

import uuid

import streamlit as st

from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import SECRET_HINT
from pages._ui.app import navigation
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import form as form_view
from pages._ui.form import setup
from pages._ui.form.flow_form import FlowForm
from pages._ui.run import run_form
from pages._ui.state import chat as chat_state
from pages._ui.state import query_params
from pages._ui.state.slot import Slot
from pages._ui.widgets import controls, focus

_OPENED: Slot[str] = Slot("chat-sidebar-opened")


def draw_opener() -> None:
    """Draw a button that opens the sidebar. CSS shows it in narrow windows only."""
    with st.container(key="chat-side"):
        st.button(
            "Sessions and parameters",
            key="open-sidebar",
            icon=":material/left_panel_open:",
            type="tertiary",
            on_click=lambda: _OPENED.set(uuid.uuid4().hex),
        )
    focus.scroll_to(_OPENED.take(), chat_state.NEW_BUTTON, chat_state.NEW_BUTTON)


def prepare_form(server: ServerSession, flow: Flow | None) -> FlowForm | None:
    """Return the flow's form without its message.

    For a flow without chat, draw a note and return None.
    """
    if flow is None:
        return None
    if flow.has_chat:
        return run_form.prepare(server, flow, chat=True)
    with st.container(border=True, key="no-chat"):
        st.markdown("## This flow can't be used in Chat", anchors=False)
        st.markdown(
            "Chat needs a flow with a Chat Input and a Chat Output component. Choose another flow "
            "above, or run this one on the Run page."
        )
        with controls.main_link("run"):
            st.page_link(
                navigation.page("run"),
                label="Run this flow",
                icon=":material/play_circle:",
                query_params={query_params.FLOW: flow.id},
            )
    return None


def open_parameters(form: FlowForm) -> None:
    """Open the parameters when the page is next drawn."""
    st.session_state[_parameters_key(form)] = True


def _parameters_key(form: FlowForm) -> str:
    return chat_state.chat_key("parameters", form.server.owner, form.flow.id)


def draw(form: FlowForm) -> None:
    """Draw Setup, and in an expander the parameters, which are sent with every message."""
    setup.draw(form)
    changed = len(form.state.overrides())
    key = _parameters_key(form)
    controls.lazy_expander("Parameters", key, lambda: run_form.draw_fields(form))
    form.state.save()  # Setup also changes values while the form is closed
    if changed:
        form_view.draw_reset(form.state)
        st.caption(f"{changed} changed, here and on the Run page. Sent with every message.")
    if form.hints:
        st.caption(SECRET_HINT)
