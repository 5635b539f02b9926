"""Every run that this browser may see: find it, open it, mark it, stop it, delete it."""

import streamlit as st

from pages._ui import connect, history, problems, shell

history.open_wanted()
shell.set_title("History")
with st.container(horizontal=True, vertical_alignment="center", key="history-head"):
    st.title("History", width="content")
    news = st.container(width="content")
with problems.shown():
    if connect.session():
        history.draw(news)
