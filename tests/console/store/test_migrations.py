"""Databases of earlier releases are upgraded to the current schema."""

import os
import signal
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, event, insert, select, text
from sqlalchemy.engine import Engine

from lfclient.console.store.database import postgres_url
from lfclient.console.store.migrate import rebuild_search_index, upgrade
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import RecordProblem
from lfclient.console.store.store import Store
from lfclient.console.store.tables import (
    LabelRow,
    PresetRow,
    RunRow,
    SearchTextRow,
)
from lfclient.flows.field import Variable
from lfclient.outputs.model import FileRef, OutputKind
from lfclient.runs.components import ComponentState
from lfclient.runs.model import RunStatus
from tests.console.store.test_retention import search_index
from tests.support import postgres
from tests.support.processes import processes_of

# written by the last release with the schema 0001, and dumped
WRITTEN = (Path(__file__).parents[2] / "support" / "data" / "runs_0001.sql").read_text(
    encoding="utf-8"
)
THEN = datetime(2026, 11, 20, 9, 30, 0, 250_000, tzinfo=UTC)
SOON = timedelta(microseconds=1)
DAMAGES = (  # the search index cannot be opened, or cannot be read
    "DELETE FROM run_search_data",
    "UPDATE run_search_data SET block = x'ff' WHERE id > 10",
)
BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])

# those of a run before 0010
LATER = ("tokens", "usage_by_model", "result_hash", "thumbnail", "flow_defaults")
EARLY_COLUMNS = [column for column in RunRow.__table__.c if column.key not in LATER]


def create_old_database(kind, folder):
    """Create that release's database. Return its URL, or None for the file in `folder`."""
    if kind == "sqlite":
        with sqlite3.connect(folder / "runs.db") as disk:
            disk.executescript(WRITTEN)
            disk.execute("PRAGMA journal_mode=WAL")
        return None
    url = SecretStr(postgres.postgres().new_database())
    source = sqlite3.connect(":memory:")
    source.row_factory = sqlite3.Row
    source.executescript(WRITTEN)
    with upgraded(url, folder, "0001") as connection:
        for table in ("runs", "run_pieces"):
            for row in map(dict, source.execute(f"SELECT * FROM {table}")):
                values = ", ".join(f":{column}" for column in row)
                into = f"{table} ({', '.join(row)})"
                connection.execute(text(f"INSERT INTO {into} VALUES ({values})"), row)
    return url


@contextmanager
def upgraded(url, folder, revision):
    """Yield a connection to such a database after its upgrade to `revision`."""
    engine = create_engine(postgres_url(url) if url else f"sqlite:///{folder / 'runs.db'}")
    with engine.begin() as connection:
        upgrade(connection, revision)
        yield connection
    engine.dispose()


def found(store, typed):
    return [entry.id for entry in store.history.page(["me"], RunFilter(text=typed)).runs]


@BOTH
def test_an_upgrade_keeps_all_runs_of_an_earlier_release(kind, tmp_path):
    """With their responses, inputs, times and problems."""
    store = Store(tmp_path, create_old_database(kind, tmp_path))
    done = store.get("completed")
    assert (done.created_at, done.ended_at) == (THEN, THEN + timedelta(seconds=3))
    assert (done.status, done.version, done.queue_limit) == (RunStatus.COMPLETED, 4, 5)
    assert done.overrides["ChatInput-a.input_value"] == "Will it rain in Straßburg?"
    assert list(done.run.outputs) == ["C-1", "T-1", "F-1"]
    message = done.run.outputs["C-1"]
    assert message.value == "Take an umbrella.\nIt rains on Monday."
    assert (message.extras[0].kind, message.extras[0].value) == (OutputKind.IMAGE, b"\x89PNG\0")
    assert done.run.outputs["T-1"].value[1] == {"day": "Tuesday", "rain": False}
    assert done.run.outputs["F-1"].value == FileRef("plan.txt", size=3)
    assert done.run.raw["odd"] == "\ud800 ü"
    assert done.run.components["T-1"].state is ComponentState.DONE
    assert done.run.messages["m"].text == "Take an umbrella."
    failed = store.get("failed")
    assert failed.overrides == {"Model-b.api_key": Variable("OPENAI_KEY")}
    assert failed.run.errors[0].message == "The model is not there."
    problem = RecordProblem("The server cannot be reached.", "Start it.")
    assert store.get("refused").problem == problem
    assert store.get("stopped").stop_result == "The server stopped it."
    assert store.get("other").run.outputs["D"].value == {"a": [1, None]}
    assert [(one.id, one.worker) for one in store.unfinished()] == [("going", "worker of then")]
    store.close()


@BOTH
def test_an_upgrade_keeps_presets_and_labels(kind, tmp_path):
    """Drafts can be stored afterwards."""
    url = create_old_database(kind, tmp_path)
    with upgraded(url, tmp_path, "0002") as connection:
        connection.execute(
            insert(LabelRow),
            {"run_id": "completed", "label": "kept", "owner": "me", "created_at": THEN},
        )
        connection.execute(
            insert(PresetRow),
            {
                **dict.fromkeys(("id", "owner", "flow_id", "flow_name", "name"), "p"),
                "content": {"values": {"A.b": 1}, "secrets": []},
                **dict.fromkeys(("created_at", "updated_at"), THEN),
                "version": 1,
            },
        )
    store = Store(tmp_path, url)
    assert store.presets.get("p", "p").values == {"A.b": 1}
    assert [one.id for one in store.history.page(["me"], RunFilter(label="kept")).runs] == [
        "completed"
    ]
    store.drafts.write({("b", "o", "f"): "typed"})
    assert store.drafts.get(("b", "o", "f")) == "typed"
    store.close()


@BOTH
def test_the_older_of_two_runs_with_the_same_job_keeps_it(kind, tmp_path):
    """An earlier release could assign it to both. Nothing else changes."""
    url = create_old_database(kind, tmp_path)
    table = RunRow.__table__
    with upgraded(url, tmp_path, "0005") as connection:
        run = connection.execute(select(*EARLY_COLUMNS).where(RunRow.id == "completed")).one()
        values = {column.key: value for column, value in zip(EARLY_COLUMNS, run, strict=True)}
        for number, owner in enumerate(("me", "me", "you")):
            name = f"copy{number}"
            later = {"created_at": run.created_at + number * SOON, "id": name, "submit_token": name}
            connection.execute(insert(table), {**values, **later, "owner": owner})
    store = Store(tmp_path, url)
    jobs = {name: store.get(name).job_id for name in ("completed", "copy0", "copy1", "copy2")}
    assert jobs == {"completed": "job-1", "copy0": None, "copy1": None, "copy2": "job-1"}
    assert store.get("copy1").status is RunStatus.COMPLETED
    assert store.find_by_job("me", "job-1").id == "completed"
    store.close()


def create_database_with_accents(kind, folder, texts):
    """Create the database of a release that indexed accents, with its search texts."""
    url = create_old_database(kind, folder)
    with upgraded(url, folder, "0004") as connection:
        run = connection.execute(select(*EARLY_COLUMNS).where(RunRow.id == "other")).one()
        values = {column.key: value for column, value in zip(EARLY_COLUMNS, run, strict=True)}
        new = [run_id for run_id in texts if run_id.startswith("new")]
        if new:
            runs = [{**values, "id": run_id, "submit_token": run_id} for run_id in new]
            connection.execute(insert(RunRow), runs)
        rows = [{"run_id": run_id, "body": body} for run_id, body in texts.items()]
        connection.execute(insert(SearchTextRow), rows)
    return url


@BOTH
def test_search_ignores_accents_in_texts_of_an_earlier_release(kind, tmp_path):
    texts = {"completed": "un café crème", "failed": "cafe", "going": "plain", "refused": "cafés"}
    store = Store(tmp_path, create_database_with_accents(kind, tmp_path, texts))
    for typed in ("cafe", "café"):
        assert found(store, typed) == ["refused", "failed", "completed"]
    assert found(store, "creme") == ["completed"]
    store.update(replace(store.get("completed"), flow_name="Thé", version=9), with_response=True)
    assert found(store, "creme") == []
    assert found(store, "the umbrella") == ["completed"]
    store.close()


@BOTH
def test_an_upgrade_folds_texts_in_batches(kind, tmp_path):
    texts = {f"new {number}": "café" for number in range(450)}
    store = Store(tmp_path, create_database_with_accents(kind, tmp_path, texts))
    assert store.history.count(["you"], RunFilter(text="cafe")) == 450
    store.close()


@pytest.mark.parametrize("release", ["0004", "0006"])
def test_data_deleted_by_an_earlier_release_is_erased(tmp_path, release):
    """It may still be in the search index. The file header marks it as erased."""
    create_database_with_accents(
        "sqlite", tmp_path, {"completed": "un café crème", "failed": "will-it-rain"}
    )
    with sqlite3.connect(tmp_path / "runs.db") as disk:
        disk.execute("DELETE FROM run_texts WHERE run_id = 'failed'")
        disk.execute("PRAGMA user_version = 7")
    if release == "0006":
        with upgraded(None, tmp_path, "0005"):
            pass
        with sqlite3.connect(tmp_path / "runs.db") as disk:
            disk.execute("DELETE FROM run_texts WHERE run_id = 'completed'")
        with upgraded(None, tmp_path, "0006"):
            pass
    store = Store(tmp_path)
    index = search_index(store)
    with store.database.write() as connection:
        rebuild_search_index(connection)
    assert index == search_index(store)
    store.close()


@pytest.mark.parametrize("how", DAMAGES)
def test_an_upgrade_rebuilds_a_damaged_search_index(tmp_path, how):
    """Otherwise the console would not start."""
    create_database_with_accents(
        "sqlite", tmp_path, {"completed": "un café crème", "failed": "cafe"}
    )
    with sqlite3.connect(tmp_path / "runs.db") as disk:
        disk.execute(how)
    store = Store(tmp_path)
    assert found(store, "cafe") == ["failed", "completed"]
    store.close()


def test_an_upgrade_is_logged_before_it_begins(tmp_path, caplog):
    """The console does not respond during an upgrade. A new file is not logged."""
    Store(tmp_path / "new").close()
    assert caplog.text == ""
    create_database_with_accents("sqlite", tmp_path, {"completed": "un café crème"})
    Store(tmp_path).close()
    assert f"{tmp_path / 'runs.db'}, is being upgraded" in caplog.text
    caplog.clear()
    Store(tmp_path).close()
    assert caplog.text == ""


@BOTH
def test_runs_of_an_earlier_release_are_listed_and_found(kind, tmp_path):
    """Their search texts are added in batches; doing so again changes nothing."""
    store = Store(tmp_path, create_old_database(kind, tmp_path))
    listed = ["going", "stopped", "refused", "failed", "completed"]
    assert [entry.id for entry in store.history.page(["me"]).runs] == listed
    assert found(store, "umbrella") == []
    assert [
        store.backfill_search_texts(limit=4),
        store.backfill_search_texts(limit=4),
        store.backfill_search_texts(limit=4),
    ] == [
        4,
        2,
        0,
    ]
    assert found(store, "umbrella strassburg") == ["completed"]
    assert found(store, "cannot be reached") == ["refused"]
    entries = {entry.id: entry for entry in store.history.page(["me"]).runs}
    summary = "Take an umbrella. It rains on Monday. · +2 outputs"
    assert entries["completed"].output_summary == summary
    assert entries["completed"].input_summary.startswith(
        "input_value: Will it rain in Straßburg? · api_key"
    )
    assert entries["failed"].output_summary == "The model is not there."
    assert entries["refused"].output_summary == "The server cannot be reached."
    with store.database.read() as connection:
        sizes = connection.exec_driver_sql(
            "SELECT answer_bytes, (SELECT sum(length(body)) FROM run_pieces WHERE run_id = runs.id)"
            " FROM runs WHERE id IN ('completed', 'other')"
        ).all()
    assert all(kept == taken and kept > 100 for kept, taken in sizes)
    store.close()


@BOTH
def test_concurrent_processes_add_search_texts_once(kind, tmp_path):
    url = create_old_database(kind, tmp_path)
    stores = [Store(tmp_path, url) for _ in range(2)]
    together = threading.Barrier(2)
    failures = []

    def add(store):
        together.wait()
        try:
            while store.backfill_search_texts(limit=2):
                pass
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=add, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert found(stores[0], "umbrella") == ["completed"]
    for store in stores:
        store.close()


def test_an_unreadable_response_does_not_stop_the_search_backfill(tmp_path, caplog):
    """The log names its run, without its content."""
    create_old_database("sqlite", tmp_path)
    with sqlite3.connect(tmp_path / "runs.db") as disk:
        disk.execute(
            "UPDATE run_pieces SET body = 'tag\nno JSON: umbrella' WHERE run_id = 'failed'"
        )
    store = Store(tmp_path)
    assert store.backfill_search_texts() == 6
    assert store.backfill_search_texts() == 0
    assert found(store, "umbrella") == ["completed"]
    assert found(store, "weather") == ["going", "stopped", "refused", "failed", "completed"]
    assert "response of run failed" in caplog.text
    assert "umbrella" not in caplog.text
    store.close()


def _open(folder, url, together):
    together.wait(60)
    Store(folder, url).close()


@pytest.mark.parametrize(
    ("kind", "begin"), [("sqlite", "old"), ("postgresql", "old"), ("sqlite", "new")]
)
def test_processes_that_start_at_once_upgrade_once(kind, begin, tmp_path):
    """For an earlier release's database and for a new one."""
    url = create_old_database(kind, tmp_path) if begin == "old" else None
    context = processes_of(__name__)
    together = context.Barrier(2)
    processes = [context.Process(target=_open, args=(tmp_path, url, together)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(90)
    assert [process.exitcode for process in processes] == [0, 0]
    store = Store(tmp_path, url)
    assert len(store.recent("me")) == (5 if begin == "old" else 0)
    store.close()


def _upgrade_and_die(folder, url):
    def die(connection, cursor, statement, *_):
        if "CREATE TABLE presets" in statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", die)
    Store(folder, url)


@BOTH
def test_a_killed_upgrade_is_repeated(kind, tmp_path):
    """No run is lost, and the schema is complete afterwards."""
    url = create_old_database(kind, tmp_path)
    context = processes_of(__name__)
    process = context.Process(target=_upgrade_and_die, args=(tmp_path, url))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    store = Store(tmp_path, url)
    assert store.get("completed").run.outputs["T-1"].value[0]["day"] == "Monday"
    assert store.backfill_search_texts() == 6
    store.close()


@BOTH
def test_an_upgrade_waits_for_another_that_takes_long(kind, tmp_path, monkeypatch):
    """Longer than a write waits for a lock."""
    monkeypatch.setattr("lfclient.console.store.database.BUSY_SECONDS", 0.1)
    url = create_old_database(kind, tmp_path)
    if kind == "sqlite":
        other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
    else:
        other = psycopg.connect(url.get_secret_value())
        other.execute("SELECT pg_advisory_xact_lock(7312004)")
    timer = threading.Timer(0.4, other.rollback)
    timer.start()
    store = Store(tmp_path, url)
    assert timer.finished.is_set()
    assert len(store.recent("me")) == 5
    store.close()
    timer.join()
    other.close()
