"""Records of runs that the database does not take."""

import pytest

from lfclient.console.runner import memory
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import StoredParts
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from tests.support.databases import full_disk
from tests.support.waiting import wait_for


def fill_disk(record, *args, **options):
    """Stand in for `Store.update` on a full disk."""
    raise StoreError("the disk is full")


def test_a_run_that_cannot_be_recorded_is_not_sent(bench, monkeypatch):
    monkeypatch.setattr(bench.runner.store, "create", fill_disk)
    with pytest.raises(StoreError):
        bench.start()
    assert bench.server.jobs == {}


def test_a_recorded_run_whose_confirmation_was_lost_is_ended(bench):
    """Nothing is sent for it, even if the same button is pressed again."""
    bench.use_timings(maintenance_seconds=0.3)
    bench.lose_confirmation("create")
    with pytest.raises(StoreError):
        bench.start(submit_token="a press")
    record = bench.wait_for_end(bench.start(submit_token="a press"))
    assert record.status is RunStatus.FAILED
    assert "Not started" in record.problem.message
    assert bench.server.jobs == {}


def test_a_record_that_cannot_be_saved_is_saved_later(bench):
    """The run ends in memory, and in the store once there is room."""
    bench.use_timings(maintenance_seconds=0.1)
    update = bench.runner.store.update
    bench.runner.store.update = fill_disk
    record = bench.wait_for_end(bench.start())
    assert record.status is RunStatus.COMPLETED
    assert Store(bench.folder).get(record.id).status is RunStatus.QUEUED
    bench.runner.store.update = update
    assert bench.wait_until_saved(record.id, lambda stored: stored.ended).run == record.run


@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_large_result_ends_its_run_on_a_full_disk(bench, mode):
    """In memory with its result, in the store without, until there is room; others are saved."""
    bench.use_timings(maintenance_seconds=0.1)
    bench.server.text = "x" * 2_000_000
    with full_disk(bench.runner.store, room_bytes=1_000_000):
        record = bench.wait_for_end(bench.start(mode=mode))
        assert record.status is RunStatus.COMPLETED
        assert record.run.outputs["ChatOutput-b"].value == bench.server.text
        stored = bench.wait_until_saved(record.id, lambda stored: stored.ended)
        assert stored.status is RunStatus.COMPLETED
        assert stored.stored_parts is StoredParts.NO_ROOM
        output = stored.run.outputs["ChatOutput-b"]
        assert (output.value, output.note) == (
            None,
            "Not stored: the disk of the console's database was full.",
        )
        assert "the disk is full" in bench.runner.unsaved_reason(record.id).message
        bench.server.text = "short"
        other = bench.wait_for_end(bench.start(mode=mode))
        assert bench.wait_until_saved(other.id, lambda stored: stored.ended).run == other.run
        assert bench.runner.unsaved_reason(other.id) is None
    whole = bench.wait_until_saved(
        record.id, lambda stored: stored.stored_parts is StoredParts.WHOLE
    )
    assert whole.run == record.run
    wait_for(lambda: bench.runner.unsaved_reason(record.id) is None)


def test_a_full_disk_loses_no_end_when_the_console_restarts(bench):
    """Without the end in the store, a call that nobody follows would seem to be interrupted."""
    bench.server.text = "x" * 2_000_000
    with full_disk(bench.runner.store, room_bytes=1_000_000):
        record = bench.wait_for_end(bench.start(mode="sync"))
        bench.wait_until_saved(record.id, lambda stored: stored.ended)
        bench.runner.close()
    bench.runner = bench.new_runner()
    assert bench.get(record.id).status is RunStatus.COMPLETED


def test_a_record_that_cannot_be_serialized_holds_up_no_other(bench, caplog):
    """The log names the error's type alone."""
    bench.use_timings(maintenance_seconds=0.05)
    update, unserializable, is_disk_full = bench.runner.store.update, [], [True]

    def fail(record, **options):
        if record.id in unserializable:
            raise TypeError("hunter2-hunter2")
        if is_disk_full[0]:
            raise StoreError("the disk is full")
        return update(record, **options)

    bench.runner.store.update = fail
    unserializable.append(bench.start())
    assert bench.wait_for_end(unserializable[0]).status is RunStatus.COMPLETED
    other = bench.wait_for_end(bench.start())
    is_disk_full[0] = False
    stored = bench.wait_until_saved(other.id, lambda stored: stored.ended)
    assert stored.status is RunStatus.COMPLETED
    assert "TypeError" in caplog.text
    assert "hunter2" not in caplog.text


def test_unsaved_records_are_saved_although_memory_cannot_be_released(bench, monkeypatch, caplog):
    bench.use_timings(maintenance_seconds=0.05)

    def fail():
        raise RuntimeError("hunter2-hunter2")

    monkeypatch.setattr(memory, "release", fail)
    bench.runner.release_memory()
    wait_for(lambda: "RuntimeError" in caplog.text)
    update = bench.runner.store.update
    bench.runner.store.update = fill_disk
    record = bench.wait_for_end(bench.start())
    bench.runner.store.update = update
    assert bench.wait_until_saved(record.id, lambda stored: stored.ended).run == record.run
    assert "hunter2" not in caplog.text
