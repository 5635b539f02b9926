"""A run that goes on, seen from a process that does not follow it.

Two consoles on one SQLite folder and on PostgreSQL.
"""

import time
from itertools import pairwise

import pytest

from lfclient import RunStatus
from lfclient.console.runner import replica_sync
from lfclient.console.store.errors import StoreError
from tests.support.fake_langflow import component_done, event, message
from tests.support.runner_bench import BEGUN, CONNECTION
from tests.support.two_consoles import KEPT_LESS, SECRET, said, states, token
from tests.support.waiting import wait_for

pytestmark = pytest.mark.usefixtures("often")


def test_another_process_sees_what_a_run_does(two):
    """Its components, and its text as it is written."""
    run_id = two.begun()
    record = two.there(run_id, lambda record: record.run)
    assert states(record) == {"ChatInput-a": "running", "ChatOutput-b": "waiting"}
    two.server.log += [
        component_done("ChatInput-a", "hi", "ChatOutput-b"),
        message("m", "", "partial"),
    ]
    two.server.log += [token("Once "), token("upon")]
    record = two.there(run_id, lambda record: said(record) == "Once upon")
    assert states(record) == {"ChatInput-a": "done", "ChatOutput-b": "running"}
    two.server.log += [token(" a time")]
    two.there(run_id, lambda record: said(record) == "Once upon a time")
    assert not two.other.is_followed(run_id)


def test_another_process_sees_the_question(two):
    """With its decisions, and which of them was sent."""
    run_id = two.asking()
    record = two.there(run_id, lambda record: record.run and record.run.waiting_for)
    asked = record.run.waiting_for
    assert (record.status, asked.prompt) == (RunStatus.SUSPENDED, "May it go on?")
    assert [one.action_id for one in asked.decisions] == ["approve", "reject"]
    two.server.hold_resume = True
    two.runner.decide(run_id, CONNECTION, asked, "approve")
    two.there(run_id, lambda record: record.run.waiting_for.sent == "approve")
    two.server.hold_resume = False


@pytest.mark.parametrize(("keeping", "kept"), KEPT_LESS, ids=["outputs", "inputs", "size"])
def test_what_is_not_to_be_kept_is_not_told(two, keeping, kept):
    """How its components stand is, and that there is a question."""
    two.runner.store.retention = keeping
    run_id = two.asking()
    two.server.log += [message("u", "what was entered")]
    two.until(run_id, lambda record: record.run.messages)
    record = two.there(run_id, lambda record: record.run and record.run.waiting_for)
    assert record.stored_parts is kept
    assert states(record)["ChatInput-a"] == "suspended" or states(record)["ChatInput-a"] == "done"
    assert record.run.components["ChatInput-a"].output is None
    assert "go on" not in record.run.waiting_for.prompt
    assert len(record.run.waiting_for.decisions) == 2
    if not keeping.store_outputs:
        assert record.run.messages == {}


def test_no_secret_is_told(two):
    """A server that repeats it tells it to no other process."""
    run_id = two.start({"ChatInput-a.key": SECRET})
    two.server.log += [message("m", f"You gave {SECRET}.")]
    record = two.there(run_id, said)
    assert SECRET not in str(record)
    assert said(record).startswith("You gave")


def test_what_has_not_changed_is_not_written_again(two):
    """Nor is a run that was over within the first second."""
    run_id = two.begun()
    two.there(run_id, lambda record: record.run)
    version = two.other.get(run_id, two.owner).version
    written = []
    publish = two.runner._writer.publish
    two.runner._writer.publish = lambda records: (written.append(records), publish(records))[1]
    time.sleep(0.6)
    assert (written, two.other.get(run_id, two.owner).version) == ([], version)
    replica_sync.PUBLISH_SECONDS = 1.0
    two.server.log = [BEGUN, event("end")]
    two.server.seconds = 0
    two.ended(two.start())
    assert written == []


def test_it_is_written_at_most_so_often(two):
    """However many words come."""
    run_id = two.begun("stream")
    two.server.log.append(message("m", "", "partial"))
    two.there(run_id, lambda record: record.run)
    moments = []
    publish = two.runner._writer.publish
    two.runner._writer.publish = lambda records: (
        moments.append(time.monotonic()),
        publish(records),
    )[1]
    for number in range(100):
        two.server.log.append(token(f"{number} "))
        time.sleep(0.01)
    two.there(run_id, lambda record: said(record).endswith("99 "))
    assert 2 <= len(moments) <= 8
    assert all(later - before >= 0.2 for before, later in pairwise(moments))


def test_a_database_that_is_away_is_told_once_it_is_back(two, monkeypatch):
    """Meanwhile the run is followed and shown here as ever."""
    run_id = two.begun()
    two.there(run_id, lambda record: record.run)
    with monkeypatch.context() as away:

        def gone(records):
            raise StoreError("The database is gone.")

        away.setattr(two.runner.store, "update_running", gone)
        two.server.log += [message("m", "Said.")]
        two.until(run_id, said)
        wait_for(lambda: two.runner.save_error)
    two.there(run_id, said)
    assert two.runner.save_error is None


def test_one_that_cannot_be_told_holds_up_no_other(two, monkeypatch, caplog):
    """It is said once, without what it holds."""
    good, bad = two.begun(), two.begun()
    writer = two.runner._writer
    publish = writer.publish

    def refusing(some):
        if any(one.id == bad for one in some):
            raise TypeError("what was entered")
        return publish(some)

    monkeypatch.setattr(writer, "publish", refusing)
    two.there(good, lambda record: record.run)
    assert two.other.get(bad, two.owner).run is None
    wait_for(lambda: caplog.records)
    assert "what was entered" not in caplog.text
    assert bad in caplog.text
    monkeypatch.undo()
