"""Several console processes on one database: which one follows a run."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from lfclient.console.runner.timings import Timings
from lfclient.console.runner.worker_registry import (
    DEAD_AFTER_SECONDS,
    DatabaseHeartbeat,
    FileLockRegistry,
    open_worker_registry,
)
from lfclient.console.store.errors import StoreError
from lfclient.console.store.notes import Note, NoteCode, quote
from lfclient.console.store.store import Store
from lfclient.console.wording.run_notes import describe_notes
from lfclient.runs.model import RunStatus
from tests.support.fake_langflow import FakeLangflow
from tests.support.postgres import postgres
from tests.support.runner_harness import CONNECTION, RunnerHarness
from tests.support.waiting import wait_for

pytestmark = pytest.mark.live  # on PostgreSQL

HEARTBEAT_SECONDS = Timings().heartbeat_seconds


class Clock:
    """A monotonic clock that a test moves."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


class Replicas(RunnerHarness):
    """Consoles on one PostgreSQL database, which check for dead ones when a test says so."""

    def __init__(self, folder, server, clock):
        self.clock = clock
        timings = Timings(heartbeat_seconds=3600, maintenance_seconds=3600)
        super().__init__(folder, server, SecretStr(postgres().new_database()), timings)

    def new_runner(self, **options):
        workers = Store(self.folder, self.database_url).workers
        heartbeat = DatabaseHeartbeat(workers, HEARTBEAT_SECONDS, self.clock)
        return super().new_runner(registry=heartbeat, **options)

    def wait_until_saved(self, run_id, ready):
        """Wait until `ready(record)` is true for the record in the database and return it."""
        store = self.runner.store
        wait_for(lambda: ready(store.get(run_id)))
        return store.get(run_id)

    def start_job(self):
        """Start a job, wait for its id, and return the run's id."""
        run_id = self.start()
        self.wait_until(run_id, lambda record: record.job_id)
        return run_id

    def kill(self, runner):
        """End a console as SIGKILL would: it writes nothing more, and leaves its entry."""
        for thread in runner._threads:
            thread.close()
        runner._supervisor.close()
        self.runners.remove(runner)

    def check(self, *runners, seconds=HEARTBEAT_SECONDS):
        """Let the consoles check for dead ones, so many seconds later."""
        self.clock.now += seconds
        for runner in runners:
            runner._takeover.check()

    def check_until_dead(self, *runners):
        """Let the consoles check for as long as it takes to find a dead one."""
        for _ in range(int((DEAD_AFTER_SECONDS + HEARTBEAT_SECONDS) / HEARTBEAT_SECONDS)):
            self.check(*runners)


@pytest.fixture
def replicas(tmp_path, clock):
    replicas = Replicas(tmp_path, FakeLangflow(seconds=60), clock)
    yield replicas
    replicas.close()


def test_a_run_of_a_dead_process_is_taken_over_within_30_seconds(replicas):
    first, second = replicas.runner, replicas.new_runner(connections=[CONNECTION])
    run_id = replicas.start_job()
    replicas.check(first, second)
    replicas.kill(first)
    replicas.check(second, seconds=DEAD_AFTER_SECONDS - HEARTBEAT_SECONDS)
    assert not second.is_followed(run_id)
    replicas.check_until_dead(second)
    assert second.is_followed(run_id)
    replicas.runner = second
    replicas.server.finish()
    assert replicas.wait_for_end(run_id).status is RunStatus.COMPLETED
    assert len(replicas.server.jobs) == 1


def test_of_several_processes_one_takes_the_run_over(replicas):
    first = replicas.runner
    others = [replicas.new_runner(connections=[CONNECTION]) for _ in range(3)]
    run_id = replicas.start_job()
    replicas.check(first, *others)
    replicas.kill(first)
    replicas.check_until_dead(*others)
    assert sum(runner.is_followed(run_id) for runner in others) == 1
    replicas.runner = others[0]


def test_a_run_is_followed_although_the_claim_was_not_confirmed(replicas):
    """The connection to the database broke after the claim."""
    first, second = replicas.runner, replicas.new_runner(connections=[CONNECTION])
    run_id = replicas.start_job()
    replicas.check(first, second)
    replicas.kill(first)
    replicas.lose_confirmation("claim", second)
    with pytest.raises(StoreError):
        replicas.check_until_dead(second)
    replicas.check(second)
    assert second.is_followed(run_id)
    replicas.runner = second


def test_without_the_key_a_run_says_so_until_a_visitor_brings_it(replicas):
    """To whichever process the visitor comes."""
    first, second, third = replicas.runner, replicas.new_runner(), replicas.new_runner()
    run_id = replicas.start_job()
    replicas.check(first, second, third)
    replicas.kill(first)
    replicas.check_until_dead(second, third)
    assert second.get(run_id, replicas.owner).notes == (Note(NoteCode.KEY_NEEDED),)
    third.attach(CONNECTION)
    assert third.is_followed(run_id)
    replicas.runner = third
    replicas.wait_until(run_id, lambda record: record.notes == ())
    replicas.check(second, third)
    assert not second.is_followed(run_id)


@pytest.mark.parametrize("is_removed", [False, True])
def test_the_connection_of_an_earlier_visitor_is_used_until_it_is_removed(replicas, is_removed):
    first, second = replicas.runner, replicas.new_runner()
    second.attach(CONNECTION)
    if is_removed:
        second.forget_connection(CONNECTION)
    run_id = replicas.start_job()
    replicas.check(first, second)
    replicas.kill(first)
    replicas.check_until_dead(second)
    assert second.is_followed(run_id) is not is_removed
    replicas.runner = second


def take_over_from_a_silent_process(replicas, run_id):
    """Let a second process take a run over from one that is silent but alive; return both."""
    first, second = replicas.runner, replicas.new_runner(connections=[CONNECTION])
    replicas.wait_until_saved(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    replicas.check(first, second)
    replicas.check_until_dead(second)
    assert second.is_followed(run_id)
    return first, second


def test_a_process_that_was_silent_abandons_its_run_at_the_next_check(replicas):
    run_id = replicas.start()
    first, second = take_over_from_a_silent_process(replicas, run_id)
    replicas.check(first)
    wait_for(lambda: not first.is_followed(run_id))
    second.stop(run_id, CONNECTION)
    replicas.runner = second
    assert replicas.wait_for_end(run_id).status is RunStatus.CANCELLED
    wait_for(lambda: first.get(run_id, replicas.owner).ended)


def test_a_process_that_was_silent_overwrites_nothing_before_its_next_check(replicas, caplog):
    run_id = replicas.start()
    first, second = take_over_from_a_silent_process(replicas, run_id)
    store = second.store
    replicas.wait_until(run_id, lambda record: record.job_id)
    before = store.get(run_id)
    assert store.worker_for(run_id) == second._registry.id
    for _ in range(20):  # so that its version is the newer one
        first._cache.change(run_id, notes=(quote("written by the one that was away"),))
    replicas.server.jobs[before.job_id].state = "cancelled"
    wait_for(lambda: not first.is_followed(run_id))
    replicas.runner = second
    record = replicas.wait_for_end(run_id)
    assert record.status is RunStatus.CANCELLED
    assert store.worker_for(run_id) == second._registry.id
    assert "away" not in describe_notes(first.get(run_id, replicas.owner).notes)
    assert not caplog.records


def test_the_response_of_a_silent_process_counts_although_others_ended_its_call(replicas):
    run_id = replicas.start(mode="sync")
    first, second = replicas.runner, replicas.new_runner()
    replicas.wait_until(run_id, lambda record: record.started_at)
    replicas.check(first, second)
    replicas.check_until_dead(second)
    assert second.get(run_id, replicas.owner).status is RunStatus.OUTCOME_UNKNOWN
    replicas.server.finish()
    assert replicas.wait_for_end(run_id).status is RunStatus.COMPLETED
    wait_for(lambda: second.store.get(run_id).status is RunStatus.COMPLETED)
    (listed,) = second.history.page([replicas.owner]).runs
    (recent,) = second.recent(replicas.owner)
    shown = second.get(run_id, replicas.owner)
    assert {run.status for run in (listed, recent, shown)} == {RunStatus.COMPLETED}


def test_a_run_that_another_process_deletes_is_gone_at_once(replicas):
    """Though it was just read here; without the database it is shown as it was."""
    replicas.server.seconds = 0
    first, second = replicas.runner, replicas.new_runner()
    run_id = replicas.wait_for_end(replicas.start()).id
    replicas.wait_until_saved(run_id, lambda record: record.ended)
    wait_for(lambda: not first.is_followed(run_id))
    assert second.get(run_id, replicas.owner)
    postgres().stop()
    try:
        assert second.get(run_id, replicas.owner)
    finally:
        postgres().start()
    first.history.delete([replicas.owner], [run_id])
    assert second.get(run_id, replicas.owner) is None


def test_no_process_counts_as_dead_while_the_database_is_down(replicas):
    """However long: none could send a heartbeat. The run continues, and its end is saved."""
    first, second = replicas.runner, replicas.new_runner(connections=[CONNECTION])
    run_id = replicas.start()
    replicas.wait_until_saved(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    replicas.check(first, second)
    postgres().stop()
    try:
        for runner in (first, second, first, second):
            with pytest.raises(StoreError):
                replicas.check(runner, seconds=DEAD_AFTER_SECONDS)
    finally:
        postgres().start()
    replicas.check(second, first)
    assert first.is_followed(run_id)
    assert not second.is_followed(run_id)
    replicas.server.jobs[first.get(run_id, replicas.owner).job_id].state = "cancelled"
    replicas.wait_until_saved(run_id, lambda record: record.ended)


@pytest.fixture
def two_heartbeats(any_store, clock):
    return [DatabaseHeartbeat(any_store.workers, HEARTBEAT_SECONDS, clock) for _ in range(2)]


def test_a_process_that_reads_rarely_takes_no_other_for_dead(two_heartbeats, clock):
    """A minute between two reads is not a minute of silence: both may have been suspended."""
    one, two = two_heartbeats

    def read_later():
        clock.now += HEARTBEAT_SECONDS
        one.heartbeat()

    one.heartbeat()
    clock.now += 60
    one.heartbeat()
    assert one.is_alive(two.id)
    for _ in range(2):
        read_later()
    assert one.is_alive(two.id)
    two.heartbeat()
    for _ in range(4):
        read_later()
        assert one.is_alive(two.id)
    for _ in range(2):
        read_later()
    assert not one.is_alive(two.id)
    two.heartbeat()
    one.heartbeat()
    assert one.is_alive(two.id)


def test_a_new_process_is_known_before_the_next_read(two_heartbeats, clock):
    """A closed one, and an unknown id, are not alive."""
    one, two = two_heartbeats
    assert one.is_alive(two.id)
    two.close()
    clock.now += HEARTBEAT_SECONDS
    one.heartbeat()
    assert not one.is_alive(two.id)
    assert not one.is_alive("")
    assert one.is_alive(one.id)


def test_a_file_lock_shows_that_a_process_lives_until_it_is_closed(tmp_path):
    one, two = FileLockRegistry(tmp_path), FileLockRegistry(tmp_path)
    assert two.is_alive(one.id)
    one.close()
    assert not two.is_alive(one.id)
    assert not two.is_alive("never was")
    assert not two.is_alive("")


def test_the_database_decides_how_processes_know_of_each_other(any_store, tmp_path):
    """File locks on one machine, heartbeats where there may be several."""
    registry = open_worker_registry(tmp_path, any_store, Timings())
    is_shared = any_store.database.is_shared
    assert isinstance(registry, DatabaseHeartbeat if is_shared else FileLockRegistry)
    registry.close()
