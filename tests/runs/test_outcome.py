"""Which runs succeeded, on recorded responses and events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfclient.common.redaction import Redactor
from lfclient.flows.model import Flow, Refresh
from lfclient.outputs.model import OutputKind
from lfclient.runs.components import RunError
from lfclient.runs.event_parser import EventParser
from lfclient.runs.evidence import BuildResult, Evidence, evidence_from_builds
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import (
    BRANCH_NOT_TAKEN,
    DID_NOT_RUN,
    DISCONNECTED,
    EDITED,
    ENDED_WITHOUT_OUTPUT,
    REPLACED,
    RETURNS_NOTHING,
    evaluate_outcome,
    find_missing_evidence,
)
from lfclient.runs.responses import failed_run, new_run, read_run, timed_out_run
from lfclient.wire.schemas import BuildList
from lfclient.wire.server_info import Limits
from lfclient.wire.sse import FrameParser
from tests.support.flows import chat_input, edge, node
from tests.support.flows import flow as build_flow
from tests.support.recorded import flow_of, recorded, sse

LIMITS = Limits()
ECHO = flow_of(
    "ChatInput-abc12", "ChatOutput-xyz34", edges=(("ChatInput-abc12", "ChatOutput-xyz34"),)
)
PROBE = flow_of(
    "ChatInput-abc12",
    "TypeProbe-aaaaa",
    "ChatOutput-xyz34",
    edges=(("ChatInput-abc12", "TypeProbe-aaaaa"), ("TypeProbe-aaaaa", "ChatOutput-xyz34")),
)
BRANCHES = flow_of(
    "ChatInput-a",
    "Router-r",
    "ChatOutput-yes",
    "ChatOutput-no",
    edges=(
        ("ChatInput-a", "Router-r"),
        ("Router-r", "ChatOutput-yes"),
        ("Router-r", "ChatOutput-no"),
    ),
)


def answered(case: str, flow: Flow | None = ECHO, version: str = "1.13.0") -> Run:
    """Return a background run after a recorded response."""
    return read_run(recorded(version, case)[1], before=new_run("f", "background", None), flow=flow)


def completed(flow: Flow, *present: str, **contents: str | None) -> Run:
    """Return a completed background run with a message of each component."""
    outputs = {
        name: {"type": "message", "status": "completed", "content": "text", "metadata": {}}
        for name in present
    }
    raw = {"status": "completed", "job_id": "j", "outputs": outputs}
    return read_run(raw, before=new_run("f", "background", None), flow=flow)


def events(case: str) -> Evidence:
    """Return the evidence in recorded events."""
    parser = EventParser(durable=False)
    for frame in FrameParser(Redactor()).feed(sse(recorded("1.13.0", case)[1])):
        parser.parse(frame)
    return parser.readable_evidence()


def test_a_good_run_needs_no_evidence():
    run = answered("bg_completed")
    assert not find_missing_evidence(run, ECHO, LIMITS)[0]
    evaluated = evaluate_outcome(run, ECHO, Evidence(), LIMITS)
    assert (evaluated.status, evaluated.not_run, evaluated.errors) == (RunStatus.COMPLETED, (), ())


def test_a_completed_run_whose_component_rejected_a_value_has_failed():
    run = answered("bg_status_int_bad", PROBE)
    assert find_missing_evidence(run, PROBE, LIMITS)[0]
    evaluated = evaluate_outcome(run, PROBE, events("events_int_bad"), LIMITS)
    assert evaluated.status is RunStatus.FAILED
    assert evaluated.errors[0].component_id == "TypeProbe-aaaaa"
    assert "Could not convert 'abc' to integer" in evaluated.errors[0].message


def test_a_failed_component_is_not_among_those_that_did_not_run():
    flow = flow_of("ChatInput-a", "Agent-b", edges=(("ChatInput-a", "Agent-b"),))
    error = RunError("No key.", component_id="Agent-b")
    evidence = Evidence(builds={"ChatInput-a": BuildResult(), "Agent-b": BuildResult(error=error)})
    evaluated = evaluate_outcome(completed(flow), flow, evidence, LIMITS)
    assert (evaluated.status, evaluated.errors) == (RunStatus.FAILED, (error,))
    assert evaluated.not_run == ()


def test_a_completed_run_with_a_failed_output_has_failed():
    run = answered("bg_completed_with_failed_terminal", None)
    evaluated = evaluate_outcome(run, None, Evidence(), LIMITS)
    assert evaluated.status is RunStatus.FAILED
    assert evaluated.errors[0].component_id == "TypeProbe-aaaaa"


def test_a_run_with_a_branch_not_taken_is_completed():
    run = completed(BRANCHES, "ChatOutput-yes")
    evidence = Evidence(builds={"ChatOutput-yes": BuildResult()}, inactivated={"ChatOutput-no"})
    evaluated = evaluate_outcome(run, BRANCHES, evidence, LIMITS)
    assert evaluated.status is RunStatus.COMPLETED
    assert [(one.component_id, one.reason) for one in evaluated.not_run] == [
        ("ChatOutput-no", BRANCH_NOT_TAKEN)
    ]


def test_a_terminal_fed_only_by_inactivated_components_is_on_their_branch():
    flow = flow_of(
        "ChatInput-a",
        "Text-t",
        "ChatOutput-b",
        edges=(("ChatInput-a", "Text-t"), ("Text-t", "ChatOutput-b")),
    )
    evidence = Evidence(builds={"ChatInput-a": BuildResult()}, inactivated={"Text-t"})
    evaluated = evaluate_outcome(completed(flow), flow, evidence, LIMITS)
    assert evaluated.status is RunStatus.COMPLETED
    assert evaluated.not_run[0].reason == BRANCH_NOT_TAKEN


def test_without_events_a_run_with_some_outputs_is_completed():
    evaluated = evaluate_outcome(
        completed(BRANCHES, "ChatOutput-yes"), BRANCHES, Evidence(), LIMITS
    )
    assert (evaluated.status, evaluated.not_run[0].reason) == (RunStatus.COMPLETED, DID_NOT_RUN)


def test_outputs_are_in_the_order_of_the_flow_whichever_ended_first():
    run = completed(BRANCHES, "Gone-x", "ChatOutput-no", "ChatOutput-yes")
    found = evaluate_outcome(run, BRANCHES, Evidence(), LIMITS)
    assert list(found.outputs) == ["ChatOutput-yes", "ChatOutput-no", "Gone-x"]


def test_a_run_without_any_expected_output_has_failed():
    evaluated = evaluate_outcome(completed(ECHO), ECHO, Evidence(), LIMITS)
    assert evaluated.status is RunStatus.FAILED
    assert evaluated.errors[0].message == ENDED_WITHOUT_OUTPUT


def test_empty_outputs_of_components_that_the_flow_no_longer_has_prove_nothing():
    edited = flow_of("TextInput-a", "SplitText-s", edges=(("TextInput-a", "SplitText-s"),))
    run = completed(ECHO, "ChatOutput-xyz34")
    (name, output), *_ = run.outputs.items()
    run = replace(run, outputs={name: replace(output, value=None)})
    assert evaluate_outcome(run, edited, Evidence(), LIMITS).status is RunStatus.FAILED


def test_a_run_whose_flow_was_edited_meanwhile_is_completed_with_a_warning():
    edited = flow_of("TextInput-a", "SplitText-s", edges=(("TextInput-a", "SplitText-s"),))
    run = evaluate_outcome(completed(ECHO, "ChatOutput-xyz34"), edited, Evidence(), LIMITS)
    assert (run.status, run.warnings) == (RunStatus.COMPLETED, (EDITED,))
    assert run.outputs["ChatOutput-xyz34"].value == "text"


def test_an_unconnected_component_does_not_fail_the_run():
    flow = flow_of(
        "ChatInput-a",
        "ChatOutput-b",
        "Calc-c",
        edges=(("ChatInput-a", "ChatOutput-b"),),
        idle=("Calc-c",),
    )
    evaluated = evaluate_outcome(completed(flow, "ChatOutput-b"), flow, Evidence(), LIMITS)
    assert evaluated.status is RunStatus.COMPLETED
    assert [(one.component_id, one.reason) for one in evaluated.not_run] == [
        ("Calc-c", "It is not connected to the chat input.")
    ]


CHAT_AND_WEBHOOK = build_flow(
    chat_input("ChatInput-a"),
    node("ChatOutput-a"),
    node("Webhook-w"),
    node("ChatOutput-w"),
    edges=[edge("ChatInput-a", "ChatOutput-a"), edge("Webhook-w", "ChatOutput-w")],
)


def test_a_run_that_started_at_a_webhook_returns_what_follows_that():
    """Measured on 1.8.4 to 1.13.0."""
    flow = CHAT_AND_WEBHOOK.for_mode("sync", None)
    evaluated = evaluate_outcome(completed(flow, "ChatOutput-w"), flow, Evidence(), LIMITS)
    assert (evaluated.status, list(evaluated.outputs)) == (RunStatus.COMPLETED, ["ChatOutput-w"])
    assert [(one.component_id, one.reason) for one in evaluated.not_run] == [
        ("ChatOutput-a", "It is not reached from Webhook, which starts the run.")
    ]


@pytest.mark.parametrize(
    ("mode", "returned"), [("background", "ChatOutput-w"), ("sync", "ChatOutput-a")]
)
def test_a_run_that_returned_nothing_of_where_it_starts_fails(mode, returned):
    flow = CHAT_AND_WEBHOOK.for_mode(mode, None)
    evaluated = evaluate_outcome(completed(flow, returned), flow, Evidence(), LIMITS)
    assert evaluated.status is RunStatus.FAILED


def test_what_only_another_chat_input_reaches_names_the_one_that_starts_the_run():
    flow = build_flow(
        chat_input("ChatInput-a"),
        chat_input("ChatInput-b"),
        node("ChatOutput-a"),
        node("ChatOutput-b"),
        edges=[edge("ChatInput-a", "ChatOutput-a"), edge("ChatInput-b", "ChatOutput-b")],
    )
    evaluated = evaluate_outcome(completed(flow, "ChatOutput-a"), flow, Evidence(), LIMITS)
    assert [(one.component_id, one.reason) for one in evaluated.not_run] == [
        ("ChatOutput-b", "It is not reached from ChatInput 1, which starts the run.")
    ]


def test_a_component_that_a_choice_disconnected_differs_from_one_that_never_was_connected():
    stored = flow_of(
        "ChatInput-a",
        "Words-w",
        "ChatOutput-b",
        "Calc-c",
        edges=(("ChatInput-a", "Words-w"), ("Words-w", "ChatOutput-b")),
        idle=("Calc-c",),
    )
    chosen = flow_of(
        "ChatInput-a",
        "Words-w",
        "ChatOutput-b",
        "Calc-c",
        edges=(("ChatInput-a", "Words-w"),),
        idle=("ChatOutput-b", "Calc-c"),
    )
    chosen = replace(chosen, refreshed=Refresh(stored, {"Words-w.operation": "Count"}))
    evaluated = evaluate_outcome(completed(chosen, "Words-w"), chosen, Evidence(), LIMITS)
    assert [(one.component_id, one.reason) for one in evaluated.not_run] == [
        ("ChatOutput-b", DISCONNECTED),
        ("Calc-c", "It is not connected to the chat input."),
    ]


def test_a_flow_without_outputs_is_completed_with_a_warning():
    flow = flow_of("Calc-c", idle=("Calc-c",))
    evaluated = evaluate_outcome(completed(flow), flow, Evidence(), LIMITS)
    assert (evaluated.status, evaluated.warnings) == (RunStatus.COMPLETED, (RETURNS_NOTHING,))


def test_an_empty_table_is_filled_from_the_build_record():
    flow = flow_of("ChatInput-abc12", "Frame-aaaaa", edges=(("ChatInput-abc12", "Frame-aaaaa"),))
    body = recorded("1.13.0", "monitor_builds")[1]
    job_id = body["vertex_builds"]["Frame-aaaaa"][0]["job_id"]
    run = frame_run(flow, job_id)
    assert find_missing_evidence(run, flow, LIMITS)[1] == {"Frame-aaaaa"}
    evidence = evidence_from_builds(BuildList.model_validate(body), job_id)
    evaluated = evaluate_outcome(run, flow, evidence, LIMITS)
    output = evaluated.outputs["Frame-aaaaa"]
    assert (output.kind, output.value[1]["name"]) == (OutputKind.TABLE, "n1")


def test_the_build_record_of_another_job_is_not_used():
    flow = flow_of("ChatInput-abc12", "Frame-aaaaa", edges=(("ChatInput-abc12", "Frame-aaaaa"),))
    builds = BuildList.model_validate(recorded("1.13.0", "monitor_builds")[1])
    evidence = evidence_from_builds(builds, "another")
    evaluated = evaluate_outcome(frame_run(flow, "another"), flow, evidence, LIMITS)
    output = evaluated.outputs["Frame-aaaaa"]
    assert (evaluated.status, output.value, output.note) == (RunStatus.COMPLETED, None, REPLACED)


def frame_run(flow: Flow, job_id: str) -> Run:
    outputs = {"Frame-aaaaa": {"type": "table", "status": "completed", "content": None}}
    raw = {"status": "completed", "job_id": job_id, "outputs": outputs}
    return read_run(raw, before=new_run("f", "sync", None), flow=flow)


def test_a_truncated_text_is_restored_from_the_messages():
    text = "x" * 7000
    run = completed(ECHO, "ChatOutput-xyz34")
    cut = replace(run.outputs["ChatOutput-xyz34"], value=text[:6000] + "...")
    run = replace(run, outputs={"ChatOutput-xyz34": cut})
    assert find_missing_evidence(run, ECHO, LIMITS)[0]
    whole = evaluate_outcome(run, ECHO, Evidence(texts=["other", text]), LIMITS).outputs[
        "ChatOutput-xyz34"
    ]
    assert (whole.value, whole.truncated) == (text, False)
    lost = evaluate_outcome(run, ECHO, Evidence(), LIMITS).outputs["ChatOutput-xyz34"]
    assert lost.truncated
    assert "LANGFLOW_MAX_TEXT_LENGTH" in lost.note


def test_job_failed_is_a_failed_run_with_component_and_reason():
    detail = recorded("1.13.0", "status_failed")[1]["detail"]
    run = failed_run(detail, before=new_run("f", "background", None), flow=None)
    assert (run.status, run.errors[0].message) == (RunStatus.FAILED, "boom happened")
    assert (run.errors[0].component_id, run.errors[0].component) == ("Slow-aaaaa", "Slow")


def test_a_job_that_failed_outside_its_components_has_a_reason():
    for case, words in (
        ("bg_status_code_tweak", "Refused tweak keys"),
        ("status_after_kill9", "lost"),
    ):
        detail = recorded("1.13.0", case)[1]["detail"]
        run = failed_run(detail, before=new_run("f", "background", None), flow=None)
        assert words in run.errors[0].message


def test_a_sync_error_names_the_component():
    run = answered("sync_failed_component", None, "1.8.4")
    assert (run.status, run.errors[0].message) == (RunStatus.FAILED, "boom happened")
    assert run.errors[0].component == "Slow"


@pytest.mark.parametrize("odd", [7, None, {"a": 1}])
def test_ids_of_an_odd_type_are_left_out(odd):
    """A stored run with them could not be read again."""
    before, detail = new_run("f", "background", None), {"job_id": odd, "flow_id": odd}
    assert failed_run(detail, before=before, flow=None).job_id is None
    timed_out = timed_out_run(detail, before=before)
    assert (timed_out.job_id, timed_out.flow_id) == (None, "f")


def test_http_408_is_a_timed_out_run_with_the_servers_limit():
    detail = recorded("1.13.0", "sync_timeout_408")[1]["detail"]
    run = timed_out_run(detail, before=new_run("f", "sync", None))
    assert (run.status, run.job_id) == (RunStatus.TIMED_OUT, detail["job_id"])
    assert "after 3 seconds" in run.errors[0].message


def test_a_suspended_run_is_not_evaluated():
    run = answered("hitl_status_suspended", None)
    assert (run.status, run.ended) == (RunStatus.SUSPENDED, False)
    assert evaluate_outcome(run, None, Evidence(), LIMITS) is run


def test_the_documented_fields_and_status_error_are_read():
    raw = {
        "object": "response",
        "id": "job_1",
        "flow_id": "flow_67ccd2be",
        "flow_version": 3,
        "created_at": 1741476542,
        "status": "error",
        "errors": ["It broke"],
        "input": [{"role": "user"}],
        "outputs": {},
        "metadata": {"k": 1},
        "new": True,
    }
    run = read_run(raw, before=new_run("f", "sync", None), flow=None)
    assert (run.status, run.server_status, run.job_id) == (RunStatus.FAILED, "error", "job_1")
    assert (run.flow_version, run.created_at) == ("3", "2025-03-08T23:29:02+00:00")
    assert (run.metadata, run.errors[0].message, run.raw["new"]) == ({"k": 1}, "It broke", True)


def test_an_unknown_status_is_kept_and_is_not_final():
    run = read_run({"status": "dreaming"}, before=new_run("f", "background", None), flow=None)
    assert (run.status, run.server_status, run.ended) == (RunStatus.UNKNOWN, "dreaming", False)


def test_a_branch_taken_after_an_approval_counts():
    evidence = events("hitl_events_approve")
    assert evidence.inactivated == {"ChatOutput-rejec"}
    assert evidence.session_id == "hs-approve"
