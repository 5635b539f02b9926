"""Talk to a flow in sessions, whose messages its server keeps."""

import streamlit as st

from pages._ui.app import navigation
from pages._ui.chat import composer, conversation, session_list
from pages._ui.chat import messages as chat_messages
from pages._ui.chat import sidebar as chat_sidebar
from pages._ui.connection import connect
from pages._ui.run import flow_picker, status_panel
from pages._ui.widgets import alerts

navigation.set_title("Chat")
with alerts.shown():
    session = connect.session()
    if session:
        session.ask_ahead()
        with chat_sidebar.place(session):
            flow = flow_picker.draw(session, None)
        bench = chat_sidebar.bench(session, flow)
        if bench:
            chat_sidebar.tell_where()
            session_list.settle(session)
            current = conversation.prepare(session, bench)
            session_list.head(current)
            chat_messages.draw(current)
            connect.notice()
            composer.draw(current)
            with st.sidebar:
                chat_sidebar.draw(bench)
                session_list.draw(current)
            status_panel.wait_for_end(session, current.record)
