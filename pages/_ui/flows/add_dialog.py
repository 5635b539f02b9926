"""The dialog that adds flows: templates of the server, and files."""

from typing import Any

import streamlit as st

from pages._ui.connection.app_context import permissions
from pages._ui.connection.server_session import ServerSession
from pages._ui.flows import flow_upload, template_gallery
from pages._ui.flows import menu as flow_menu
from pages._ui.state import flow_choice
from pages._ui.state.flow_choice import Addition
from pages._ui.widgets import controls


def draw_button(key: str, **style: Any) -> None:
    """Draw the button that opens the dialog, if this visitor may add flows.

    `style` goes to `st.button`.
    """
    if permissions().install:
        st.button(
            "Add a flow",
            key=key,
            icon=":material/add:",
            help="From a template of the server or a file",
            on_click=_open,
            args=(Addition(),),
            **style,
        )


def _open(addition: Addition) -> None:
    flow_menu.close()
    flow_choice.ADDING.set(addition)


def draw(server: ServerSession) -> None:
    """Draw the dialog if it is open; it stays open when the page is redrawn."""
    addition = flow_choice.ADDING.get()
    if addition is not None and permissions().install:
        _draw_dialog(server, addition)


@st.dialog("Add a flow", width="large", icon=":material/add:", on_dismiss=flow_choice.ADDING.clear)
def _draw_dialog(server: ServerSession, addition: Addition) -> None:
    controls.lazy_tabs(
        "add-flow-tabs",
        [
            ("Templates", lambda: template_gallery.draw(server, addition)),
            ("Upload", lambda: flow_upload.draw(server, addition)),
        ],
    )
