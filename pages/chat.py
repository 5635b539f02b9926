"""Talk to a flow in sessions, whose messages its server keeps."""

import streamlit as st

from pages._ui import (
    connect,
    live,
    picker,
    problems,
    shell,
    talk,
    talk_messages,
    talk_panel,
    talk_send,
    talk_sessions,
)

shell.set_title("Chat")
with problems.shown():
    session = connect.session()
    if session:
        session.ask_ahead()
        with talk_panel.place(session):
            flow = picker.draw(session, None)
        bench = talk_panel.bench(session, flow)
        if bench:
            talk_panel.tell_where()
            talk_sessions.settle(session)
            current = talk.prepare(session, bench)
            talk_sessions.head(current)
            talk_messages.draw(current)
            connect.notice()
            talk_send.draw(current)
            with st.sidebar:
                talk_panel.draw(bench)
                talk_sessions.draw(current)
            live.wait_for_end(session, current.record)
