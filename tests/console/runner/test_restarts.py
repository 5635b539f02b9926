"""Runs after a restart of the console, and beside another one."""

import copy

import pytest

from lfclient.console.store.run_queries import RunFilter
from lfclient.runs.model import RunStatus
from tests.support.fake_langflow import FLOW, FLOW_ID
from tests.support.runner_harness import (
    ANOTHER_KEY,
    CONNECTION,
    WITH_SECRET,
    both_dialects,
)
from tests.support.waiting import wait_for_record


@both_dialects
def test_a_restarted_console_follows_running_jobs_to_their_end(bench):
    run_id = bench.start_job()
    bench.restart()
    assert bench.get(run_id).status in (RunStatus.QUEUED, RunStatus.IN_PROGRESS)
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.COMPLETED
    assert record.run.outputs["ChatOutput-b"].value == "echo"


def test_a_restart_forgets_the_secrets_and_so_saves_no_raw_response(bench):
    """They are not stored, so they can't be redacted."""
    run_id = bench.start_job(WITH_SECRET)
    bench.restart()
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    run = bench.wait_for_end(run_id).run
    assert run.raw == {}
    assert "restarted" in run.warnings[-1]
    assert "secrets" in run.warnings[-1]


@both_dialects
def test_a_restarted_console_stores_no_secret_that_the_flow_stores(bench):
    flow = copy.deepcopy(FLOW)
    nodes = {node["id"]: node["data"]["node"] for node in flow["data"]["nodes"]}
    nodes["ChatInput-a"]["template"]["key"]["value"] = "stored-in-the-flow"
    bench.server.flows[FLOW_ID] = flow
    bench.server.text = "used stored-in-the-flow"
    run_id = bench.start_job()
    bench.restart()
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    run = bench.wait_for_end(run_id).run
    assert run.outputs["ChatOutput-b"].value == "used ••••"
    assert "stored-in-the-flow" not in repr(run)


def test_another_key_forgets_the_secrets_without_claiming_a_restart(bench):
    run_id = bench.start_job(WITH_SECRET)
    bench.runner.attach(ANOTHER_KEY)
    bench.server.finish()
    run = bench.wait_for_end(run_id).run
    assert run.raw == {}
    assert "another API key" in run.warnings[-1]
    assert "restarted" not in run.warnings[-1]


def test_a_sync_run_has_an_unknown_outcome_after_a_restart(bench):
    bench.server.seconds = 60
    run_id = bench.start(mode="sync")
    bench.restart()
    record = bench.get(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "restarted" in record.problem.message
    assert record.problem.hint
    (listed,) = bench.runner.history.page([bench.owner], RunFilter(text="restarted")).runs
    assert listed.output_summary == record.problem.message


def test_a_run_that_a_visitor_attaches_during_a_check_stays_followed(bench, monkeypatch):
    """The check's list, in which the run belongs to a dead process, is out of date."""
    run_id = bench.start_job()
    bench.restart()
    bench.runner._takeover_thread.close()  # the test alone checks
    store = bench.runner.store
    unfinished = store.unfinished

    def attach_after_reading(*args, **options):
        records = unfinished(*args, **options)
        monkeypatch.setattr(store, "unfinished", unfinished)
        bench.runner.attach(CONNECTION)
        return records

    monkeypatch.setattr(store, "unfinished", attach_after_reading)
    bench.runner._takeover.check(report_missing_keys=False)
    assert bench.runner.is_followed(run_id)
    bench.server.finish()
    assert bench.wait_for_end(run_id).status is RunStatus.COMPLETED


def test_a_second_console_watches_a_run_that_a_living_one_follows(bench):
    bench.server.seconds = 60
    run_id = bench.start(mode="sync")
    other = bench.new_runner()
    other.attach(CONNECTION)
    assert not other.get(run_id, bench.owner).ended
    bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.server.finish()
    record = wait_for_record(other, run_id, bench.owner, lambda record: record.ended, 15)
    assert record.status is RunStatus.COMPLETED


@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_second_console_can_stop_a_run_that_a_living_one_follows(bench, mode):
    """Only the following console has the connection of a call."""
    bench.server.seconds = 60
    run_id = bench.start(mode=mode)
    bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    other = bench.new_runner()
    other.stop(run_id, CONNECTION)
    assert other.get(run_id, bench.owner).stop_requested_at
    assert bench.wait_for_end(run_id).status is RunStatus.CANCELLED
