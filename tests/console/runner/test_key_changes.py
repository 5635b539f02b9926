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
def runner_timings(runner_timings):
    """Notice a refused key and its successor soon."""
    return replace(runner_timings, listening=OFTEN, heartbeat_seconds=0.05)


def start(harness, overrides=None):
    """Start a run with the first key that doesn't end, and wait for its job."""
    harness.owner = harness.runner.owner_of(ONE)
    harness.server.seconds = 60
    run_id = harness.start(overrides, connection=ONE)
    harness.runner.attach(ONE)
    harness.wait_until_saved(run_id, lambda record: record.job_id)
    return run_id


def key_of(harness, run_id):
    connection = harness.runner._supervisor.connection(run_id)
    return connection.api_key.get_secret_value() if connection else None


def revoke(harness, *keys):
    harness.server.revoked |= set(keys)


@both_dialects
def test_a_new_key_of_the_user_takes_on_a_run_whose_key_was_revoked(harness):
    run_id = start(harness)
    revoke(harness, "sk-one")
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED))
    harness.runner.attach(TWO)
    harness.server.finish()
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.COMPLETED
    assert [one.id for one in harness.runner.recent(harness.runner.owner_of(TWO))] == [run_id]


def test_a_second_valid_key_leaves_the_run_with_the_first(harness):
    """Which knows the secrets that were sent, so the response is saved."""
    run_id = start(harness, SECRET)
    harness.runner.attach(TWO)
    harness.wait_for_polls(2)
    assert key_of(harness, run_id) == "sk-one"
    harness.server.finish()
    record = harness.wait_for_end(run_id)
    assert record.run.raw
    assert record.run.warnings == ()


def test_a_stop_with_another_key_does_not_wait_for_the_task_with_the_first(harness):
    harness.use_timings(polling=RARELY, listening=RARELY)
    run_id = start(harness)
    revoke(harness, "sk-one")
    with harness.blocked_loop():
        harness.runner.stop(run_id, TWO)
        assert key_of(harness, run_id) == "sk-two"
        assert harness.get(run_id).stop_requested_at
    assert harness.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_a_revoked_key_stops_no_run_that_another_key_follows(harness):
    run_id = start(harness)
    revoke(harness, "sk-one")
    harness.runner.attach(TWO)
    wait_for(lambda: key_of(harness, run_id) == "sk-two")
    harness.runner.stop(run_id, ONE)
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED))
    assert [job.state for job in harness.server.jobs.values()] == [""]
    harness.runner.attach(TWO)
    harness.wait_until(run_id, lambda record: not record.notes)
    harness.server.finish()
    assert harness.wait_for_end(run_id).status is RunStatus.COMPLETED


def test_a_removed_key_leaves_the_other_key_of_its_user_in_use(harness):
    run_id = start(harness)
    harness.runner.attach(TWO)
    harness.runner.forget_connection(ONE)
    revoke(harness, "sk-one")
    wait_for(lambda: key_of(harness, run_id) == "sk-two")


def test_another_users_key_neither_sees_nor_follows_the_run(harness):
    run_id = start(harness)
    revoke(harness, "sk-one")
    others = ({"user_id": "v"}, {"user_id": None}, {"url": "http://b"})
    for other in [replace(TWO, **other) for other in others]:
        owner = harness.runner.owner_of(other)
        harness.runner.attach(other)
        assert harness.runner.get(run_id, owner) is None
        assert harness.runner.recent(owner) == []
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED))
    assert key_of(harness, run_id) == "sk-one"


def test_runs_made_before_the_user_was_known_become_the_users(harness):
    """Records of an earlier release, and a run in progress."""
    unknown = replace(ONE, user_id=None)
    harness.owner = harness.runner.owner_of(unknown)
    ended = harness.wait_for_end(harness.start(connection=unknown)).id
    harness.server.seconds = 60
    running = harness.start(connection=unknown)
    harness.wait_until_saved(running, lambda record: record.job_id)
    harness.runner.assign_user(ONE)
    harness.owner = harness.runner.owner_of(TWO)
    assert {one.id for one in harness.runner.recent(harness.owner)} == {ended, running}
    assert harness.get(ended).status is RunStatus.COMPLETED
    revoke(harness, "sk-one")
    harness.runner.attach(TWO)
    harness.server.finish()
    assert harness.wait_for_end(running).status is RunStatus.COMPLETED
    harness.wait_until_saved(running, lambda record: record.ended)
    harness.restart()
    assert harness.get(running).status is RunStatus.COMPLETED


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
