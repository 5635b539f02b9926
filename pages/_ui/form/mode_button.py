"""A button that runs the flow in another mode, where the chosen one can't do something."""

import streamlit as st

from lfclient.wire.modes import MODES, Mode
from pages._ui.form.flow_form import FlowForm
from pages._ui.state import run_options


def draw(place: str, mode: Mode | None, form: FlowForm) -> None:
    """Draw the button at a `place` that is unique on the page; nothing without a `mode`."""
    if mode:
        st.button(
            f"Use {MODES[mode].label.lower()} mode",
            key=f"use-mode-{place}",
            type="tertiary",
            icon=":material/swap_horiz:",
            on_click=run_options.set_flow_mode,
            args=(form.server.owner, form.flow.id, mode),
        )
