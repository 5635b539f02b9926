"""An unfinished run as another process sees it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from lfclient.console.runner.replica_sync import ReplicaSync
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.runner.timings import Timings
from lfclient.console.store.errors import StoreError
from lfclient.runs.model import Run, RunStatus
from tests.support.clock import Clock
from tests.support.fake_events import component_done, message
from tests.support.runner_harness import CONNECTION, component_states
from tests.support.store_records import record
from tests.support.two_consoles import (
    REDUCED_RETENTION,
    SECRET,
    message_text,
    on_both_databases,
    token,
)
from tests.support.waiting import wait_for


@pytest.fixture
def publishing():
    return Publishing()


class Publishing:
    """A run in progress, synced when a test does. `times` has when it was published."""

    def __init__(self):
        self.clock, self.cache, self.times = Clock(), RunCache(), []
        run = Run("flow", "background", RunStatus.IN_PROGRESS)
        self.cache.put(record(run=run, status=run.status))
        writer = SimpleNamespace(cache=self.cache, error=None, publish=self._publish)
        commands = SimpleNamespace(apply_queued=list)
        timings = Timings(publish_seconds=1.0, clock=self.clock)
        self.replica_sync = ReplicaSync(writer, commands, timings)

    def _publish(self, record):
        self.times.append(self.clock.seconds)
        return 0.0  # a write that took no time

    def change(self):
        self.cache.edit("r1", lambda record: {"run": replace(record.run)})

    def sync(self, seconds):
        """Sync after so many seconds."""
        self.clock.seconds += seconds
        self.replica_sync.sync()


@on_both_databases
def test_another_process_sees_components_and_text_as_they_arrive(two):
    run_id = two.start_running()
    record = two.wait_elsewhere(run_id, lambda record: record.run)
    assert component_states(record) == {"ChatInput-a": "running", "ChatOutput-b": "waiting"}
    two.server.log += [
        component_done("ChatInput-a", "hi", "ChatOutput-b"),
        message("m", "", "partial"),
        token("Once "),
        token("upon"),
    ]
    record = two.wait_elsewhere(run_id, lambda record: message_text(record) == "Once upon")
    assert component_states(record) == {"ChatInput-a": "done", "ChatOutput-b": "running"}
    two.server.log += [token(" a time")]
    two.wait_elsewhere(run_id, lambda record: message_text(record) == "Once upon a time")
    assert not two.other.is_followed(run_id)


def test_another_process_sees_the_question_and_the_decision(two):
    run_id = two.start_suspended()
    record = two.wait_elsewhere(run_id, lambda record: record.run and record.run.waiting_for)
    question = record.run.waiting_for
    assert (record.status, question.prompt) == (RunStatus.SUSPENDED, "May it go on?")
    assert [one.action_id for one in question.decisions] == ["approve", "reject"]
    two.server.hold_resume = True
    two.runner.decide(run_id, CONNECTION, question, "approve")
    two.wait_elsewhere(run_id, lambda record: record.run.waiting_for.sent == "approve")
    two.server.hold_resume = False


@pytest.mark.parametrize(
    ("retention", "stored_parts"), REDUCED_RETENTION, ids=["outputs", "inputs", "size"]
)
def test_what_must_not_be_stored_is_not_published(two, retention, stored_parts):
    """The components' states and the existence of a question are."""
    two.runner.store.retention = retention
    run_id = two.start_suspended()
    two.server.log += [message("u", "what was entered")]
    two.wait_until(run_id, lambda record: record.run.messages)
    record = two.wait_elsewhere(run_id, lambda record: record.run and record.run.waiting_for)
    assert record.stored_parts is stored_parts
    assert component_states(record)["ChatInput-a"] in ("suspended", "done")
    assert record.run.components["ChatInput-a"].output is None
    assert "go on" not in record.run.waiting_for.prompt
    assert len(record.run.waiting_for.decisions) == 2
    if not retention.store_outputs:
        assert record.run.messages == {}


def test_no_secret_is_published(two):
    run_id = two.start({"ChatInput-a.key": SECRET})
    two.server.log += [message("m", f"You gave {SECRET}.")]
    record = two.wait_elsewhere(run_id, message_text)
    assert SECRET not in str(record)
    assert message_text(record).startswith("You gave")


def test_an_unchanged_run_is_not_published_again(publishing):
    for _ in range(3):
        publishing.sync(2)
    assert publishing.times == [4]


def test_a_short_run_is_not_published(publishing):
    publishing.sync(0)
    publishing.sync(0.9)
    assert publishing.times == []


def test_a_changing_run_is_published_no_more_often_than_allowed(publishing):
    for _ in range(9):
        publishing.change()
        publishing.sync(0.5)
    assert publishing.times == [1.5, 2.5, 3.5, 4.5]


def test_progress_is_published_once_the_database_is_back(two, monkeypatch):
    run_id = two.start_running()
    two.wait_elsewhere(run_id, lambda record: record.run)
    with monkeypatch.context() as away:

        def fail(record):
            raise StoreError("The database is gone.")

        away.setattr(two.runner.store, "update_running", fail)
        two.server.log += [message("m", "Said.")]
        two.wait_until(run_id, message_text)
        wait_for(lambda: two.runner.save_error)
    two.wait_elsewhere(run_id, message_text)
    assert two.runner.save_error is None
