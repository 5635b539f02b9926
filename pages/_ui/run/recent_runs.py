"""The latest runs of this server and key, with their statuses."""

import streamlit as st

from lfclient.common.formatting import clip, elide_common_prefix, format_duration
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from pages._ui.app import navigation
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import flow_choice, run_page
from pages._ui.widgets import alerts, status_badges
from pages._ui.widgets.markdown import escape, format_time

REFRESH_SECONDS = 2.0
MAX_RUNS = 10
MAX_SUMMARY_CHARS = 60  # characters of the inputs in a row


def draw(server: ServerSession) -> None:
    """Draw the list; refresh it while one of its runs is running."""
    try:
        records = app_context().runner.recent(server.owner, MAX_RUNS)
    except LangflowError as error:
        alerts.show(error)
        return
    with st.container(key="recent-head", horizontal=True, vertical_alignment="center"):
        st.markdown("##### Recent runs", anchors=False, width="content")
        st.page_link(navigation.page("history"), label="All runs", icon=":material/history:")
    if not records:
        st.caption("No runs yet")
        return
    if any(not record.ended for record in records):
        st.fragment(_refresh_rows, run_every=REFRESH_SECONDS)(server.owner)
    else:
        st.fragment(_draw_rows)(server.owner)


def _refresh_rows(owner: str) -> None:
    """Draw the rows in a fragment of its own.

    A late tick of it then finds no fragment. Otherwise, if it met the end of the script that drew
    the page without it, Streamlit would lose messages of that page.
    """
    _draw_rows(owner)


@alerts.show_errors()
def _draw_rows(owner: str) -> None:
    records = app_context().runner.recent(owner, MAX_RUNS)
    shown = run_page.run_id()
    with st.container(key="recent-runs", gap="xxsmall"):
        summaries = elide_common_prefix([record.input_summary for record in records])
        for record, words in zip(records, summaries, strict=True):
            _draw_row(record, clip(words, MAX_SUMMARY_CHARS), record.id == shown)


def _draw_row(record: RunRecord, summary: str, shown: bool) -> None:
    """Draw a run as one button: the browser redraws every element after each press."""
    name = escape(clip(record.flow_name, 40))
    facts = [format_duration(record.elapsed())] if record.ended else []
    facts.append(format_time(record.created_at))
    facts += [escape(summary)] if summary else []
    pressed = st.button(
        f"{f'**{name}**' if shown else name} "
        f"{status_badges.markdown_badge(record.status, record.mode)} "
        f":gray[{' · '.join(facts)}]",
        key=f"open-{record.id}",
        type="tertiary",
        disabled=shown,
    )
    if pressed:
        flow_choice.REQUESTED.set(record.flow_id)
        run_page.show_run(record.id)
        st.rerun()
