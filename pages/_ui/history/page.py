"""The run history: all runs that this browser may see, filtered, page by page, kept up to date."""

import time
from datetime import timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import format_count
from lfclient.console.store.run_history import RunPage
from lfclient.errors import LangflowError
from pages._ui.app import navigation, window
from pages._ui.connection import connect
from pages._ui.connection.server_session import ServerSession
from pages._ui.history import actions, run_list
from pages._ui.history import filters as history_filters
from pages._ui.history.filters import FilterOptions
from pages._ui.history.rows import build_rows
from pages._ui.history.view import ListView, run_history
from pages._ui.state import flow_choice, notices, query_params
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key
from pages._ui.state.slot import first_time
from pages._ui.widgets import alerts

POLL_SECONDS = 2.0
IDLE_POLL_SECONDS = 5.0  # interval while no listed run is in progress
MAX_NEW = 99
# Seconds that the browser needs to render a new table, and the first time to load its code. Without
# this pause, a page takes 182 ms instead of 111 ms, and the first page 790 ms instead of 725 ms.
_HEAD_START, _FIRST_HEAD_START = 0.06, 0.2
_LONG_LIST = 15  # rows; longer lists also have paging buttons below them


def open_requested_run() -> None:
    """Go to the opened run, before anything is loaded.

    The current filters are added to the Run page's URL, because the browser's history keeps the
    list under that URL. So Back returns to the filtered list.
    """
    request = history_state.REQUESTED.take()
    if request:
        run_id, flow_id = request
        flow_choice.REQUESTED.set(flow_id)
        current = {name: st.query_params.get_all(name) for name in st.query_params}
        st.switch_page(navigation.page("run"), query_params={**current, query_params.RUN: run_id})


def draw(servers: tuple[ServerSession, ...], news: DeltaGenerator) -> None:
    """Draw filters, actions and table. New runs are announced in `news`."""
    filters, ignored = history_filters.read()
    was_drawn = history_state.is_drawn()
    history_state.keep_selection()
    form_slot = _reserved_slot("form")

    def draw_form() -> FilterOptions:
        options = _filter_options(servers)
        with form_slot:
            history_filters.draw(filters, options)
        return options

    if ignored:
        alerts.show_message("Ignored some filters in the link", " ".join(ignored), warning=True)
    filtered = tuple(s for s in servers if filters.server in (None, s.connection.name))
    view = ListView(filtered, filters, filters.to_run_filter(), *history_filters.read_cursors())
    connect.draw_notice()
    try:
        view, page = _load_without_new_runs(view)
    except LangflowError:
        draw_form()
        raise
    if not page.runs:
        _draw_empty_list(view, servers, draw_form())
        _watch(view, page, news)
        return
    bar = actions.ActionBar(view, page)
    run_list.draw(build_rows(view, page.runs), with_server=len(servers) > 1)
    # the list is most important, so the parts above it are sent after it
    if not was_drawn:
        time.sleep(_FIRST_HEAD_START if first_time(history_key("listed")) else _HEAD_START)
    bar.draw()
    if len(page.runs) > _LONG_LIST or window.is_narrow():
        actions.draw_pager(page, "below")
    draw_form()
    bar.count()
    _watch(view, page, news)


def draw_without_server() -> None:
    """Draw why no runs are listed: runs belong to a server and a user."""
    st.caption(
        "Runs are listed for the servers that you are connected to. Earlier runs are kept: connect "
        "to their server with a key of its user."
    )


def _reserved_slot(name: str) -> DeltaGenerator:
    """Return a container whose space the stylesheet reserves until it has content."""
    slot = st.container(key=history_key(name))
    slot.empty()  # Streamlit does not send a container without content
    return slot


def _load_without_new_runs(view: ListView) -> tuple[ListView, RunPage]:
    """Return the list without runs that started after its first rendering, so that no row moves."""
    list_key = (view.owners, view.filters)
    until = history_state.until(list_key)
    shown = view.started_before(until) if until else view
    page = shown.load_page()
    if until and not page.runs:
        shown, until = view, None
        page = shown.load_page()
    if page.runs and not (until or view.older_than or view.newer_than):
        until = page.runs[0].created_at + timedelta(microseconds=1)
        history_state.set_until(list_key, until)
        shown = view.started_before(until)
    return shown, page


def _filter_options(servers: tuple[ServerSession, ...]) -> FilterOptions:
    """Return the filters' options, without flows if the store fails."""
    names = list(dict.fromkeys(server.connection.name for server in servers))
    owners = [server.owner for server in servers]
    try:
        return FilterOptions(run_history().flows(owners), names)
    except LangflowError:
        return FilterOptions({}, names)


def _draw_empty_list(
    view: ListView, servers: tuple[ServerSession, ...], options: FilterOptions
) -> None:
    if view.older_than or view.newer_than:
        st.info("No more runs.", icon=":material/info:")
        st.button("Back to newest", key=history_key("newest"), on_click=history_filters.go_to_page)
    elif history_filters.is_narrowed(view.filters) and run_history().count(
        [server.owner for server in servers], limit=1
    ):
        with st.container(border=True, key=history_key("none-match")):
            st.markdown("## No matching runs", anchors=False)
            for reason in history_filters.unknown_values(view.filters, options):
                st.markdown(reason)
            history_filters.clear_button("clear-all")
    else:
        with st.container(border=True, key=history_key("none-yet")):
            st.markdown(
                "## No runs yet\n\n"
                "Runs started in this console are listed here with their inputs and outputs.",
                anchors=False,
            )
            st.page_link(navigation.page("run"), label="Run a flow", icon=":material/play_circle:")


def _watch(view: ListView, page: RunPage, news: DeltaGenerator) -> None:
    is_settled = all(run.is_settled for run in page.runs)
    interval = IDLE_POLL_SECONDS if is_settled else POLL_SECONDS
    with news:
        st.fragment(_poll, run_every=interval)(view, page, time.monotonic())


@alerts.show_errors()
def _poll(view: ListView, drawn: RunPage, drawn_at: float) -> None:
    """Announce new runs, and rerun the page if a listed run has changed.

    The first rerun waits half a poll interval. Otherwise a busy list would rerun without a pause.
    """
    new = view.count_newer(MAX_NEW)
    if new:
        count = f"{MAX_NEW}+ new runs" if new == MAX_NEW else format_count(new, "new run")
        if st.button(f"Show {count}", key=history_key("new"), icon=":material/arrow_upward:"):
            history_filters.go_to_page()
            st.rerun()
    if time.monotonic() - drawn_at < POLL_SECONDS / 2:
        return
    if view.load_page() != drawn:
        notices.rerun()
