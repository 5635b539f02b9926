"""The form of the chosen flow, together with its run options."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.model import Mode
from pages._ui.connection import loading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.form import FlowForm, FormResult, apply_json_edits, flow_form
from pages._ui.presets import bar as preset_bar
from pages._ui.run import controls as run_controls
from pages._ui.run.controls import RunSetup


@dataclass(frozen=True)
class RunForm:
    """A form ready to be drawn and run."""

    setup: RunSetup
    form: FlowForm

    def draw(self) -> None:
        """Draw the preset bar and the form."""
        flow, server_info = self.setup.flow, self.setup.server_info
        if flow.needs_approval and not server_info.capabilities.pending:
            st.caption("This flow needs approval, which this Langflow release does not support.")
        preset_bar.draw(self.setup.server, flow)
        self.form.draw()


def prepare(server: ServerSession, flow: Flow, *, chat: bool = False) -> RunForm | None:
    """Read the flow's form; Run sends its contents. Returns None if the server is unreachable.

    For a `chat`, the form leaves out the message, and the mode is the server's default.
    """
    try:
        server_info = server.info().value
    except LangflowError as error:
        loading.show(server, error, retry="retry-server")
        return None

    if not chat:
        preset_bar.apply_initial_values(server, flow)
    first = run_controls.offered_modes(server_info, flow)[0]
    mode = first if chat else run_controls.selected_mode(server, server_info, flow)
    variables = server.variables()

    def read(mode: Mode) -> FlowForm:
        return flow_form(
            flow, server, mode=mode, server_info=server_info, variables=variables, chat=chat
        )

    def read_current(mode: Mode) -> FormResult:
        apply_json_edits(server.owner, flow, chat=chat)
        return read(mode).result

    setup = RunSetup(server, server_info, flow, mode, read_current, chat)
    return RunForm(setup, read(mode))
