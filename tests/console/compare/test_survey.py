"""A run is compared with the baseline, and only a few words stay in memory."""

from dataclasses import replace
from datetime import UTC, datetime

from lfclient.console.compare.differences import OutputMatch
from lfclient.console.compare.survey import survey_run, without_values
from lfclient.console.compare.volatile import GUESSES_ONLY
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, RunError, Usage
from lfclient.runs.model import Run, RunStatus
from tests.support.agents import UNUSED, run_with_unused_tool
from tests.support.store_records import record

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def ended_record(value, job_id="job"):
    output = Output("A-a", OutputKind.DATA, value, display_name="A")
    run = Run("f", "sync", RunStatus.COMPLETED, outputs={"A-a": output}, raw={"big": value})
    return record(mode="sync", created_at=NOW, job_id=job_id, ended_at=NOW, run=run)


def survey(baseline, other, flow=None):
    return survey_run(
        baseline, other, flows=(flow, flow), one_flow=True, ignored_names=GUESSES_ONLY
    )


def test_each_output_is_compared_with_the_baselines():
    (cell,) = survey(ended_record({"a": 1}), ended_record({"a": 2})).cells.values()
    assert (cell.component, cell.kind) == ("A", OutputKind.DATA)
    assert (cell.difference.match, cell.difference.note) == (OutputMatch.DIFFERENT, "1 value")


def test_the_ids_of_the_two_runs_are_ignored():
    (cell,) = survey(
        ended_record({"ref": "x"}, "x"), ended_record({"ref": "y"}, "y")
    ).cells.values()
    assert (cell.difference.match, cell.difference.ignored) == (OutputMatch.EQUAL, ("ref",))


def test_nothing_is_said_about_a_baseline_that_cannot_be_read():
    (cell,) = survey(None, ended_record({"a": 1})).cells.values()
    assert cell.difference.match is OutputMatch.UNKNOWN
    assert cell.difference.note == "the baseline could not be read"


def test_a_tool_that_was_not_called_is_known_without_the_messages():
    run, flow = run_with_unused_tool()
    whole = replace(ended_record(""), run=run)
    light = survey(whole, whole, flow).record.run
    assert not light.messages
    assert light.components[UNUSED].state is ComponentState.NOT_CALLED


def test_values_are_dropped_and_facts_are_kept():
    whole = ended_record("x" * 1000)
    component = ComponentRun(
        "A-a", output=whole.run.outputs["A-a"], log=("x",), usage=Usage(1, 2, 3)
    )
    run = replace(whole.run, components={"A-a": component}, errors=(RunError("why"),))
    light = without_values(replace(whole, run=run))
    assert "xxx" not in repr(light)
    assert light.usage == Usage(1, 2, 3)
    assert light.run.errors == (RunError("why"),)
    assert list(light.run.outputs) == ["A-a"]
