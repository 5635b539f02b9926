"""The History page: find, open, label, stop and delete runs."""

import streamlit as st

from pages._ui.app import navigation
from pages._ui.connection import connect, server_session
from pages._ui.history import page as history_page
from pages._ui.widgets import alerts

history_page.open_requested_run()
navigation.set_title("History")
with st.container(horizontal=True, vertical_alignment="center", key="history-head"):
    st.title("History", width="content")
    news = st.container(width="content")
with alerts.show_errors():
    servers = tuple(server_session.servers_with_runs())
    if servers:
        history_page.draw(servers, news)
    else:
        history_page.draw_without_server()
        connect.require_server()
