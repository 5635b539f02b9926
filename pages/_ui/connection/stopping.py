"""Stop several runs at once."""

from collections.abc import Iterable, Sequence

import streamlit as st

from lfclient.console.store.run_record import RunSummary
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.state.notices import notify_errors


def stop_runs(runs: Iterable[RunSummary], servers: Sequence[ServerSession]) -> None:
    """Stop these runs of `servers`. If a run can't be stopped, the other runs are still stopped."""
    by_owner = {server.owner: server for server in servers}
    is_requested = False
    for run in runs:
        with notify_errors():
            app_context().runner.stop(run.id, by_owner[run.owner].live_connection())
            is_requested = True
    if is_requested:
        st.toast("Stop requested.", icon=":material/stop:")
