"""Stops and decisions from a console that does not follow the run."""

import pytest

from lfclient import RunStatus
from lfclient.console.store.errors import StoreError
from lfclient.console.store.notes import NoteCode, has_code
from tests.support.runner_harness import CONNECTION, STOP
from tests.support.two_consoles import on_both_databases
from tests.support.waiting import wait_for


def wait_for_question(two, run_id):
    """Wait until the other console shows the question, and return it."""
    return two.wait_elsewhere(
        run_id, lambda record: record.run and record.run.waiting_for
    ).run.waiting_for


@pytest.mark.parametrize("mode", ["background", "stream"])
def test_a_run_is_stopped_from_another_process(two, mode):
    """The stop shows at once, later its result."""
    run_id = two.start_running(mode)
    two.wait_elsewhere(run_id, lambda record: record.run)
    two.other.stop(run_id, CONNECTION)
    assert two.get_elsewhere(run_id).stop_requested_at
    record = two.wait_elsewhere(run_id, lambda record: record.ended)
    assert record.status is RunStatus.CANCELLED
    assert has_code(record.stop_result, NoteCode.STOPPED, NoteCode.STOPPED_STREAM)
    assert two.server.count("POST", STOP) == (mode == "background")


def test_a_stop_that_was_taken_is_seen_in_every_process(two):
    two.server.hold_status = True
    run_id = two.start_running()
    two.wait_elsewhere(run_id, lambda record: record.run)
    third = two.new_runner()
    third.stop(run_id, CONNECTION)
    assert third.get(run_id, two.owner).stop_requested_at
    record = two.wait_elsewhere(run_id, lambda record: record.stop_requested_at)
    assert not record.ended
    two.server.hold_status = False
    two.wait_elsewhere(run_id, lambda record: record.ended)


def test_a_decision_from_another_process_is_sent(two):
    """The buttons disappear at once."""
    run_id = two.start_suspended()
    question = wait_for_question(two, run_id)
    two.server.seconds = 0
    two.other.decide(run_id, CONNECTION, question, "approve")
    assert two.get_elsewhere(run_id).run.waiting_for.sent == "approve"
    two.wait_elsewhere(
        run_id, lambda record: record.ended or record.status is RunStatus.IN_PROGRESS
    )
    assert two.server.decisions == ["approve"]


@on_both_databases
def test_of_several_decisions_from_anywhere_one_is_sent(two):
    """The first in the queue; the others see which it is."""
    run_id = two.start_suspended()
    question = wait_for_question(two, run_id)
    third = two.new_runner()
    two.server.hold_resume = two.server.ignore_resume = True
    two.other.decide(run_id, CONNECTION, question, "reject")
    third.decide(run_id, CONNECTION, question, "approve")
    wait_for(lambda: third.get(run_id, two.owner).run.waiting_for.sent == "reject")
    two.wait_until(run_id, lambda record: record.run.waiting_for.sent)
    for runner in (two.runner, two.other, third):
        runner.decide(run_id, CONNECTION, question, "approve")
    two.wait_for_syncs(3)
    two.server.hold_resume = False
    wait_for(lambda: two.server.decisions)
    two.wait_for_polls(3)
    two.wait_for_syncs(3)
    assert two.server.decisions == ["reject"]


def test_a_queued_command_is_executed_by_the_process_that_takes_the_run_over(two):
    run_id = two.start_running()
    two.wait_elsewhere(run_id, lambda record: record.run)
    two.runner._sync_thread.close()
    two.other.stop(run_id, CONNECTION)
    two.kill_and_take_over(run_id)
    assert two.wait_for_end(run_id).status is RunStatus.CANCELLED
    assert two.server.count("POST", STOP) == 1


def test_a_stop_whose_removal_was_not_confirmed_is_offered_again(two, monkeypatch):
    """The connection to the database broke: nobody knows who took it, and nothing is sent."""
    run_id = two.start_running()
    two.wait_elsewhere(run_id, lambda record: record.run)
    queue = two.runner.store.commands
    take = queue.take

    def take_without_confirmation(*args):
        monkeypatch.setattr(queue, "take", take)
        take(*args)
        raise StoreError("The connection broke.")

    monkeypatch.setattr(queue, "take", take_without_confirmation)
    two.other.stop(run_id, CONNECTION)
    two.wait_until(run_id, lambda record: record.stop_requested_at)
    two.wait_elsewhere(run_id, lambda record: not record.stop_requested_at)
    assert two.server.count("POST", STOP) == 0
    two.other.stop(run_id, CONNECTION)
    wait_for(lambda: two.server.count("POST", STOP))


def test_a_taken_decision_is_offered_again_after_its_follower_died(two):
    """It may have been sent, so nothing is sent without a person."""
    run_id = two.start_suspended()
    question = wait_for_question(two, run_id)
    two.server.is_down = True
    two.other.decide(run_id, CONNECTION, question, "approve")
    wait_for(lambda: not two.other.store.commands.pending([run_id]))
    two.wait_elsewhere(run_id, lambda record: record.run.waiting_for.sent == "approve")
    two.kill_and_take_over(run_id)
    two.server.is_down = False
    record = two.wait_until(run_id, lambda record: record.run and record.run.waiting_for)
    assert record.run.waiting_for.sent is None
    assert two.server.decisions == []
