"""The server in use, in the upper corner of every page."""

import streamlit as st

from lfclient.errors import LangflowError, Unreachable
from pages._ui.app import navigation
from pages._ui.connection.server_session import ServerSession
from pages._ui.widgets.markdown import escape

TICK_SECONDS = 15.0  # between checks that the server responds


def draw(server: ServerSession | None) -> None:
    """Draw the server's name and version as a link to the Connection page.

    The link shows within a minute that the server stopped responding or responds again. Draw
    nothing if `server` is None. The link's place on the screen does not depend on the call's place.
    A page that shows its main part without the server calls this last, because it waits for the
    check.
    """
    if server is None:
        return
    with st.container(key="server-link"):
        interval = None if server.is_stopped else TICK_SECONDS
        st.fragment(_draw_link, run_every=interval)(server)


def _draw_link(server: ServerSession) -> None:
    name, icon = server.connection.name, ":material/dns:"
    label = name
    try:
        release = server.check()
        label += f" · {release}" if "Langflow" in name else f" · Langflow {release}"
    except Unreachable:
        if not server.is_stopped:  # the state first, because a phone has no room for more
            label, icon = f"Not responding · {name}", ":material/cloud_off:"
    except LangflowError:
        pass  # no response yet, or a response without a version
    st.page_link(
        navigation.page("connection"),
        label=escape(label),
        icon=icon,
        help="Servers and keys",
    )
