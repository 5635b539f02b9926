"""An unfinished run as another process sees it, on one SQLite folder and on PostgreSQL."""

import time
from itertools import pairwise

import pytest

from lfclient import RunStatus
from lfclient.console.store.errors import StoreError
from tests.support.fake_events import component_done, event, message
from tests.support.runner_bench import CONNECTION, RUN_STARTED, component_states
from tests.support.two_consoles import REDUCED_RETENTION, SECRET, message_text, token
from tests.support.waiting import wait_for


def record_publishing(two, monkeypatch):
    """Return a list that gets the time of each publication."""
    times = []
    writer = two.runner._writer
    publish = writer.publish

    def publish_and_record(record):
        times.append(time.monotonic())
        return publish(record)

    monkeypatch.setattr(writer, "publish", publish_and_record)
    return times


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
    """Even if the server repeats it."""
    run_id = two.start({"ChatInput-a.key": SECRET})
    two.server.log += [message("m", f"You gave {SECRET}.")]
    record = two.wait_elsewhere(run_id, message_text)
    assert SECRET not in str(record)
    assert message_text(record).startswith("You gave")


def test_an_unchanged_run_is_not_published_again(two, monkeypatch):
    run_id = two.start_running()
    two.wait_elsewhere(run_id, lambda record: record.run)
    two.wait_for_syncs(4)  # what its start has changed
    version = two.get_elsewhere(run_id).version
    published = record_publishing(two, monkeypatch)
    two.wait_for_syncs(8)
    assert (published, two.get_elsewhere(run_id).version) == ([], version)


def test_a_short_run_is_not_published(two, monkeypatch):
    two.use_timings(publish_seconds=1.0)
    published = record_publishing(two, monkeypatch)
    two.server.log = [RUN_STARTED, event("end")]
    two.server.seconds = 0
    two.wait_for_end(two.start())
    assert published == []


def test_a_changing_run_is_published_no_more_often_than_allowed(two, monkeypatch):
    """However many tokens arrive."""
    run_id = two.start_running("stream")
    two.server.log.append(message("m", "", "partial"))
    two.wait_elsewhere(run_id, lambda record: record.run)
    times = record_publishing(two, monkeypatch)
    for number in range(100):
        two.server.log.append(token(f"{number} "))
        time.sleep(0.01)
    two.wait_elsewhere(run_id, lambda record: message_text(record).endswith("99 "))
    assert len(times) <= 8
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(times))


def test_progress_is_published_once_the_database_is_back(two, monkeypatch):
    """Until then, the run is followed and shown in its own process."""
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


def test_a_run_that_cannot_be_serialized_holds_up_no_other(two, monkeypatch, caplog):
    """It is logged without its content."""
    good, bad = two.start_running(), two.start_running()
    writer = two.runner._writer
    publish = writer.publish

    def fail_on_bad(record):
        if record.id == bad:
            raise TypeError("what was entered")
        return publish(record)

    monkeypatch.setattr(writer, "publish", fail_on_bad)
    two.wait_elsewhere(good, lambda record: record.run)
    assert two.get_elsewhere(bad).run is None
    wait_for(lambda: caplog.records)
    assert "what was entered" not in caplog.text
    assert bad in caplog.text
    monkeypatch.undo()
