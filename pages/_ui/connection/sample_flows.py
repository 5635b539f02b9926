"""The sample flows, which a visitor may add to the server."""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from lfclient.console.samples import builtin
from lfclient.errors import LangflowError
from pages._ui.connection import loading
from pages._ui.connection.app_context import app_context, permissions
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import connection as connection_state
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

Added = tuple[
    list[str], list[str]
]  # the names of the added flows, and of the flows that can't be added


def draw(server: ServerSession, added: Added | None) -> None:
    """Draw the panel: a description, the Add button, and the flows `added` by the last click."""
    with st.container(border=True, key="samples"):
        st.markdown("## Sample flows", anchors=False)
        st.caption(
            f"{len(builtin.SAMPLES)} small flows that need no API keys. Existing flows with the "
            f"same names are not changed. {len(builtin.custom_component_code())} components "
            "contain custom code; the rest are Langflow's own."
        )
        if added:
            _draw_added(*added)
        if permissions().install:
            draw_button(server, connection_state.ADDED_SAMPLES.set)
        else:
            st.caption("Only the console's operator can add them (`LFCONSOLE_ALLOW_INSTALL`).")


def draw_button(server: ServerSession, tell: Callable[[Added], object]) -> None:
    """Draw a button that adds the sample flows, passes the result to `tell` and reruns the page."""
    if st.button("Add the sample flows", key="add-samples", icon=":material/add:"):
        with alerts.show_errors(), st.spinner("Adding the sample flows…"):
            tell(add(server))
            st.rerun()


def add(server: ServerSession) -> Added:
    """Add the sample flows that the server lacks. Raise `InstallNotAllowed` if not permitted."""
    permissions().require_install()
    missing: list[str] = []
    with server.open_client() as api:
        made = builtin.install_samples(
            api, on_missing=lambda sample, types: missing.append(sample.name)
        )
    with notify_errors():
        app_context().runner.store.added_flows.add(server.owner, [flow.id for flow in made])
    server.refresh()
    with suppress(LangflowError):
        server.flows(loading.FLOWS_WAIT_SECONDS)
    return [flow.name for flow in made], missing


def notify_missing(added: Added) -> None:
    """Show the flows that could not be added in a notice that outlasts the rerun."""
    _, missing = added
    if missing:
        st.toast(_missing_text(missing), icon=":material/warning:", duration="long")


def _draw_added(added: list[str], missing: list[str]) -> None:
    names = ", ".join(escape(name) for name in added)
    st.success(f"Added: {names}." if added else "All sample flows already exist.")
    if missing:
        st.caption(_missing_text(missing))


def _missing_text(names: list[str]) -> str:
    listed = ", ".join(escape(name) for name in names)
    return (
        "Not added, because this server lacks their components or does not allow custom ones: "
        f"{listed}."
    )
