"""The panels of a comparison, each alone: of runs in memory, without a server or a store."""

import itertools

from streamlit.testing.v1 import AppTest

from lfclient.console.compare.inputs import compare_stored_inputs, count_differences
from lfclient.console.compare.survey import survey_run
from lfclient.console.compare.volatile import IgnoredNames
from lfclient.runs.model import RunStatus
from pages._ui.compare.runs import ShownRun
from pages._ui.outputs.card import OutputCard
from tests.support import flows
from tests.support.store_records import record
from tests.ui.support.compare_pages import run_values
from tests.ui.support.whole_pages import ONE

FLOW = flows.flow(flows.chat_input())
_NUMBERS = itertools.count(1)


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


def draw_images(*outputs, view):
    """Draw a view of two outputs with images."""

    def page(runs, cards, view):
        from pages._ui.compare import images

        images.draw(view, "key", "version", runs, cards)

    runs, _ = compare([make_run({}, [each]) for each in outputs])
    cards = [
        OutputCard(each, run.record.id, f"card-{run.number}", None)
        for run, each in zip(runs, outputs, strict=True)
    ]
    return AppTest.from_function(page, args=(runs, cards, view)).run()
