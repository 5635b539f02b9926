"""The panels of a comparison, each alone: of runs in memory, without a server or a store."""

from datetime import timedelta

from streamlit.testing.v1 import AppTest

from lfclient.console.compare.compared_inputs import compare_stored_inputs, count_differences
from lfclient.console.compare.survey import survey_run
from lfclient.console.compare.volatile import IgnoredNames
from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import Run, RunStatus
from pages._ui.compare.runs import ShownRun
from pages._ui.outputs.card import OutputCard
from tests.support import flows
from tests.ui.support.compare_pages import NOW
from tests.ui.support.whole_pages import ONE

FLOW = flows.flow(flows.chat_input())


def make_run(overrides=None, outputs=(), *, not_run=(), **more):
    """Return an ended run."""
    found = {output.component_id: output for output in outputs}
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=found, not_run=not_run)
    values = {
        "id": "",
        "owner": "o",
        "submit_token": "c",
        "server_name": "s",
        "server_url": "http://x",
        "flow_id": ONE,
        "flow_name": "Echo",
        "mode": "sync",
        "created_at": NOW,
        "ended_at": NOW + timedelta(seconds=1),
        "status": RunStatus.COMPLETED,
        "overrides": overrides or {},
        "run": run,
        "attempts": 1,
    }
    return RunRecord(**{**values, **more})


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


def draw_images(*outputs, view):
    """Draw a view of two outputs with images."""

    def page(runs, cards, view):
        from pages._ui.compare import images

        images.draw(view, "key", "version", runs, cards)

    runs, _ = compare([make_run({}, [each]) for each in outputs])
    cards = [OutputCard(each, "", f"card-{n}", None) for n, each in enumerate(outputs)]
    return AppTest.from_function(page, args=(runs, cards, view)).run()
