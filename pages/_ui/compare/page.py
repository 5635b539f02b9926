"""Two to four runs side by side: inputs, summary, outputs, timings."""

from collections.abc import Hashable, Sequence

import streamlit as st

from lfclient.console.store.run_record import RunRecord
from pages._ui.compare import inputs, outputs, picker, summary, timings
from pages._ui.compare.runs import ComparedRun, load_runs
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import compare_page
from pages._ui.widgets import alerts, controls

POLL_SECONDS = 1.0


def draw(server: ServerSession) -> None:
    """Compare the runs in the URL, or explain why they can't be compared and offer others."""
    st.markdown("# Compare runs", anchors=False)
    server_runs, problem = picker.read_runs(server)
    if problem:
        picker.draw_problem(problem)
        picker.draw(server, server_runs)
        return
    runs = load_runs(server_runs)
    summary.draw_headers(runs)
    inputs.draw(runs)
    summary.draw(runs)
    outputs.draw(runs)
    timings.draw(runs)
    controls.lazy_expander(
        "Compare other runs",
        ":material/playlist_add_check:",
        compare_page.compare_key("others"),
        lambda: picker.draw(server, server_runs),
    )
    if any(not run.record.ended for run in runs):
        _watch(runs)


@st.fragment(run_every=POLL_SECONDS)
@alerts.show_errors()
def _watch(runs: Sequence[ComparedRun]) -> None:
    for run in runs:
        record = app_context().runner.get(run.record.id, run.server.owner)
        if record is None or _progress_key(record) != _progress_key(run.record):
            st.rerun()


def _progress_key(record: RunRecord) -> Hashable:
    run = record.run
    states = [(name, component.state) for name, component in run.components.items()] if run else []
    return record.status, tuple(run.outputs if run else ()), tuple(states)
