"""What can be done to runs that are listed: those that are ticked, or all that are found."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lfclient.console.store.run_history import RunPage, RunSummary
from lfclient.errors import InvalidRequest
from pages._ui.compare import picker
from pages._ui.connection.app_context import app_context
from pages._ui.history import bulk_all, labels
from pages._ui.history import filters as history_filters
from pages._ui.history.view import ListView, notify_errors, run_count_text, run_history
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key

MAX_COUNTED = 10_000


class ActionBar:
    """A bar: how many there are, what can be done, and the buttons that turn the page.

    It says at once what is known of the number. What else is in it, and what is not counted yet,
    which for a search takes longer than the page, comes when it is called for: behind the table.
    """

    def __init__(self, view: ListView, page: RunPage) -> None:
        self._view, self._page = view, page
        listed = {entry.id: entry for entry in page.runs}
        self._ticked = [listed[run] for run in history_state.selected() if run in listed]
        self._known = (view.owners, view.filters, page)
        self._found = history_state.count(self._known)
        if not page.newer and not page.older:
            self._found = len(page.runs)
        around = st.container(key=history_key("bar-long")) if page.newer or page.older else st
        self._bar = around.container(
            key=history_key("bar"), horizontal=True, vertical_alignment="center", gap="small"
        )
        self._place = self._bar.container(key=history_key("count"), width="content").empty()
        self._say()

    def draw(self) -> None:
        """The buttons."""
        with self._bar:
            if self._ticked:
                _draw_selection_actions(self._view, self._ticked)
            else:
                bulk_all.draw(self._view)
            st.space("stretch")
            _pager_buttons(self._page, "above")

    def count(self) -> None:
        """The number of runs, if it is not known yet."""
        if self._found is None:
            many = run_history().count(self._view.owners, self._view.run_filter, MAX_COUNTED)
            self._found = history_state.set_count(self._known, many)
            self._say()

    def _say(self) -> None:
        self._place.markdown(_count_text(len(self._ticked), self._found))


def draw_pager(page: RunPage, place: str) -> None:
    """The buttons that lead to newer and to older runs; none where all are listed."""
    with st.container(key=history_key(f"turn-{place}"), horizontal=True, gap="small"):
        st.space("stretch")
        _pager_buttons(page, place)


def _pager_buttons(page: RunPage, place: str) -> None:
    if page.newer or page.older:
        with st.container(horizontal=True, width="content", gap="small"):  # side by side anywhere
            _page_button("Newer", ":material/chevron_left:", place, newer=page.newer)
            _page_button("Older", ":material/chevron_right:", place, older=page.older)


def _page_button(label: str, icon: str, place: str, **where) -> None:
    st.button(
        label,
        key=history_key(f"{label.lower()}-{place}"),
        icon=icon,
        icon_position="right" if label == "Older" else "left",
        disabled=not any(where.values()),
        on_click=history_filters.go_to_page,
        kwargs=where,
    )


def _count_text(ticked: int, found: int | None) -> str:
    words = "… runs" if found is None else run_count_text(found)
    if found == MAX_COUNTED:
        words = f"{MAX_COUNTED:,}+ runs"
    return f"**{ticked} of {words} ticked**" if ticked else f"**{words}**"


def _draw_selection_actions(view: ListView, ticked: Sequence[RunSummary]) -> None:
    going = [entry for entry in ticked if not entry.status.ended]
    if len(ticked) == 1:
        st.button(
            "Open",
            key=history_key("open"),
            type="primary",
            icon=":material/open_in_full:",
            shortcut="O",
            on_click=history_state.request_run,
            args=(ticked[0].id, ticked[0].flow_id),
        )
    if picker.MIN_RUNS <= len(ticked) <= picker.MAX_RUNS:
        picker.compare_link([entry.id for entry in ticked])
    if going:
        st.button(
            "Stop" if len(going) == 1 else f"Stop {len(going)}",
            key=history_key("stop"),
            icon=":material/stop:",
            on_click=_stop_selected,
            args=(view, going),
        )
    labels.draw(labels.LabelTarget(view.owners, ticked, _still_selected))
    _draw_delete_panel(view, ticked, len(going))


def _stop_selected(view: ListView, going: Sequence[RunSummary]) -> None:
    """Called before the page is drawn; one that cannot be stopped does not keep the others."""
    servers = {server.owner: server for server in view.servers}
    with notify_errors():
        for entry in _still_selected(going):
            with notify_errors():
                app_context().runner.stop(entry.id, servers[entry.owner].connection)
                st.toast("A stop was asked for.", icon=":material/stop:")


def _draw_delete_panel(view: ListView, ticked: Sequence[RunSummary], going: int) -> None:
    ended = [entry for entry in ticked if entry.status.ended]
    with st.popover("Delete", icon=":material/delete:", key=history_key("delete-panel")):
        if not ended:
            st.markdown("Runs that have not ended can't be deleted. Stop them first.")
            return
        runs = run_count_text(len(ended))
        bulk_all.draw_confirmation(runs, starred=sum(entry.starred for entry in ended))
        if going:
            has = "has" if going == 1 else "have"
            st.caption(f"{going} of those ticked {has} not ended, and stay{'s' * (going == 1)}.")
        st.button(
            f"Delete {runs}",
            key=history_key("delete"),
            type="primary",
            on_click=_delete_selected,
            args=(view, ended),
        )


def _delete_selected(view: ListView, ended: Sequence[RunSummary]) -> None:
    with notify_errors():
        runs = [entry.id for entry in _still_selected(ended)]
        bulk_all.notify_deleted(len(run_history().delete(view.owners, runs).deleted))


def _still_selected(ticked: Sequence[RunSummary]) -> list[RunSummary]:
    """Those of them that are ticked at this moment: a press that comes before the page is drawn
    anew is one on a button of other runs. Raises `InvalidRequest` if there is none.
    """
    selected = history_state.selected()
    still = [entry for entry in ticked if entry.id in selected]
    if not still:
        raise InvalidRequest(
            "Nothing was done: what is ticked was another by then.", hint="Press again."
        )
    return still
