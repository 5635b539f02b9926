"""Run records are stored."""

import sqlite3
import stat
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from lfclient.console.store.errors import JobTaken, StoreError
from lfclient.console.store.notes import Note, NoteCode, quote
from lfclient.console.store.row_mapping import with_result_fields
from lfclient.console.store.run_record import RecordProblem
from lfclient.console.store.store import Store
from lfclient.flows.field import Variable
from lfclient.runs.model import RunStatus
from tests.support.store_records import NOW, record, whole_run


def test_sessions_with_several_runs_of_an_owner_and_a_flow_are_known(store):
    runs = {"a": "s", "b": "s", "c": "t", "d": None, "e": None}
    for id, session in runs.items():
        store.create(record(id, session_id=session))
    store.create(record("other flow", session_id="t", flow_id="g"))
    store.create(record("other owner", session_id="t", owner="o"))
    found = record("a")
    assert store.continued_sessions(found.owner, found.flow_id) == {"s"}
    counts = [len(store.recent(found.owner, 10, found.flow_id, name)) for name in "stu"]
    assert counts == [2, 1, 0]


def create_session_records(store):
    """Create an ended and a running record of session "s", and records outside it."""
    done = {"session_id": "s", "status": RunStatus.COMPLETED}
    store.create(record("done", **done))
    store.update(record("done", **done, run=whole_run()), with_response=True)
    store.create(record("running", session_id="s", status=RunStatus.IN_PROGRESS))
    store.create(record("other flow", **{**done, "flow_id": "g"}))
    store.create(record("other session", **{**done, "session_id": "t"}))
    store.create(record("other owner", **{**done, "owner": "you"}))


def test_ended_records_of_a_session_are_deleted_with_their_responses(store):
    """Running records stay, and so do those of other flows and owners."""
    create_session_records(store)
    assert store.delete_session("me", "flow", "s") == ["done"]
    assert store.get("done") is None
    assert all(store.get(f"other {name}") for name in ("flow", "session", "owner"))
    assert store.get("running")
    with sqlite3.connect(store.database.path) as disk:
        assert disk.execute("select count(*) from response_chunks").fetchone() == (0,)
    store.update(record("done", version=9), with_response=True)
    assert store.get("done") is None


def test_ended_records_move_to_a_renamed_session(store):
    create_session_records(store)
    assert store.rename_session("me", "flow", "s", "new") == ["done"]
    found = store.get("done")
    assert (found.session_id, found.version, found.run) == ("new", 2, whole_run())
    assert store.get("running").session_id == "s"
    assert store.get("other owner").session_id == "s"


def test_a_stored_record_is_read_back_unchanged(any_store):
    """Times are in UTC, to the microsecond."""
    kept = record(
        session_id="s",
        overrides={"A.b": Variable("KEY"), "A.c": "was set"},
        status=RunStatus.FAILED,
        queue_limit=5,
        started_at=NOW + timedelta(seconds=1),
        ended_at=NOW + timedelta(seconds=2),
        stop_requested_at=NOW,
        stop_result=(Note(NoteCode.STOP_REFUSED), quote("done")),
        notes=(Note(NoteCode.NOT_ACCEPTED, at=NOW), Note(NoteCode.OVERTAKEN, number=5)),
        problem=RecordProblem("m", "h"),
        worker="w",
        run=whole_run(),
    )
    assert any_store.create(kept) == [kept]
    any_store.update(kept, with_response=True)
    assert any_store.get("r1") == with_result_fields(kept)
    assert any_store.get("other") is None


def test_the_same_submit_token_returns_the_first_record(any_store):
    """Another owner may use the same token."""
    for number in range(3):  # older runs without a job, which must not be taken for it
        any_store.create(record(f"older-{number}"))
    first = record("r1", submit_token="c")
    any_store.create(first)
    assert any_store.create(record("r2", submit_token="c")) == [first]
    theirs = record("r3", submit_token="c", owner="you")
    assert any_store.create(theirs) == [theirs]


def test_a_job_belongs_to_one_run_of_an_owner(any_store):
    """A second record with the job is rejected."""
    first, second = record("r1", job_id="j"), record("r2")
    for one in (first, second, record("r3")):
        any_store.create(one)
    with pytest.raises(JobTaken, match="already has this job"):
        any_store.update(replace(second, job_id="j", notes=(quote("mine"),), version=2))
    assert any_store.get("r2") == second
    with pytest.raises(JobTaken):
        any_store.update_running(replace(second, job_id="j", version=2))
    assert any_store.update_running(replace(record("r3"), job_id="k", version=2)) is not None
    assert any_store.get("r2") == second
    assert any_store.update(replace(second, job_id="other", version=2))
    for new in (record("r4", owner="you", job_id="j"), record("r6"), record("r7")):
        assert any_store.create(new) == [new]
    assert any_store.create(record("r5", job_id="j")) == [first]


def test_recent_lists_an_owners_runs_newest_first_without_responses(store):
    """All, or the runs of one flow, or of one session with its unfinished runs first."""
    for n in range(12):
        late = NOW + timedelta(seconds=n)
        status = RunStatus.COMPLETED if n else RunStatus.IN_PROGRESS
        more = {"status": status, "session_id": f"s{n % 3}", "flow_id": f"f{n % 2}"}
        store.create(record(f"r{n}", created_at=late, **more))
    store.create(record("x", owner="you"))
    store.update(
        record("r11", created_at=NOW + timedelta(seconds=11), run=whole_run()), with_response=True
    )
    assert [found.id for found in store.recent("me", limit=3)] == ["r11", "r10", "r9"]
    assert [found.id for found in store.recent("me", flow_id="f0", limit=2)] == ["r10", "r8"]
    assert [found.id for found in store.recent("me", 2, session_id="s0")] == ["r0", "r9"]
    assert store.recent("me")[0].run is None


def test_an_older_snapshot_does_not_replace_a_newer_one(store):
    """Two threads may write in either order."""
    store.create(record())
    store.update(record(status=RunStatus.COMPLETED, version=3))
    store.update(record(status=RunStatus.IN_PROGRESS, version=2))
    assert store.get("r1").status is RunStatus.COMPLETED


def test_unfinished_runs_are_found_and_claimed_once(store):
    """After a restart only one process takes over each."""
    store.create(record("r1", worker="dead"))
    store.create(record("r2", worker="dead", status=RunStatus.COMPLETED))
    assert [found.id for found in store.unfinished("me")] == ["r1"]
    assert store.claim("r1", "dead", "a")
    assert not store.claim("r1", "dead", "b")
    assert not store.claim("r2", "dead", "a")
    assert store.get("r1").worker == "a"


def test_the_file_is_private_and_by_default_writes_are_forced_to_the_disk(tmp_path):
    store = Store(tmp_path)
    assert stat.S_IMODE(store.database.path.stat().st_mode) == 0o600
    with store.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


def test_a_new_record_is_forced_to_the_disk_with_its_first_update(tmp_path):
    store = Store(tmp_path)
    levels = []

    @event.listens_for(store.database.engine, "before_cursor_execute")
    def note(connection, cursor, statement, *_):
        if statement == "BEGIN IMMEDIATE":
            levels.append(cursor.connection.execute("PRAGMA synchronous").fetchone()[0])

    store.create(record())
    store.update(replace(record(), version=2))
    assert levels == [1, 2]  # NORMAL, FULL
    store.close()


def test_a_file_that_is_not_a_database_is_reported(tmp_path):
    """The hint says what to do."""
    (tmp_path / "runs.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="damaged") as caught:
        Store(tmp_path)
    assert "Move the file away" in caught.value.hint


def test_a_locked_file_is_reported_after_a_wait(tmp_path, monkeypatch):
    """Another program's open transaction blocks writes, not reads."""
    monkeypatch.setattr("lfclient.console.store.database.BUSY_SECONDS", 0.2)
    store = Store(tmp_path)
    other = sqlite3.connect(store.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with pytest.raises(StoreError, match="another program"):
        store.create(record())
    assert 0.2 <= time.monotonic() - begun < 10
    assert store.recent("me") == []
    other.execute("ROLLBACK")
    assert store.create(record()) == [record()]


@pytest.mark.parametrize(
    ("pragma", "words"), [("query_only=ON", "is read-only"), ("max_page_count=1", "disk is full")]
)
def test_a_read_only_or_full_disk_is_reported(store, pragma, words):
    """Stored runs can still be read."""
    store.create(record())
    store.close()
    event.listen(store.database.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA {pragma}"))
    large = replace(record("r2"), overrides={"A.b": "x" * 1_000_000})
    with pytest.raises(StoreError, match=words) as caught:
        store.create(large)
    assert caught.value.hint
    assert store.get("r1") is not None


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"runs\.db"):
        Store(tmp_path / "file" / "data")
