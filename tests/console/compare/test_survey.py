"""A run is compared with the baseline, and only a few words stay in memory."""

from dataclasses import replace
from datetime import UTC, datetime

from lfclient.console.compare.differences import OutputMatch
from lfclient.console.compare.survey import match_outputs, survey_run, without_values
from lfclient.console.compare.volatile import GUESSES_ONLY
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, NotRun, RunError, Usage
from lfclient.runs.model import Run, RunStatus
from tests.support.agents import UNUSED, run_with_unused_tool
from tests.support.flows import flow, node
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


def run(*outputs, not_run=()):
    found = {output.component_id: output for output in outputs}
    return Run("f", "sync", RunStatus.COMPLETED, outputs=found, not_run=not_run)


def message(id, value, **more):
    return Output(id, OutputKind.MESSAGE, value, **{"display_name": id.split("-")[0], **more})


def values(pairs):
    return [(pair.before and pair.before.value, pair.after and pair.after.value) for pair in pairs]


def test_outputs_are_matched_by_component():
    skipped = NotRun("C-c", "C", "It is on a branch that was not taken.")
    one = run(message("A-a", "x"), message("B-b", "y"), message("C-c", "z"))
    other = run(message("B-b", "other"), message("A-a", "x"), not_run=(skipped,))
    found = match_outputs(one, other, one_flow=True)
    assert [pair.component for pair in found] == ["A", "B", "C"]
    assert values(found) == [("x", "x"), ("y", "other"), ("z", None)]
    assert [pair.not_run for pair in found] == ["", "", "It is on a branch that was not taken."]


def test_outputs_that_only_the_second_run_has_come_last():
    found = match_outputs(run(), run(message("A-a", "x")), one_flow=True)
    assert values(found) == [(None, "x")]


def test_each_named_part_is_matched():
    parts = {"text": message("A-a", "x"), "rows": Output("A-a", OutputKind.TABLE, [{"n": 1}])}
    whole = message("A-a", "x", parts=parts)
    found = match_outputs(run(whole), run(whole), one_flow=True)
    assert [(pair.part, pair.after.kind) for pair in found] == [
        ("text", OutputKind.MESSAGE),
        ("rows", OutputKind.TABLE),
    ]


def test_outputs_of_different_flows_are_matched_by_name_or_as_the_only_ones():
    for name in ("Chat", "Text"):
        other = run(message(f"{name}-b", "y"))
        assert values(match_outputs(run(message("Chat-a", "x")), other, one_flow=False)) == [
            ("x", "y")
        ]


def test_the_second_output_of_a_name_is_matched_with_the_second():
    one, other = (
        run(*(message(f"Chat-{id}", value) for id, value in zip(ids, "xy", strict=True)))
        for ids in ("ab", "cd")
    )
    assert values(match_outputs(one, other, one_flow=False)) == [("x", "x"), ("y", "y")]


def test_components_of_one_name_have_the_numbers_of_their_flow_or_else_their_ids():
    one = run(message("Chat-a", "x"), message("Chat-b", "y"), message("Text-c", "z"))
    same = flow(node("Chat-b"), node("Chat-a"), node("Text-c"))
    found = match_outputs(one, one, (same, same), one_flow=True)
    assert [pair.component for pair in found] == ["Chat 2", "Chat 1", "Text"]
    found = match_outputs(one, one, one_flow=True)
    assert [pair.component for pair in found] == ["Chat, Chat-a", "Chat, Chat-b", "Text"]


def test_an_output_is_named_by_the_flow_of_the_first_run_that_has_it():
    one, other = run(message("Chat-a", "x")), run(message("Chat-b", "y"), message("Chat-c", "z"))
    flows = flow(node("Chat-a")), flow(node("Chat-b"), node("Chat-c"))
    found = match_outputs(one, other, flows, one_flow=False)
    assert [pair.component for pair in found] == ["Chat", "Chat 2"]


def test_a_key_is_the_same_in_comparisons_with_the_same_first_run():
    one = run(message("Chat-a", "x"))
    others = [run(message("Text-b", "y")), run(message("Chat-c", "y"))]
    keys = {match_outputs(one, other, one_flow=False)[0].key for other in others}
    assert len(keys) == 1


def test_a_run_without_a_response_has_no_outputs():
    assert values(match_outputs(run(message("A-a", "x")), None, one_flow=True)) == [("x", None)]
