"""A run whose console was killed, or released it, and the console that continues."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from lfclient import RunStatus
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import StoredParts
from lfclient.console.store.store import Store
from lfclient.console.store.tables import ResponseChunkRow
from tests.support.fake_events import component_done, message
from tests.support.runner_harness import CONNECTION, component_states
from tests.support.two_consoles import REDUCED_RETENTION, message_text, on_both_databases, token
from tests.support.waiting import wait_for


def test_a_killed_streamed_call_is_interrupted_with_its_output_so_far(two):
    """A search finds it by its text and by the reason."""
    run_id = two.start_running("stream")
    two.server.log += [message("m", "", "partial"), token("Half a senten")]
    two.wait_elsewhere(run_id, lambda record: message_text(record) == "Half a senten")
    two.kill()
    wait_for(lambda: two.other._takeover.check() or two.get_elsewhere(run_id).ended)
    record = two.get_elsewhere(run_id)
    assert record.status is record.run.status is RunStatus.INTERRUPTED
    (unfinished,) = record.run.unfinished_messages
    assert unfinished.visible_text == "Half a senten"
    assert set(component_states(record).values()) == {"interrupted", "waiting"}
    assert "restarted" in record.problem.message
    for words in ("half a senten", "restarted"):
        (listed,) = two.other.history.page([two.owner], RunFilter(text=words)).runs
        assert listed.output_summary == record.problem.message


@on_both_databases
def test_a_job_is_continued_from_its_published_progress(two):
    """The server doesn't send earlier tokens again."""
    run_id = two.start_running()
    two.server.log += [message("m", "", "partial"), token("Once ")]
    two.wait_elsewhere(run_id, lambda record: message_text(record) == "Once ")
    two.kill_and_take_over(run_id)
    two.server.log += [token("upon a time")]
    record = two.wait_until(run_id, lambda record: message_text(record).endswith("upon a time"))
    assert message_text(record).startswith("Once ")
    assert component_states(record)["ChatInput-a"] == "running"


@pytest.mark.parametrize(
    ("retention", "stored_parts"), REDUCED_RETENTION, ids=["outputs", "inputs", "size"]
)
def test_partly_published_progress_is_discarded_and_all_events_are_read(
    two, retention, stored_parts
):
    two.runner.store.retention = retention
    run_id = two.start_running()
    two.server.log += [
        component_done("ChatInput-a", "hi " * 100, "ChatOutput-b"),
        message("m", "Said. " * 50),
    ]
    two.wait_elsewhere(run_id, lambda record: record.stored_parts is stored_parts)
    two.kill_and_take_over(run_id)
    record = two.wait_until(run_id, message_text)
    assert record.run.components["ChatInput-a"].output.value == "hi " * 100
    assert record.stored_parts is StoredParts.WHOLE


def test_the_console_starts_although_a_run_cannot_be_taken_over(harness, monkeypatch, caplog):
    """The takeover thread logs the error once and tries again."""
    run_id = harness.start_running()
    harness.timings = replace(harness.timings, heartbeat_seconds=0.05)
    claim, errors = Store.claim, [StoreError("the disk is full")] * 3

    def fail_at_first(store, *workers):
        if errors:
            raise errors.pop()
        return claim(store, *workers)

    monkeypatch.setattr(Store, "claim", fail_at_first)
    harness.restart(connections=[CONNECTION])
    harness.server.finish()
    assert harness.wait_for_end(run_id).status is RunStatus.COMPLETED
    assert caplog.text.count("takeover failed (StoreError)") == 1


def test_unreadable_progress_holds_up_no_takeover(two):
    """The job is followed from its first event on."""
    run_id = two.start_running()
    two.wait_elsewhere(run_id, lambda record: record.run)
    two.kill()
    with two.other.store.database.write() as connection:
        connection.execute(update(ResponseChunkRow).values(body=b"no response"))
    two.runner = two.new_runner()
    two.runner.attach(CONNECTION)
    wait_for(lambda: two.runner._takeover.check() or two.runner.is_followed(run_id))
    two.wait_until(run_id, lambda record: record.run and record.run.components)
