"""The History page: find, open, star, stop and delete runs."""

import streamlit as st

from pages._ui.app import navigation
from pages._ui.connection import connect, server_link, servers
from pages._ui.history import page as history_page
from pages._ui.widgets import alerts

history_page.open_requested_run()
navigation.set_title("History")
with st.container(horizontal=True, vertical_alignment="center", key="history-head"):
    st.title("History", width="content")
    news = st.container(width="content")
with alerts.show_errors():
    readable = tuple(servers.readable())
    if readable:
        history_page.draw(readable, news)
    else:
        history_page.draw_without_server()
        connect.require_server()
    server_link.draw(servers.current_or_stopped())
