"""A run that goes on, seen from a process that does not follow it, and from those that come after.

Two consoles on one SQLite folder and on PostgreSQL.
"""

import asyncio
import time
from dataclasses import replace
from itertools import pairwise

import pytest
from pydantic import SecretStr
from sqlalchemy import text, update

from lfclient import AsyncLangflowClient, RunStatus
from lfclient.keeping import Keeping
from lfclient.runner import exchange
from lfclient.store import AnswerKept, RunFilter, StoreError, statements
from lfclient.store.models import PieceRow
from tests.fake_langflow import FakeLangflow, done, event, message, question
from tests.postgres import postgres
from tests.runner_bench import CONNECTION, Bench
from tests.test_runner_events import BEGUN, JOB, often
from tests.waiting import wait_for, wait_for_record

__all__ = ["often"]

STOP = "/api/v2/workflows/stop"
SECRET = "sk-very-secret-1234567890"
KEPT_LESS = [
    (Keeping(outputs=False), AnswerKept.NOT_WANTED),
    (Keeping(inputs=False), AnswerKept.WITHOUT_INPUTS),
    (Keeping(answer_bytes=200), AnswerKept.TOO_LARGE),
]


def token(chunk):
    return event("token", id="m", chunk=chunk)


class Two(Bench):
    """`runner` follows what is started, `other` is opened beside it."""

    def __init__(self, folder, database_url):
        super().__init__(folder, FakeLangflow(seconds=60, log=[BEGUN]), database_url)
        self.other = self.new_runner()

    def there(self, run_id, ready, timeout=10.0):
        """Wait until the other process shows it; the record."""
        return wait_for_record(self.other, run_id, self.owner, ready, timeout)

    def begun(self, mode="background"):
        """A run whose components are known; its id."""
        run_id = self.start(mode=mode)
        self.until(run_id, lambda record: record.run and record.run.components)
        return run_id

    def asking(self):
        """One that waits for a decision."""
        run_id = self.begun()
        asked = event("human_input_required", **question(JOB))
        self.server.log += [done("ChatInput-a", "hi"), asked]
        self.server.jobs[JOB].state = "suspended"
        self.until(run_id, lambda record: record.run.waiting_for)
        return run_id

    def kill(self):
        """As SIGKILL of the one that follows: it writes no more, and its lock is free."""
        self.runner._exchange.close()
        self.runner.close()
        self.runners.remove(self.runner)
        self.runner = self.other

    def take_over(self, run_id):
        """Kill the one that follows, and let the other see that it is dead."""
        self.kill()
        self.other.attach(CONNECTION)
        wait_for(lambda: self.other._takeover.look() or self.other.is_followed(run_id))


@pytest.fixture(params=["sqlite", "postgresql"])
def two(request, tmp_path, monkeypatch):
    monkeypatch.setattr(exchange, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(exchange, "TELL_SECONDS", 0.2)
    monkeypatch.setattr("lfclient.runner.tasks.TIDY_SECONDS", 0.2)
    url = SecretStr(postgres().new_database()) if request.param == "postgresql" else None
    made = Two(tmp_path, url)
    yield made
    for runner in made.runners:
        runner.close()


def said(record):
    return record.run.messages["m"].shown if record.run and record.run.messages else ""


def states(record):
    return {name: one.state.value for name, one in record.run.components.items()}


def test_another_process_sees_what_a_run_does(two):
    """Its components, and its text as it is written."""
    run_id = two.begun()
    record = two.there(run_id, lambda record: record.run)
    assert states(record) == {"ChatInput-a": "running", "ChatOutput-b": "waiting"}
    two.server.log += [done("ChatInput-a", "hi", "ChatOutput-b"), message("m", "", "partial")]
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
    two.server.resume_held = True
    two.runner.decide(run_id, CONNECTION, asked, "approve")
    two.there(run_id, lambda record: record.run.waiting_for.sent == "approve")
    two.server.resume_held = False


def test_a_streamed_call_that_is_killed_keeps_what_it_had(two):
    """It ends as interrupted, is found by its words, and says why."""
    run_id = two.begun("stream")
    two.server.log += [message("m", "", "partial"), token("Half a senten")]
    two.there(run_id, lambda record: said(record) == "Half a senten")
    two.kill()
    wait_for(lambda: two.other._takeover.look() or two.other.get(run_id, two.owner).ended)
    record = two.other.get(run_id, two.owner)
    assert record.status is record.run.status is RunStatus.INTERRUPTED
    (left,) = record.run.unfinished
    assert left.shown == "Half a senten"
    assert set(states(record).values()) == {"interrupted", "waiting"}
    assert "restarted" in record.problem.message
    for words in ("half a senten", "restarted"):
        (entry,) = two.other.past.page([two.owner], RunFilter(text=words)).entries
        assert entry.headline == record.problem.message


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
        connection.execute(update(PieceRow).values(body=b"no answer"))
    third = two.new_runner()
    third.attach(CONNECTION)
    if mode == "background":
        wait_for(lambda: third._takeover.look() or third.is_followed(run_id))
        two.runner = third
        two.until(run_id, lambda record: record.run and record.run.components)
    else:
        (closed,) = third.recent(two.owner)
        assert closed.status is RunStatus.INTERRUPTED


@pytest.mark.parametrize(("keeping", "kept"), KEPT_LESS, ids=["outputs", "inputs", "size"])
def test_what_is_not_to_be_kept_is_not_told(two, keeping, kept):
    """How its components stand is, and that there is a question."""
    two.runner.store.keeping = keeping
    run_id = two.asking()
    two.server.log += [message("u", "what was entered")]
    two.until(run_id, lambda record: record.run.messages)
    record = two.there(run_id, lambda record: record.run and record.run.waiting_for)
    assert record.answer_kept is kept
    assert states(record)["ChatInput-a"] == "suspended" or states(record)["ChatInput-a"] == "done"
    assert record.run.components["ChatInput-a"].output is None
    assert "go on" not in record.run.waiting_for.prompt
    assert len(record.run.waiting_for.decisions) == 2
    if not keeping.outputs:
        assert record.run.messages == {}


@pytest.mark.parametrize(("keeping", "kept"), KEPT_LESS, ids=["outputs", "inputs", "size"])
def test_who_takes_over_what_was_not_told_whole_asks_for_all(two, keeping, kept):
    """From the first event on, so that the screen lacks nothing."""
    two.runner.store.keeping = keeping
    run_id = two.begun()
    two.server.log += [
        done("ChatInput-a", "hi " * 100, "ChatOutput-b"),
        message("m", "Said. " * 50),
    ]
    two.there(run_id, lambda record: record.answer_kept is kept)
    two.take_over(run_id)
    record = two.until(run_id, lambda record: said(record))
    assert record.run.components["ChatInput-a"].output.value == "hi " * 100
    assert record.answer_kept is AnswerKept.WHOLE


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
    tell = two.runner._records.tell
    two.runner._records.tell = lambda records: (written.append(records), tell(records))[1]
    time.sleep(0.6)
    assert (written, two.other.get(run_id, two.owner).version) == ([], version)
    exchange.TELL_SECONDS = 1.0
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
    tell = two.runner._records.tell
    two.runner._records.tell = lambda records: (moments.append(time.monotonic()), tell(records))[1]
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

        away.setattr(two.runner.store, "update_going", gone)
        two.server.log += [message("m", "Said.")]
        two.until(run_id, said)
        wait_for(lambda: two.runner.disk_fault)
    two.there(run_id, said)
    assert two.runner.disk_fault is None


def test_one_that_cannot_be_told_holds_up_no_other(two, monkeypatch, caplog):
    """It is said once, without what it holds."""
    good, bad = two.begun(), two.begun()
    records = two.runner._records
    tell = records.tell

    def refusing(some):
        if any(one.id == bad for one in some):
            raise TypeError("what was entered")
        return tell(some)

    monkeypatch.setattr(records, "tell", refusing)
    two.there(good, lambda record: record.run)
    assert two.other.get(bad, two.owner).run is None
    wait_for(lambda: caplog.records)
    assert "what was entered" not in caplog.text
    assert bad in caplog.text
    monkeypatch.undo()


def test_a_run_that_another_process_has_taken_is_let_go_of(two):
    """As soon as there is something to tell of it."""
    run_id = two.begun()
    two.there(run_id, lambda record: record.run)
    assert two.other.store.claim(run_id, two.runner._presence.id, two.other._presence.id)
    two.server.log += [message("m", "Said.")]
    wait_for(lambda: not two.runner.is_followed(run_id))
    assert two.runner.disk_fault is None


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
    two.server.status_held = True
    run_id = two.begun()
    two.there(run_id, lambda record: record.run)
    third = two.new_runner()
    third.stop(run_id, CONNECTION)
    assert third.get(run_id, two.owner).stop_requested_at
    record = two.there(run_id, lambda record: record.stop_requested_at)
    assert not record.ended
    two.server.status_held = False
    two.there(run_id, lambda record: record.ended)


def test_a_stop_is_seen_in_another_process(two, monkeypatch):
    """Before the server has answered it."""
    stop, held = AsyncLangflowClient.stop, [True]

    async def slow(*args, **more):
        while held:
            await asyncio.sleep(0.01)
        return await stop(*args, **more)

    monkeypatch.setattr(AsyncLangflowClient, "stop", slow)
    monkeypatch.setattr("lfclient.runner.tasks.TIDY_SECONDS", 3600)
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
    assert two.server.decided == ["approve"]


def test_of_several_decisions_anywhere_one_is_sent(two):
    """The first that is taken; the others see which."""
    run_id = two.asking()
    asked = two.there(run_id, lambda record: record.run and record.run.waiting_for).run.waiting_for
    third = two.new_runner()
    two.server.resume_held = two.server.resume_deaf = True
    two.other.decide(run_id, CONNECTION, asked, "reject")
    third.decide(run_id, CONNECTION, asked, "approve")
    assert third.get(run_id, two.owner).run.waiting_for.sent == "reject"
    two.until(run_id, lambda record: record.run.waiting_for.sent)
    for runner in (two.runner, two.other, third):
        runner.decide(run_id, CONNECTION, asked, "approve")
    time.sleep(0.5)
    two.server.resume_held = False
    wait_for(lambda: two.server.decided)
    time.sleep(0.5)
    assert two.server.decided == ["reject"]


def test_nobody_presses_for_a_run_of_somebody_else_from_another_process(two):
    """Whatever id they come with."""
    run_id = two.asking()
    asked = two.there(run_id, lambda record: record.run and record.run.waiting_for).run.waiting_for
    stranger = replace(CONNECTION, name="another server")
    two.other.stop(run_id, stranger)
    two.other.decide(run_id, stranger, asked, "approve")
    assert two.other.store.wishes.of([run_id]) == []


def test_what_was_pressed_before_its_follower_died_is_carried_out(two):
    """By the one that takes the run over: nobody had taken it."""
    run_id = two.begun()
    two.there(run_id, lambda record: record.run)
    two.runner._exchange.close()
    two.other.stop(run_id, CONNECTION)
    two.take_over(run_id)
    assert two.ended(run_id).status is RunStatus.CANCELLED
    assert two.server.count("POST", STOP) == 1


@pytest.mark.parametrize("what", ["stop", "decision"])
def test_what_was_taken_without_an_answer_can_be_pressed_again(two, monkeypatch, what):
    """The connection to the database broke: nobody knows who took it, and nothing is sent."""
    run_id = two.asking()
    asked = two.there(run_id, lambda record: record.run and record.run.waiting_for).run.waiting_for
    wishes = two.runner.store.wishes
    take = wishes.take

    def broken(*args):
        monkeypatch.setattr(wishes, "take", take)
        take(*args)
        raise StoreError("The connection broke.")

    monkeypatch.setattr(wishes, "take", broken)

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
    assert two.server.decided == []
    assert two.server.count("POST", STOP) == 0
    press()
    wait_for(lambda: two.server.decided or two.server.count("POST", STOP))


def test_what_was_taken_dies_with_its_follower(two):
    """It may have been sent: the question is asked again, and nothing is sent by itself."""
    run_id = two.asking()
    asked = two.there(run_id, lambda record: record.run and record.run.waiting_for).run.waiting_for
    two.server.down = True
    two.other.decide(run_id, CONNECTION, asked, "approve")
    wait_for(lambda: not two.other.store.wishes.of([run_id]))
    two.there(run_id, lambda record: record.run.waiting_for.sent == "approve")
    two.take_over(run_id)
    two.server.down = False
    record = two.until(run_id, lambda record: record.run and record.run.waiting_for)
    assert record.run.waiting_for.sent is None
    assert two.server.decided == []


def test_a_write_that_is_not_forced_leaves_the_next_one_forced(any_store):
    """Also after one that failed, as of a run that another process deletes meanwhile."""
    database = any_store.database

    asked = text("SHOW synchronous_commit" if database.is_shared else "PRAGMA synchronous")

    def setting():
        with database.read() as connection:
            return connection.execute(asked).scalar_one()

    before = setting()
    assert before in ("on", 2)
    with database.write_quickly(forced=False) as execute:
        assert execute(asked, {})[0][0] in ("off", 1)
    assert setting() == before
    piece = {"run_id": "nobody's", "seq": 0, "body": b""}
    with pytest.raises(StoreError), database.write_quickly(forced=False) as execute:
        execute(statements.NEW_PIECE, piece)
    assert setting() == before
