"""Which parts of runs are stored, for how long, and which never: checked in the bytes on disk."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from lfclient.console.config.retention import RetentionSettings
from lfclient.console.config.settings import Settings, SettingsError
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import StoredParts
from lfclient.console.store.store import Store
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, HumanInput, Message, RunError
from lfclient.runs.model import Run, RunStatus
from tests.console.store.test_run_history import add, ended, ids
from tests.console.store.test_store import NOW, record
from tests.support import postgres
from tests.support.fake_langflow import FakeLangflow
from tests.support.runner_bench import Bench

ASKED, SAID, SECRET = "will-it-rain", "take-an-umbrella", "hunter2-hunter2"
ME = ["me"]


@pytest.fixture(params=["sqlite", "postgresql"])
def store_of(request, tmp_path):
    """Opens a store with `RetentionSettings`."""
    made = []

    def opened(**keeping):
        server = request.param == "postgresql"
        url = SecretStr(postgres.postgres().new_database()) if server else None
        made.append(Store(tmp_path, url, RetentionSettings(**keeping)))
        return made[-1]

    yield opened
    for store in made:
        store.close()


def a_run(size=0):
    """A run that says what it was asked wherever servers say it."""
    told = Output("T-1", OutputKind.MESSAGE, f"{ASKED}? {SAID}")
    error = RunError("partly", traceback=f"Traceback: {ASKED} {SAID}")
    done = ComponentRun("T-1", ComponentState.DONE, output=told, log=(ASKED, SAID), error=error)
    return Run(
        "flow",
        "sync",
        RunStatus.COMPLETED,
        outputs={"C-1": Output("C-1", OutputKind.MESSAGE, SAID + "y" * size)},
        errors=(error,),
        raw={"inputs": {"A.b": ASKED}, "outputs": SAID, "more": "x" * size},
        metadata={"said": SAID, "asked": ASKED},
        components={"T-1": done},
        messages={"u": Message("u", ASKED, "User"), "m": Message("m", SAID, "Machine")},
        waiting_for=HumanInput("q", f"{ASKED}: {SAID}?"),
        decided=(HumanInput("p", f"{ASKED}: {SAID}?", sent="yes"),),
    )


def keep(store, run, **changes):
    kept = record(**changes)
    store.create(kept)
    store.update(
        replace(kept, status=RunStatus.COMPLETED, ended_at=NOW, run=run), with_response=True
    )
    return store.get(kept.id)


def on_disk(store):
    """All that the database has, as bytes: the file with its log, or each table's rows."""
    if not store.database.is_shared:
        return b"".join(path.read_bytes() for path in store.database.path.parent.glob("runs.db*"))
    with store.database.read() as connection:
        names = ("runs", "run_texts", "run_labels", "presets", "drafts")
        rows = [connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in names]
        bodies = connection.exec_driver_sql("SELECT body FROM run_pieces").scalars()
        return repr(rows).encode() + b"".join(bodies)


def indexed(store):
    """Return the bytes of SQLite's search index, also of deleted text that is still there.

    Empty pages, all of which look the same, are left out.
    """
    with store.database.read() as connection:
        query = "SELECT block FROM run_search_data WHERE id > 10 ORDER BY id"
        blocks = connection.exec_driver_sql(query).scalars()
        return b"".join(block for block in blocks if block != b"\0\0\0\4")


def indexed_alone(folder, **run):
    """The same of a store that has never had another run."""
    store = Store(folder)
    ended(store, **run)
    with store.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO run_search(run_search) VALUES ('optimize')")
    alone = indexed(store)
    store.close()
    return alone


def test_everything_is_stored_by_default(store_of):
    """Which shows that what the tests below do not find could be found."""
    store = store_of()
    kept = keep(store, a_run(), overrides={"A.b": ASKED})
    assert (kept.run, kept.stored_parts) == (a_run(), StoredParts.WHOLE)
    assert ASKED.encode() in on_disk(store)
    assert SAID.encode() in on_disk(store)


def test_inputs_are_nowhere_in_the_database_if_they_are_not_stored(store_of):
    """Nor in what repeats them; what the flow returned is there and found."""
    store = store_of(store_inputs=False)
    kept = keep(store, a_run(), inputs_stored=False)
    assert ASKED.encode() not in on_disk(store)
    assert kept.stored_parts is StoredParts.WITHOUT_INPUTS
    assert kept.run.outputs["C-1"].value == SAID
    assert list(kept.run.messages) == ["m"]
    assert kept.run.errors[0].message == "partly"
    assert ids(store.history.page(ME, RunFilter(text=SAID))) == ["r1"]
    assert store.history.get(ME, "r1").output_summary == SAID


def test_outputs_are_nowhere_in_the_database_if_they_are_not_stored(store_of):
    """What happened is: which components, how long, and why it failed."""
    store = store_of(store_outputs=False)
    kept = keep(store, a_run(), overrides={"A.b": ASKED})
    assert SAID.encode() not in on_disk(store)
    assert kept.stored_parts is StoredParts.NOT_WANTED
    assert "stores no outputs" in kept.run.outputs["C-1"].note
    assert kept.run.components["T-1"].state is ComponentState.DONE
    assert ids(store.history.page(ME, RunFilter(text=ASKED))) == ["r1"]
    assert store.history.page(ME, RunFilter(text=SAID)).runs == []


def test_secrets_and_unstored_inputs_stay_off_the_disk(tmp_path):
    """A secret always; with the setting, all inputs."""
    for number, keeping in enumerate((RetentionSettings(), RetentionSettings(store_inputs=False))):
        folder = tmp_path / str(number)
        bench = Bench(folder, FakeLangflow(text=f"You said {SECRET}"))
        bench.runner.close()
        bench.runner = bench.new_runner(retention=keeping)
        given = {"ChatInput-a.input_value": ASKED, "ChatInput-a.key": SECRET}
        kept = bench.wait_until_saved(bench.start(given), lambda stored: stored.ended)
        assert "You said" in kept.run.outputs["ChatOutput-b"].value
        bench.runner.close()
        found = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert SECRET.encode() not in found
        assert (ASKED.encode() in found) == keeping.store_inputs


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (None, StoredParts.WHOLE),
        (100_000, StoredParts.WHOLE),
        (15_000, StoredParts.WITHOUT_RAW),
        (5_000, StoredParts.TOO_LARGE),
    ],
)
def test_a_large_response_is_stored_in_parts_that_fit(store_of, most, expected):
    """First without the raw answer, then without what it returned; never more than that."""
    store = store_of(max_run_bytes=most)
    kept = keep(store, a_run(10_000))
    assert kept.stored_parts is expected
    whole = a_run(10_000)
    assert (kept.run.raw == whole.raw) == (expected is StoredParts.WHOLE)
    assert (kept.run.outputs == whole.outputs) == (expected is not StoredParts.TOO_LARGE)
    if expected is StoredParts.TOO_LARGE:
        assert "exceeds this console's size limit" in kept.run.outputs["C-1"].note
    assert store.history.get(ME, "r1").output_summary.startswith(SAID)
    # written again as it was read: what is missing stays missing, and is said
    assert store.update(replace(kept, version=kept.version + 1), with_response=True)
    again = store.get("r1")
    assert (again.stored_parts, again.run) == (expected, kept.run)


def test_old_runs_are_removed_with_all_their_data(store_of):
    """But what has a star, and what goes on."""
    store = store_of(max_age_days=2)
    for day in range(5):
        ended(store, f"d{day}", seconds=day * 86_400, text=f"{SAID} {day}")
    add(store, "going", status=RunStatus.IN_PROGRESS)
    store.history.set_starred(ME, "d0", True)
    assert set(store.cleaner.clean(NOW + timedelta(days=4))) == {"d1"}
    assert ids(store.history.page(ME)) == ["d4", "d3", "d2", "going", "d0"]
    assert f"{SAID} 1".encode() not in on_disk(store)
    assert store.cleaner.clean(NOW + timedelta(days=4)) == []


def test_the_oldest_runs_beyond_the_limit_are_removed(store_of):
    """However many there are of them."""
    store = store_of(max_runs=10)
    for number in range(450):
        add(store, f"r{number:03}", seconds=number, status=RunStatus.COMPLETED)
    assert len(store.cleaner.clean(NOW)) == 440
    assert ids(store.history.page(ME)) == [f"r{number}" for number in range(449, 439, -1)]


def test_the_oldest_responses_are_removed_and_their_runs_stay_listed(store_of):
    """One with a star keeps its answer; another cleaning finds nothing to do."""
    store = store_of(max_total_bytes=25_000)
    for number in range(5):
        ended(store, f"r{number}", seconds=number, text="z" * 10_000)
    store.history.set_starred(ME, "r0", True)
    assert store.cleaner.clean(NOW) == []
    kept = {f"r{number}": store.get(f"r{number}").stored_parts for number in range(5)}
    gone = [run for run, what in kept.items() if what is StoredParts.REMOVED]
    assert gone == ["r1", "r2", "r3"]
    assert store.get("r1").run is None
    assert store.get("r0").run is not None
    assert len(store.history.page(ME).runs) == 5
    assert store.cleaner.clean(NOW) == []
    assert store.get("r4").stored_parts is StoredParts.WHOLE


@pytest.mark.parametrize("how", ["delete", "delete_all", "forget", "limit"])
def test_deleted_data_is_overwritten(store_of, tmp_path, how):
    """In the file, in its log, and in the index for searching, which is as if it had not been."""
    store = store_of(max_runs=1)
    stays = {"id": "r0", "seconds": 1, "text": "sun", "flow_id": "another"}
    ended(store, **stays)
    ended(store, "r1", text=SAID, overrides={"A.b": ASKED}, session_id="s")
    assert SAID.encode() in on_disk(store)
    if how == "delete":
        store.history.delete(ME, ["r1"])
    elif how == "delete_all":
        store.history.delete_all(ME, RunFilter(flow_id="flow"))
    elif how == "forget":
        store.delete_session("me", "flow", "s")
    else:
        store.cleaner.clean(NOW)
    assert ids(store.history.page(ME)) == ["r0"]
    left = on_disk(store)
    assert SAID.encode() not in left
    assert ASKED.encode() not in left
    if not store.database.is_shared:
        assert indexed(store) == indexed_alone(tmp_path / "alone", **stays)


def test_the_search_index_agrees_with_the_texts(tmp_path):
    """After runs were written twice, deleted with a session, and cleaned away."""
    store = Store(tmp_path, retention=RetentionSettings(max_runs=3))
    for number in range(8):
        ended(store, f"r{number}", seconds=number, text=f"{SAID} {number}", session_id="s")
    store.history.delete(ME, ["r7"])
    store.cleaner.clean(NOW)
    with store.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO run_search(run_search, rank) VALUES ('integrity-check', 1)"
        )
    assert ids(store.history.page(ME, RunFilter(text=SAID))) == ["r6", "r5", "r4"]
    store.close()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("KEEP_INPUTS", "false", {"store_inputs": False}),
        ("KEEP_OUTPUTS", "0", {"store_outputs": False}),
        ("KEEP_RUN_MB", "5", {"max_run_bytes": 5_000_000}),
        ("KEEP_RUN_MB", "0", {"max_run_bytes": None}),
        ("KEEP_TOTAL_MB", "1000", {"max_total_bytes": 1_000_000_000}),
        ("KEEP_DAYS", "90", {"max_age_days": 90}),
        ("KEEP_RUNS", "100000", {"max_runs": 100_000}),
        ("KEEP_RUNS", "", {}),
    ],
)
def test_each_retention_setting_is_read(tmp_path, name, value, expected):
    settings = Settings.load(tmp_path, environ={f"LFCONSOLE_{name}": value})
    assert settings.retention == replace(RetentionSettings(), **expected)


@pytest.mark.parametrize(
    ("name", "value", "words", "hint"),
    [
        ("KEEP_INPUTS", "perhaps", "must be true or false", "true or false"),
        ("KEEP_RUN_MB", "2001", "whole number from 0 to 2,000", "0 for no limit"),
        ("KEEP_TOTAL_MB", "1.5", "whole number from 0 to", "whole number"),
        ("KEEP_DAYS", "-1", "whole number from 0 to 100,000", "whole number"),
        ("KEEP_RUNS", "many", "whole number from 0 to", "whole number"),
    ],
)
def test_an_invalid_retention_setting_is_reported(tmp_path, name, value, words, hint):
    """With its name and where it stands."""
    with pytest.raises(SettingsError, match=words) as caught:
        Settings.load(tmp_path, environ={f"LFCONSOLE_{name}": value})
    assert f"LFCONSOLE_{name} in the environment" in caught.value.message
    assert hint in caught.value.hint
