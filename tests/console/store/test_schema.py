"""New databases get the current schema, those of 0.2.0 are converted to it."""

import os
import signal
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import Engine

from lfclient.console.store.database import BACKUP_NAME, postgres_url
from lfclient.console.store.errors import NewerDatabase, StoreError
from lfclient.console.store.notes import quote
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import RecordProblem, StoredParts
from lfclient.console.store.store import Store
from lfclient.console.store.workers import Command
from lfclient.flows.field import Variable
from lfclient.outputs.model import FileRef, OutputKind
from lfclient.runs.components import ComponentState
from lfclient.runs.model import RunStatus
from tests.support import postgres
from tests.support.processes import processes_of
from tests.support.store_records import record

DATA = Path(__file__).parents[2] / "support" / "data"
THEN = datetime(2026, 11, 26, 21, 30, 0, 250_000, tzinfo=UTC)
BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def create_0_2_0(kind, folder):
    """Create a database that 0.2.0 wrote. Return its URL, or None for the file in `folder`."""
    script = (DATA / f"runs-0.2.0-{kind}.sql").read_text(encoding="utf-8")
    if kind == "sqlite":
        with sqlite3.connect(folder / "runs.db") as disk:
            disk.executescript(script)
            disk.execute("PRAGMA journal_mode=WAL")
        return None
    url = postgres.postgres().new_database()
    with psycopg.connect(url) as connection:
        connection.execute(script)
    return SecretStr(url)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def converted(request, tmp_path_factory):
    """A store on a database that 0.2.0 wrote."""
    folder = tmp_path_factory.mktemp("converted")
    store = Store(folder, create_0_2_0(request.param, folder))
    yield store
    store.close()


def run_sql(url, folder, *statements):
    engine = create_engine(postgres_url(url) if url else f"sqlite:///{folder / 'runs.db'}")
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def read_schema(store):
    """Return the types of the columns, and the columns of the indexes, by table."""
    with store.database.engine.connect() as connection:
        inspector = inspect(connection)
        columns, indexes = inspector.get_multi_columns(), inspector.get_multi_indexes()
        unique = inspector.get_multi_unique_constraints()
    return {
        table: (
            {(one["name"], type(one["type"]), one["nullable"]) for one in found},
            {
                (one["name"], *one["column_names"], bool(one["unique"]))
                for one in indexes[table]
                if "duplicates_constraint" not in one
            },
            {tuple(one["column_names"]) for one in unique[table]},
        )
        for table, found in columns.items()
    }


def test_a_conversion_keeps_runs_with_their_outputs(converted):
    done = converted.get("completed")
    assert (done.created_at, done.ended_at) == (THEN, THEN + timedelta(seconds=3))
    assert (done.status, done.version, done.queue_limit) == (RunStatus.COMPLETED, 4, 5)
    assert (done.submit_token, done.job_id) == ("click-completed", "job-1")
    assert done.overrides["ChatInput-a.input_value"] == "Will it rain in Straßburg?"
    assert list(done.run.outputs) == ["C-1", "T-1", "F-1"]
    message = done.run.outputs["C-1"]
    assert message.value.startswith("Take an umbrella.\nIt rains on Monday.")
    assert (message.extras[0].kind, message.extras[0].value) == (OutputKind.IMAGE, b"\x89PNG\0")
    assert done.run.outputs["T-1"].value[1] == {"day": "Tuesday", "rain": False}
    assert done.run.outputs["F-1"].value == FileRef("plan.txt", size=3)
    assert done.run.raw["odd"] == "\ud800 ü"
    assert done.run.components["T-1"].state is ComponentState.DONE
    assert done.run.messages["m"].text == "Take an umbrella."
    assert converted.get("other").run.outputs["D"].value == {"a": [1, None]}


def test_a_conversion_keeps_how_runs_ended(converted):
    failed = converted.get("failed")
    assert failed.overrides == {"Model-b.api_key": Variable("OPENAI_KEY")}
    assert failed.run.errors[0].message == "The model is not there."
    problem = RecordProblem("The server cannot be reached.", "Start it.")
    assert converted.get("refused").problem == problem
    stopped = converted.get("stopped")
    assert (stopped.stop_result, stopped.attempts) == ((quote("The server stopped it."),), 2)
    private = converted.get("private")
    assert (private.inputs_stored, private.stored_parts) == (False, StoredParts.NOT_WANTED)
    (going,) = converted.unfinished()
    assert (going.id, going.worker, going.status) == (
        "going",
        "worker of then",
        RunStatus.IN_PROGRESS,
    )


def test_a_conversion_keeps_lists_stars_and_search(converted):
    def listed(**filters):
        return [run.id for run in converted.history.page(["me"], RunFilter(**filters)).runs]

    assert listed() == ["private", "going", "stopped", "refused", "failed", "completed"]
    assert listed(starred=True) == ["completed"]
    assert listed(text="strassburg umbrella") == ["completed"]
    assert "umbrella" in converted.history.snippets(["me"], ["completed"], "umbrella")["completed"]
    summary = converted.history.get(["me"], "completed")
    assert summary.input_summary[0][1].startswith("input_value: Will it rain in Straßburg?")
    assert summary.output_summary.startswith("Take an umbrella.")
    assert (summary.tokens, summary.thumbnail) == (None, None)


def test_a_conversion_keeps_presets_drafts_and_commands(converted):
    preset = converted.presets.get("me", "p1")
    assert preset.values["ChatInput-a.input_value"] == "Rain?"
    assert preset.values["F-1.path"] == FileRef("plan.txt", path="u/plan.txt")
    assert (preset.secrets, preset.is_default) == (("Model-b.api_key",), True)
    assert [one.name for one in converted.presets.list_for_flow("me", "flow")] == ["Rain", "Sun"]
    draft = '{"values": {"ChatInput-a.input_value": "Snow"}}'
    assert converted.drafts.get(("browser", "me", "flow")) == draft
    assert converted.commands.pending(["going"]) == [Command("going", THEN + timedelta(minutes=5))]
    assert converted.workers.heartbeats() == {"worker of then": 1}


@BOTH
def test_a_converted_database_has_the_schema_of_a_new_one(kind, tmp_path):
    new = postgres.postgres().new_database() if kind == "postgresql" else None
    schemas = []
    for name, url in (("old", create_0_2_0(kind, tmp_path)), ("new", new and SecretStr(new))):
        store = Store(tmp_path if name == "old" else tmp_path / name, url)
        schemas.append(read_schema(store))
        store.close()
    assert schemas[0] == schemas[1]


def test_a_conversion_keeps_a_backup_of_the_file(tmp_path, caplog):
    """The log names the backup. Later starts make none."""
    create_0_2_0("sqlite", tmp_path)
    Store(tmp_path).close()
    backup = tmp_path / BACKUP_NAME
    assert f"{tmp_path / 'runs.db'}, is being converted" in caplog.text
    assert str(backup) in caplog.text
    assert backup.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(backup) as disk:
        assert disk.execute("SELECT version_num FROM alembic_version").fetchone() == ("0008",)
        assert disk.execute("SELECT count(*), max(gist) <> '' FROM runs").fetchone() == (7, 1)
    backup.unlink()
    caplog.clear()
    Store(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs.db"]
    assert caplog.text == ""


def test_nothing_is_converted_without_a_backup(tmp_path):
    create_0_2_0("sqlite", tmp_path)
    (tmp_path / BACKUP_NAME).mkdir()
    with pytest.raises(StoreError, match=r"runs\.db"):
        Store(tmp_path)
    with sqlite3.connect(tmp_path / "runs.db") as disk:
        assert disk.execute("SELECT count(gist) FROM runs").fetchone() == (7,)
    (tmp_path / BACKUP_NAME).rmdir()
    assert Store(tmp_path).get("completed")


def test_a_database_of_0_3_0_with_a_damaged_search_index_is_converted(store):
    store.create(record())
    folder = store.database.path.parent
    run_sql(None, folder, *INTO_0_3_0, "DELETE FROM run_search_data")
    converted = Store(folder)
    assert [run.id for run in converted.recent("me")] == ["r1"]
    converted.close()


@BOTH
@pytest.mark.parametrize(
    ("version", "writer", "advice"),
    [
        ("0007", "version 0.1.0", "Start version 0.2.0 with it once"),
        ("0013", "unreleased version", "Only databases of 0.2.0 and 0.3.0 are converted"),
    ],
)
def test_a_database_that_cannot_be_converted_is_refused(kind, tmp_path, version, writer, advice):
    """Nothing is changed. The hint says what can be done."""
    url = create_0_2_0(kind, tmp_path)
    run_sql(url, tmp_path, f"UPDATE alembic_version SET version_num = '{version}'")
    with pytest.raises(StoreError, match=writer) as caught:
        Store(tmp_path, url)
    assert advice in caught.value.hint
    assert "LFCONSOLE_DATA_DIR" in caught.value.hint
    run_sql(url, tmp_path, "UPDATE alembic_version SET version_num = '0008'")
    Store(tmp_path, url).close()


def test_a_column_of_a_later_version_is_refused(any_store, tmp_path):
    url = postgres_address(any_store)
    run_sql(url, any_store.database.path.parent, "ALTER TABLE runs ADD COLUMN mood VARCHAR")
    with pytest.raises(NewerDatabase, match="later release"):
        Store(any_store.database.path.parent, url)


def test_missing_columns_and_indexes_are_added(any_store):
    url, folder = postgres_address(any_store), any_store.database.path.parent
    expected = read_schema(any_store)
    run_sql(
        url,
        folder,
        "ALTER TABLE runs DROP COLUMN tokens",
        "ALTER TABLE runs DROP COLUMN output_summary",
        "DROP INDEX ix_runs_session_id",
        "DROP INDEX uq_runs_owner_job_id",
        "DROP TABLE shares",
    )
    store = Store(folder, url)
    assert read_schema(store) == expected
    store.close()


INTO_0_3_0 = (
    "CREATE TABLE run_labels (run_id VARCHAR REFERENCES runs (id), label VARCHAR)",
    "INSERT INTO run_labels SELECT id, 'mine' FROM runs",
    "ALTER TABLE runs ADD COLUMN result_hash VARCHAR",
    "UPDATE runs SET result_hash = 'x'",
    "UPDATE alembic_version SET version_num = '0020'",
)


def test_what_only_0_3_0_has_is_removed(any_store):
    url, folder = postgres_address(any_store), any_store.database.path.parent
    expected = read_schema(any_store)
    any_store.create(record())
    run_sql(url, folder, *INTO_0_3_0)
    store = Store(folder, url)
    assert read_schema(store) == expected
    assert [run.id for run in store.recent("me")] == [record().id]
    store.close()


def postgres_address(store):
    if not store.database.is_shared:
        return None
    return SecretStr(store.database.engine.url.render_as_string(hide_password=False))


def _open(folder, url, together):
    together.wait(60)
    Store(folder, url).close()


@pytest.mark.parametrize(
    ("kind", "begin"), [("sqlite", "old"), ("postgresql", "old"), ("sqlite", "new")]
)
def test_of_processes_that_start_at_once_one_upgrades(kind, begin, tmp_path):
    url = create_0_2_0(kind, tmp_path) if begin == "old" else None
    context = processes_of(__name__)
    together = context.Barrier(2)
    processes = [context.Process(target=_open, args=(tmp_path, url, together)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(90)
    assert [process.exitcode for process in processes] == [0, 0]
    store = Store(tmp_path, url)
    assert len(store.recent("me")) == (6 if begin == "old" else 0)
    store.close()


def _convert_and_die(folder, url):
    def die(connection, cursor, statement, *_):
        if "CREATE TABLE shares" in statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", die)
    Store(folder, url)


@BOTH
def test_a_killed_conversion_is_repeated(kind, tmp_path):
    url = create_0_2_0(kind, tmp_path)
    process = processes_of(__name__).Process(target=_convert_and_die, args=(tmp_path, url))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    store = Store(tmp_path, url)
    assert store.get("completed").run.outputs["T-1"].value[0]["day"] == "Monday"
    store.close()
