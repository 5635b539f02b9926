"""The list of all runs that this browser may see: narrowed, page by page, as they stand now."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.console.store.run_history import RunPage
from lfclient.errors import LangflowError
from pages._ui.app import navigation
from pages._ui.connection import connect, server_session
from pages._ui.connection.server_session import ServerSession
from pages._ui.history import bulk_actions, filter_form
from pages._ui.history import chart as history_chart
from pages._ui.history import filters as history_filters
from pages._ui.history import table as history_table
from pages._ui.history.filter_form import FilterOptions
from pages._ui.history.view import ListView, run_history
from pages._ui.state import flow_choice, query_params
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key
from pages._ui.widgets import alerts

POLL_SECONDS = 2.0
IDLE_POLL_SECONDS = 5.0  # between two looks for new runs, where none of the listed ones goes on
MAX_NEW = 99
_SETTLED_SECONDS = 10
# seconds that the browser has for a table that it has just got; at first it loads what draws it
_HEAD_START, _FIRST_HEAD_START = 0.06, 0.2
_LONG_LIST = 15  # rows, from which on the buttons that turn the page stand below them, too


def open_requested_run() -> None:
    """Go to the run that was pressed, before anything is asked for.

    Streamlit has the browser remember this page with the address of that one: with the filters in
    it, its Back button leads to the list as it was.
    """
    wanted = history_state.take_requested_run()
    if wanted:
        run, flow_id = wanted
        flow_choice.request_flow(flow_id)
        here = {name: st.query_params.get_all(name) for name in st.query_params}
        st.switch_page(navigation.run_page(), query_params={**here, query_params.RUN: run})


def draw(news: DeltaGenerator) -> None:
    """The filters, the chart, the actions and the table; in `news`, that there are new runs."""
    everybody = tuple(
        server_session.attach(connection) for connection in server_session.available_connections()
    )
    filters, said = history_filters.read()
    was_drawn = history_state.is_drawn()
    form = _placeholder("form")

    def draw_form() -> FilterOptions:
        choices = _filter_options(everybody)
        with form:
            filter_form.draw(filters, choices)
        return choices

    filter_form.warn_ignored(said)
    mine = tuple(one for one in everybody if filters.server in (None, one.connection.name))
    view = ListView(mine, filters, filters.to_run_filter(), *history_filters.read_cursors())
    connect.draw_notice()
    try:
        view, page = _pin_newest(view)
    except LangflowError:
        draw_form()
        raise
    if not page.runs:
        _draw_empty_list(view, everybody, draw_form())
        _watch(view, page, news)
        return
    chart = _placeholder("chart-place")
    bar = bulk_actions.ActionBar(view, page)
    history_table.draw(page.runs, servers=len(everybody) > 1)
    # the list is what one came for: what stands above it is sent behind it
    if not was_drawn:
        time.sleep(_FIRST_HEAD_START if history_state.is_first_visit() else _HEAD_START)
    bar.draw()
    if len(page.runs) > _LONG_LIST:
        bulk_actions.draw_pager(page, "below")
    draw_form()
    with chart:
        history_chart.draw(view)
    bar.count()
    _watch(view, page, news)


def _placeholder(name: str) -> DeltaGenerator:
    """Room that the page's styles keep free until something is drawn there."""
    place = st.container(key=history_key(name))
    place.empty()  # the browser is told of nothing that has nothing in it
    return place


def _pin_newest(view: ListView) -> tuple[ListView, RunPage]:
    """The runs without those that have begun since the list was first drawn: no row moves."""
    known = (view.owners, view.filters)
    until = history_state.until(known)
    shown = view.started_before(until) if until else view
    page = shown.page()
    if until and not page.runs:
        shown, until = view, None
        page = shown.page()
    if page.runs and not (until or view.older_than or view.newer_than):
        until = page.runs[0].created_at + timedelta(microseconds=1)
        history_state.set_until(known, until)
        shown = view.started_before(until)
    return shown, page


def _filter_options(everybody: tuple[ServerSession, ...]) -> FilterOptions:
    """Where the store does not tell, the filters stand without what it would have offered."""
    names = list(dict.fromkeys(one.connection.name for one in everybody))
    owners = [one.owner for one in everybody]
    try:
        return FilterOptions(run_history().flows(owners), names, run_history().labels(owners))
    except LangflowError:
        return FilterOptions({}, names, [])


def _draw_empty_list(
    view: ListView, everybody: tuple[ServerSession, ...], choices: FilterOptions
) -> None:
    """Why there is no run, and what to do."""
    if view.older_than or view.newer_than:
        st.info("There are no runs further on.", icon=":material/info:")
        st.button(
            "Back to the newest", key=history_key("newest"), on_click=history_filters.go_to_page
        )
    elif history_filters.is_narrowed(view.filters) and run_history().time_range(
        [s.owner for s in everybody]
    ):
        with st.container(border=True, key=history_key("none-match")):
            st.markdown("##### :material/search_off: No run matches these filters", anchors=False)
            for reason in filter_form.unknown_values(view.filters, choices):
                st.markdown(reason)
            filter_form.clear_button("clear-all")
    else:
        with st.container(border=True, key=history_key("none-yet")):
            st.markdown(
                "##### :material/history: No runs yet\n\n"
                "Every run that is started from this console is listed here, with what it was "
                "given and what came of it, also after this page is closed.",
                anchors=False,
            )
            st.page_link(navigation.run_page(), label="Run a flow", icon=":material/play_circle:")


def has_recent_activity(page: RunPage) -> bool:
    """Whether a listed run goes on, or has ended just now: its answer is written a moment later."""
    since = datetime.now(UTC) - timedelta(seconds=_SETTLED_SECONDS)
    return any(
        not entry.status.ended or (entry.ended_at is not None and entry.ended_at > since)
        for entry in page.runs
    )


def _watch(view: ListView, page: RunPage, news: DeltaGenerator) -> None:
    lively = has_recent_activity(page)
    every = POLL_SECONDS if lively else IDLE_POLL_SECONDS
    with news:
        st.fragment(_poll, run_every=every)(view, page, lively, time.monotonic())


@alerts.show_errors()
def _poll(view: ListView, seen: RunPage, lively: bool, drawn: float) -> None:
    """Says how many new runs there are, and has the page drawn again once a run that is listed has
    become another. Not at once: where runs come and end all the time, it would be drawn without a
    pause.
    """
    new = view.count_newer(MAX_NEW)
    if new:
        words = f"{MAX_NEW}+ new runs" if new == MAX_NEW else f"{new} new run{'s' * (new > 1)}"
        if st.button(f"{words} – show", key=history_key("new"), icon=":material/arrow_upward:"):
            history_filters.go_to_page()
            st.rerun()
    if time.monotonic() - drawn < POLL_SECONDS / 2:
        return
    page = view.page()
    if page != seen or has_recent_activity(page) != lively:
        st.rerun()
