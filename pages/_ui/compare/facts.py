"""How each of the compared runs went: status, duration, mode, start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from lfclient.common.formatting import clip, format_duration
from lfclient.console.presentation.components import decision_words
from lfclient.console.presentation.modes import MODE_NAMES
from lfclient.console.store.omissions import NO_OUTPUTS
from lfclient.console.store.run_record import RunRecord
from pages._ui.app import navigation
from pages._ui.compare.runs import Column, one_flow
from pages._ui.state import query_params
from pages._ui.widgets import status_badges
from pages._ui.widgets.markdown import plain, time_words


def heads(columns: Sequence[Column]) -> None:
    """Which run has which number, and what to know before the rest."""
    now = datetime.now(UTC)
    for column, place in zip(columns, st.columns(len(columns)), strict=True):
        record = column.record
        with place.container(border=True, key=f"compared-{column.number}", gap="xxsmall"):
            badge = status_badges.markdown_badge(record.status, record.mode)
            took = format_duration(record.elapsed(now))
            st.markdown(f"**{column.name}** {badge} {took}")
            st.caption(f"{plain(clip(record.flow_name, 60))} · {_started(record, now)}")
            st.page_link(
                navigation.run_page(),
                label="Open",
                icon=":material/open_in_new:",
                query_params={
                    query_params.RUN: record.id,
                    query_params.FLOW: record.flow_id,
                },
            )
    if not one_flow(columns):
        st.info(
            "These runs are of different flows: inputs and outputs are matched by the names of "
            "their components, so what only has another name is taken for another.",
            icon=":material/info:",
        )
    for column in columns:
        gone = NO_OUTPUTS.get(column.record.answer_kept)
        if gone and not (column.record.run and column.record.run.outputs):
            st.caption(f":material/info: {column.name} has no outputs here: {gone}.")
        elif not column.record.ended:
            st.caption(
                f":material/progress_activity: {column.name} goes on: this page follows by itself."
            )


def draw(columns: Sequence[Column]) -> None:
    """A row for each fact, a column for each run."""
    now = datetime.now(UTC)
    facts = [_facts(column, now) for column in columns]
    seldom = {"Flow", "Server", "Decided"}  # are told where they differ
    names = [
        name for name in facts[0] if name not in seldom or len({each[name] for each in facts}) > 1
    ]
    table = pd.DataFrame(
        {
            column.name: [each[name] for name in names]
            for column, each in zip(columns, facts, strict=True)
        },
        index=[f"**{name}**" for name in names],
    )
    st.markdown("##### How they went", anchors=False)
    with st.container(key="compared-facts"):
        st.table(table)


def _facts(column: Column, now: datetime) -> dict[str, str]:
    record = column.record
    run = record.run
    errors = [clip(error.message, 200) for error in run.errors[:1]] if run else []
    return {
        "Status": " — ".join([status_badges.word(record.status, record.mode), *map(plain, errors)]),
        "Took": format_duration(record.elapsed(now)) + ("" if record.ended else ", and goes on"),
        "Mode": MODE_NAMES[record.mode],
        "Started": _started(record, now),
        "Session": plain(clip(record.session_id or (run.session_id if run else "") or "–", 60)),
        "Decided": _decided(record, now),
        "Flow": plain(clip(record.flow_name, 80)),
        "Server": plain(clip(record.server_name, 80)),
    }


def _decided(record: RunRecord, now: datetime) -> str:
    decided = record.run.decided if record.run else ()
    words = [decision_words(one, lambda at: time_words(at, now)) for one in decided]
    return plain("; ".join(", ".join(filter(None, each)) for each in words)) or "–"


def _started(record: RunRecord, now: datetime) -> str:
    return time_words(record.created_at, now)
