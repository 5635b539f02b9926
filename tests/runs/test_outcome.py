"""Which runs succeeded, on recorded answers and events."""

from __future__ import annotations

from dataclasses import replace

from lfclient.api.requests import EVENT_STREAM
from lfclient.common.redaction import Redactor
from lfclient.flows.model import Flow
from lfclient.outputs.model import OutputKind
from lfclient.runs.event_parser import evidence_from_events
from lfclient.runs.evidence import BuildResult, Evidence, evidence_from_builds
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import (
    BRANCH_NOT_TAKEN,
    DID_NOT_RUN,
    ENDED_WITHOUT_OUTPUT,
    NOT_CONNECTED,
    REPLACED,
    RETURNS_NOTHING,
    evaluate_outcome,
    find_missing_evidence,
)
from lfclient.runs.responses import failed_run, new_run, read_run, timed_out_run
from lfclient.wire.server_info import Limits
from lfclient.wire.sse import parse_stream
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
    """A background run after a recorded answer."""
    return read_run(recorded(version, case)[1], before=new_run("f", "background", None), flow=flow)


def completed(flow: Flow, *present: str, **contents: str | None) -> Run:
    """A completed background run with a message of each component."""
    outputs = {
        name: {"type": "message", "status": "completed", "content": "text", "metadata": {}}
        for name in present
    }
    raw = {"status": "completed", "job_id": "j", "outputs": outputs}
    return read_run(raw, before=new_run("f", "background", None), flow=flow)


def events(case: str) -> Evidence:
    """The evidence in recorded events."""
    return evidence_from_events(
        parse_stream(sse(recorded("1.13.0", case)[1]), EVENT_STREAM, Redactor())
    )


def test_good_run_needs_nothing():
    """A good run is judged from its answer alone."""
    run = answered("bg_completed")
    assert not find_missing_evidence(run, ECHO, LIMITS).is_required
    judged = evaluate_outcome(run, ECHO, Evidence(), LIMITS)
    assert (judged.status, judged.not_run, judged.errors) == (RunStatus.COMPLETED, (), ())


def test_refused_value():
    """Called completed by the server, failed by its events: a component refused its value."""
    run = answered("bg_status_int_bad", PROBE)
    assert find_missing_evidence(run, PROBE, LIMITS).is_required
    judged = evaluate_outcome(run, PROBE, events("events_int_bad"), LIMITS)
    assert judged.status is RunStatus.FAILED
    assert judged.errors[0].component_id == "TypeProbe-aaaaa"
    assert "Could not convert 'abc' to integer" in judged.errors[0].message


def test_failed_terminal():
    """An output with status failed makes a run failed that the server calls completed."""
    run = answered("bg_completed_with_failed_terminal", None)
    judged = evaluate_outcome(run, None, Evidence(), LIMITS)
    assert judged.status is RunStatus.FAILED
    assert judged.errors[0].component_id == "TypeProbe-aaaaa"


def test_branch_not_taken():
    """A terminal that events show as inactivated did not run, and the run is completed."""
    run = completed(BRANCHES, "ChatOutput-yes")
    evidence = Evidence(builds={"ChatOutput-yes": BuildResult(True)}, inactivated={"ChatOutput-no"})
    judged = evaluate_outcome(run, BRANCHES, evidence, LIMITS)
    assert judged.status is RunStatus.COMPLETED
    assert [(one.component_id, one.reason) for one in judged.not_run] == [
        ("ChatOutput-no", BRANCH_NOT_TAKEN)
    ]


def test_behind_a_branch_not_taken():
    """A terminal that hangs only on inactivated components is on that branch too."""
    flow = flow_of(
        "ChatInput-a",
        "Text-t",
        "ChatOutput-b",
        edges=(("ChatInput-a", "Text-t"), ("Text-t", "ChatOutput-b")),
    )
    evidence = Evidence(builds={"ChatInput-a": BuildResult(True)}, inactivated={"Text-t"})
    judged = evaluate_outcome(completed(flow), flow, evidence, LIMITS)
    assert judged.status is RunStatus.COMPLETED
    assert judged.not_run[0].reason == BRANCH_NOT_TAKEN


def test_partial_miss_without_events():
    """Without events a partly missing result is completed, the rest did not run."""
    judged = evaluate_outcome(completed(BRANCHES, "ChatOutput-yes"), BRANCHES, Evidence(), LIMITS)
    assert (judged.status, judged.not_run[0].reason) == (RunStatus.COMPLETED, DID_NOT_RUN)


def test_ended_without_output():
    """Nothing of what was expected, and no explanation: failed."""
    judged = evaluate_outcome(completed(ECHO), ECHO, Evidence(), LIMITS)
    assert judged.status is RunStatus.FAILED
    assert judged.errors[0].message == ENDED_WITHOUT_OUTPUT


def test_not_connected():
    """A component beside the chat input's graph is told, and spoils nothing."""
    flow = flow_of(
        "ChatInput-a",
        "ChatOutput-b",
        "Calc-c",
        edges=(("ChatInput-a", "ChatOutput-b"),),
        idle=("Calc-c",),
    )
    judged = evaluate_outcome(completed(flow, "ChatOutput-b"), flow, Evidence(), LIMITS)
    assert judged.status is RunStatus.COMPLETED
    assert [(one.component_id, one.reason) for one in judged.not_run] == [("Calc-c", NOT_CONNECTED)]


def test_returns_nothing():
    """A flow without a terminal that runs is completed, and says that it returns nothing."""
    flow = flow_of("Calc-c", idle=("Calc-c",))
    judged = evaluate_outcome(completed(flow), flow, Evidence(), LIMITS)
    assert (judged.status, judged.warnings) == (RunStatus.COMPLETED, (RETURNS_NOTHING,))


def test_table_made_whole_from_builds():
    """An empty table is filled from the build record of the same job."""
    flow = flow_of("ChatInput-abc12", "Frame-aaaaa", edges=(("ChatInput-abc12", "Frame-aaaaa"),))
    body = recorded("1.13.0", "monitor_builds")[1]
    job_id = body["vertex_builds"]["Frame-aaaaa"][0]["job_id"]
    run = frame_run(flow, job_id)
    assert find_missing_evidence(run, flow, LIMITS).delayed == {"Frame-aaaaa"}
    judged = evaluate_outcome(run, flow, evidence_from_builds(body, job_id), LIMITS)
    output = judged.outputs["Frame-aaaaa"]
    assert (output.kind, output.value[1]["name"]) == (OutputKind.TABLE, "n1")


def test_another_runs_build_is_not_taken():
    """A record of another job is never shown as this one's: it is no longer available."""
    flow = flow_of("ChatInput-abc12", "Frame-aaaaa", edges=(("ChatInput-abc12", "Frame-aaaaa"),))
    evidence = evidence_from_builds(recorded("1.13.0", "monitor_builds")[1], "another")
    judged = evaluate_outcome(frame_run(flow, "another"), flow, evidence, LIMITS)
    output = judged.outputs["Frame-aaaaa"]
    assert (judged.status, output.value, output.note) == (RunStatus.COMPLETED, None, REPLACED)


def frame_run(flow: Flow, job_id: str) -> Run:
    outputs = {"Frame-aaaaa": {"type": "table", "status": "completed", "content": None}}
    raw = {"status": "completed", "job_id": job_id, "outputs": outputs}
    return read_run(raw, before=new_run("f", "sync", None), flow=flow)


def test_cut_text_is_restored():
    """A text that the server cut is whole again from the run's messages."""
    text = "x" * 7000
    run = completed(ECHO, "ChatOutput-xyz34")
    cut = replace(run.outputs["ChatOutput-xyz34"], value=text[:6000] + "...")
    run = replace(run, outputs={"ChatOutput-xyz34": cut})
    assert find_missing_evidence(run, ECHO, LIMITS).is_required
    whole = evaluate_outcome(run, ECHO, Evidence(texts=["other", text]), LIMITS).outputs[
        "ChatOutput-xyz34"
    ]
    assert (whole.value, whole.truncated) == (text, False)
    lost = evaluate_outcome(run, ECHO, Evidence(), LIMITS).outputs["ChatOutput-xyz34"]
    assert lost.truncated
    assert "LANGFLOW_MAX_TEXT_LENGTH" in lost.note


def test_failed_job():
    """HTTP 500 with JOB_FAILED is a failed run, with the component and its reason."""
    detail = recorded("1.13.0", "status_failed")[1]["detail"]
    run = failed_run(detail, before=new_run("f", "background", None), flow=None)
    assert (run.status, run.errors[0].message) == (RunStatus.FAILED, "boom happened")
    assert (run.errors[0].component_id, run.errors[0].component) == ("Slow-aaaaa", "Slow")


def test_failed_job_without_component():
    """Refused tweaks and a lost worker have their reasons too."""
    for case, words in (
        ("bg_status_code_tweak", "Refused tweak keys"),
        ("status_after_kill9", "lost"),
    ):
        detail = recorded("1.13.0", case)[1]["detail"]
        run = failed_run(detail, before=new_run("f", "background", None), flow=None)
        assert words in run.errors[0].message


def test_failed_sync_run():
    """A sync run's error names the component, and its id where only one has that name."""
    run = answered("sync_failed_component", None, "1.8.4")
    assert (run.status, run.errors[0].message) == (RunStatus.FAILED, "boom happened")
    assert run.errors[0].component == "Slow"


def test_timed_out():
    """HTTP 408 is a run that timed out, with the server's limit."""
    detail = recorded("1.13.0", "sync_timeout_408")[1]["detail"]
    run = timed_out_run(detail, before=new_run("f", "sync", None))
    assert (run.status, run.job_id) == (RunStatus.TIMED_OUT, detail["job_id"])
    assert "after 3 seconds" in run.errors[0].message


def test_suspended():
    """A run that waits for a person has not ended, and is judged later."""
    run = answered("hitl_status_suspended", None)
    assert (run.status, run.ended) == (RunStatus.SUSPENDED, False)
    assert evaluate_outcome(run, None, Evidence(), LIMITS) is run


def test_documented_fields():
    """The documentation's fields and its status `error` are understood."""
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


def test_unknown_status():
    """A word that is not known is kept, and counts as going on."""
    run = read_run({"status": "dreaming"}, before=new_run("f", "background", None), flow=None)
    assert (run.status, run.server_status, run.ended) == (RunStatus.UNKNOWN, "dreaming", False)


def test_events_of_approval():
    """After a resume the taken branch counts, though its component was built before."""
    evidence = events("hitl_events_approve")
    assert evidence.inactivated == {"ChatOutput-rejec"}
    assert evidence.session_id == "hs-approve"
