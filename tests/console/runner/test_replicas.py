"""Several console processes on one database: who follows a run, and what becomes of it."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from lfclient.console.runner import process_registry
from lfclient.console.runner.process_registry import (
    DEAD_AFTER_SECONDS,
    HEARTBEAT_SECONDS,
    DatabaseHeartbeat,
    FileLockRegistry,
)
from lfclient.console.runner.takeover import KEY_NEEDED_NOTE
from lfclient.console.store.errors import StoreError
from lfclient.runs.model import RunStatus
from tests.support.fake_langflow import FakeLangflow
from tests.support.postgres import postgres
from tests.support.runner_bench import CONNECTION, Bench
from tests.support.waiting import wait_for


class Clock:
    """A monotonic clock that a test moves."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


class Replicas(Bench):
    """Consoles on one PostgreSQL database, which look at each other when a test says so."""

    def __init__(self, folder, server, clock):
        self.url, self.clock = SecretStr(postgres().new_database()), clock
        super().__init__(folder, server)

    def new_runner(self, **options):
        return super().new_runner(database_url=self.url, **options)

    def kept(self, run_id, ready):
        """Wait until what is in the database fits; the record."""
        store = self.runner.store
        wait_for(lambda: ready(store.get(run_id)))
        return store.get(run_id)

    def kill(self, runner):
        """As SIGKILL: it beats no more, writes no more, and takes no leave."""
        runner._takeover.close()
        runner._replica_sync.close()
        runner._supervisor.close()
        self.runners.remove(runner)

    def look(self, *runners, seconds=HEARTBEAT_SECONDS):
        """Let them look, so many seconds later."""
        self.clock.now += seconds
        for runner in runners:
            runner._takeover.check()


@pytest.fixture
def replicas(tmp_path, clock, monkeypatch):
    def open_registry(folder, store):
        return DatabaseHeartbeat(store.workers, clock)

    monkeypatch.setattr("lfclient.console.runner.runner.open_process_registry", open_registry)
    monkeypatch.setattr("lfclient.console.runner.takeover.HEARTBEAT_SECONDS", 3600)
    monkeypatch.setattr("lfclient.console.runner.task_supervisor.MAINTENANCE_SECONDS", 3600)
    made = Replicas(tmp_path, FakeLangflow(seconds=60), clock)
    yield made
    for runner in made.runners:
        runner.close()


def until_dead(bench, *runners):
    """Let them look until whoever has died is taken for dead, and no longer than it may take."""
    spent = 0.0
    while spent < DEAD_AFTER_SECONDS + HEARTBEAT_SECONDS:
        bench.look(*runners)
        spent += HEARTBEAT_SECONDS


def test_another_takes_over_from_one_that_dies(replicas):
    """Within 30 s, and no job is made for it; before that, nobody meddles."""
    first, second = replicas.runner, replicas.new_runner(connections=[CONNECTION])
    run_id = replicas.start()
    replicas.until(run_id, lambda record: record.job_id)
    replicas.look(first, second)
    replicas.kill(first)
    replicas.look(second, seconds=DEAD_AFTER_SECONDS - HEARTBEAT_SECONDS)
    assert not second.is_followed(run_id)
    until_dead(replicas, second)
    assert second.is_followed(run_id)
    replicas.runner = second
    replicas.server.finish()
    assert replicas.ended(run_id).status is RunStatus.COMPLETED
    assert len(replicas.server.jobs) == 1


def test_of_several_one_takes_over(replicas):
    """The one that is first to put its name in."""
    first, *others = (
        replicas.runner,
        *(replicas.new_runner(connections=[CONNECTION]) for _ in range(3)),
    )
    run_id = replicas.start()
    replicas.until(run_id, lambda record: record.job_id)
    replicas.look(first, *others)
    replicas.kill(first)
    until_dead(replicas, *others)
    assert sum(one.is_followed(run_id) for one in others) == 1
    replicas.runner = others[0]


def test_what_was_claimed_without_an_answer_is_followed(replicas):
    """The connection to the database broke, and the run was this process's all the same."""
    first, second = replicas.runner, replicas.new_runner(connections=[CONNECTION])
    run_id = replicas.start()
    replicas.until(run_id, lambda record: record.job_id)
    replicas.look(first, second)
    replicas.kill(first)
    replicas.break_once("claim", second)
    with pytest.raises(StoreError):
        until_dead(replicas, second)
    replicas.look(second)
    assert second.is_followed(run_id)
    replicas.runner = second


def test_without_the_key_it_says_so_until_a_visitor_brings_it(replicas):
    """Whichever process that visitor came to."""
    first, second, third = replicas.runner, replicas.new_runner(), replicas.new_runner()
    run_id = replicas.start()
    replicas.until(run_id, lambda record: record.job_id)
    replicas.look(first, second, third)
    replicas.kill(first)
    until_dead(replicas, second, third)
    assert second.get(run_id, replicas.owner).note == KEY_NEEDED_NOTE
    third.attach(CONNECTION)
    assert third.is_followed(run_id)
    replicas.runner = third
    replicas.until(run_id, lambda record: record.note == "")
    replicas.look(second, third)
    assert not second.is_followed(run_id)


def test_a_visitor_who_is_there_need_not_come_again(replicas):
    """What it was connected with is used."""
    first, second = replicas.runner, replicas.new_runner()
    second.attach(CONNECTION)
    run_id = replicas.start()
    replicas.until(run_id, lambda record: record.job_id)
    replicas.look(first, second)
    replicas.kill(first)
    until_dead(replicas, second)
    assert second.is_followed(run_id)
    replicas.runner = second


def test_a_key_that_was_taken_back_is_not_used(replicas):
    """The visitor had it forgotten."""
    first, second = replicas.runner, replicas.new_runner()
    second.attach(CONNECTION)
    second.forget_connection(CONNECTION)
    run_id = replicas.start()
    replicas.until(run_id, lambda record: record.job_id)
    replicas.look(first, second)
    replicas.kill(first)
    until_dead(replicas, second)
    assert not second.is_followed(run_id)
    replicas.runner = second


def paused(replicas, run_id):
    """Let the first process be silent for so long that a second takes its run over; both."""
    first, second = replicas.runner, replicas.new_runner(connections=[CONNECTION])
    replicas.kept(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    replicas.look(first, second)
    until_dead(replicas, second)
    assert second.is_followed(run_id)
    return first, second


def test_who_comes_back_after_a_pause_follows_no_more(replicas):
    """It sees at its next look that the run is another's, and shows what that one writes."""
    run_id = replicas.start()
    first, second = paused(replicas, run_id)
    replicas.look(first)
    wait_for(lambda: not first.is_followed(run_id))
    second.stop(run_id, CONNECTION)
    replicas.runner = second
    assert replicas.ended(run_id).status is RunStatus.CANCELLED
    wait_for(lambda: first.get(run_id, replicas.owner).ended)


def test_who_comes_back_after_a_pause_writes_nothing(replicas, caplog):
    """Though it has not looked yet: what it learns meanwhile is not put over the other's."""
    run_id = replicas.start()
    first, second = paused(replicas, run_id)
    store = second.store
    replicas.until(run_id, lambda record: record.job_id)
    before = store.get(run_id)
    assert store.worker_for(run_id) == second._registry.id
    for _ in range(20):  # so that its version is the newer one
        first._cache.change(run_id, note="written by the one that was away")
    replicas.server.jobs[before.job_id].state = "cancelled"
    wait_for(lambda: not first.is_followed(run_id))
    replicas.runner = second
    record = replicas.ended(run_id)
    assert record.status is RunStatus.CANCELLED
    assert store.worker_for(run_id) == second._registry.id
    assert "away" not in first.get(run_id, replicas.owner).note
    assert not caplog.records


def test_a_call_of_one_that_only_paused_has_its_answer(replicas):
    """Others take it for lost; what it brings counts."""
    run_id = replicas.start(mode="sync")
    first, second = replicas.runner, replicas.new_runner()
    replicas.until(run_id, lambda record: record.started_at)
    replicas.look(first, second)
    until_dead(replicas, second)
    assert second.get(run_id, replicas.owner).status is RunStatus.OUTCOME_UNKNOWN
    replicas.server.finish()
    assert replicas.ended(run_id).status is RunStatus.COMPLETED
    wait_for(lambda: second.store.get(run_id).status is RunStatus.COMPLETED)
    (listed,) = second.history.page([replicas.owner]).runs
    (recent,) = second.recent(replicas.owner)
    shown = second.get(run_id, replicas.owner)
    assert {each.status for each in (listed, recent, shown)} == {RunStatus.COMPLETED}


def test_a_run_that_another_process_deletes_is_gone_at_once(replicas):
    """Though it was looked at here just before; without the database it is shown as it was."""
    replicas.server.seconds = 0
    first, second = replicas.runner, replicas.new_runner()
    run_id = replicas.ended(replicas.start()).id
    replicas.kept(run_id, lambda record: record.ended)
    wait_for(lambda: not first.is_followed(run_id))
    assert second.get(run_id, replicas.owner)
    postgres().stop()
    try:
        assert second.get(run_id, replicas.owner)
    finally:
        postgres().start()
    first.history.delete([replicas.owner], [run_id])
    assert second.get(run_id, replicas.owner) is None


def test_a_record_that_is_deleted_while_it_is_followed(replicas):
    """It is let go of, without a fault."""
    run_id = replicas.start()
    replicas.until(run_id, lambda record: record.job_id)
    with replicas.runner.store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM runs")
    replicas.runner.stop(run_id, CONNECTION)
    wait_for(lambda: not replicas.runner.is_followed(run_id))
    assert replicas.runner.get(run_id, replicas.owner) is None
    assert replicas.runner.save_error is None


def test_a_database_that_is_away_makes_nobody_dead(replicas):
    """However long: nobody could beat. Its run goes on, and its end is written."""
    first, second = replicas.runner, replicas.new_runner(connections=[CONNECTION])
    run_id = replicas.start()
    replicas.kept(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    replicas.look(first, second)
    postgres().stop()
    try:
        for runner in (first, second, first, second):
            with pytest.raises(StoreError):
                replicas.look(runner, seconds=DEAD_AFTER_SECONDS)
    finally:
        postgres().start()
    replicas.look(second, first)
    assert first.is_followed(run_id)
    assert not second.is_followed(run_id)
    replicas.server.jobs[first.get(run_id, replicas.owner).job_id].state = "cancelled"
    replicas.kept(run_id, lambda record: record.ended)


def test_one_that_takes_leave_is_followed_up_at_once(replicas):
    """Nobody waits for it to be silent."""
    second = replicas.new_runner(connections=[CONNECTION])
    run_id = replicas.start()
    replicas.until(run_id, lambda record: record.job_id)
    replicas.look(replicas.runner, second)
    replicas.runner.close()
    replicas.runners.remove(replicas.runner)
    replicas.look(second)
    assert second.is_followed(run_id)
    replicas.runner = second


def test_who_looks_seldom_takes_nobody_for_dead(any_store, clock):
    """A minute between two looks is not a minute of silence: both may have been stopped."""
    one, two = (
        DatabaseHeartbeat(any_store.workers, clock),
        DatabaseHeartbeat(any_store.workers, clock),
    )
    one.heartbeat()
    clock.now += 60
    one.heartbeat()
    assert one.is_alive(two.id)
    for _ in range(2):
        clock.now += HEARTBEAT_SECONDS
        one.heartbeat()
    assert one.is_alive(two.id)
    two.heartbeat()
    for _ in range(4):
        clock.now += HEARTBEAT_SECONDS
        one.heartbeat()
        assert one.is_alive(two.id)
    for _ in range(2):
        clock.now += HEARTBEAT_SECONDS
        one.heartbeat()
    assert not one.is_alive(two.id)
    two.heartbeat()
    one.heartbeat()
    assert one.is_alive(two.id)


def test_one_that_has_just_begun_is_known(any_store, clock):
    """Though nobody has looked since; one that has left, or never was, is not."""
    one = DatabaseHeartbeat(any_store.workers, clock)
    two = DatabaseHeartbeat(any_store.workers, clock)
    assert one.is_alive(two.id)
    two.close()
    clock.now += HEARTBEAT_SECONDS
    one.heartbeat()
    assert not one.is_alive(two.id)
    assert not one.is_alive("")
    assert one.is_alive(one.id)


def test_the_database_says_how_processes_know_of_each_other(any_store, tmp_path):
    """Locks on one machine, counters where there may be several."""
    made = process_registry.open_process_registry(tmp_path, any_store)
    assert isinstance(made, DatabaseHeartbeat if any_store.database.is_shared else FileLockRegistry)
    made.close()
