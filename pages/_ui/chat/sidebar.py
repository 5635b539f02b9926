"""Beside a conversation: which flow, and what is set for each message that is sent to it."""

from __future__ import annotations

from contextlib import AbstractContextManager

import streamlit as st

from lfclient.flows.model import Flow
from pages._ui.app import navigation
from pages._ui.connection.server_session import ServerSession
from pages._ui.run import flow_picker, run_form
from pages._ui.run.run_form import RunForm
from pages._ui.state import chat as chat_state
from pages._ui.state import query_params
from pages._ui.widgets import controls
from pages._ui.widgets.markdown import escape


def flow_container(server: ServerSession) -> AbstractContextManager:
    """Where the flow is chosen: beside, or in the middle as long as none is."""
    return st.sidebar if flow_picker.has_flow(server) else st.container()


def draw_hint() -> None:
    """Where all this is, in a narrow window only: there it is hidden at first."""
    with st.container(key="chat-side"):
        st.caption("The flow, its parameters and the sessions are behind » at the top.")


def prepare_form(server: ServerSession, flow: Flow | None) -> RunForm | None:
    """The flow's form, without its message; None, and why, where one cannot talk with it."""
    if flow is None:
        return None
    if not flow.has_chat:
        _no_chat(flow)
        return None
    return run_form.prepare(server, flow, chat=True)


def _no_chat(flow: Flow) -> None:
    with st.container(border=True, key="no-chat"):
        st.markdown(f"#### {escape(flow.name)} is not made for talking", anchors=False)
        st.markdown(
            "A conversation needs a flow with a Chat Input and a Chat Output component. Choose "
            "another flow at the side, or run this one with a form."
        )
        st.page_link(
            navigation.run_page(),
            label="Run this flow",
            icon=":material/play_circle:",
            query_params={query_params.FLOW: flow.id},
        )


def draw(ready: RunForm) -> None:
    """The parameters, which go with every message; closed until somebody wants them."""
    form, owner, flow = ready.form, ready.setup.server.owner, ready.setup.flow
    changed = len(form.result.overrides)
    key = chat_state.chat_key("parameters", owner, flow.id)
    controls.lazy_expander("Parameters", ":material/tune:", key, ready.draw)
    if changed:
        st.caption(f"{changed} changed; sent with every message.")
    if not form.result.ready:
        st.caption(":red[A value needs a correction before a message can be sent.]")
