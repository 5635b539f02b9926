"""The runs that one click on Run started: how many have ended, and how to stop or find them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.errors import LangflowError
from lfclient.wire.modes import MODES
from pages._ui.app import navigation, streamlit_patches
from pages._ui.connection.server_session import ServerSession
from pages._ui.connection.servers import stop_runs
from pages._ui.history.view import run_history
from pages._ui.run import pace
from pages._ui.state import history, query_params

MAX_RUN_COUNT = 20  # runs that one click starts
_ONLY_WAIT_TEXT = "Stops only waiting; the runs continue on the server."


def draw(server: ServerSession, record: RunRecord) -> None:
    """Draw how many runs of the record's batch have ended; nothing for a run without a batch."""
    if record.batch_id:
        batch = _Batch(server, record.batch_id, record.flow_id, MODES[record.mode].is_stoppable)
        st.fragment(batch.draw, run_every=pace.list_seconds())()


@dataclass
class _Batch:
    """The runs of a batch, as they were last read."""

    server: ServerSession
    id: str
    flow_id: str
    is_stoppable: bool
    runs: Sequence[RunSummary] = ()

    def draw(self) -> None:
        had_ended = self._has_ended()
        with suppress(LangflowError):  # Recent runs says it
            self.runs = run_history().batch(self.server.owner, self.id)
        running = [run for run in self.runs if not run.status.ended]
        if len(self.runs) > 1:
            with st.container(key="run-batch", horizontal=True, vertical_alignment="center"):
                ended = len(self.runs) - len(running)
                st.caption(f"{ended} of {len(self.runs)} runs have ended", width="content")
                self._draw_action(running)
        if had_ended:
            # not before the second draw: Streamlit shows a button that has the focus until then
            streamlit_patches.stop_timer()

    def _has_ended(self) -> bool:
        return bool(self.runs) and all(run.status.ended for run in self.runs)

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
