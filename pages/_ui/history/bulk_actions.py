"""What can be done to runs that are listed: those that are ticked, or all that are found."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lfclient.console.store.run_history import Entry, Page
from lfclient.errors import InvalidRequest
from pages._ui.compare import picker
from pages._ui.connection.app_context import backend
from pages._ui.history import bulk_all, labels
from pages._ui.history import filters as history_filters
from pages._ui.history.view import View, notify_errors, past, runs_words
from pages._ui.state import history as history_state
from pages._ui.state.history import part

MOST_COUNTED = 10_000


class Bar:
    """A bar: how many there are, what can be done, and the buttons that turn the page.

    It says at once what is known of the number. What else is in it, and what is not counted yet,
    which for a search takes longer than the page, comes when it is called for: behind the table.
    """

    def __init__(self, view: View, page: Page) -> None:
        self._view, self._page = view, page
        listed = {entry.id: entry for entry in page.entries}
        self._ticked = [listed[run] for run in history_state.selected() if run in listed]
        self._known = (view.owners, view.filters, page)
        self._found = history_state.count(self._known)
        if not page.newer and not page.older:
            self._found = len(page.entries)
        around = st.container(key=part("bar-long")) if page.newer or page.older else st
        self._bar = around.container(
            key=part("bar"), horizontal=True, vertical_alignment="center", gap="small"
        )
        self._place = self._bar.container(key=part("count"), width="content").empty()
        self._say()

    def draw(self) -> None:
        """The buttons."""
        with self._bar:
            if self._ticked:
                _of_ticked(self._view, self._ticked)
            else:
                bulk_all.draw(self._view)
            st.space("stretch")
            _turn(self._page, "above")

    def count(self) -> None:
        """The number of runs, if it is not known yet."""
        if self._found is None:
            many = past().count(self._view.owners, self._view.which, MOST_COUNTED)
            self._found = history_state.keep_count(self._known, many)
            self._say()

    def _say(self) -> None:
        self._place.markdown(_how_many(len(self._ticked), self._found))


def turn(page: Page, place: str) -> None:
    """The buttons that lead to newer and to older runs; none where all are listed."""
    with st.container(key=part(f"turn-{place}"), horizontal=True, gap="small"):
        st.space("stretch")
        _turn(page, place)


def _turn(page: Page, place: str) -> None:
    if page.newer or page.older:
        with st.container(horizontal=True, width="content", gap="small"):  # side by side anywhere
            _beside("Newer", ":material/chevron_left:", place, newer=page.newer)
            _beside("Older", ":material/chevron_right:", place, older=page.older)


def _beside(label: str, icon: str, place: str, **where) -> None:
    st.button(
        label,
        key=part(f"{label.lower()}-{place}"),
        icon=icon,
        icon_position="right" if label == "Older" else "left",
        disabled=not any(where.values()),
        on_click=history_filters.go,
        kwargs=where,
    )


def _how_many(ticked: int, found: int | None) -> str:
    words = "… runs" if found is None else runs_words(found)
    if found == MOST_COUNTED:
        words = f"{MOST_COUNTED:,}+ runs"
    return f"**{ticked} of {words} ticked**" if ticked else f"**{words}**"


def _of_ticked(view: View, ticked: Sequence[Entry]) -> None:
    going = [entry for entry in ticked if not entry.status.ended]
    if len(ticked) == 1:
        st.button(
            "Open",
            key=part("open"),
            type="primary",
            icon=":material/open_in_full:",
            shortcut="O",
            on_click=history_state.want,
            args=(ticked[0].id, ticked[0].flow_id),
        )
    if picker.FEWEST <= len(ticked) <= picker.MOST:
        picker.link([entry.id for entry in ticked])
    if going:
        st.button(
            "Stop" if len(going) == 1 else f"Stop {len(going)}",
            key=part("stop"),
            icon=":material/stop:",
            on_click=_stop,
            args=(view, going),
        )
    labels.draw(labels.Marked(view.owners, ticked, _still))
    _delete(view, ticked, len(going))


def _stop(view: View, going: Sequence[Entry]) -> None:
    """Called before the page is drawn; one that cannot be stopped does not keep the others."""
    sessions = {session.owner: session for session in view.sessions}
    with notify_errors():
        for entry in _still(going):
            with notify_errors():
                backend().runner.stop(entry.id, sessions[entry.owner].connection)
                st.toast("A stop was asked for.", icon=":material/stop:")


def _delete(view: View, ticked: Sequence[Entry], going: int) -> None:
    ended = [entry for entry in ticked if entry.status.ended]
    with st.popover("Delete", icon=":material/delete:", key=part("delete-panel")):
        if not ended:
            st.markdown("Runs that have not ended can't be deleted. Stop them first.")
            return
        runs = runs_words(len(ended))
        bulk_all.ask(runs, starred=sum(entry.starred for entry in ended))
        if going:
            has = "has" if going == 1 else "have"
            st.caption(f"{going} of those ticked {has} not ended, and stay{'s' * (going == 1)}.")
        st.button(
            f"Delete {runs}",
            key=part("delete"),
            type="primary",
            on_click=_deleted,
            args=(view, ended),
        )


def _deleted(view: View, ended: Sequence[Entry]) -> None:
    with notify_errors():
        runs = [entry.id for entry in _still(ended)]
        bulk_all.say_removed(len(past().delete(view.owners, runs).gone))


def _still(ticked: Sequence[Entry]) -> list[Entry]:
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
