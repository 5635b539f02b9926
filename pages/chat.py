"""The Chat page: talk to a flow in sessions that its server stores."""

import streamlit as st

from pages._ui.app import navigation
from pages._ui.chat import composer, conversation, session_list
from pages._ui.chat import messages as chat_messages
from pages._ui.chat import sidebar as chat_sidebar
from pages._ui.connection import connect
from pages._ui.run import status_panel
from pages._ui.widgets import alerts

navigation.set_title("Chat")
with alerts.show_errors():
    server = connect.require_server()
    if server:
        server.prefetch()
        flow = chat_sidebar.choose_flow(server)
        form = chat_sidebar.prepare_form(server, flow)
        if form:
            chat_sidebar.draw_hint()
            session_list.finish_change(server)
            current = conversation.load(form)
            session_list.draw_header(current)
            chat_messages.draw(current)
            connect.draw_notice()
            composer.draw(current)
            with st.sidebar:
                chat_sidebar.draw(form)
                session_list.draw(current)
            status_panel.wait_for_end(server, current.record)
