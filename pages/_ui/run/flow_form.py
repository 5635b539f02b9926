"""The chosen flow's form, with all that it needs to know of the server."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.model import Mode
from pages._ui.connection import loading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.form import FlowForm, FormResult, commit, flow_form
from pages._ui.presets import bar as preset_bar
from pages._ui.run import controls as run_controls
from pages._ui.run.controls import RunChoice


@dataclass(frozen=True)
class Workbench:
    """A form that is ready to be run, and to be drawn."""

    choice: RunChoice
    form: FlowForm

    def draw(self) -> None:
        """Draw the form, and what is kept of its values above it."""
        flow, server = self.choice.flow, self.choice.server
        if flow.needs_approval and not server.capabilities.pending:
            st.caption("This flow waits for a person, which this server's release cannot do.")
        preset_bar.draw(self.choice.session, flow)
        self.form.draw()


def prepare(session: ServerSession, flow: Flow, *, chat: bool = False) -> Workbench | None:
    """Read the flow's form: what it holds is what Run starts. None if the server is away.

    For a `chat`, it leaves out the message, and the mode is the one that fits the server.
    """
    try:
        server = session.server().value
    except LangflowError as error:
        loading.show(session, error, retry="retry-server")
        return None

    if not chat:
        preset_bar.begin(session, flow)
    first = run_controls.modes_for(server, flow)[0]
    mode = first if chat else run_controls.mode_of(session, server, flow)
    variables = session.variables()

    def read(mode: Mode) -> FlowForm:
        return flow_form(flow, session, mode=mode, server=server, variables=variables, chat=chat)

    def committed(mode: Mode) -> FormResult:
        commit(session.owner, flow, chat=chat)
        return read(mode).result

    choice = RunChoice(session, server, flow, mode, committed, chat)
    return Workbench(choice, read(mode))
