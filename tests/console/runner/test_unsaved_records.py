"""Records of runs that the database does not take."""

import pytest

from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import StoredParts
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from tests.support.databases import full_disk
from tests.support.waiting import wait_for


def fill_disk(record, *args, **options):
    """Stand in for `Store.update` on a full disk."""
    raise StoreError("the disk is full")


def test_a_run_that_cannot_be_recorded_is_not_sent(harness, monkeypatch):
    monkeypatch.setattr(harness.runner.store, "create", fill_disk)
    with pytest.raises(StoreError):
        harness.start()
    assert harness.server.jobs == {}


def test_a_recorded_run_whose_confirmation_was_lost_is_ended(harness):
    """Nothing is sent for it, even if the same button is pressed again."""
    harness.use_timings(maintenance_seconds=0.3)
    harness.lose_confirmation("create")
    with pytest.raises(StoreError):
        harness.start(submit_token="a press")
    record = harness.wait_for_end(harness.start(submit_token="a press"))
    assert record.status is RunStatus.FAILED
    assert "Not started" in record.problem.message
    assert harness.server.jobs == {}


def test_a_record_that_cannot_be_saved_is_saved_later(harness):
    """The run ends in memory, and in the store once there is room."""
    harness.use_timings(maintenance_seconds=0.1)
    update = harness.runner.store.update
    harness.runner.store.update = fill_disk
    record = harness.wait_for_end(harness.start())
    assert record.status is RunStatus.COMPLETED
    assert Store(harness.folder).get(record.id).status is RunStatus.QUEUED
    harness.runner.store.update = update
    assert harness.wait_until_saved(record.id, lambda stored: stored.ended).run == record.run


def test_a_large_result_ends_its_run_on_a_full_disk(harness):
    """In memory with its result, in the store without, until there is room; others are saved."""
    harness.use_timings(maintenance_seconds=0.1)
    harness.server.text = "x" * 2_000_000
    with full_disk(harness.runner.store, room_bytes=1_000_000):
        record = harness.wait_for_end(harness.start())
        assert record.status is RunStatus.COMPLETED
        assert record.run.outputs["ChatOutput-b"].value == harness.server.text
        stored = harness.wait_until_saved(record.id, lambda stored: stored.ended)
        assert stored.status is RunStatus.COMPLETED
        assert stored.stored_parts is StoredParts.NO_ROOM
        output = stored.run.outputs["ChatOutput-b"]
        assert (output.value, output.note) == (
            None,
            "Not stored: the disk of the console's database was full.",
        )
        assert "the disk is full" in harness.runner.unsaved_reason(record.id).message
        harness.server.text = "short"
        other = harness.wait_for_end(harness.start())
        assert harness.wait_until_saved(other.id, lambda stored: stored.ended).run == other.run
        assert harness.runner.unsaved_reason(other.id) is None
    whole = harness.wait_until_saved(
        record.id, lambda stored: stored.stored_parts is StoredParts.WHOLE
    )
    assert whole.run == record.run
    wait_for(lambda: harness.runner.unsaved_reason(record.id) is None)


def test_a_full_disk_loses_no_end_when_the_console_restarts(harness):
    """Without the end in the store, a call that nobody follows would seem to be interrupted."""
    harness.server.text = "x" * 2_000_000
    with full_disk(harness.runner.store, room_bytes=1_000_000):
        record = harness.wait_for_end(harness.start(mode="sync"))
        harness.wait_until_saved(record.id, lambda stored: stored.ended)
        harness.runner.close()
    harness.runner = harness.new_runner()
    assert harness.get(record.id).status is RunStatus.COMPLETED


def test_a_record_that_cannot_be_serialized_holds_up_no_other(harness, caplog):
    """The log names the error's type alone."""
    harness.use_timings(maintenance_seconds=0.05)
    update, unserializable, is_disk_full = harness.runner.store.update, [], [True]

    def fail(record, **options):
        if record.id in unserializable:
            raise TypeError("hunter2-hunter2")
        if is_disk_full[0]:
            raise StoreError("the disk is full")
        return update(record, **options)

    harness.runner.store.update = fail
    unserializable.append(harness.start())
    assert harness.wait_for_end(unserializable[0]).status is RunStatus.COMPLETED
    other = harness.wait_for_end(harness.start())
    is_disk_full[0] = False
    stored = harness.wait_until_saved(other.id, lambda stored: stored.ended)
    assert stored.status is RunStatus.COMPLETED
    assert "TypeError" in caplog.text
    assert "hunter2" not in caplog.text
