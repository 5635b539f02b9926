"""What can be done to all runs that the filters find: keep them as a file, delete them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st

from lfclient.console.content.csv_writer import csv_bytes
from lfclient.console.runner.live_history import LiveHistory
from lfclient.console.store.run_history import RunSummary
from lfclient.console.store.run_queries import RunFilter
from lfclient.runs.model import RunStatus
from pages._ui.history.filters import MAX_DATE, MIN_DATE, is_narrowed, start_of_day
from pages._ui.history.view import ListView, notify_errors, run_count_text, run_history
from pages._ui.state.history import history_key
from pages._ui.widgets import alerts

MAX_EXPORTED = 10_000
_BATCH_SIZE = 500
_NO_LIMIT = 10**9


def draw(view: ListView) -> None:
    """A button for the file, and the panel to delete from."""
    lists = run_history()
    st.download_button(
        "CSV",
        lambda: export_csv(lists, view),
        "runs.csv",
        "text/csv",
        key=history_key("csv"),
        icon=":material/download:",
        on_click="ignore",
        help=f"All runs that are found, not this page only; at most the newest {MAX_EXPORTED:,}.",
    )
    panel = st.popover(
        "Delete many", icon=":material/delete_sweep:", key=history_key("many"), on_change="rerun"
    )
    if panel.open:
        with panel, alerts.show_errors():
            _draw_delete_panel(view)


def export_csv(lists: LiveHistory, view: ListView) -> bytes:
    """The runs that are found, the newest first; from any thread. Raises `StoreError`."""
    return csv_bytes([csv_row(entry) for entry in _iterate_runs(lists, view)])


def csv_row(entry: RunSummary) -> dict[str, Any]:
    """A run as a row of the file; times are UTC, a duration is in seconds."""
    return {
        "run": entry.id,
        "flow": entry.flow_name,
        "status": entry.status.value,
        "mode": entry.mode,
        "started": entry.created_at.isoformat(timespec="seconds"),
        "ended": entry.ended_at.isoformat(timespec="seconds") if entry.ended_at else "",
        "seconds": entry.seconds,
        "inputs": entry.input_summary,
        "answer": entry.output_summary,
        "labels": ", ".join(entry.labels),
        "starred": "yes" if entry.starred else "",
        "session": entry.session_id,
        "times sent": entry.attempts,
        "server": entry.server_name,
        "flow id": entry.flow_id,
        "job id": entry.job_id,
    }


def _iterate_runs(lists: LiveHistory, view: ListView) -> Iterator[RunSummary]:
    cursor, left = None, MAX_EXPORTED
    while left:
        page = lists.page(
            view.owners, view.run_filter, older_than=cursor, limit=min(_BATCH_SIZE, left)
        )
        yield from page.runs
        cursor, left = page.older, left - len(page.runs)
        if cursor is None:
            return


def _draw_delete_panel(view: ListView) -> None:
    before: date | None = st.date_input(
        "Started before",
        None,
        MIN_DATE,
        MAX_DATE,
        key=history_key("delete-before"),
        help="Leave it empty for all of them.",
    )
    keep = not view.run_filter.starred and st.toggle(
        "Keep those with a star", True, key=history_key("delete-keep")
    )
    run_filter = _deletable_filter(view.run_filter, before, keep)
    many = run_history().count(view.owners, run_filter, _NO_LIMIT) if run_filter else 0
    if not many:
        st.markdown("There is no such run that has ended.")
        return
    starred = run_history().count(view.owners, replace(run_filter, starred=True), _NO_LIMIT)
    of = "that the filters find" if is_narrowed(view.filters) else "of all flows"
    runs = run_count_text(many)
    draw_confirmation(f"{runs} {of}", starred=starred, keep=keep)
    st.caption("Runs that have not ended are kept.")
    st.button(
        f"Delete {runs}",
        key=history_key("delete-many"),
        type="primary",
        on_click=_delete_matching,
        args=(view, run_filter),
    )


def draw_confirmation(runs: str, *, starred: int, keep: bool = False) -> None:
    """The question before `runs` are deleted; so many with a star are among them, or are kept."""
    stars = ""
    if starred and keep:
        stars = f" {run_count_text(starred)} with a star {'is' if starred == 1 else 'are'} kept."
    elif starred:
        stars = f" :orange[{starred:,} of them {'has' if starred == 1 else 'have'} a star.]"
    st.markdown(f"Delete {runs}, with inputs and outputs? This can't be undone.{stars}")


def _deletable_filter(run_filter: RunFilter, before: date | None, keep: bool) -> RunFilter | None:
    """Those of them that have ended, as of now; None if no status that is asked for is an end."""
    ended = tuple(each for each in run_filter.statuses or RunStatus if each.ended)
    if not ended:
        return None
    bounds = [one for one in (run_filter.until, before and start_of_day(before)) if one is not None]
    return replace(
        run_filter,
        statuses=ended,
        until=min(bounds, default=None),
        ended_before=_now(),
        starred=False if keep else run_filter.starred,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _delete_matching(view: ListView, run_filter: RunFilter) -> None:
    with notify_errors(), st.spinner("Deleting …"):
        notify_deleted(len(run_history().delete_all(view.owners, run_filter)))
        st.session_state[history_key("many")] = False  # the panel is closed


def notify_deleted(many: int) -> None:
    """How many runs are gone."""
    st.toast(f"{run_count_text(many)} deleted.", icon=":material/delete:")
