"""What can be done to all runs that the filters find: keep them as a file, delete them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st

from lfclient.console.content.csv_writer import csv_bytes
from lfclient.console.runner.live_history import LiveHistory
from lfclient.console.store.run_history import Entry
from lfclient.console.store.run_queries import RunFilter
from lfclient.runs.model import RunStatus
from pages._ui.history.filters import FIRST, LAST, is_narrowed, midnight
from pages._ui.history.view import View, notify_errors, past, runs_words
from pages._ui.state.history import part
from pages._ui.widgets import alerts

MOST_EXPORTED = 10_000
_AT_ONCE = 500
_ALL = 10**9


def draw(view: View) -> None:
    """A button for the file, and the panel to delete from."""
    lists = past()
    st.download_button(
        "CSV",
        lambda: csv_file(lists, view),
        "runs.csv",
        "text/csv",
        key=part("csv"),
        icon=":material/download:",
        on_click="ignore",
        help=f"All runs that are found, not this page only; at most the newest {MOST_EXPORTED:,}.",
    )
    panel = st.popover(
        "Delete many", icon=":material/delete_sweep:", key=part("many"), on_change="rerun"
    )
    if panel.open:
        with panel, alerts.shown():
            _panel(view)


def csv_file(lists: LiveHistory, view: View) -> bytes:
    """The runs that are found, the newest first; from any thread. Raises `StoreError`."""
    return csv_bytes([csv_row(entry) for entry in _entries(lists, view)])


def csv_row(entry: Entry) -> dict[str, Any]:
    """A run as a row of the file; times are UTC, a duration is in seconds."""
    return {
        "run": entry.id,
        "flow": entry.flow_name,
        "status": entry.status.value,
        "mode": entry.mode,
        "started": entry.created_at.isoformat(timespec="seconds"),
        "ended": entry.ended_at.isoformat(timespec="seconds") if entry.ended_at else "",
        "seconds": entry.seconds,
        "inputs": entry.gist,
        "answer": entry.headline,
        "labels": ", ".join(entry.labels),
        "starred": "yes" if entry.starred else "",
        "session": entry.session_id,
        "times sent": entry.attempts,
        "server": entry.server_name,
        "flow id": entry.flow_id,
        "job id": entry.job_id,
    }


def _entries(lists: LiveHistory, view: View) -> Iterator[Entry]:
    cursor, left = None, MOST_EXPORTED
    while left:
        page = lists.page(view.owners, view.which, older_than=cursor, limit=min(_AT_ONCE, left))
        yield from page.entries
        cursor, left = page.older, left - len(page.entries)
        if cursor is None:
            return


def _panel(view: View) -> None:
    before: date | None = st.date_input(
        "Started before",
        None,
        FIRST,
        LAST,
        key=part("delete-before"),
        help="Leave it empty for all of them.",
    )
    keep = not view.which.starred and st.toggle(
        "Keep those with a star", True, key=part("delete-keep")
    )
    which = _deletable(view.which, before, keep)
    many = past().count(view.owners, which, _ALL) if which else 0
    if not many:
        st.markdown("There is no such run that has ended.")
        return
    starred = past().count(view.owners, replace(which, starred=True), _ALL)
    of = "that the filters find" if is_narrowed(view.filters) else "of all flows"
    runs = runs_words(many)
    ask(f"{runs} {of}", starred=starred, keep=keep)
    st.caption("Runs that have not ended are kept.")
    st.button(
        f"Delete {runs}",
        key=part("delete-many"),
        type="primary",
        on_click=_deleted,
        args=(view, which),
    )


def ask(runs: str, *, starred: int, keep: bool = False) -> None:
    """The question before `runs` are deleted; so many with a star are among them, or are kept."""
    stars = ""
    if starred and keep:
        stars = f" {runs_words(starred)} with a star {'is' if starred == 1 else 'are'} kept."
    elif starred:
        stars = f" :orange[{starred:,} of them {'has' if starred == 1 else 'have'} a star.]"
    st.markdown(f"Delete {runs}, with inputs and outputs? This can't be undone.{stars}")


def _deletable(which: RunFilter, before: date | None, keep: bool) -> RunFilter | None:
    """Those of them that have ended, as of now; None if no status that is asked for is an end."""
    ended = tuple(each for each in which.statuses or RunStatus if each.ended)
    if not ended:
        return None
    bounds = [one for one in (which.until, before and midnight(before)) if one is not None]
    return replace(
        which,
        statuses=ended,
        until=min(bounds, default=None),
        ended_before=_now(),
        starred=False if keep else which.starred,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _deleted(view: View, which: RunFilter) -> None:
    with notify_errors(), st.spinner("Deleting …"):
        say_removed(len(past().delete_all(view.owners, which)))
        st.session_state[part("many")] = False  # the panel is closed


def say_removed(many: int) -> None:
    """How many runs are gone."""
    st.toast(f"{runs_words(many)} deleted.", icon=":material/delete:")
