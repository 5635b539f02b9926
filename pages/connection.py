"""The Connection page: servers, keys, capabilities, and the local Langflow."""

import streamlit as st

from pages._ui.app import navigation
from pages._ui.connection import local_panel, server_link, server_panel, servers
from pages._ui.widgets import alerts

navigation.set_title("Connection")
st.title("Connection")
with alerts.show_errors():
    current = servers.current()
    with alerts.show_errors():  # the server stays in its corner
        left, right = st.columns([6, 5], gap="large")
        with left:
            server_panel.draw_server_choice(current)
            server_panel.draw_server(current)
        with right:
            local_panel.draw()
    server_link.draw(current)  # last: what the panels have asked tells that the server is back
