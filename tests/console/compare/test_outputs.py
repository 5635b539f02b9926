"""Outputs of runs are matched and compared."""

from lfclient.console.compare.outputs import OutputMatch, compare_outputs
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import NotRun
from lfclient.runs.model import Run, RunStatus


def run(*outputs, not_run=()):
    found = {output.component_id: output for output in outputs}
    return Run("f", "sync", RunStatus.COMPLETED, outputs=found, not_run=not_run)


def message(id, value, **more):
    return Output(id, OutputKind.MESSAGE, value, **{"display_name": id.split("-")[0], **more})


def test_outputs_are_matched_by_component():
    skipped = NotRun("C-c", "C", "It is on a branch that was not taken.")
    one = run(message("A-a", "x"), message("B-b", "y"), message("C-c", "z"))
    other = run(message("B-b", "other"), message("A-a", "x"), not_run=(skipped,))
    found = compare_outputs([one, other], one_flow=True)
    assert [(row.component, row.match) for row in found] == [
        ("A", OutputMatch.EQUAL),
        ("B", OutputMatch.DIFFERENT),
        ("C", OutputMatch.MISSING),
    ]
    assert found[2].not_run == ("", "It is on a branch that was not taken.")


def test_each_named_part_is_compared():
    parts = {"text": message("A-a", "x"), "rows": Output("A-a", OutputKind.TABLE, [{"n": 1}])}
    whole = message("A-a", "x", parts=parts)
    found = compare_outputs([run(whole), run(whole)], one_flow=True)
    assert [(row.part, row.kind) for row in found] == [
        ("text", OutputKind.MESSAGE),
        ("rows", OutputKind.TABLE),
    ]


def test_outputs_of_different_flows_are_matched_by_name_or_as_the_only_ones():
    found = compare_outputs(
        [run(message("Chat-a", "x")), run(message("Chat-b", "x"))], one_flow=False
    )
    assert [row.match for row in found] == [OutputMatch.EQUAL]
    found = compare_outputs(
        [run(message("Chat-a", "x")), run(message("Text-b", "y"))], one_flow=False
    )
    assert [row.match for row in found] == [OutputMatch.DIFFERENT]


def test_the_second_output_of_a_name_is_matched_with_the_second():
    one, other = (
        run(*(message(f"Chat-{id}", value) for id, value in zip(ids, "xy", strict=True)))
        for ids in ("ab", "cd")
    )
    found = compare_outputs([one, other], one_flow=False)
    assert [row.match for row in found] == [OutputMatch.EQUAL, OutputMatch.EQUAL]


def test_files_of_the_same_name_and_size_may_differ():
    """Their contents are not compared."""
    files = [Output("A-a", OutputKind.FILE, FileRef("a.txt", id=id, size=3)) for id in "xy"]
    (row,) = compare_outputs([run(files[0]), run(files[1])], one_flow=True)
    assert row.match is OutputMatch.UNKNOWN


def test_a_run_without_a_response_has_no_outputs():
    (row,) = compare_outputs([run(message("A-a", "x")), None], one_flow=True)
    assert row.match is OutputMatch.MISSING
