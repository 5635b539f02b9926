"""A run whose console was killed, or let go of it, and who goes on with it."""

import pytest
from sqlalchemy import update

from lfclient import RunStatus
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import StoredParts
from lfclient.console.store.tables import ResponseChunkRow
from tests.support.fake_langflow import component_done, message
from tests.support.runner_bench import CONNECTION
from tests.support.two_consoles import KEPT_LESS, said, states, token
from tests.support.waiting import wait_for

pytestmark = pytest.mark.usefixtures("often")


def test_a_streamed_call_that_is_killed_keeps_what_it_had(two):
    """It ends as interrupted, is found by its words, and says why."""
    run_id = two.begun("stream")
    two.server.log += [message("m", "", "partial"), token("Half a senten")]
    two.there(run_id, lambda record: said(record) == "Half a senten")
    two.kill()
    wait_for(lambda: two.other._takeover.check() or two.other.get(run_id, two.owner).ended)
    record = two.other.get(run_id, two.owner)
    assert record.status is record.run.status is RunStatus.INTERRUPTED
    (left,) = record.run.unfinished_messages
    assert left.visible_text == "Half a senten"
    assert set(states(record).values()) == {"interrupted", "waiting"}
    assert "restarted" in record.problem.message
    for words in ("half a senten", "restarted"):
        (entry,) = two.other.history.page([two.owner], RunFilter(text=words)).runs
        assert entry.output_summary == record.problem.message


def test_who_takes_a_job_over_goes_on_from_what_was_told(two):
    """The words that went by before are not told again."""
    run_id = two.begun()
    two.server.log += [message("m", "", "partial"), token("Once ")]
    two.there(run_id, lambda record: said(record) == "Once ")
    two.take_over(run_id)
    two.server.log += [token("upon a time")]
    record = two.until(run_id, lambda record: said(record).endswith("upon a time"))
    assert said(record).startswith("Once ")
    assert states(record)["ChatInput-a"] == "running"


@pytest.mark.parametrize("mode", ["background", "stream"])
def test_what_was_told_and_cannot_be_read_holds_nothing_up(two, mode):
    """The job is followed from its first event on, and the call is closed without it."""
    run_id = two.begun(mode)
    two.there(run_id, lambda record: record.run)
    two.kill()
    with two.other.store.database.write() as connection:
        connection.execute(update(ResponseChunkRow).values(body=b"no answer"))
    third = two.new_runner()
    third.attach(CONNECTION)
    if mode == "background":
        wait_for(lambda: third._takeover.check() or third.is_followed(run_id))
        two.runner = third
        two.until(run_id, lambda record: record.run and record.run.components)
    else:
        (closed,) = third.recent(two.owner)
        assert closed.status is RunStatus.INTERRUPTED


@pytest.mark.parametrize(("keeping", "kept"), KEPT_LESS, ids=["outputs", "inputs", "size"])
def test_who_takes_over_what_was_not_told_whole_asks_for_all(two, keeping, kept):
    """From the first event on, so that the screen lacks nothing."""
    two.runner.store.retention = keeping
    run_id = two.begun()
    two.server.log += [
        component_done("ChatInput-a", "hi " * 100, "ChatOutput-b"),
        message("m", "Said. " * 50),
    ]
    two.there(run_id, lambda record: record.stored_parts is kept)
    two.take_over(run_id)
    record = two.until(run_id, lambda record: said(record))
    assert record.run.components["ChatInput-a"].output.value == "hi " * 100
    assert record.stored_parts is StoredParts.WHOLE


def test_a_run_that_another_process_has_taken_is_let_go_of(two):
    """As soon as there is something to tell of it."""
    run_id = two.begun()
    two.there(run_id, lambda record: record.run)
    assert two.other.store.claim(run_id, two.runner._registry.id, two.other._registry.id)
    two.server.log += [message("m", "Said.")]
    wait_for(lambda: not two.runner.is_followed(run_id))
    assert two.runner.save_error is None
