"""What stands in the place of a server's answer that has not come, and brings it once it has."""

from __future__ import annotations

import streamlit as st

from lfclient.errors import LangflowError
from pages._ui.connection.request_cache import StillAsking
from pages._ui.connection.server_session import ServerSession
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import plain

EVERY_SECONDS = 0.5


def show(session: ServerSession, error: LangflowError, *, retry: str) -> None:
    """Draw why the answer is missing: it comes by itself, or on a press of a button, `retry`."""
    if isinstance(error, StillAsking):
        _line(session, "to answer", (error.what,))
        return
    alerts.show(error)
    st.button("Try again", key=retry, icon=":material/refresh:", on_click=session.refresh)


def look_again(session: ServerSession, flow_id: str) -> None:
    """Draw the page again once a server that is slow has given the answers it still owes."""
    questions = ("server", "flows", f"flow {flow_id}", "variables")
    if session.waited_for(*questions) is not None:
        _line(session, "to answer again; what is shown is from before", questions)


def _line(session: ServerSession, what: str, questions: tuple[str, ...]) -> None:
    words = f"Waiting for {plain(session.connection.name)} {what}."
    _until_answered(session, words, questions)


@st.fragment(run_every=EVERY_SECONDS)
def _until_answered(session: ServerSession, words: str, questions: tuple[str, ...]) -> None:
    seconds = session.waited_for(*questions)
    if seconds is None:
        st.rerun()
    st.markdown(f":material/hourglass_top: {words} :gray[{seconds:.0f} s]")
