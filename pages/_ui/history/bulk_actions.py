"""The bar above the list: actions on the selected runs or on all matching runs, and paging."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from lfclient.common.formatting import format_count
from lfclient.console.store.run_history import RunPage
from lfclient.console.store.run_record import RunSummary
from lfclient.console.wording.tokens import total_cost_text
from lfclient.errors import InvalidRequest
from pages._ui.app import window
from pages._ui.compare import picker
from pages._ui.compare.runs import MAX_RUNS, MIN_RUNS
from pages._ui.connection.app_context import app_context
from pages._ui.connection.servers import require_access
from pages._ui.connection.stopping import stop_runs
from pages._ui.history import bulk_all, groups, labels
from pages._ui.history import filters as history_filters
from pages._ui.history.view import ListView, run_history
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import controls
from pages._ui.widgets.markdown import escape

MAX_COUNTED = 10_000


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
                groups.clear_button()
            else:
                bulk_all.draw(self._view)
            st.space("stretch")
            groups.switch(self._view)
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
        groups.open_button("Open", selected[0])
    if MIN_RUNS <= len(selected) <= MAX_RUNS:
        picker.compare_link([run.id for run in selected], is_main=True)
    elif len(selected) > MAX_RUNS:
        groups.refuse_to_compare("*Group equal results* shows what differs.")
    if running:
        st.button(
            "Stop" if len(running) == 1 else f"Stop {len(running)}",
            key=history_key("stop"),
            icon=":material/stop:",
            on_click=_stop_selected,
            args=(view, running),
        )
    labels.draw(labels.LabelTarget(view.owners, selected, partial(_still_selected, selected)))
    if not window.is_narrow():  # in narrow windows it would make the bar a line higher
        bulk_all.draw_csv_button(view, selected)
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
        bulk_all.draw_confirmation(runs, starred=sum(run.starred for run in ended))
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
    bulk_all.notify_deleted(len(run_history().delete(view.owners, run_ids)))


def _still_selected(drawn: Sequence[RunSummary]) -> list[RunSummary]:
    """Return the drawn runs that are still selected. Raise `InvalidRequest` if there are none.

    A click may come from a page drawn before the selection changed.
    """
    selected = history_state.selected()
    current = [run for run in drawn if run.id in selected]
    if not current:
        raise InvalidRequest("The selection changed, so nothing was done.", hint="Try again.")
    return current
