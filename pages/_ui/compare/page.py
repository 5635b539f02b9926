"""Two to four runs beside each other: inputs, how they went, outputs, timings."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import streamlit as st

from lfclient.console.store.run_record import RunRecord
from pages._ui.compare import facts, inputs, outputs, picker, timings
from pages._ui.compare.runs import Column, columns_of
from pages._ui.connection.app_context import backend
from pages._ui.connection.server_session import ServerSession
from pages._ui.widgets import alerts

EVERY_SECONDS = 1.0


def draw(session: ServerSession) -> None:
    """The runs in the address; where these can't be compared, why, and others to choose from."""
    st.markdown("#### :material/compare: Compare runs", anchors=False)
    asked = picker.asked(session)
    if asked.problem:
        picker.draw(session, asked)
        return
    columns = columns_of(asked.found)
    facts.heads(columns)
    inputs.draw(columns)
    facts.draw(columns)
    outputs.draw(columns)
    timings.draw(columns)
    picker.others(session, asked)
    if any(not column.record.ended for column in columns):
        _watch(columns)


@st.fragment(run_every=EVERY_SECONDS)
@alerts.shown()
def _watch(columns: Sequence[Column]) -> None:
    """Draw the page again once something has come of a run that goes on."""
    for column in columns:
        record = backend().runner.get(column.record.id, column.session.owner)
        if record is None or _outline(record) != _outline(column.record):
            st.rerun()


def _outline(record: RunRecord) -> Hashable:
    run = record.run
    states = tuple((name, one.state) for name, one in run.components.items()) if run else ()
    return record.status, tuple(run.outputs) if run else (), states
