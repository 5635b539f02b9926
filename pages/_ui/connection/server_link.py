"""The server in use, in the upper corner of every page."""

import contextlib

import streamlit as st

from lfclient.errors import LangflowError
from pages._ui.app import navigation
from pages._ui.connection.server_session import ServerSession
from pages._ui.widgets.markdown import escape


def draw(server: ServerSession | None) -> None:
    """Draw the server's name and release as a link to the Connection page.

    Draw nothing if `server` is None. The place of the link on the screen does not depend on where
    this is called. A page that shows its main part without the server calls it last, because it
    waits for the release.
    """
    if server is None:
        return
    label = server.connection.name
    with contextlib.suppress(LangflowError):
        release = server.info().value.version
        label += f" · {release}" if "Langflow" in label else f" · Langflow {release}"
    with st.container(key="server-link"):
        st.page_link(
            navigation.page("connection"),
            label=escape(label),
            icon=":material/dns:",
            help="Servers and keys",
        )
