"""The runner on a job's events: what they tell is kept, and a person's decision is sent once."""

import threading

import pytest

from lfclient import ComponentState, HumanInput, RunStatus
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.runner import job_follower
from tests.support.fake_langflow import component_done, event
from tests.support.runner_bench import BEGUN, CONNECTION, JOB
from tests.support.waiting import wait_for

pytestmark = pytest.mark.usefixtures("often")


def states(record):
    return {name: one.state.value for name, one in record.run.components.items()}


def test_an_older_answer_takes_nothing_back(bench, going):
    """What events told while the status was under way stays, for nobody will tell it again."""
    bench.server.hold_status = True
    asked = bench.server.status_requests
    wait_for(lambda: bench.server.status_requests > asked)
    bench.server.log += [
        component_done("ChatInput-a", "hi", "ChatOutput-b"),
        event("warning", message="w"),
    ]
    heard = bench.until(going, lambda record: record.run.warnings)
    bench.server.hold_status = False
    asked = bench.server.status_requests
    wait_for(lambda: bench.server.status_requests > asked + 1)
    record = bench.runner.get(going, bench.owner)
    assert states(record) == states(heard) == {"ChatInput-a": "done", "ChatOutput-b": "running"}
    assert record.run.warnings == ("w",)
    assert int(record.run.last_event_id) == 3
    bench.runner.stop(going, CONNECTION)
    record = bench.ended(going)
    assert states(record) == {"ChatInput-a": "done", "ChatOutput-b": "interrupted"}


def test_the_first_events_do_not_wait_for_the_disk(bench, monkeypatch):
    """What a run does is seen while its job's id is still being written; that comes to the disk."""
    store, seen = bench.runner._store, threading.Event()
    write = store.update
    monkeypatch.setattr(store, "update", lambda *a, **more: seen.wait(20) and write(*a, **more))
    bench.server.seconds, bench.server.log = 60, [BEGUN]
    run_id = bench.start()
    bench.until(run_id, lambda record: record.run and record.run.components, timeout=5)
    assert store.get(run_id).job_id is None
    seen.set()
    bench.kept(run_id, lambda record: record.job_id == JOB)


def test_two_who_press_stop_are_one_stop(bench, going):
    """The server is asked once, and the record says it once."""
    for _ in range(2):
        bench.runner.stop(going, CONNECTION)
    record = bench.ended(going)
    assert record.status is RunStatus.CANCELLED
    assert bench.server.count("POST", "/api/v2/workflows/stop") == 1


def test_a_decision_lets_the_run_go_on(bench, asking):
    """Pressed twice, it is sent once: the first counts."""
    bench.server.seconds = 0.3
    bench.runner.decide(asking, CONNECTION, bench.question, "approve")
    bench.runner.decide(asking, CONNECTION, bench.question, "reject")
    record = bench.ended(asking)
    assert (record.status, bench.server.decisions) == (RunStatus.COMPLETED, ["approve"])
    (decided,) = record.run.decided
    assert (decided.prompt, decided.sent) == (bench.question.prompt, "approve")
    assert record.created_at < decided.sent_at < record.ended_at


def test_a_decision_that_is_not_allowed_can_be_made_again(bench, asking):
    """The record says why, and goes on saying it until there is another."""
    bench.runner.decide(asking, CONNECTION, bench.question, "perhaps")
    record = bench.until(asking, lambda record: "not taken" in record.note)
    assert (record.status, record.run.waiting_for.sent) == (RunStatus.SUSPENDED, None)
    asked = bench.server.status_requests
    wait_for(lambda: bench.server.status_requests > asked + 2)
    assert "not taken" in bench.runner.get(asking, bench.owner).note
    bench.server.seconds = 0.2
    bench.runner.decide(asking, CONNECTION, bench.question, "approve")
    record = bench.ended(asking)
    assert (record.status, record.note) == (RunStatus.COMPLETED, "")


def test_a_server_that_was_away_while_a_person_is_asked(bench, asking, monkeypatch):
    """Once it is back nothing is said of it any more."""
    monkeypatch.setattr("lfclient.console.runner.backoff.AWAY", (0.05,))
    bench.server.is_down = True
    bench.until(asking, lambda record: "not answered" in record.note)
    bench.server.is_down = False
    record = bench.until(asking, lambda record: not record.note)
    assert (record.status, record.run.waiting_for) == (RunStatus.SUSPENDED, bench.question)


def test_a_decision_that_was_made_while_the_run_is_to_be_stopped(bench, asking, monkeypatch):
    """It is not sent after a stop, and can be made again if nothing came of that."""
    monkeypatch.setattr("lfclient.console.runner.backoff.AWAY", (0.05,))
    bench.server.is_down = True
    bench.runner.decide(asking, CONNECTION, bench.question, "approve")
    bench.runner.stop(asking, CONNECTION)
    bench.until(asking, lambda record: "not answered" in record.note)
    bench.server.is_down, bench.server.ignore_stop = False, True
    record = bench.until(asking, lambda record: "not sent" in record.note, timeout=20)
    assert (bench.server.decisions, record.run.waiting_for.sent) == ([], None)


def test_a_decision_that_comes_too_late_is_said(bench, asking):
    """Somebody had decided in another console, and the run goes on by that."""
    bench.server.hold_status = True
    bench.server.jobs[JOB].state = "in_progress"
    bench.runner.decide(asking, CONNECTION, bench.question, "reject")
    bench.server.hold_status = False
    bench.until(asking, lambda record: "not taken" in record.note)
    bench.until(asking, lambda record: record.status is RunStatus.IN_PROGRESS)
    assert bench.server.decisions == []
    bench.server.log.append(BEGUN)
    record = bench.until(asking, lambda record: record.run.decided)
    assert record.run.decided[0].sent is None


def test_a_decision_whose_answer_is_lost_is_not_sent_again(bench, asking):
    """The run goes on by it, so that a second would answer what nobody asked."""
    bench.server.lose_resume_response, bench.server.seconds = True, 0.5
    bench.runner.decide(asking, CONNECTION, bench.question, "approve")
    bench.until(asking, lambda record: "answer was lost" in record.note or record.ended)
    record = bench.ended(asking)
    assert (record.status, bench.server.decisions) == (RunStatus.COMPLETED, ["approve"])


def test_a_decision_that_nothing_comes_of_can_be_made_again(
    bench,
    asking,
    monkeypatch,
):
    """As when the server was ended right after it had taken it."""
    monkeypatch.setattr(job_follower, "DECISION_TIMEOUT_SECONDS", 0.2)
    bench.server.ignore_resume = True
    bench.runner.decide(asking, CONNECTION, bench.question, "approve")
    record = bench.until(asking, lambda record: "still waits" in record.note)
    assert record.run.waiting_for.sent is None


def test_a_stop_while_a_person_is_asked(bench, asking):
    """Nobody is asked any more, and a decision changes nothing."""
    bench.runner.stop(asking, CONNECTION)
    record = bench.ended(asking)
    assert (record.status, record.run.waiting_for) == (RunStatus.CANCELLED, None)
    assert record.run.components["ChatInput-a"].state is ComponentState.DONE
    bench.runner.decide(asking, CONNECTION, bench.question, "approve")
    assert bench.server.decisions == []


def test_a_job_of_ones_own_is_not_adopted_as_a_second_run(bench, asking):
    """It is in the server's list of waiting ones too."""
    adopted = bench.runner.adopt(CONNECTION, bench.flow, HumanInput("r", job_id=JOB))
    assert adopted == asking
    assert len(bench.runner.recent(bench.owner)) == 1


def test_a_job_of_another_console_is_adopted_once(bench, asking):
    """And decided on; that it was made elsewhere is said at its end."""
    bench.folder = bench.folder / "other"
    bench.restart()
    bench.owner = owner_fingerprint(CONNECTION, bench.folder)
    first, second = (bench.runner.adopt(CONNECTION, bench.flow, bench.question) for _ in range(2))
    assert first == second
    bench.until(first, lambda record: record.run and record.run.waiting_for)
    bench.server.seconds = 0.2
    bench.runner.decide(first, CONNECTION, bench.question, "approve")
    record = bench.ended(first)
    assert record.status is RunStatus.COMPLETED
    assert any("not started by this console" in warning for warning in record.run.warnings)


def test_a_restarted_console_learns_all_again(bench, asking):
    """What events had told, the question included."""
    bench.restart()
    bench.runner.attach(CONNECTION)
    record = bench.until(asking, lambda record: record.run and record.run.waiting_for)
    assert states(record)["ChatInput-a"] == "done"


def test_a_stream_that_does_not_tell_the_rest_leaves_nothing_out(bench, going):
    """The job ended, and its stream never told: what its server has kept of it is shown."""
    built = component_done("ChatInput-a", "hi")["data"]["build_data"]
    bench.server.builds = {"ChatInput-a": [{**built, "job_id": JOB}]}
    bench.server.jobs[JOB].ends_at = 0.0
    bench.ended(going)
    record = bench.until(going, lambda record: "running" not in states(record).values())
    record = bench.until(going, lambda record: states(record)["ChatInput-a"] == "done")
    assert record.run.components["ChatInput-a"].output.value == "hi"
    assert states(record)["ChatOutput-b"] == "done"  # it delivered
