"""Actions on all matching runs: CSV export, which is also for selected runs, and bulk delete."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import streamlit as st

from lfclient.common.formatting import format_count
from lfclient.console.config.prices import PriceTable
from lfclient.console.export.runs_csv import MAX_FULL_RUNS, runs_csv
from lfclient.console.runner.runner import Runner
from lfclient.console.store.errors import UnreadableResponse
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import RunRecord, RunSummary
from pages._ui.connection.app_context import app_context
from pages._ui.connection.exported_flows import load_flows
from pages._ui.connection.servers import require_access
from pages._ui.history.filters import MAX_DATE, MIN_DATE, is_narrowed, start_of_day
from pages._ui.history.view import ListView, run_history
from pages._ui.state.history import history_key
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import alerts, controls

MAX_EXPORTED = 10_000
_NO_LIMIT = 10**9


def draw(view: ListView) -> None:
    """Draw the CSV button and the bulk delete panel."""
    draw_csv_button(view)
    key = history_key("bulk")
    panel = st.popover("Bulk delete", icon=":material/delete_sweep:", key=key, on_change="rerun")
    if panel.open:
        with panel, alerts.show_errors():
            _draw_delete_panel(view)


def draw_csv_button(view: ListView, selected: Sequence[RunSummary] = ()) -> None:
    """Draw the button that saves the selected runs, or all matching runs without a selection."""
    runner, prices = app_context().runner, app_context().settings.prices
    st.download_button(
        "CSV",
        lambda: export_csv(runner, view, prices, selected),
        "runs.csv",
        "text/csv",
        key=history_key("csv"),
        icon=":material/download:",
        on_click="ignore",
        help="The selected runs. Known secrets are removed."
        if selected
        else f"All matching runs, up to the newest {MAX_EXPORTED:,}. Up to {MAX_FULL_RUNS:,} have "
        "their full inputs and outputs. Known secrets are removed.",
    )


def export_csv(
    runner: Runner,
    view: ListView,
    prices: PriceTable | None = None,
    selected: Sequence[RunSummary] = (),
) -> bytes:
    """Return the selected runs as CSV, or all matching runs without a selection, newest first.

    Thread-safe. Raise `StoreError`, or `MissingKey` if a key was removed.
    """
    history = runner.history
    if selected:  # read again: a run may have ended since it was listed
        runs = [run for each in selected if (run := history.get([each.owner], each.id))]
    else:
        runs = history.page(view.owners, view.run_filter, limit=MAX_EXPORTED).runs

    def load(run: RunSummary) -> RunRecord | None:
        try:
            return runner.load(run.id, run.owner)
        except UnreadableResponse:
            return None

    servers = {server.owner: server for server in view.servers}
    for owner in {run.owner for run in runs}:
        servers[owner].require_access()
    secrets = [secret for server in view.servers for secret in server.connection.secrets]
    flows = load_flows((servers[run.owner], run.flow_id) for run in runs)
    return runs_csv(runs, load, flows, prices, secrets)


def _draw_delete_panel(view: ListView) -> None:
    any_age = st.toggle("Any age", key=history_key("delete-any-age"))
    before: date | None = None
    if not any_age:
        before = st.date_input(
            "Started before", None, MIN_DATE, MAX_DATE, key=history_key("delete-before")
        )
    keep_starred = not view.run_filter.starred and st.toggle(
        "Keep starred", True, key=history_key("delete-keep")
    )
    if not (before or any_age):
        st.caption("Choose a date, or switch on *Any age*.")
        return
    run_filter = _deletable_filter(view.run_filter, before, keep_starred)
    count = run_history().count(view.owners, run_filter, _NO_LIMIT)
    if not count:
        st.markdown("No finished runs to delete.")
        return
    starred = run_history().count(view.owners, replace(run_filter, starred=True), _NO_LIMIT)
    runs = format_count(count, "run")
    matching = f"{runs} that match the filters" if is_narrowed(view.filters) else runs
    draw_confirmation(matching, starred=starred, keep_starred=keep_starred)
    st.caption("Runs in progress are kept.")
    controls.danger_button(
        f"Delete {runs}",
        key=history_key("delete-bulk"),
        on_click=_delete_matching,
        args=(view, run_filter),
    )


def draw_confirmation(runs: str, *, starred: int, keep_starred: bool = False) -> None:
    """Draw the confirmation for deleting `runs`, with the number of starred runs it affects."""
    count = format_count(starred, "starred run")
    note = f"Keeps {count}." if keep_starred else f":orange[This includes {count}.]"
    question = f"Delete {runs}, with inputs and outputs? This can't be undone."
    st.markdown(f"{question} {note}" if starred else question)


def _deletable_filter(run_filter: RunFilter, before: date | None, keep_starred: bool) -> RunFilter:
    """Narrow the filter to runs that have ended by now."""
    bounds = [run_filter.until, start_of_day(before) if before else None]
    return replace(
        run_filter,
        until=min(filter(None, bounds), default=None),
        ended_before=datetime.now(UTC),
        starred=False if keep_starred else run_filter.starred,
    )


@notify_errors()
def _delete_matching(view: ListView, run_filter: RunFilter) -> None:
    require_access(*view.owners)
    notify_deleted(len(run_history().delete_all(view.owners, run_filter)))
    st.session_state[history_key("bulk")] = False  # closes the panel


def notify_deleted(count: int) -> None:
    """Show how many runs were deleted."""
    st.toast(f"Deleted {format_count(count, 'run')}.", icon=":material/delete:")
