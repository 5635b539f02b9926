"""The Compare page and its panels under AppTest, with the runs that they compare."""

import itertools
from datetime import UTC, datetime, timedelta

from streamlit.testing.v1 import AppTest

from lfclient.console.compare.inputs import compare_stored_inputs, count_differences
from lfclient.console.compare.survey import survey_run
from lfclient.console.compare.volatile import IgnoredNames
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.model import Run, RunStatus
from pages._ui.compare.runs import ShownRun
from tests.support import flows
from tests.support.store_records import record
from tests.ui.support.whole_pages import ONE, add_running_run, open_app

TEXT = "ChatInput-a.input_value"
FLOW = flows.flow(flows.chat_input())
_NUMBERS = itertools.count(1)
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def message(text, **more):
    return Output("Out-a", OutputKind.MESSAGE, text, display_name="Out", **more)


def output(kind, value):
    return Output("Out-a", kind, value, display_name="Out")


def run_values(number, overrides=None, outputs=(), *, seconds=None, not_run=(), usage=None, **more):
    """Return the values of the record of the ended run with this number.

    `seconds` and `usage` are those of its chat input.
    """
    chat_input = ComponentRun(
        "ChatInput-a", ComponentState.DONE, "Chat Input", seconds, usage=usage
    )
    run = Run(
        more.get("flow_id", ONE),
        "sync",
        RunStatus.COMPLETED,
        outputs={each.component_id: each for each in outputs},
        not_run=not_run,
        components={chat_input.component_id: chat_input} if seconds else {},
    )
    return {
        "id": f"{number:032x}",
        "submit_token": f"c{number}",
        "overrides": overrides or {},
        "created_at": NOW,
        "ended_at": NOW + timedelta(seconds=1),
        "run": run,
        **more,
    }


def open_comparison(*records, **more):
    """Open the comparison of these runs, or of these run IDs."""
    ids = ",".join(record if isinstance(record, str) else record.id for record in records)
    return open_app("pages/compare.py", runs=ids, **more)


def run_in_progress(**more):
    """Return a run that the runner holds in memory only."""
    return add_running_run("http://x", **{"id": "e" * 32, "submit_token": "memory", **more})


def tables(app):
    """Return the tables of inputs and facts."""
    return [each.value for each in app.table]


def make_run(*arguments, **more):
    """Return an ended run."""
    flow = {"flow_id": ONE, "mode": "sync", "status": RunStatus.COMPLETED}
    return record(**{**flow, **run_values(next(_NUMBERS), *arguments, **more)})


def compare(records):
    """Return the runs as the page compares them with the first, and their inputs."""
    names = IgnoredNames()
    runs = [
        ShownRun(
            number,
            FLOW,
            survey_run(records[0], each, flows=(FLOW, FLOW), one_flow=True, ignored_names=names),
            server=None,
        )
        for number, each in enumerate(records, 1)
    ]
    return runs, compare_stored_inputs(runs, names)


def draw_inputs(*records):
    """Draw the inputs of these runs."""

    def page(runs, compared):
        from pages._ui.compare import inputs

        inputs.draw(runs, compared)

    return AppTest.from_function(page, args=compare(records)).run()


def draw_overview(*records):
    """Draw the table of these runs and their outputs."""

    def page(runs, counts):
        from pages._ui.compare import overview

        overview.draw(runs, runs[0], counts)

    runs, compared = compare(records)
    counts = count_differences(runs, runs[0], compared)
    return AppTest.from_function(page, args=(runs, counts)).run()
