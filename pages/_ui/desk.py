"""Running and watching, apart from the form: a press on Run draws this and nothing else."""

from __future__ import annotations

import time

import streamlit as st

from pages._ui import connect, live, problems, recent, run_panel, state
from pages._ui.backend import backend
from pages._ui.run_panel import Choice
from pages._ui.servers import Session

# seconds for which the browser is left alone with the status of a run that was just started
HEAD_START = 0.03


def draw(session: Session, choice: Choice | None) -> None:
    """Run and Stop, the status and the outputs of the run in the address, the recent runs."""
    _draw(session, choice, state.run_id())


@st.fragment
@problems.shown()
def _draw(session: Session, choice: Choice | None, before: str | None) -> None:
    """`before` is the run that was shown when the whole page was last drawn.

    The status comes first, though it stands below the controls: it is what a press changes.
    """
    run_id = state.run_id()
    record = backend().runner.get(run_id, session.owner) if run_id else None
    connect.notice()
    controls, result = st.container(), st.container()
    with result:
        live.draw(session, record)
    if state.is_to_be_addressed():
        time.sleep(HEAD_START)
        state.put_run_into_address()
    live.name_tab(record)
    with controls:
        run_panel.draw(session, choice, record)
    recent.draw(session)
    if before not in (None, run_id):
        # what Streamlit holds for the downloads of a run is let go of with the whole page only
        backend().runner.leave()
        st.rerun()
    if choice and choice.mode != state.mode(session.owner, choice.mode):
        st.rerun()  # what the form takes depends on the mode
    live.wait_for_end(session, record)
