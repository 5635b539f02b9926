"""A table of the compared runs' status, duration, mode and start."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from lfclient.common.formatting import clip, format_duration
from lfclient.console.compare.survey import have_same_flow
from lfclient.console.store.run_record import MISSING_OUTPUTS_REASONS, RunRecord
from lfclient.console.wording.component_names import describe_decision
from lfclient.console.wording.statuses import run_status_label
from lfclient.console.wording.tokens import cost_text, usage_text
from lfclient.wire.modes import MODES
from pages._ui.app import navigation
from pages._ui.compare.runs import ShownRun
from pages._ui.connection.app_context import app_context
from pages._ui.state import query_params, run_options
from pages._ui.widgets import status_badges
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_time

_ROWS_IF_DIFFERENT = {"Flow", "Server", "Decision"}
_ROWS_IF_KNOWN = {"Tokens", "Cost", "Session"}


def draw_headers(runs: Sequence[ShownRun]) -> None:
    """Draw a card with each run's name, status and duration, then notes about the comparison.

    The first is the baseline.
    """
    now = datetime.now(UTC)
    for run, column in zip(runs, st.columns(len(runs)), strict=True):
        record = run.record
        with column.container(border=True, key=f"compared-{run.number}", gap="xxsmall"):
            facts = [status_badges.markdown_badge(record), format_duration(record.elapsed(now))]
            if run is runs[0]:
                facts.append(":gray-badge[:material/flag: Baseline]")
            st.markdown(f"**{escape(run.full_name(with_flow=True))}**")
            st.markdown(" ".join(facts))
            st.page_link(
                navigation.page("run"),
                label="Open",
                icon=":material/open_in_new:",
                query_params={query_params.RUN: record.id, query_params.FLOW: record.flow_id},
            )
    if not have_same_flow(runs):
        st.info(
            "These runs are of different flows. Inputs and outputs are matched by component name, "
            "so renamed components don't match.",
            icon=":material/info:",
        )
    for run in runs:
        reason = MISSING_OUTPUTS_REASONS.get(run.record.stored_parts)
        if reason and not (run.record.run and run.record.run.outputs):
            st.caption(f":material/info: {run.name} has no outputs: {reason}.")
        elif not run.record.ended:
            st.caption(
                f":material/progress_activity: {run.name} is still running. This page updates "
                "automatically."
            )


def draw(runs: Sequence[ShownRun]) -> None:
    """Draw a table with a row for each fact and a column for each run."""
    now = datetime.now(UTC)
    columns = [_summary_rows(run, now) for run in runs]
    table = pd.DataFrame(columns, index=[run.name for run in runs]).T
    is_different = table.nunique(axis="columns") > 1
    is_shown = is_different | ~table.index.isin(_ROWS_IF_DIFFERENT)
    is_shown &= (table != "–").any(axis="columns") | ~table.index.isin(_ROWS_IF_KNOWN)
    rows = table[is_shown].rename(index=lambda heading: f"**{heading}**")
    st.markdown("## Summary", anchors=False)
    with st.container(key="compared-facts"):
        st.table(rows)


def _summary_rows(run: ShownRun, now: datetime) -> dict[str, str]:
    record = run.record
    status = filter(None, (run_status_label(record), escape(clip(record.failure, 200))))
    usage_by_model = record.run.usage_by_model if record.run else {}
    session = run_options.named_session(record.session_id)
    return {
        "Status": " — ".join(status),
        "Duration": format_duration(record.elapsed(now)) + ("" if record.ended else " so far"),
        "Tokens": usage_text(record.usage) or "–",
        "Cost": escape(cost_text(usage_by_model, app_context().settings.prices)) or "–",
        "Mode": MODES[record.mode].label,
        "Started": format_time(record.created_at, now, seconds=True),
        "Session": escape(clip(session, 60)) or "–",
        "Decision": _decisions_text(record, now),
        "Flow": escape(clip(record.flow_name, 80)),
        "Server": escape(clip(record.server_name, 80)),
    }


def _decisions_text(record: RunRecord, now: datetime) -> str:
    decisions = record.run.decided if record.run else ()
    words = [describe_decision(decision, lambda at: format_time(at, now)) for decision in decisions]
    return escape("; ".join(", ".join(filter(None, parts)) for parts in words)) or "–"
