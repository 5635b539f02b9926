"""Up to twelve runs against a baseline: an overview, outputs, inputs, summary, timings."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.console.compare.inputs import ComparedInputs, compare_stored_inputs, count_differences
from lfclient.console.compare.survey import have_same_flow
from lfclient.console.export.csv_files import comparison_csv
from lfclient.console.store.run_record import RunRecord
from pages._ui.app import navigation
from pages._ui.compare import ignored, inputs, outputs, overview, picker, summary, timings
from pages._ui.compare.runs import MAX_SIDE_BY_SIDE, ShownRun, load_runs
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.connection.servers import load_flows
from pages._ui.state import compare_page, notices
from pages._ui.state import history as history_state
from pages._ui.widgets import alerts, controls, downloads

POLL_SECONDS = 1.0


def draw(server: ServerSession) -> None:
    """Compare the runs in the URL, or explain why they can't be compared and offer others."""
    st.markdown("# Compare runs", anchors=False)
    head = st.container(horizontal=True, vertical_alignment="center", key="compared-head")
    head.page_link(
        navigation.page("history"),
        label="History",
        icon=":material/arrow_back:",
        query_params=history_state.last_query(),
    )
    headers, problem = picker.read_runs(server)
    if problem:
        picker.draw_problem(headers, problem)
        picker.draw(server, headers)
        return
    settings = ignored.load(headers)
    runs, baseline = load_runs(headers, compare_page.baseline_from_url(), settings.names)
    _draw_comparison(runs, baseline, settings, head)
    controls.lazy_expander(
        "Compare other runs",
        compare_page.compare_key("others"),
        lambda: picker.draw(server, headers),
    )
    if any(not run.record.ended for run in runs):
        _watch(runs)


def _draw_comparison(
    runs: Sequence[ShownRun],
    baseline: ShownRun,
    settings: ignored.IgnoreSettings,
    head: DeltaGenerator,
) -> None:
    others = [run for run in runs if run is not baseline]
    baseline_first = [baseline, *others]
    compared_inputs = compare_stored_inputs(baseline_first, settings.names)
    with head:
        _draw_download(baseline_first, compared_inputs)
    if len(runs) == 2:
        run = others[0]
    else:
        picker.draw_baseline(runs, baseline)
        overview.draw(runs, baseline, count_differences(runs, baseline, compared_inputs))
        run = picker.draw_compared(others, baseline)
    ignored.draw(runs, settings, compared_inputs.guessed)
    pair = (baseline, run)
    side_by_side = baseline_first if len(runs) <= MAX_SIDE_BY_SIDE else pair
    summary.draw_headers(pair)
    outputs.draw(baseline, run, one_flow=have_same_flow(runs))
    inputs.draw(baseline_first, compared_inputs)
    summary.draw(side_by_side)
    timings.draw(side_by_side)


def _draw_download(baseline_first: Sequence[ShownRun], inputs: ComparedInputs) -> None:
    """Draw the button that saves the comparison."""
    runner = app_context().runner
    names = [run.full_name(with_flow=True) for run in baseline_first]

    def create() -> bytes:
        # the page may have been drawn without a flow, whose secrets are removed
        flows = load_flows((run.server, run.record.flow_id) for run in baseline_first)
        return comparison_csv(
            [
                replace(run, flow=flows.get((run.server.owner, run.record.flow_id), run.flow))
                for run in baseline_first
            ],
            names,
            inputs,
            load=lambda record: runner.load(record.id, record.owner),
            secrets=[secret for run in baseline_first for secret in run.server.connection.secrets],
        )

    downloads.draw_button(
        "Download CSV",
        create,
        downloads.file_name(baseline_first[0].record.flow_name, "comparison", extension="csv"),
        compare_page.compare_key("csv"),
        mime="text/csv",
        help="Inputs, outputs and how they differ. Known secrets are removed.",
    )


@st.fragment(run_every=POLL_SECONDS)
@alerts.show_errors()
def _watch(runs: Sequence[ShownRun]) -> None:
    for run in runs:
        if run.record.ended:
            continue
        record = app_context().runner.get(run.record.id, run.server.owner)
        if record is None or _progress_key(record) != _progress_key(run.record):
            notices.rerun()


def _progress_key(record: RunRecord) -> Hashable:
    run = record.run
    states = [(name, component.state) for name, component in run.components.items()] if run else []
    return record.status, tuple(run.outputs if run else ()), tuple(states)
