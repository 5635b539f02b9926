"""The chosen flow's form, with all that it needs to know of the server."""

from __future__ import annotations

import streamlit as st

from lfclient.errors import LangflowError
from lfclient.flow import Flow
from pages._ui import problems, run_panel, state
from pages._ui.form import flow_form
from pages._ui.run_panel import Choice
from pages._ui.servers import Session


def form(session: Session, flow: Flow) -> Choice | None:
    """Draw the form; what is chosen in it is what Run will start. None if the server is away."""
    try:
        server = session.server().value
    except LangflowError as error:
        problems.show(error)
        return None
    if flow.needs_approval and not server.capabilities.pending:
        st.caption("This flow waits for a person, which this server's release cannot do.")
    result = flow_form(
        flow,
        mode=state.mode(session.owner, run_panel.default_mode(server)),
        server=server,
        owner=session.owner,
        variables=session.variables(),
    )
    return Choice(session, server, flow, result)
