"""What stands in the place of a server's answer that has not come, and brings it once it has."""

from __future__ import annotations

import streamlit as st

from lfclient.errors import LangflowError
from pages._ui import problems
from pages._ui.answers import StillAsking
from pages._ui.backend import backend
from pages._ui.servers import Session
from pages._ui.text import plain

EVERY_SECONDS = 0.5


def show(session: Session, error: LangflowError, *, retry: str) -> None:
    """Draw why the answer is missing: it comes by itself, or on a press of a button, `retry`."""
    if isinstance(error, StillAsking):
        _line(session, "to answer")
        return
    problems.show(error)
    st.button("Try again", key=retry, icon=":material/refresh:", on_click=session.refresh)


def look_again(session: Session) -> None:
    """Draw the page again once a server that is slow has given the answers it still owes."""
    if session.owes_answers():
        _line(session, "to answer again; what is shown is from before")


def _line(session: Session, what: str) -> None:
    _until_answered(session.owner, f"Waiting for {plain(session.connection.name)} {what}.")


@st.fragment(run_every=EVERY_SECONDS)
def _until_answered(owner: str, words: str) -> None:
    seconds = backend().answers.asking(owner)
    if seconds is None:
        st.rerun()
    st.markdown(f":material/hourglass_top: {words} :gray[{seconds:.0f} s]")
