"""Which runs to compare: those in the URL, or others that a person chooses."""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from lfclient.common.formatting import (
    clip_middle,
    format_duration,
    remove_bidi_controls,
    summary_line,
)
from lfclient.console.compare.survey import has_differences, have_same_flow
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import RunRecord
from pages._ui.app import navigation
from pages._ui.compare.runs import (
    MAX_RUNS,
    MIN_RUNS,
    RunHeader,
    ShownRun,
    find_header,
)
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import compare_page, query_params, run_page
from pages._ui.widgets import alerts, controls, status_badges
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_time

MAX_OFFERED = 50  # recent runs in the picker
MAX_SUGGESTED = 5  # other runs of the flow in the menu beside an open run


def read_runs(server: ServerSession) -> tuple[list[RunHeader], str]:
    """Look up the runs in the URL, on all servers that this browser may see.

    Return them, and why they can't be compared, or "".
    """
    run_ids = compare_page.runs_from_url()
    if not run_ids:
        return [], f"Choose {MIN_RUNS} to {MAX_RUNS} runs."
    by_id = {
        run_id: find_header(run_id, server) if run_page.is_run_id(run_id) else None
        for run_id in run_ids[: MAX_RUNS + 1]
    }
    runs = [run for run in by_id.values() if run][:MAX_RUNS]
    missing = list(by_id.values()).count(None)
    if missing:
        lost = "One run in this link was" if missing == 1 else f"{missing} runs in this link were"
        return runs, (
            f"{lost} not found: deleted, or of another server or user. Choose from your runs."
        )
    if len(run_ids) < MIN_RUNS:
        return runs, "Choose the runs to compare this run with."
    if len(run_ids) > MAX_RUNS:
        return runs, (
            f"The link names {len(run_ids)} runs, but at most {MAX_RUNS} can be compared. "
            "Choose which."
        )
    return runs, ""


def draw_problem(runs: Sequence[RunHeader], problem: str) -> None:
    """Draw why the runs in the URL can't be compared, `runs` being those that were found.

    Without any, the picker says how many to choose.
    """
    count = len(compare_page.runs_from_url())
    if len(runs) == count < MIN_RUNS:
        if count:
            st.caption(problem)
    else:
        alerts.show_message("Can't compare these runs", problem, warning=True)


def draw(server: ServerSession, runs: Sequence[RunHeader]) -> None:
    """Draw the picker, with the runs in the URL selected."""
    chosen = [run.record for run in runs]
    recent = app_context().runner.recent(server.owner, MAX_OFFERED)
    records = {record.id: record for record in [*chosen, *recent]}
    if not records:
        st.caption("No runs yet. Run a flow first.")
        st.page_link(navigation.page("run"), label="Run a flow", icon=":material/play_circle:")
        return
    now = datetime.now(UTC)
    labels = controls.unique_labels(
        {id: _option_text(record, now, _record_name(record, now)) for id, record in records.items()}
    )
    url_runs = compare_page.join_runs(compare_page.runs_from_url())
    run_ids = st.multiselect(
        "Runs",
        list(records),
        default=[record.id for record in chosen],
        format_func=labels.__getitem__,
        # other runs in the URL reset the selection
        key=compare_page.compare_key(f"runs-{url_runs}"),
        max_selections=MAX_RUNS,
        placeholder=f"Choose {MIN_RUNS} to {MAX_RUNS}",
        select_all=False,  # it is in the way of the first run that is found
    )
    st.button(
        "Compare",
        key=compare_page.compare_key("go"),
        type="primary",
        icon=":material/compare:",
        disabled=not MIN_RUNS <= len(run_ids) <= MAX_RUNS,
        on_click=compare_page.write_runs_to_url,
        args=(run_ids,),
    )
    if len(recent) == MAX_OFFERED:
        st.caption(f"Shows the {MAX_OFFERED} most recent runs.")


def _record_name(record: RunRecord, now: datetime) -> str:
    return f"{record.flow_name} · {format_time(record.created_at, now, seconds=True)}"


def _option_text(record: RunRecord, now: datetime, heading: str) -> str:
    parts = [
        heading,
        status_badges.status_text(record),
        format_duration(record.elapsed(now)) if record.ended else "",
        summary_line(record.input_summary, 120),
    ]
    return remove_bidi_controls(" · ".join(part for part in parts if part))


def draw_baseline(runs: Sequence[ShownRun], baseline: ShownRun) -> None:
    """Draw a choice of the run that the others are compared with."""
    key = compare_page.compare_key(f"baseline-{baseline.record.id}")
    _run_selectbox(
        "Baseline", runs, runs.index(baseline), key, on_change=_write_baseline, args=(key,)
    )


def _write_baseline(key: str) -> None:
    compare_page.write_baseline_to_url(st.session_state[key])


def draw_compared(runs: Sequence[ShownRun], baseline: ShownRun) -> ShownRun:
    """Draw a choice of the run whose differences from the baseline are shown; return it.

    At first it is the first run that differs.
    """
    ids = [run.record.id for run in runs]
    chosen = compare_page.CHOSEN_RUN.get()
    if chosen not in ids:
        different = (run.record.id for run in runs if has_differences(run))
        chosen = next(different, ids[0])
    key = compare_page.compare_key(f"compared-{baseline.record.id}-{chosen}")
    label = f"Differences from {baseline.name}"
    _run_selectbox(label, runs, ids.index(chosen), key, on_change=_keep_chosen, args=(key,))
    return runs[ids.index(chosen)]


def _keep_chosen(key: str) -> None:
    compare_page.CHOSEN_RUN.set(st.session_state[key])


def _run_selectbox(
    label: str, runs: Sequence[ShownRun], index: int, key: str, **kwargs: Any
) -> None:
    """Draw a select box of these runs. `kwargs` go to `st.selectbox`."""
    now = datetime.now(UTC)
    with_flow = not have_same_flow(runs)
    texts = {
        run.record.id: _option_text(run.record, now, run.full_name(with_flow=with_flow))
        for run in runs
    }
    st.selectbox(label, list(texts), index, format_func=texts.__getitem__, key=key, **kwargs)


def compare_link(
    run_ids: Sequence[str],
    label: str = "Compare",
    icon: str | None = ":material/compare:",
    baseline: str = "",
    *,
    is_main: bool = False,
) -> None:
    """Draw a link to the comparison of these runs with the baseline, or "" for the oldest.

    The main action of its place looks like a primary button.
    """
    params = {query_params.RUNS: compare_page.join_runs(run_ids)}
    if baseline:
        params[query_params.BASELINE] = baseline
    with controls.main_link("compare") if is_main else nullcontext():
        st.page_link(navigation.page("compare"), label=label, icon=icon, query_params=params)


@st.fragment
@alerts.show_errors()
def draw_menu(server: ServerSession, run_id: str, flow_id: str) -> None:
    """Draw a menu that compares the open run with another run of its flow."""
    panel = st.popover(
        "Compare with…",
        icon=":material/compare:",
        type="tertiary",
        key=compare_page.compare_key(f"with-{run_id}"),
        on_change="rerun",
    )
    if not panel.open:
        return
    history, run_filter = app_context().runner.history, RunFilter(flow_id=flow_id)
    recent = history.page([server.owner], run_filter, limit=MAX_SUGGESTED + 1).runs
    with panel:
        others = [run for run in recent if run.id != run_id][:MAX_SUGGESTED]
        st.markdown("Other runs of this flow" if others else "This flow has no other runs yet.")
        with st.container(key="compare-with", gap="xxsmall"):
            for run in others:
                inputs = summary_line(run.input_summary, 60)
                output = escape(clip_middle(run.output_summary, 60))
                head = [
                    format_time(run.created_at, seconds=True),
                    status_badges.markdown_badge(run),
                    "" if run.seconds is None else format_duration(run.seconds),
                ]
                texts = [f":gray[{escape(inputs)}]" if inputs else "", output]
                facts = [" ".join(filter(None, head)), " → ".join(filter(None, texts))]
                label = " · ".join(filter(None, facts))
                compare_link((run_id, run.id), label, icon=None, baseline=run_id)
        icon = ":material/playlist_add_check:"
        compare_link([run_id], "Choose runs", icon, baseline=run_id)
