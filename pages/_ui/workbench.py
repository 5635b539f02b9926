"""The chosen flow's form, with all that it needs to know of the server."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lfclient.errors import LangflowError
from lfclient.flow import Flow
from lfclient.run_model import Mode
from pages._ui import presets, run_panel, waiting
from pages._ui.form import FlowForm, FormResult, commit, flow_form
from pages._ui.run_panel import Choice
from pages._ui.servers import Session


@dataclass(frozen=True)
class Workbench:
    """A form that is ready to be run, and to be drawn."""

    choice: Choice
    form: FlowForm

    def draw(self) -> None:
        """Draw the form, and what is kept of its values above it."""
        flow, server = self.choice.flow, self.choice.server
        if flow.needs_approval and not server.capabilities.pending:
            st.caption("This flow waits for a person, which this server's release cannot do.")
        presets.draw(self.choice.session, flow)
        self.form.draw()


def prepare(session: Session, flow: Flow, *, chat: bool = False) -> Workbench | None:
    """Read the flow's form: what it holds is what Run starts. None if the server is away.

    For a `chat`, it leaves out the message, and the mode is the one that fits the server.
    """
    try:
        server = session.server().value
    except LangflowError as error:
        waiting.show(session, error, retry="retry-server")
        return None

    if not chat:
        presets.begin(session, flow)
    first = run_panel.modes_for(server, flow)[0]
    mode = first if chat else run_panel.mode_of(session, server, flow)
    variables = session.variables()

    def read(mode: Mode) -> FlowForm:
        return flow_form(flow, session, mode=mode, server=server, variables=variables, chat=chat)

    def committed(mode: Mode) -> FormResult:
        commit(session.owner, flow, chat=chat)
        return read(mode).result

    choice = Choice(session, server, flow, mode, committed, chat)
    return Workbench(choice, read(mode))
