"""Add flows to a server, and choose the first of them."""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from lfclient.client import LangflowClient
from lfclient.common.formatting import clip, format_count, list_names
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from pages._ui.connection.app_context import app_context, close_run, permissions
from pages._ui.connection.loading import FLOWS_WAIT_SECONDS
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import flow_choice
from pages._ui.state.flow_choice import Addition
from pages._ui.state.notices import notify_errors
from pages._ui.widgets.markdown import escape


def add_flows(
    server: ServerSession,
    load: Callable[[LangflowClient], Flow | bytes],
    addition: Addition,
) -> None:
    """Add the flow or file that `load` returns, and choose the first new flow.

    A second click runs this beside the first one, or after it: it waits for the first, and adds
    nothing once `addition`, which belongs to the button, has flows. Raises `LangflowError`.
    """
    permissions().require_install()
    added_flows = app_context().runner.store.added_flows
    added = addition.flows
    with addition.lock:
        if not added:
            with server.open_client() as api:
                added += api.import_flow(load(api))
            with notify_errors():
                added_flows.add(server.owner, [flow.id for flow in added])
    server.refresh("flows")
    flow_choice.ADDING.clear()
    flow_choice.REQUESTED.set(added[0].id)
    close_run()
    with suppress(LangflowError):
        server.flows(FLOWS_WAIT_SECONDS)
    names = list_names([f"“{escape(clip(flow.name, 60))}”" for flow in added], 5)
    count = f"{format_count(len(added), 'flow')}: " if len(added) > 1 else ""
    st.toast(f"Added {count}{names}", icon=":material/check:")


def server_version(server: ServerSession) -> str:
    """Return the server's release, "" while it is unknown."""
    try:
        return server.info().value.version
    except LangflowError:
        return ""


def existing_names(server: ServerSession) -> set[str]:
    """Return the names of the server's flows, as far as they are known."""
    try:
        return {flow.name for flow in server.flows().value}
    except LangflowError:
        return set()
