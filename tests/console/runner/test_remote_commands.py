"""What is pressed in a console that does not follow the run: stops and decisions."""

import asyncio
import time
from dataclasses import replace

import pytest

from lfclient import AsyncLangflowClient, RunStatus
from lfclient.console.store.errors import StoreError
from tests.support.runner_bench import CONNECTION
from tests.support.two_consoles import STOP
from tests.support.waiting import wait_for

pytestmark = pytest.mark.usefixtures("often")


@pytest.mark.parametrize("mode", ["background", "stream"])
def test_a_run_is_stopped_from_another_process(two, mode):
    """It shows at once that a stop was asked for, and what came of it."""
    run_id = two.begun(mode)
    two.there(run_id, lambda record: record.run)
    two.other.stop(run_id, CONNECTION)
    assert two.other.get(run_id, two.owner).stop_requested_at
    record = two.there(run_id, lambda record: record.ended)
    assert record.status is RunStatus.CANCELLED
    assert "Stopped" in record.stop_result
    assert two.server.count("POST", STOP) == (mode == "background")


def test_a_stop_that_was_taken_is_seen_everywhere(two):
    """Also where nobody pressed, and by who comes new, while the server has not answered."""
    two.server.hold_status = True
    run_id = two.begun()
    two.there(run_id, lambda record: record.run)
    third = two.new_runner()
    third.stop(run_id, CONNECTION)
    assert third.get(run_id, two.owner).stop_requested_at
    record = two.there(run_id, lambda record: record.stop_requested_at)
    assert not record.ended
    two.server.hold_status = False
    two.there(run_id, lambda record: record.ended)


def test_a_stop_is_seen_in_another_process(two, monkeypatch):
    """Before the server has answered it."""
    stop, held = AsyncLangflowClient.stop, [True]

    async def slow(*args, **more):
        while held:
            await asyncio.sleep(0.01)
        return await stop(*args, **more)

    monkeypatch.setattr(AsyncLangflowClient, "stop", slow)
    monkeypatch.setattr("lfclient.console.runner.task_supervisor.MAINTENANCE_SECONDS", 3600)
    run_id = two.begun()
    two.there(run_id, lambda record: record.run)
    time.sleep(0.3)
    two.runner.stop(run_id, CONNECTION)
    record = two.there(run_id, lambda record: record.stop_requested_at)
    assert not record.ended
    held.clear()
    two.there(run_id, lambda record: record.ended)


def test_a_decision_is_made_from_another_process(two):
    """The buttons are taken away at once."""
    run_id = two.asking()
    record = two.there(run_id, lambda record: record.run and record.run.waiting_for)
    two.server.seconds = 0
    two.other.decide(run_id, CONNECTION, record.run.waiting_for, "approve")
    assert two.other.get(run_id, two.owner).run.waiting_for.sent == "approve"
    two.there(run_id, lambda record: record.ended or record.status is RunStatus.IN_PROGRESS)
    assert two.server.decisions == ["approve"]


def test_of_several_decisions_anywhere_one_is_sent(two):
    """The first that is taken; the others see which."""
    run_id = two.asking()
    asked = two.there(run_id, lambda record: record.run and record.run.waiting_for).run.waiting_for
    third = two.new_runner()
    two.server.hold_resume = two.server.ignore_resume = True
    two.other.decide(run_id, CONNECTION, asked, "reject")
    third.decide(run_id, CONNECTION, asked, "approve")
    assert third.get(run_id, two.owner).run.waiting_for.sent == "reject"
    two.until(run_id, lambda record: record.run.waiting_for.sent)
    for runner in (two.runner, two.other, third):
        runner.decide(run_id, CONNECTION, asked, "approve")
    time.sleep(0.5)
    two.server.hold_resume = False
    wait_for(lambda: two.server.decisions)
    time.sleep(0.5)
    assert two.server.decisions == ["reject"]


def test_nobody_presses_for_a_run_of_somebody_else_from_another_process(two):
    """Whatever id they come with."""
    run_id = two.asking()
    asked = two.there(run_id, lambda record: record.run and record.run.waiting_for).run.waiting_for
    stranger = replace(CONNECTION, name="another server")
    two.other.stop(run_id, stranger)
    two.other.decide(run_id, stranger, asked, "approve")
    assert two.other.store.commands.pending([run_id]) == []


def test_what_was_pressed_before_its_follower_died_is_carried_out(two):
    """By the one that takes the run over: nobody had taken it."""
    run_id = two.begun()
    two.there(run_id, lambda record: record.run)
    two.runner._replica_sync.close()
    two.other.stop(run_id, CONNECTION)
    two.take_over(run_id)
    assert two.ended(run_id).status is RunStatus.CANCELLED
    assert two.server.count("POST", STOP) == 1


@pytest.mark.parametrize("what", ["stop", "decision"])
def test_what_was_taken_without_an_answer_can_be_pressed_again(two, monkeypatch, what):
    """The connection to the database broke: nobody knows who took it, and nothing is sent."""
    run_id = two.asking()
    asked = two.there(run_id, lambda record: record.run and record.run.waiting_for).run.waiting_for
    commands = two.runner.store.commands
    take = commands.take

    def broken(*args):
        monkeypatch.setattr(commands, "take", take)
        take(*args)
        raise StoreError("The connection broke.")

    monkeypatch.setattr(commands, "take", broken)

    def press():
        if what == "stop":
            two.other.stop(run_id, CONNECTION)
        else:
            two.other.decide(run_id, CONNECTION, asked, "approve")

    def pressed(record):
        return record.stop_requested_at or record.run.waiting_for.sent

    press()
    two.until(run_id, pressed)
    two.there(run_id, lambda record: not pressed(record))
    assert two.server.decisions == []
    assert two.server.count("POST", STOP) == 0
    press()
    wait_for(lambda: two.server.decisions or two.server.count("POST", STOP))


def test_what_was_taken_dies_with_its_follower(two):
    """It may have been sent: the question is asked again, and nothing is sent by itself."""
    run_id = two.asking()
    asked = two.there(run_id, lambda record: record.run and record.run.waiting_for).run.waiting_for
    two.server.is_down = True
    two.other.decide(run_id, CONNECTION, asked, "approve")
    wait_for(lambda: not two.other.store.commands.pending([run_id]))
    two.there(run_id, lambda record: record.run.waiting_for.sent == "approve")
    two.take_over(run_id)
    two.server.is_down = False
    record = two.until(run_id, lambda record: record.run and record.run.waiting_for)
    assert record.run.waiting_for.sent is None
    assert two.server.decisions == []
