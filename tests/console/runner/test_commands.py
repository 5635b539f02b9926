"""What people press while a run goes on is carried out, or said not to be: none is lost."""

import asyncio
from dataclasses import replace

import pytest
from pydantic import SecretStr

from lfclient import RunStatus
from lfclient.console.config.ownership import owner_fingerprint
from tests.support.fake_langflow import FakeLangflow, event, message, question
from tests.support.runner_bench import BEGUN, CONNECTION, JOB
from tests.support.waiting import wait_for

pytestmark = pytest.mark.usefixtures("often")

SECRET = "sk-very-secret-1234567890"
STOP = "/api/v2/workflows/stop"


def test_a_stop_while_a_decision_is_on_its_way(bench, asking):
    """It is carried out after it."""
    bench.server.hold_resume = True
    bench.runner.decide(asking, CONNECTION, bench.question, "approve")
    wait_for(lambda: any(path.endswith("/resume") for _, path in bench.server.requests))
    bench.runner.stop(asking, CONNECTION)
    bench.server.hold_resume = False
    record = bench.until(asking, lambda record: record.stop_result)
    assert bench.server.count("POST", STOP) == 1
    assert "Stopped" in record.stop_result or record.ended


def test_nobody_stops_or_decides_for_a_run_of_somebody_else(bench, asking):
    """Whatever id they come with."""
    other = replace(CONNECTION, name="another server")
    bench.runner.stop(asking, other)
    bench.runner.decide(asking, other, bench.question, "approve")
    record = bench.runner.get(asking, bench.owner)
    assert (record.stop_requested_at, record.run.waiting_for.sent) == (None, None)


def test_a_decision_dies_with_its_follower_and_can_be_made_again(bench, asking):
    """Another key takes the run up before it was sent: the buttons are there again."""
    bench.server.is_down = True
    bench.runner.decide(asking, CONNECTION, bench.question, "approve")
    bench.until(asking, lambda record: record.run.waiting_for.sent == "approve")
    bench.runner.attach(replace(CONNECTION, api_key=SecretStr("sk-another-key-here")))
    record = bench.until(asking, lambda record: record.run.waiting_for.sent is None)
    assert record.status is RunStatus.SUSPENDED
    bench.server.is_down = False


def test_a_press_on_an_earlier_question_decides_nothing(bench, asking):
    """The run asks something else by now, which nobody has read."""
    second = {**question(JOB), "request_id": "Second:job", "prompt": "And now?"}
    bench.server.log += [event("human_input_required", **second)]
    bench.until(asking, lambda record: record.run.waiting_for.request_id == "Second:job")
    bench.runner.decide(asking, CONNECTION, bench.question, "approve")
    record = bench.runner.get(asking, bench.owner)
    assert record.run.waiting_for.sent is None
    assert bench.server.decisions == []


def test_a_second_question_is_shown_though_somebody_else_answered_the_first(bench, asking):
    """The run never stopped waiting between two looks at it."""
    second = {**question(JOB), "request_id": "Second:job", "prompt": "And now?"}
    bench.server.log += [
        event("vertices_sorted", ids=["ChatInput-a"], to_run=["ChatInput-a", "ChatOutput-b"]),
        event("human_input_required", **second),
    ]
    record = bench.until(
        asking, lambda record: record.run.waiting_for and "And now" in record.run.waiting_for.prompt
    )
    assert (record.status, record.note) == (RunStatus.SUSPENDED, "")


def test_a_stop_of_a_run_whose_server_has_moved_can_be_pressed_again(bench, going):
    """Nobody can stop it there; the button is not left dead."""
    bench.restart()
    bench.server.jobs.clear()
    moved = replace(CONNECTION, url="http://elsewhere.test")
    bench.runner.attach(moved)
    bench.until(going, lambda record: record.note)
    bench.runner.stop(going, moved)
    wait_for(lambda: not bench.runner.is_followed(going))
    record = bench.runner.get(going, bench.owner)
    assert (record.ended, record.stop_requested_at) == (False, None)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_run_of_somebody_else_is_kept_without_its_raw_answer(bench, asking, restarted):
    """Nobody here knows the secrets that were sent with it, also after a restart."""
    bench.folder = bench.folder / "other"
    bench.restart()
    bench.owner = owner_fingerprint(CONNECTION, bench.folder)
    run_id = bench.runner.adopt(CONNECTION, bench.flow, bench.question)
    bench.until(run_id, lambda record: record.run and record.run.waiting_for)
    if restarted:
        bench.restart()
        bench.runner.attach(CONNECTION)
        bench.until(run_id, lambda record: record.run and record.run.waiting_for)
    bench.server.seconds = 0.2
    bench.runner.decide(run_id, CONNECTION, bench.question, "approve")
    record = bench.ended(run_id)
    assert record.run.raw == {}
    assert "not started by this console" in record.run.warnings[-1]


def test_a_secret_that_is_streamed_in_pieces_is_hidden(bench):
    """On the screen and on the disk, also when the text never comes whole."""
    bench.server.seconds, bench.server.log = 60, [BEGUN]
    run_id = bench.start({"ChatInput-a.key": SECRET, "ChatInput-a.input_value": "hi"})
    bench.until(run_id, lambda record: record.run and record.run.components)
    words = ("It ", "is sk-", "very-secret-", "1234567890 and s", "o on")
    bench.server.log += [
        message("m", "It ", "partial"),
        *(event("token", id="m", chunk=word) for word in words),
    ]
    record = bench.until(run_id, lambda record: "on" in _text(record))
    assert _text(record) == "It is •••• and so on"
    bench.runner.stop(run_id, CONNECTION)
    bench.ended(run_id)
    wait_for(lambda: not bench.runner.is_followed(run_id))
    kept = [file.read_bytes() for file in bench.folder.rglob("*") if file.is_file()]
    assert not any(b"very-secret" in content for content in kept)


def test_what_is_learnt_late_of_a_run_that_left_the_memory_is_kept(bench, monkeypatch):
    """The record is taken from the disk again."""
    monkeypatch.setattr("lfclient.console.runner.run_cache.ENDED_TTL_SECONDS", 0)
    monkeypatch.setattr("lfclient.console.runner.task_supervisor.MAINTENANCE_SECONDS", 0.02)
    bench.restart()
    bench.server.dialect = "inputs"
    handle = FakeLangflow.handle

    async def slowly(self, request):
        if request.url.path.endswith("/builds"):
            await asyncio.sleep(0.3)
        return await handle(self, request)

    monkeypatch.setattr(FakeLangflow, "handle", slowly)
    run_id = bench.start()
    wait_for(lambda: bench.kept(run_id, lambda record: record.ended))
    wait_for(lambda: not bench.runner.is_followed(run_id))
    assert bench.runner.get(run_id, bench.owner).status is RunStatus.COMPLETED


def _text(record):
    return "".join(one.visible_text for one in record.run.messages.values())
