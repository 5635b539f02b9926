"""The download of a comparison, created on request."""

from collections.abc import Sequence
from dataclasses import replace

from lfclient.console.compare.inputs import ComparedInputs
from lfclient.console.export.comparison_csv import comparison_csv
from pages._ui.compare.runs import ShownRun
from pages._ui.connection.app_context import app_context
from pages._ui.connection.exported_flows import load_flows
from pages._ui.state import compare_page
from pages._ui.widgets import downloads


def draw(baseline_first: Sequence[ShownRun], inputs: ComparedInputs) -> None:
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
