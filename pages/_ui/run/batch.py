"""The runs that one press of Run started: how many have ended, and a button that stops the rest."""

from collections.abc import Sequence

import streamlit as st

from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.errors import LangflowError
from pages._ui.connection.server_session import ServerSession
from pages._ui.history.stopping import stop_runs
from pages._ui.history.view import run_history
from pages._ui.run import pace
from pages._ui.widgets import timers

MAX_RUN_COUNT = 20  # runs that one press starts


def numbered_token(token: str, number: int) -> str:
    """Return the submit token of one of the runs that a press with this token starts, from 1."""
    return token if number == 1 else f"{token}-{number}"


def draw(server: ServerSession, record: RunRecord) -> None:
    """Draw how many of the runs that were started with this one have ended, if there are others."""
    token = record.submit_token.partition("-")[0]
    runs = _load(server.owner, token)
    if len(runs) > 1:
        interval = None if _all_ended(runs) else pace.list_seconds()
        st.fragment(_draw_row, run_every=interval)(server, token, is_sync=record.mode == "sync")


def _load(owner: str, token: str) -> list[RunSummary]:
    """Return the runs of a press; none if they can't be read, which Recent runs says."""
    tokens = [numbered_token(token, number) for number in range(1, MAX_RUN_COUNT + 1)]
    try:
        return run_history().started_with(owner, tokens)
    except LangflowError:
        return []


def _all_ended(runs: Sequence[RunSummary]) -> bool:
    return all(run.status.ended for run in runs)


def _draw_row(server: ServerSession, token: str, *, is_sync: bool) -> None:
    runs = _load(server.owner, token)
    ended = sum(run.status.ended for run in runs)
    with st.container(key="run-batch", horizontal=True, vertical_alignment="center"):
        st.caption(f"{ended} of {len(runs)} runs have ended", width="content")
        if _all_ended(runs):
            st.empty()  # in the place of the button, which would stay now and then
            timers.stop_timer()
        elif st.button(
            "Stop all",
            key="stop-batch",
            type="tertiary",
            icon=":material/stop:",
            help="Stops only waiting; the runs continue on the server." if is_sync else None,
        ):
            stop_runs((run for run in runs if not run.status.ended), [server])
            st.rerun()
