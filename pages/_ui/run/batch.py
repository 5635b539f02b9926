"""The runs that one press of Run started: how many have ended, and how to stop or find them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.errors import LangflowError
from lfclient.wire.modes import MODES
from pages._ui.app import navigation, streamlit_patches
from pages._ui.connection.server_session import ServerSession
from pages._ui.connection.stopping import stop_runs
from pages._ui.history.view import run_history
from pages._ui.run import pace
from pages._ui.state import history, query_params

MAX_RUN_COUNT = 20  # runs that one press starts
_ONLY_WAIT_TEXT = "Stops only waiting; the runs continue on the server."
_SEPARATOR = "+"  # in no other submit token


def numbered_token(token: str, number: int, count: int) -> str:
    """Return the submit token of a run, from 1, of the `count` that a press of Run starts."""
    return f"{token}{_SEPARATOR}{number}" if count > 1 else token


def is_one_of_several(record: RunRecord) -> bool:
    """Return whether a press of Run started others with this run."""
    return _SEPARATOR in record.submit_token


def draw(server: ServerSession, record: RunRecord) -> None:
    """Draw how many of the runs that were started with this one have ended, if there are others."""
    token, separator, _ = record.submit_token.partition(_SEPARATOR)
    if separator:
        batch = _Batch(server, token, record.flow_id, MODES[record.mode].is_stoppable)
        st.fragment(batch.draw, run_every=pace.list_seconds())()


@dataclass
class _Batch:
    """The runs of a press, as they were last read."""

    server: ServerSession
    token: str
    flow_id: str
    is_stoppable: bool
    runs: Sequence[RunSummary] = ()

    def draw(self) -> None:
        with suppress(LangflowError):  # Recent runs says it
            self.runs = self._load()
        ended = sum(run.status.ended for run in self.runs)
        if self.runs and ended == len(self.runs):
            streamlit_patches.stop_timer()
        if len(self.runs) > 1:
            with st.container(key="run-batch", horizontal=True, vertical_alignment="center"):
                st.caption(f"{ended} of {len(self.runs)} runs have ended", width="content")
                self._draw_action([run for run in self.runs if not run.status.ended])

    def _load(self) -> Sequence[RunSummary]:
        numbers = range(1, MAX_RUN_COUNT + 1)
        tokens = [numbered_token(self.token, number, MAX_RUN_COUNT) for number in numbers]
        return run_history().started_with(self.server.owner, tokens)

    def _draw_action(self, running: Sequence[RunSummary]) -> None:
        if not running:
            st.page_link(
                navigation.page("history"),
                label="Show in History",
                icon=":material/history:",
                query_params={query_params.FLOW: self.flow_id, history.GROUPED: "yes"},
            )
        elif st.button(
            "Stop all",
            key="stop-batch",
            type="tertiary",
            icon=":material/stop:",
            help=None if self.is_stoppable else _ONLY_WAIT_TEXT,
        ):
            stop_runs(running, [self.server])
            st.rerun()
