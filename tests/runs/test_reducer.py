"""A run from its events, on recorded streams."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfclient import (
    ComponentFinished,
    ComponentSkipped,
    ComponentState,
    HumanInputRequired,
    MessageAdded,
    MessageRemoved,
    NotRun,
    Output,
    OutputKind,
    Run,
    RunEnded,
    RunError,
    RunStatus,
    Token,
    UnknownEvent,
    Usage,
    Warned,
    apply,
)
from lfclient.runs.components import ComponentRun, HumanInput, Message
from lfclient.runs.event_parser import EventParser
from lfclient.runs.reducer import finalize, merge_component_runs, merge_messages, merge_response
from lfclient.runs.responses import new_run
from tests.runs.test_event_parser import VERSIONS, read
from tests.support.recorded import events

NEW = new_run("f", "background", None)
CASES = ["bg_events_live", "bg_events_failed", "hitl_events_approve", "hitl_events_reject"]


def after(found: list, run: Run = NEW) -> Run:
    for event in found:
        run = apply(run, event)
    return run


def states(run: Run) -> dict[str, str]:
    return {name: one.state.value for name, one in run.components.items()}


def test_a_component_that_ran_in_a_loop_is_not_skipped_at_the_end_of_the_loop():
    """The loop's end inactivates the first component of its body."""
    body = ComponentFinished("Parser-p", "Parser", None, 0.1, None, (), ())
    loop = ComponentFinished("Loop-l", "Loop", None, 0.1, None, (), ("Parser-p", "Else-e"))
    skipped = (ComponentSkipped(id, by="Loop-l") for id in loop.skipped_ids)
    run = after([body, loop, *skipped])
    assert states(run) == {"Parser-p": "done", "Loop-l": "done", "Else-e": "skipped"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_good_run_has_all_components_done_and_the_complete_text(version: str):
    run = after(read(events(version, "bg_events_live")))
    assert set(states(run).values()) == {"done"}
    last = run.components["ChatOutput-xyz34"]
    assert (last.output.value, last.seconds > 1) == ("".join(f"tok{n} " for n in range(8)), True)
    question, answer = run.messages.values()
    assert (question.sender, question.text) == ("User", "hi")
    assert (answer.visible_text, answer.complete) == (last.output.value, True)
    assert run.components["Streamer-aaaaa"].log == ("a log line",)
    assert run.status is RunStatus.IN_PROGRESS  # an `end` is no success


@pytest.mark.parametrize("version", VERSIONS)
def test_a_text_grows_token_by_token(version: str):
    """The first token, which arrives twice, is shown once."""
    run, shown = NEW, []
    for event in read(events(version, "bg_events_live")):
        run = apply(run, event)
        if isinstance(event, Token):
            shown.append(list(run.messages.values())[-1].visible_text)
    assert shown == ["".join(f"tok{n} " for n in range(last + 1)) for last in range(8)]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_component_runs_once_the_earlier_ones_are_done(version: str):
    found = read(events(version, "bg_events_live"))
    first = next(n for n, event in enumerate(found) if isinstance(event, ComponentFinished))
    assert states(after(found[: first + 1])) == {
        "ChatInput-abc12": "done",
        "Streamer-aaaaa": "running",
        "ChatOutput-xyz34": "waiting",
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_question_suspends_its_component_until_the_decision(version: str):
    found = read(events(version, "hitl_events_approve"))
    index = next(n for n, event in enumerate(found) if isinstance(event, HumanInputRequired))
    run = after(found[: index + 1])
    assert run.status is RunStatus.SUSPENDED
    assert run.waiting_for.prompt == "Deploy? approve"
    assert states(run) == {
        "ChatInput-abc12": "done",
        "HumanInput-hhhhh": "suspended",
        "ChatOutput-appro": "waiting",
        "ChatOutput-rejec": "waiting",
    }
    assert run.components["HumanInput-hhhhh"].output is None
    run = after(found[index + 1 :], run)
    assert (run.waiting_for, states(run)["ChatOutput-rejec"]) == (None, "skipped")
    assert states(run)["ChatOutput-appro"] == "done"


@pytest.mark.parametrize("case", CASES)
def test_resuming_after_any_event_leads_to_the_same_run(case: str):
    """Only tokens and log lines, which no server repeats, may be missing."""
    frames = events(VERSIONS[-1], case)
    found = read(frames)
    whole = after(found)
    texts = {name: one.visible_text for name, one in whole.messages.items() if one.complete}
    for cut in range(len(found)):
        run = after(found[:cut])
        last = run.last_event_id
        rest = [one for one in frames if one.get("event") not in ("token", "log")]
        resumed = after(read(rest, EventParser(after=last)), run)
        for name, component in whole.components.items():
            assert replace(resumed.components[name], log=()) == replace(component, log=())
        assert {name: resumed.messages[name].visible_text for name in texts} == texts
        assert (resumed.outputs, resumed.status) == (whole.outputs, whole.status)


@pytest.mark.parametrize("case", CASES)
def test_an_event_applied_twice_changes_nothing(case: str):
    found = [event for event in read(events("1.13.0", case)) if event.id]
    run = after(found)
    assert after(found, run) == run


def test_a_gap_is_marked_until_the_text_is_complete():
    message = Message("m", "one ", complete=False)
    run = after([MessageAdded(message), Token("m", "one "), Token("m", "four ", True)])
    assert run.messages["m"].visible_text == "one … four "
    run = apply(run, MessageAdded(replace(message, text="one two three four", complete=True)))
    assert run.messages["m"].visible_text == "one two three four"
    assert apply(run, Token("m", "late")) == run


def test_tokens_without_their_message_are_shown():
    assert after([Token("m", "four ", True)]).messages["m"].visible_text == "… four "


def test_a_removed_message_is_gone():
    run = after([MessageAdded(Message("m", "text")), MessageRemoved("m"), MessageRemoved("n")])
    assert run.messages == {}


def test_the_last_removed_message_is_kept_with_its_calls_alone():
    blocks = ({"type": "tool_use", "name": "add"}, {"type": "text", "text": "text"})
    first, last = Message("m", "text"), Message("n", "text", complete=False, blocks=blocks)
    added = [MessageAdded(first), MessageAdded(last), Token("n", "text more")]
    run = after([*added, MessageRemoved("m"), MessageRemoved("n"), MessageRemoved("o")])
    assert run.removed_message == Message("n", complete=False, blocks=blocks[:1])


def test_a_question_ends_the_message_that_was_removed_for_it():
    """The agent sends it again after the decision."""
    asked = [MessageAdded(Message("m")), MessageRemoved("m")]
    assert after([*asked, HumanInputRequired(HumanInput("A:job", "Pay?"))]).removed_message is None


def test_the_end_brings_the_outcome_and_keeps_the_events():
    run = after(read(events("1.13.0", "bg_events_live"))[:5])
    judged = replace(
        NEW, status=RunStatus.CANCELLED, warnings=("w",), not_run=(NotRun("a", "A", "why"),)
    )
    ended = apply(run, RunEnded(RunStatus.CANCELLED, judged, id="9"))
    assert (ended.status, ended.warnings, ended.last_event_id) == (RunStatus.CANCELLED, ("w",), "9")
    assert ended.messages == run.messages
    assert ComponentState.INTERRUPTED in {one.state for one in ended.components.values()}
    assert "running" not in states(ended).values()


def test_the_end_brings_outputs_that_events_had_truncated():
    run = after(read(events("1.13.0", "bg_events_live")))
    whole = replace(run.outputs["ChatOutput-xyz34"], value="the whole text")
    judged = replace(NEW, status=RunStatus.COMPLETED, outputs={"ChatOutput-xyz34": whole})
    ended = apply(run, RunEnded(RunStatus.COMPLETED, judged))
    assert ended.components["ChatOutput-xyz34"].output is whole
    assert ended.components["Streamer-aaaaa"].output == run.components["Streamer-aaaaa"].output


def test_a_component_that_only_the_end_reports_as_failed_has_failed():
    run = after(read(events("1.13.0", "bg_events_live"))[:2])
    error = RunError("boom", component_id="ChatInput-abc12")
    ended = apply(
        run, RunEnded(RunStatus.FAILED, replace(NEW, status=RunStatus.FAILED, errors=(error,)))
    )
    assert states(ended)["ChatInput-abc12"] == "failed"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_failure_shows_before_its_traceback_is_written(version: str):
    """The error message arrives seconds before the end of its component."""
    found = read(events(version, "bg_events_failed"))
    last = max(n for n, event in enumerate(found) if isinstance(event, MessageAdded))
    failed = after(found[: last + 1]).components["ChatOutput-xyz34"]
    assert (failed.state, failed.error.message) == (ComponentState.FAILED, "boom mid-stream")
    assert after(found).components["ChatOutput-xyz34"].error.traceback


def test_a_warning_is_kept_and_an_unknown_event_only_moves_the_position():
    run = after([Warned("careful", id="1"), UnknownEvent("new", {}, id="2")])
    assert (run.warnings, run.last_event_id) == (("careful",), "2")


def test_a_repeated_question_keeps_its_pending_answer():
    question = HumanInputRequired(HumanInput("A:job", "Pay?"))
    run = apply(NEW, question)
    run = replace(run, waiting_for=replace(run.waiting_for, sent="approve"))
    assert apply(run, question).waiting_for.sent == "approve"


@pytest.mark.parametrize("sent", ["approve", None])
def test_an_answered_question_is_kept_after_the_run_resumes(sent: str | None):
    found = read(events("1.13.0", "hitl_events_approve"))
    index = next(n for n, event in enumerate(found) if isinstance(event, HumanInputRequired))
    waits = after(found[: index + 1])
    assert waits.decided == ()
    question = replace(waits.waiting_for, sent=sent)
    run = after(found[index + 1 :], replace(waits, waiting_for=question))
    assert (run.waiting_for, run.decided) == (None, (question,))
    assert merge_response(run, NEW).decided == (question,)


@pytest.mark.parametrize(
    ("status", "sent", "known"),
    [
        (RunStatus.COMPLETED, None, True),
        (RunStatus.CANCELLED, None, False),
        (RunStatus.CANCELLED, "approve", True),
    ],
)
def test_an_open_question_of_a_completed_run_counts_as_answered(
    status: RunStatus, sent: str | None, known: bool
):
    question = HumanInput("A:job", "Pay?", sent=sent)
    run = finalize(replace(NEW, waiting_for=question, status=status))
    assert (run.waiting_for, run.decided) == (None, (question,) if known else ())


def test_events_neither_end_nor_revive_a_run():
    ended = replace(NEW, status=RunStatus.CANCELLED)
    late = after(read(events("1.13.0", "hitl_events_approve")), ended)
    assert late.status is RunStatus.CANCELLED


def test_a_response_older_than_the_events_removes_nothing():
    before = after([*read(events("1.13.0", "bg_events_live")), Warned("old component", id="20")])
    answer = replace(NEW, status=RunStatus.CANCELLED, warnings=("new", "old component"))
    run = merge_response(before, answer)
    assert (run.status, run.last_event_id) == (RunStatus.CANCELLED, "20")
    assert (run.components, run.messages) == (before.components, before.messages)
    assert run.warnings == ("old component", "new")
    assert run.outputs == before.outputs
    assert merge_response(run, answer) == run


def test_an_output_of_a_component_that_did_not_run_is_not_taken_from_events():
    before = after(read(events("1.13.0", "bg_events_live")))
    skipped = NotRun("ChatOutput-xyz34", "Chat Output", "It did not run.")
    answer = replace(NEW, status=RunStatus.COMPLETED, not_run=(skipped,))
    assert merge_response(before, answer).outputs == {}


def test_the_list_of_open_questions_does_not_lift_a_time_limit():
    (question,) = [
        event
        for event in read(events("1.13.0", "hitl_events_approve"))
        if isinstance(event, HumanInputRequired)
    ]
    listed = replace(question.request, expires_at=None, fallback_action=None)
    run = after([question, HumanInputRequired(listed)])
    assert run.waiting_for.expires_at == question.request.expires_at is not None


def test_build_records_complete_components_whose_end_was_missed():
    run = replace(after(read(events("1.13.0", "bg_events_live")[:6])), status=RunStatus.COMPLETED)
    found = {name: ComponentRun(name, ComponentState.DONE, "kept") for name in run.components}
    whole = merge_component_runs(run, found)
    assert states(whole) == dict.fromkeys(run.components, "done")
    assert whole.components["ChatInput-abc12"].display_name == "Chat Input"
    assert whole.components["ChatOutput-xyz34"].display_name == "kept"


def test_an_output_whose_record_came_after_the_runs_end_is_added():
    """1.10 writes build records a moment after it reports the end, later on a busy machine."""
    late, skipped = (NotRun(name, name, "It did not run.") for name in ("Late", "Skipped"))
    run = replace(NEW, status=RunStatus.COMPLETED, not_run=(late, skipped))
    output = Output("Late", OutputKind.MESSAGE, "here")
    found = {"Late": ComponentRun("Late", ComponentState.DONE, output=output)}
    whole = merge_component_runs(run, found)
    assert whole.outputs == {"Late": output}
    assert whole.not_run == (skipped,)
    failed = replace(run, status=RunStatus.FAILED)
    assert merge_component_runs(failed, found).not_run == (late, skipped)


def test_a_component_that_did_not_run_is_among_those_with_records():
    idle = NotRun("ChatOutput-no", "No", "It did not run.")
    run = replace(NEW, status=RunStatus.COMPLETED, not_run=(idle,))
    found = {"ChatOutput-yes": ComponentRun("ChatOutput-yes", ComponentState.DONE)}
    assert states(merge_component_runs(run, found)) == {
        "ChatOutput-yes": "done",
        "ChatOutput-no": "waiting",
    }
    assert not merge_component_runs(run, {}).components


def test_a_component_without_a_record_is_unknown_in_a_completed_run():
    names = ("HumanInput-h", "ChatOutput-yes", "ChatOutput-no")
    output = Output("ChatOutput-yes", OutputKind.MESSAGE, "yes")
    run = replace(
        NEW,
        status=RunStatus.COMPLETED,
        components={name: ComponentRun(name) for name in names},
        outputs={"ChatOutput-yes": output},
        not_run=(NotRun("ChatOutput-no", "No", "It is on a branch that was not taken."),),
    )
    whole = merge_component_runs(run, {})
    assert list(states(whole).values()) == ["unknown", "done", "waiting"]
    assert whole.components["ChatOutput-yes"].output == output
    assert (
        merge_component_runs(replace(run, status=RunStatus.CANCELLED), {}).components
        == run.components
    )


def test_the_component_that_the_error_of_a_run_names_has_failed_without_a_record():
    """1.8 to 1.10 write no record of it; an error that may be of several components names none."""
    error = RunError("boom", component_id="Agent-a", component="Agent")
    run = replace(NEW, status=RunStatus.FAILED, errors=(error, RunError("?", component="Parser")))
    found = {"ChatInput-c": ComponentRun("ChatInput-c", ComponentState.DONE)}
    whole = merge_component_runs(run, found)
    assert states(whole) == {"ChatInput-c": "done", "Agent-a": "failed"}
    assert whole.components["Agent-a"].error == error
    assert whole.components["Agent-a"].display_name == "Agent"
    # its own record is kept, and without any records all remain unknown
    recorded = found | {"Agent-a": ComponentRun("Agent-a", ComponentState.FAILED, "kept")}
    assert merge_component_runs(run, recorded).components == recorded
    assert not merge_component_runs(run, {}).components


def test_stored_messages_complete_unfinished_texts_of_the_run():
    before = {"a": Message("a", "whole"), "b": Message("b", "be", complete=False, streamed="gun")}
    run = replace(NEW, job_id="j", messages=before)
    history = [
        Message("a", "edited since"),
        Message("b", "begun and ended"),
        Message("c", "unknown", job_id="j"),
        Message("d", "another run's", job_id="k"),
    ]
    texts = [one.visible_text for one in merge_messages(run, history).messages.values()]
    assert texts == ["whole", "begun and ended", "unknown"]


def test_the_tokens_of_a_run_are_those_of_its_components():
    """None if no component reported any; the events of one without a model change nothing."""
    run = Run("f", "background", RunStatus.IN_PROGRESS)
    assert run.usage is None
    for name, usage in (("A-1", Usage(22, 20, 42)), ("B-1", None), ("C-1", Usage(1, 2, 3))):
        run = apply(run, ComponentFinished(name, usage=usage))
    assert run.usage == Usage(23, 22, 45)
    assert run.components["B-1"].usage is None


def test_the_components_of_a_response_are_kept_and_those_of_events_come_first():
    run = Run("f", "sync", RunStatus.IN_PROGRESS, components={"A-1": ComponentRun("A-1")})
    done = ComponentRun("A-1", ComponentState.DONE)
    other = ComponentRun("B-1", ComponentState.DONE)
    response = replace(run, status=RunStatus.COMPLETED, components={"A-1": done, "B-1": other})
    merged = merge_response(run, response)
    assert merged.components == {"A-1": run.components["A-1"], "B-1": other}
