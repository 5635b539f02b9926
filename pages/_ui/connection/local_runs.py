"""The local Langflow's unfinished runs, and confirmed buttons that would end them."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from lfclient.common.formatting import format_count
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.widgets import controls


def count_running() -> int:
    """Return the number of the local Langflow's runs that have not ended."""
    connections = servers.available_connections()
    runner = app_context().runner
    owners = {runner.owner_of(each) for each in connections if each.source == "local"}
    return sum(len(runner.store.unfinished(owner)) for owner in owners)


def draw_ending_button(
    label: str, running: int, *, key: str, icon: str, on_click: Callable[..., None], **kwargs: Any
) -> bool:
    """Draw a button that stops the local Langflow, with a confirmation if runs are `running`.

    `kwargs` are passed to `st.button`. Return whether the button was clicked and confirmed.
    """
    if not running:
        return st.button(label, key=key, icon=icon, on_click=on_click, **kwargs)
    with st.popover(label, icon=icon, key=f"{key}-panel"):
        count = format_count(running, "run")
        st.markdown(f"{count} on this Langflow {'has' if running == 1 else 'have'} not ended.")
        return controls.danger_button(f"{label} anyway", key=key, on_click=on_click, **kwargs)
