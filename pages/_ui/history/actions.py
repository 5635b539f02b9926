"""The bar above the list: actions on the selected runs or on all matching runs, and paging."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

import streamlit as st

from lfclient.common.formatting import format_count
from lfclient.console.config.prices import PriceTable
from lfclient.console.export.csv_files import MAX_FULL_RUNS, runs_csv
from lfclient.console.runner.runner import Runner
from lfclient.console.store.errors import UnreadableResponse
from lfclient.console.store.run_history import RunPage
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.console.wording.tokens import total_cost_text
from lfclient.errors import InvalidRequest
from pages._ui.app import window
from pages._ui.compare import picker
from pages._ui.compare.runs import MAX_RUNS, MIN_RUNS
from pages._ui.connection.app_context import app_context
from pages._ui.connection.servers import load_flows, require_access, stop_runs
from pages._ui.history import filters as history_filters
from pages._ui.history import stars
from pages._ui.history.filters import MAX_DATE, MIN_DATE, is_narrowed, start_of_day
from pages._ui.history.view import ListView, run_history
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape

MAX_COUNTED = MAX_EXPORTED = 10_000
_NO_LIMIT = 10**9
_NOTE_WIDTH = 260  # pixels: two lines, which are as high as a button


class ActionBar:
    """The bar with the numbers of runs and tokens, their cost, the actions, and the paging buttons.

    Creating the bar draws the numbers that are already known. `draw` adds the buttons, and `count`
    the other numbers, which take longer than the page in a search. Both run after the table is
    drawn.
    """

    def __init__(self, view: ListView, page: RunPage) -> None:
        self._view, self._page = view, page
        listed = {run.id: run for run in page.runs}
        self._selected = [listed[id] for id in history_state.selected() if id in listed]
        self._totals_key = (view.owners, view.filters, page)
        totals = history_state.totals(self._totals_key)
        self._is_counted = totals is not None
        has_pages = page.newer or page.older
        self._count: int | None = None if has_pages else len(page.runs)
        self._tokens: int | None = None
        self._cost = ""
        if totals:
            self._count, self._tokens, self._cost = totals
        is_long = has_pages and not window.is_narrow()
        parent = st.container(key=history_key("bar-long")) if is_long else st
        self._bar = parent.container(
            key=history_key("bar"), horizontal=True, vertical_alignment="center", gap="small"
        )
        self._count_slot = self._bar.container(key=history_key("count"), width="content").empty()
        self._draw_count()

    def draw(self) -> None:
        """Draw the buttons."""
        with self._bar:
            if self._selected:
                _draw_selection_actions(self._view, self._selected)
                _draw_clear_button()
            else:
                _draw_bulk_actions(self._view)
            st.space("stretch")
            if not window.is_narrow():  # in narrow windows it would take a separate line
                _pager_buttons(self._page, "above")

    def count(self) -> None:
        """Count the matching runs, their tokens and cost, unless done, and draw the numbers."""
        if self._is_counted:
            return
        if self._count is None:
            self._count = run_history().count(self._view.owners, self._view.run_filter, MAX_COUNTED)
        if self._count < MAX_COUNTED:
            self._tokens = run_history().count_tokens(
                self._view.owners, self._view.run_filter, MAX_COUNTED
            )
        if self._tokens is not None:
            self._cost = self._total_cost()
        history_state.set_totals(self._totals_key, self._count, self._tokens, self._cost)
        self._draw_count()

    def _total_cost(self) -> str:
        """Return the matching runs' cost, or "" if no prices are configured."""
        prices = app_context().settings.prices
        if prices is None:
            return ""
        usages = run_history().usages_by_model(
            self._view.owners, self._view.run_filter, MAX_COUNTED
        )
        return total_cost_text(usages, prices)

    def _draw_count(self) -> None:
        text = f"**{_count_text(len(self._selected), self._count)}**"
        if self._tokens is not None and not self._selected:
            text += f" · {format_count(self._tokens, 'token')}"
            text += f" · {escape(self._cost)}" if self._cost else ""
        self._count_slot.markdown(text)


def draw_pager(page: RunPage, place: str) -> None:
    """Draw the buttons for newer and older runs, if there are several pages."""
    with st.container(key=history_key(f"turn-{place}"), horizontal=True, gap="small"):
        st.space("stretch")
        _pager_buttons(page, place)


def _pager_buttons(page: RunPage, place: str) -> None:
    if not (page.newer or page.older):
        return
    # a nested container keeps the buttons side by side in a narrow window
    with st.container(horizontal=True, width="content", gap="small"):
        for name, cursor in (("newer", page.newer), ("older", page.older)):
            is_newer = name == "newer"
            st.button(
                name.capitalize(),
                key=history_key(f"{name}-{place}"),
                icon=":material/chevron_left:" if is_newer else ":material/chevron_right:",
                icon_position="left" if is_newer else "right",
                disabled=not cursor,
                on_click=history_filters.go_to_page,
                kwargs={name: cursor},
            )


def _count_text(selected: int, count: int | None) -> str:
    if selected:
        return f"{selected} selected"
    if count is None:
        return "… runs"
    return f"{MAX_COUNTED:,}+ runs" if count == MAX_COUNTED else format_count(count, "run")


def _draw_selection_actions(view: ListView, selected: Sequence[RunSummary]) -> None:
    running = [run for run in selected if not run.status.ended]
    if len(selected) == 1:
        _draw_open_button(selected[0])
    if MIN_RUNS <= len(selected) <= MAX_RUNS:
        picker.compare_link([run.id for run in selected], is_main=True)
    elif len(selected) > MAX_RUNS:
        st.button("Compare", key=history_key("compare"), icon=":material/compare:", disabled=True)
        st.caption(f"Compare takes {MIN_RUNS} to {MAX_RUNS} runs.", width=_NOTE_WIDTH)
    if running:
        st.button(
            "Stop" if len(running) == 1 else f"Stop {len(running)}",
            key=history_key("stop"),
            icon=":material/stop:",
            on_click=_stop_selected,
            args=(view, running),
        )
    stars.draw(view.owners, selected, partial(_still_selected, selected))
    if not window.is_narrow():  # in narrow windows it would make the bar a line higher
        _draw_csv_button(view, selected)
    _draw_delete_panel(view, selected, len(running))


@notify_errors()
def _stop_selected(view: ListView, running: Sequence[RunSummary]) -> None:
    stop_runs(_still_selected(running), view.servers)


def _draw_delete_panel(view: ListView, selected: Sequence[RunSummary], running: int) -> None:
    ended = [run for run in selected if run.status.ended]
    with st.popover("Delete", icon=":material/delete:", key=history_key("delete-panel")):
        if not ended:
            st.markdown("Runs in progress can't be deleted. Stop them first.")
            return
        runs = format_count(len(ended), "run")
        _draw_confirmation(runs, starred=sum(run.starred for run in ended))
        if running:
            st.caption(f"Keeps {format_count(running, 'run')} in progress.")
        controls.danger_button(
            f"Delete {runs}",
            key=history_key("delete"),
            on_click=_delete_selected,
            args=(view, ended),
        )


@notify_errors()
def _delete_selected(view: ListView, ended: Sequence[RunSummary]) -> None:
    runs = _still_selected(ended)
    require_access(*(run.owner for run in runs))
    run_ids = [run.id for run in runs]
    _notify_deleted(len(run_history().delete(view.owners, run_ids)))


def _still_selected(drawn: Sequence[RunSummary]) -> list[RunSummary]:
    """Return the drawn runs that are still selected. Raise `InvalidRequest` if there are none.

    A click may come from a page drawn before the selection changed.
    """
    selected = history_state.selected()
    current = [run for run in drawn if run.id in selected]
    if not current:
        raise InvalidRequest("The selection changed, so nothing was done.", hint="Try again.")
    return current


def _draw_open_button(run: RunSummary) -> None:
    """Draw the button that opens the selected run."""
    st.button(
        "Open",
        key=history_key("open"),
        type="primary",
        icon=":material/open_in_full:",
        shortcut="O",
        on_click=history_state.REQUESTED.set,
        args=((run.id, run.flow_id),),
    )


def _draw_clear_button() -> None:
    """Draw the button that clears the selection. The actions on all runs then replace it."""
    st.button(
        "Clear selection",
        key=history_key("clear-selection"),
        type="tertiary",
        icon=":material/close:",
        on_click=history_state.select,
        args=([],),
    )


def _draw_bulk_actions(view: ListView) -> None:
    """Draw the actions on all matching runs: CSV export and bulk delete."""
    _draw_csv_button(view)
    key = history_key("bulk")
    panel = st.popover("Bulk delete", icon=":material/delete_sweep:", key=key, on_change="rerun")
    if panel.open:
        with panel, alerts.show_errors():
            _draw_bulk_delete(view)


def _draw_csv_button(view: ListView, selected: Sequence[RunSummary] = ()) -> None:
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


def _draw_bulk_delete(view: ListView) -> None:
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
    _draw_confirmation(matching, starred=starred, keep_starred=keep_starred)
    st.caption("Runs in progress are kept.")
    controls.danger_button(
        f"Delete {runs}",
        key=history_key("delete-bulk"),
        on_click=_delete_matching,
        args=(view, run_filter),
    )


def _draw_confirmation(runs: str, *, starred: int, keep_starred: bool = False) -> None:
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
    _notify_deleted(len(run_history().delete_all(view.owners, run_filter)))
    st.session_state[history_key("bulk")] = False  # closes the panel


def _notify_deleted(count: int) -> None:
    """Show how many runs were deleted."""
    st.toast(f"Deleted {format_count(count, 'run')}.", icon=":material/delete:")
