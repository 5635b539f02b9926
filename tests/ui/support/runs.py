"""Runs that the tests of the Run page draw, store and start."""

from dataclasses import replace
from datetime import UTC, datetime

from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, Message
from lfclient.runs.model import Run, RunStatus
from pages._ui.state import run_page as ui_state
from tests.ui.support.whole_pages import ONE, add_ended_run, open_app

NOW = datetime.now(UTC)
ANSWER = Output("B", OutputKind.MESSAGE, "the answer", type="message", display_name="Chat Output")
DONE = ComponentRun("A", ComponentState.DONE, "Chat Input", 0.2, NOW, replace(ANSWER, value="in"))
COMPONENTS = {
    "A": DONE,
    "B": ComponentRun("B", ComponentState.RUNNING, "Chat Output"),
    "C": ComponentRun("C", ComponentState.SKIPPED, "Other"),
}
POST = "POST /api/v2/workflows"
RESPONSE = {
    "job_id": "00000000-0000-4000-8000-000000000001",
    "flow_id": ONE,
    "object": "response",
    "status": "completed",
    "outputs": {},
    "errors": [],
    "inputs": {},
}
PARTIAL = Message("m", "Once ", "Machine", "AI", complete=False, streamed="Once upon")


def run_with(status=RunStatus.IN_PROGRESS, **more):
    more = {"components": COMPONENTS, "last_event_id": "4", **more}
    return Run(ONE, "background", status, job_id="j", **more)


def open_table(record):
    """Open a run with its components as a table, where there are none to click."""
    app = open_app(run=record.id)
    app.session_state[ui_state.COMPONENTS_VIEW] = "Table"
    return app.run()


def store_ended_run(server, overrides, **more):
    """Store an ended run of the flow and return it."""
    more = {"run": Run(ONE, "sync", RunStatus.COMPLETED), **more}
    return add_ended_run(server.url, overrides=overrides, **more)
