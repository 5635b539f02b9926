"""Runs of a user who types several keys for one server."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from lfclient import RunStatus
from lfclient.console.config.connection import Connection
from lfclient.console.store.notes import NoteCode, has_code
from tests.support.runner_harness import OFTEN, RARELY, both_dialects
from tests.support.waiting import wait_for

ONE = Connection("typed", "http://langflow.test", SecretStr("sk-one"), "typed", user_id="u")
TWO = replace(ONE, api_key=SecretStr("sk-two"))
SECRET = {"ChatInput-a.input_value": "hi", "ChatInput-a.key": "hunter2-hunter2"}


@pytest.fixture
def timings(timings):
    """Notice a refused key and its successor soon."""
    return replace(timings, listening=OFTEN, heartbeat_seconds=0.05)


def start(bench, overrides=None):
    """Start a run with the first key that doesn't end, and wait for its job."""
    bench.owner = bench.runner.owner_of(ONE)
    bench.server.seconds = 60
    run_id = bench.start(overrides, connection=ONE)
    bench.runner.attach(ONE)
    bench.wait_until_saved(run_id, lambda record: record.job_id)
    return run_id


def key_of(bench, run_id):
    connection = bench.runner._supervisor.connection(run_id)
    return connection.api_key.get_secret_value() if connection else None


def revoke(bench, *keys):
    bench.server.revoked |= set(keys)


@both_dialects
def test_a_new_key_of_the_user_takes_on_a_run_whose_key_was_revoked(bench):
    run_id = start(bench)
    revoke(bench, "sk-one")
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED))
    bench.runner.attach(TWO)
    bench.server.finish()
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.COMPLETED
    assert [one.id for one in bench.runner.recent(bench.runner.owner_of(TWO))] == [run_id]


def test_a_key_that_was_typed_before_the_other_is_refused_takes_the_run_on(bench):
    run_id = start(bench)
    bench.runner.attach(TWO)
    revoke(bench, "sk-one")
    wait_for(lambda: key_of(bench, run_id) == "sk-two")
    bench.server.finish()
    assert bench.wait_for_end(run_id).status is RunStatus.COMPLETED


def test_a_second_valid_key_leaves_the_run_with_the_first(bench):
    """Which knows the secrets that were sent, so the response is saved."""
    run_id = start(bench, SECRET)
    bench.runner.attach(TWO)
    bench.wait_for_polls(2)
    assert key_of(bench, run_id) == "sk-one"
    bench.server.finish()
    record = bench.wait_for_end(run_id)
    assert record.run.raw
    assert record.run.warnings == ()


def test_a_stop_is_sent_with_the_key_of_the_one_who_pressed_it(bench):
    """Before the console has noticed that the other key is revoked."""
    bench.use_timings(polling=RARELY, listening=RARELY)
    run_id = start(bench)
    revoke(bench, "sk-one")
    bench.runner.stop(run_id, TWO)
    assert bench.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_a_stop_with_another_key_does_not_wait_for_the_task_with_the_first(bench):
    bench.use_timings(polling=RARELY, listening=RARELY)
    run_id = start(bench)
    revoke(bench, "sk-one")
    with bench.blocked_loop():
        bench.runner.stop(run_id, TWO)
        assert key_of(bench, run_id) == "sk-two"
        assert bench.get(run_id).stop_requested_at
    assert bench.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_a_run_that_is_deleted_while_its_key_changes_is_not_followed_any_more(bench):
    """Neither with the first key nor with the second, whose task has not begun."""
    run_id = start(bench)
    revoke(bench, "sk-one")
    supervisor = bench.runner._supervisor
    first = supervisor._followed[run_id]
    with bench.blocked_loop():
        bench.runner.stop(run_id, TWO)
        supervisor.abandon(run_id)
    wait_for(lambda: first.task.done() and supervisor.connection(run_id) is None)


def test_a_revoked_key_stops_no_run_that_another_key_follows(bench):
    run_id = start(bench)
    revoke(bench, "sk-one")
    bench.runner.attach(TWO)
    wait_for(lambda: key_of(bench, run_id) == "sk-two")
    bench.runner.stop(run_id, ONE)
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED))
    assert [job.state for job in bench.server.jobs.values()] == [""]
    bench.runner.attach(TWO)
    bench.wait_until(run_id, lambda record: not record.notes)
    bench.server.finish()
    assert bench.wait_for_end(run_id).status is RunStatus.COMPLETED


def test_a_call_is_stopped_by_another_key_although_its_job_is_known(bench):
    """Its connection can't change, so the stop closes it."""
    bench.owner, bench.server.seconds = bench.runner.owner_of(ONE), 60
    run_id = bench.start(mode="sync", connection=ONE)
    wait_for(lambda: bench.server.jobs)
    bench.runner._cache.change(run_id, job_id="job")
    bench.runner.stop(run_id, TWO)
    assert bench.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_a_removed_key_leaves_the_other_key_of_its_user_in_use(bench):
    run_id = start(bench)
    bench.runner.attach(TWO)
    bench.runner.forget_connection(ONE)
    revoke(bench, "sk-one")
    wait_for(lambda: key_of(bench, run_id) == "sk-two")


def test_another_users_key_neither_sees_nor_follows_the_run(bench):
    """Nor does the same user's key of a server at another address."""
    run_id = start(bench)
    revoke(bench, "sk-one")
    others = ({"user_id": "v"}, {"user_id": None}, {"url": "http://b"})
    for other in [replace(TWO, **other) for other in others]:
        owner = bench.runner.owner_of(other)
        bench.runner.attach(other)
        assert bench.runner.get(run_id, owner) is None
        assert bench.runner.recent(owner) == []
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED))
    assert key_of(bench, run_id) == "sk-one"


def test_runs_made_before_the_user_was_known_become_the_users(bench):
    """Records of an earlier release, and a run in progress."""
    unknown = replace(ONE, user_id=None)
    bench.owner = bench.runner.owner_of(unknown)
    ended = bench.wait_for_end(bench.start(connection=unknown)).id
    bench.server.seconds = 60
    running = bench.start(connection=unknown)
    bench.wait_until_saved(running, lambda record: record.job_id)
    bench.runner.assign_user(ONE)
    bench.owner = bench.runner.owner_of(TWO)
    assert {one.id for one in bench.runner.recent(bench.owner)} == {ended, running}
    assert bench.get(ended).status is RunStatus.COMPLETED
    revoke(bench, "sk-one")
    bench.runner.attach(TWO)
    bench.server.finish()
    assert bench.wait_for_end(running).status is RunStatus.COMPLETED
    bench.wait_until_saved(running, lambda record: record.ended)
    bench.restart()
    assert bench.get(running).status is RunStatus.COMPLETED


def test_a_new_key_in_another_console_takes_on_a_run_whose_key_was_revoked(two):
    """The console that follows the run is alive, but its key is of no use."""
    run_id = start(two)
    revoke(two, "sk-one")
    two.wait_elsewhere(run_id, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED))
    two.other.attach(TWO)
    wait_for(lambda: two.other.is_followed(run_id))
    two.server.finish()
    record = two.wait_elsewhere(run_id, lambda record: record.ended)
    assert record.status is RunStatus.COMPLETED
