"""Runs of what a choice adds where no graph can be sent: as a flow that exists for the run only."""

from copy import deepcopy

import httpx
import pytest

from lfclient.console.runner import temporary_flows
from lfclient.flows.definitions import node_definition
from lfclient.flows.refreshing import choose
from lfclient.runs.model import RunStatus
from tests.support.fake_langflow import FLOW_ID
from tests.support.flows import text
from tests.support.runner_bench import CONNECTION, add_trace, without_events
from tests.support.waiting import wait_for

FORBIDDEN = httpx.Response(403, json={"detail": "You may not create flows here."})
UNAVAILABLE = httpx.Response(503, json={"detail": "The database is locked."})
SUBMIT = ("POST", "/api/v2/workflows")
both_modes = pytest.mark.parametrize("mode", ["background", "sync"])
pytestmark = without_events


@pytest.fixture(autouse=True)
def choice(bench, monkeypatch):
    """Let each run have a choice that adds a parameter, and look for leftovers often."""
    changed = deepcopy(node_definition(bench.flow, "ChatInput-a"))
    changed["template"]["more"] = text("m")
    bench.flow = choose(bench.flow, "ChatInput-a.input_value", "hi", changed)
    monkeypatch.setattr(temporary_flows, "_RETRY_SECONDS", 0.05)
    bench.use_timings(heartbeat_seconds=0.05, leftover_flow_seconds=0.0)


def the_flow(bench):
    """Return the id of the only temporary flow on the server."""
    wait_for(lambda: bench.server.flows)
    (flow_id,) = bench.server.flows
    return flow_id


def wait_until_deleted(bench):
    """Wait until neither the server nor the store has the latest run's flow."""
    (record,) = bench.runner.recent(bench.owner, 1)
    added_flows = bench.runner.store.added_flows
    wait_for(lambda: not bench.server.flows and not added_flows.temporary_of_run(record.id))


@both_modes
def test_the_flow_exists_during_the_run_only(bench, mode):
    run_id = bench.start(mode=mode)
    flow_id = the_flow(bench)
    flow = bench.server.flows[flow_id]
    assert flow["name"] == f"Echo (temporary, run {flow_id[:6]})"
    assert flow["data"] == bench.flow.raw["data"]
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.COMPLETED, (record.problem, record.run)
    assert (record.flow_id, record.flow_name) == (FLOW_ID, "Echo")
    assert record.run.outputs["ChatOutput-b"].value == "echo"
    assert record.run.has_temporary_flow
    assert [sent["flow_id"] for sent in bench.server.submitted] == [flow_id]
    wait_until_deleted(bench)


@both_modes
def test_a_server_that_creates_no_flows_runs_nothing_and_the_inputs_stay(bench, mode):
    bench.server.flow_fault = FORBIDDEN
    bench.runner.attach(CONNECTION)
    record = bench.wait_for_end(bench.start(mode=mode))
    assert (record.status, record.attempts) == (RunStatus.FAILED, 0)
    assert "did not create the temporary flow" in record.problem.message
    assert "You may not create flows here." in record.problem.message
    assert "Langflow's editor" in record.problem.hint
    assert record.overrides == {"ChatInput-a.input_value": "hi"}
    assert SUBMIT not in bench.server.requests
    wait_until_deleted(bench)


def test_a_stopped_job_leaves_no_flow(bench):
    bench.server.seconds = 60
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.runner.stop(run_id, CONNECTION)
    assert bench.wait_for_end(run_id).status is RunStatus.CANCELLED
    wait_until_deleted(bench)


def test_a_run_that_is_stopped_before_its_flow_exists_is_not_sent(bench):
    bench.server.hold_flows = True
    run_id = bench.start()
    the_flow(bench)
    bench.runner.stop(run_id, CONNECTION)
    record = bench.wait_for_end(run_id)
    assert (record.status, record.attempts) == (RunStatus.CANCELLED, 0)
    assert SUBMIT not in bench.server.requests
    wait_until_deleted(bench)


@both_modes
def test_a_flow_that_could_not_be_deleted_is_deleted_later(bench, mode):
    bench.server.delete_fault = UNAVAILABLE
    record = bench.wait_for_end(bench.start(mode=mode))
    assert record.status is RunStatus.COMPLETED
    bench.runner.attach(CONNECTION)
    deletion = ("DELETE", f"/api/v1/flows/{the_flow(bench)}")
    wait_for(lambda: bench.server.count(*deletion) > 2)
    bench.server.delete_fault = None
    wait_until_deleted(bench)


def test_a_flow_whose_process_died_before_the_run_was_sent_is_deleted(bench):
    bench.server.hold_flows = True
    run_id = bench.start()
    the_flow(bench)
    bench.restart()
    bench.runner.attach(CONNECTION)
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.FAILED
    assert "nothing ran" in record.problem.message
    wait_until_deleted(bench)
    assert SUBMIT not in bench.server.requests


def test_a_job_whose_process_died_is_followed_and_its_flow_deleted(bench):
    run_id = bench.start_job()
    flow_id = the_flow(bench)
    bench.restart()
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    record = bench.wait_for_end(run_id)
    assert (record.status, record.run.flow_id) == (RunStatus.COMPLETED, flow_id)
    assert record.run.has_temporary_flow
    wait_until_deleted(bench)


def test_a_job_whose_response_was_lost_is_found_by_its_flow(bench):
    bench.server.lose_responses, bench.server.seconds = 1, 60
    run_id = bench.start()
    wait_for(lambda: bench.server.jobs)
    (job_id,) = bench.server.jobs
    add_trace(bench, job_id)
    bench.server.finish()
    record = bench.wait_for_end(run_id)
    assert (record.status, record.job_id) == (RunStatus.COMPLETED, job_id)
    wait_until_deleted(bench)


def test_a_flow_whose_process_died_after_the_run_is_deleted(bench):
    bench.server.delete_fault = UNAVAILABLE
    bench.wait_for_end(bench.start())
    bench.runner.close()
    bench.server.delete_fault = None
    bench.runner = bench.new_runner()
    bench.runner.attach(CONNECTION)
    wait_until_deleted(bench)


@pytest.mark.parametrize("status", [RunStatus.OUTCOME_UNKNOWN, RunStatus.CANCELLED])
def test_the_flow_of_a_call_that_may_go_on_stays_for_an_hour(bench, status):
    bench.server.seconds = 60
    run_id = bench.start(mode="sync")
    flow_id = the_flow(bench)
    bench.wait_until(run_id, lambda record: record.attempts)
    wait_for(lambda: SUBMIT in bench.server.requests)
    if status is RunStatus.CANCELLED:
        bench.runner.stop(run_id, CONNECTION)
        wait_for(lambda: not bench.runner.is_followed(run_id))
    else:
        bench.restart()
    bench.runner.attach(CONNECTION)
    assert bench.get(run_id).status is status
    assert bench.runner.store.added_flows.temporary_of_run(run_id) == flow_id
    bench.use_timings(lost_flow_seconds=0.0)
    bench.runner.attach(CONNECTION)
    wait_until_deleted(bench)


def test_no_other_flow_is_deleted(bench):
    bench.runner.store.added_flows.add(bench.owner, ["added-by-a-person"])
    bench.wait_for_end(bench.start())
    wait_until_deleted(bench)
    deleted = {path for method, path in bench.server.requests if method == "DELETE"}
    assert deleted == {f"/api/v1/flows/{bench.server.submitted[0]['flow_id']}"}
    assert bench.runner.store.added_flows.contains(bench.owner, "added-by-a-person")
