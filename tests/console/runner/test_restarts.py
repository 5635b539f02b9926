"""Runs after a restart of the console, and beside another one."""

import copy

from lfclient.console.store.run_queries import RunFilter
from lfclient.runs.model import RunStatus
from tests.support.fake_langflow import FLOW, FLOW_ID
from tests.support.runner_harness import ANOTHER_KEY, CONNECTION, WITH_SECRET, both_dialects


@both_dialects
def test_a_restarted_console_follows_running_jobs_to_their_end(harness):
    run_id = harness.start_job()
    harness.restart()
    assert harness.get(run_id).status in (RunStatus.QUEUED, RunStatus.IN_PROGRESS)
    harness.runner.attach(CONNECTION)
    harness.server.finish()
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.COMPLETED
    assert record.run.outputs["ChatOutput-b"].value == "echo"


def test_a_restart_forgets_the_secrets_and_so_saves_no_raw_response(harness):
    """They are not stored, so they can't be redacted."""
    run_id = harness.start_job(WITH_SECRET)
    harness.restart()
    harness.runner.attach(CONNECTION)
    harness.server.finish()
    run = harness.wait_for_end(run_id).run
    assert run.raw == {}
    assert "restarted" in run.warnings[-1]
    assert "secrets" in run.warnings[-1]


@both_dialects
def test_a_restarted_console_stores_no_secret_that_the_flow_stores(harness):
    flow = copy.deepcopy(FLOW)
    nodes = {node["id"]: node["data"]["node"] for node in flow["data"]["nodes"]}
    nodes["ChatInput-a"]["template"]["key"]["value"] = "stored-in-the-flow"
    harness.server.flows[FLOW_ID] = flow
    harness.server.text = "used stored-in-the-flow"
    run_id = harness.start_job()
    harness.restart()
    harness.runner.attach(CONNECTION)
    harness.server.finish()
    run = harness.wait_for_end(run_id).run
    assert run.outputs["ChatOutput-b"].value == "used ••••"
    assert "stored-in-the-flow" not in repr(run)


def test_another_key_forgets_the_secrets_without_claiming_a_restart(harness):
    run_id = harness.start_job(WITH_SECRET)
    harness.runner.attach(ANOTHER_KEY)
    harness.server.finish()
    run = harness.wait_for_end(run_id).run
    assert run.raw == {}
    assert "another API key" in run.warnings[-1]
    assert "restarted" not in run.warnings[-1]


def test_a_sync_run_has_an_unknown_outcome_after_a_restart(harness):
    harness.server.seconds = 60
    run_id = harness.start(mode="sync")
    harness.restart()
    record = harness.get(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "restarted" in record.problem.message
    assert record.problem.hint
    (listed,) = harness.runner.history.page([harness.owner], RunFilter(text="restarted")).runs
    assert listed.output_summary == record.problem.message
