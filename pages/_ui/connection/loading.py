"""What stands in the place of a server's answer that has not come, and brings it once it has."""

from __future__ import annotations

import streamlit as st

from lfclient.errors import LangflowError
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

POLL_SECONDS = 0.5


def show(server: ServerSession, error: LangflowError, *, retry: str) -> None:
    """Draw why the answer is missing: it comes by itself, or on a press of a button, `retry`."""
    if isinstance(error, StillLoading):
        _draw_wait(server, "to answer", (error.name,))
        return
    alerts.show(error)
    st.button("Try again", key=retry, icon=":material/refresh:", on_click=server.refresh)


def show_refreshing(server: ServerSession, flow_id: str) -> None:
    """Draw the page again once a server that is slow has given the answers it still owes."""
    questions = ("server", "flows", f"flow {flow_id}", "variables")
    if server.seconds_waiting(*questions) is not None:
        _draw_wait(server, "to answer again; what is shown is from before", questions)


def _draw_wait(server: ServerSession, what: str, questions: tuple[str, ...]) -> None:
    words = f"Waiting for {escape(server.connection.name)} {what}."
    _wait_for_response(server, words, questions)


@st.fragment(run_every=POLL_SECONDS)
def _wait_for_response(server: ServerSession, words: str, questions: tuple[str, ...]) -> None:
    seconds = server.seconds_waiting(*questions)
    if seconds is None:
        st.rerun()
    st.markdown(f":material/hourglass_top: {words} :gray[{seconds:.0f} s]")
