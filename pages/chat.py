"""The Chat page: talk to a flow in sessions that its server stores."""

import streamlit as st

from pages._ui.app import navigation
from pages._ui.chat import composer, conversation
from pages._ui.chat import messages as chat_messages
from pages._ui.chat import sidebar as chat_sidebar
from pages._ui.connection import connect, server_link
from pages._ui.run import flow_picker, status_panel
from pages._ui.state import notices
from pages._ui.widgets import alerts

notices.forget_shown()
navigation.set_title("Chat")
with alerts.show_errors():
    server = connect.require_server()
    if server:
        st.sidebar.empty()  # opens the sidebar at once: later it would push the page aside
        server.prefetch()
        server_link.draw(server)
        flow, refusal = flow_picker.draw(server, None, "Chat", flow_picker.draw_head())
        form = chat_sidebar.prepare_form(server, flow)
        if form:
            chat_sidebar.finish_change(server)
            current = conversation.load(form, refusal)
            chat_sidebar.draw_header(current)
            chat_sidebar.draw_opener()
            chat_messages.draw(current)
            composer.draw_notice(current)
            composer.draw(current)
            with st.sidebar:
                chat_sidebar.draw_new_button()
                chat_sidebar.draw_parameters(form)
                chat_sidebar.draw_sessions(current)
            status_panel.wait_for_end(server, current.record)
        else:
            connect.draw_notice()
            st.sidebar.caption("For flows with a chat, sessions and parameters appear here")
