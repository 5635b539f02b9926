"""Which server is used and with which key, what it can do, and the local Langflow."""

import streamlit as st

from pages._ui import connection_panel, local_panel, problems, servers, shell

shell.set_title("Connection")
st.title("Connection")
with problems.shown():
    current = servers.current()
    left, right = st.columns([5, 6], gap="large")
    with left:
        connection_panel.choose_server(current)
        connection_panel.other_server(current)
        local_panel.draw()
    with right:
        if current:
            connection_panel.facts(current)
        else:
            st.info("There is no server yet. Enter one, or start a local one.")
