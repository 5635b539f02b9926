"""The menu of the chosen flow: export, duplicate, delete."""

from contextlib import suppress
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.errors import FlowNotFound, LangflowError
from lfclient.flows.flow_file import export_content
from lfclient.flows.model import Flow
from pages._ui.app.streamlit_patches import PopoverContainer
from pages._ui.connection.app_context import app_context, permissions
from pages._ui.connection.loading import FLOWS_WAIT_SECONDS
from pages._ui.connection.server_session import ServerSession
from pages._ui.flows.adding import add_flows, server_version
from pages._ui.state import flow_choice
from pages._ui.state.flow_choice import Addition
from pages._ui.state.notices import notify_errors
from pages._ui.state.slot import Slot
from pages._ui.widgets import alerts, controls, downloads
from pages._ui.widgets.markdown import escape

_OPEN = "flow-menu"  # the state of the popover
_DELETING: Slot[str] = Slot("deleting-flow")  # the flow that a person is asked about
_COPIES: Slot[Addition] = Slot("copies-of-flow")
_ERROR: Slot[LangflowError] = Slot("flow-menu-error")
_STYLE: dict[str, Any] = {"type": "tertiary"}


def popover(purpose: str) -> PopoverContainer:
    """Draw the menu, empty; `purpose` is its help text."""
    return st.popover(
        "Flow menu", icon=":material/more_vert:", help=purpose, key=_OPEN, on_change="rerun"
    )


def close() -> None:
    """Close the menu; for callbacks."""
    st.session_state[_OPEN] = False


def draw(server: ServerSession, flow: Flow) -> None:
    """Draw the menu with its items if this visitor may change the server's flows."""
    if permissions().install:
        with popover("Export, duplicate or delete the flow"):
            draw_items(server, flow)


def draw_items(server: ServerSession, flow: Flow) -> None:
    """Draw the items of the open menu if this visitor may change the server's flows."""
    if not st.session_state.get(_OPEN):
        _COPIES.clear()
        _DELETING.clear()
    elif permissions().install:
        with alerts.show_errors():
            error = _ERROR.take()
            if error:
                alerts.show(error)
            _draw_export(server, flow)
            st.button(
                "Duplicate",
                key="duplicate-flow",
                icon=":material/content_copy:",
                on_click=_duplicate,
                args=(server, flow, _copies()),
                **_STYLE,
            )
            _draw_delete(server, flow)


def _draw_export(server: ServerSession, flow: Flow) -> None:
    version = server_version(server)
    downloads.draw_button(
        "Export",
        lambda: downloads.to_json_bytes(export_content(flow, version)),
        downloads.file_name(flow.name, extension="json"),
        "export-flow",
        mime="application/json",
        help="The flow as JSON, without keys, passwords or values entered in the form",
    )


def _copies() -> Addition:
    """Return the copies that were made since the menu was opened."""
    copies = _COPIES.get()
    if copies is None:
        _COPIES.set(copies := Addition())
    return copies


def _duplicate(server: ServerSession, flow: Flow, copies: Addition) -> None:
    with notify_errors(_ERROR):
        add_flows(server, lambda api: api.flow(flow.id), copies)
        close()


def _draw_delete(server: ServerSession, flow: Flow) -> None:
    if not _was_added(server, flow):
        st.caption("This flow wasn't added here. Delete it in Langflow.")
        return
    if _DELETING.get() != flow.id:
        st.button(
            "Delete…",
            key="delete-flow",
            icon=":material/delete:",
            on_click=_DELETING.set,
            args=(flow.id,),
            **_STYLE,
        )
        return
    st.markdown(
        f"Delete “{escape(clip(flow.name, 60))}” from the server for everyone, with its chat "
        "sessions? Its runs stay in History.",
        width=300,
    )
    with st.container(horizontal=True):
        controls.danger_button(
            "Delete",
            key="delete-flow-confirm",
            on_click=_delete,
            args=(server, flow),
        )
        st.button("Cancel", key="delete-flow-cancel", on_click=_DELETING.clear)


def _was_added(server: ServerSession, flow: Flow) -> bool:
    """Return whether this console added the flow."""
    context = app_context()
    if server.connection.source == "local" and context.local.has_sample(flow.id):
        return True
    return context.runner.store.added_flows.contains(server.owner, flow.id)


def _delete(server: ServerSession, flow: Flow) -> None:
    added_flows = app_context().runner.store.added_flows
    with notify_errors(_ERROR):
        permissions().require_install()
        if not _was_added(server, flow):
            raise FlowNotFound("The flow was not added from this console, or is deleted already.")
        with server.open_client() as api, suppress(FlowNotFound):
            api.editor.delete_flow(flow.id)
        added_flows.remove(server.owner, flow.id)
        _DELETING.clear()
        close()
        flow_choice.forget_flow(server.owner, flow.id)
        server.refresh("flows")
        with suppress(LangflowError):
            server.flows(FLOWS_WAIT_SECONDS)
        st.toast(f"Deleted “{escape(clip(flow.name, 60))}”", icon=":material/check:")
