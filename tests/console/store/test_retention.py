"""Retention: which parts of runs are stored and for how long, checked in the bytes on disk."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lfclient.console.config.settings import RetentionSettings, Settings, SettingsError
from lfclient.console.store import retention as module
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import StoredParts
from lfclient.console.store.store import Store
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, HumanInput, Message, RunError
from lfclient.runs.model import Run, RunStatus
from tests.support import databases
from tests.support.agents import UNUSED, run_with_unused_tool
from tests.support.store_records import NOW, add, add_ended, ids, record

ASKED, SAID, SECRET = "will-it-rain", "take-an-umbrella", "hunter2-hunter2"
ME = ["me"]


@pytest.fixture
def store_of(store):
    """Return a function that returns the store with these `RetentionSettings`."""

    def with_settings(**retention):
        store.retention = store.cleaner.retention = RetentionSettings(**retention)
        return store

    return with_settings


def make_run(size=0):
    """Return a run with its input and output in every place where servers repeat them."""
    output = Output("T-1", OutputKind.MESSAGE, f"{ASKED}? {SAID}")
    error = RunError("partly", traceback=f"Traceback: {ASKED} {SAID}")
    done = ComponentRun("T-1", ComponentState.DONE, output=output, log=(ASKED, SAID), error=error)
    return Run(
        "flow",
        "sync",
        RunStatus.COMPLETED,
        outputs={"C-1": Output("C-1", OutputKind.MESSAGE, SAID + "y" * size)},
        errors=(error,),
        raw={"inputs": {"A.b": ASKED}, "outputs": SAID, "more": "x" * size},
        metadata={"said": SAID, "asked": ASKED},
        components={"T-1": done},
        messages={
            "u": Message("u", ASKED, "User"),
            "m": Message("m", SAID, "Machine", blocks=({"tool_input": ASKED},)),
        },
        removed_message=Message("r", blocks=({"tool_input": ASKED, "output": SAID},)),
        waiting_for=HumanInput("q", f"{ASKED}: {SAID}?"),
        decided=(HumanInput("p", f"{ASKED}: {SAID}?", sent="yes"),),
    )


def store_run(store, run, **changes):
    started = record(**changes)
    store.create(started)
    store.update(
        replace(started, status=RunStatus.COMPLETED, ended_at=NOW, run=run), with_response=True
    )
    return store.get(started.id)


def on_disk(store):
    """Return the bytes of the file and its log."""
    return b"".join(path.read_bytes() for path in store.database.path.parent.glob("runs.db*"))


def search_index(store):
    """Return the bytes of SQLite's search index, also of deleted text that is still there.

    Empty pages, all of which look the same, are left out.
    """
    with store.database.read() as connection:
        query = "SELECT block FROM run_search_data WHERE id > 10 ORDER BY id"
        blocks = connection.exec_driver_sql(query).scalars()
        return b"".join(block for block in blocks if block != b"\0\0\0\4")


def fresh_index(folder, **run):
    """Return the bytes of the search index of a new store with this run only."""
    databases.create_sqlite(folder)
    store = Store(folder)
    add_ended(store, **run)
    with store.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO run_search(run_search) VALUES ('optimize')")
    index = search_index(store)
    store.close()
    return index


def test_everything_is_stored_by_default(store_of):
    """A control for the tests below: `on_disk` finds these texts."""
    store = store_of()
    stored = store_run(store, make_run(), overrides={"A.b": ASKED})
    assert (stored.run, stored.stored_parts) == (make_run(), StoredParts.WHOLE)
    assert ASKED.encode() in on_disk(store)
    assert SAID.encode() in on_disk(store)


def test_no_input_is_in_a_database_that_stores_none(store_of):
    store = store_of(store_inputs=False)
    stored = store_run(store, make_run(), inputs_stored=False)
    assert ASKED.encode() not in on_disk(store)
    assert stored.stored_parts is StoredParts.WITHOUT_INPUTS
    assert stored.run.outputs["C-1"].value == SAID
    assert list(stored.run.messages) == ["m"]
    assert stored.run.errors[0].message == "partly"
    assert ids(store.history.page(ME, RunFilter(text=SAID))) == ["r1"]
    assert store.history.get(ME, "r1").output_summary == SAID


def test_a_tool_that_was_called_stays_done_where_inputs_are_not_stored(store_of):
    run, flow = run_with_unused_tool()
    stored = store_run(store_of(store_inputs=False), run, inputs_stored=False)
    states = {id: one.state for id, one in stored.with_tool_states(flow).run.components.items()}
    assert states == {
        "Sum-1": ComponentState.DONE,
        UNUSED: ComponentState.NOT_CALLED,
        "Agent-1": ComponentState.DONE,
    }


def test_no_output_is_in_a_database_that_stores_none(store_of):
    """Components, durations and errors are still stored."""
    store = store_of(store_outputs=False)
    stored = store_run(store, make_run(), overrides={"A.b": ASKED})
    assert SAID.encode() not in on_disk(store)
    assert stored.stored_parts is StoredParts.NOT_WANTED
    assert "stores no outputs" in stored.run.outputs["C-1"].note
    assert stored.run.components["T-1"].state is ComponentState.DONE
    assert ids(store.history.page(ME, RunFilter(text=ASKED))) == ["r1"]
    assert store.history.page(ME, RunFilter(text=SAID)).runs == []


@pytest.mark.parametrize(
    ("max_run_bytes", "expected"),
    [
        (None, StoredParts.WHOLE),
        (100_000, StoredParts.WHOLE),
        (15_000, StoredParts.WITHOUT_RAW),
        (5_000, StoredParts.TOO_LARGE),
    ],
)
def test_a_large_response_is_stored_without_the_parts_that_do_not_fit(
    store_of, max_run_bytes, expected
):
    """First without the raw response, then without the outputs."""
    store = store_of(max_run_bytes=max_run_bytes)
    stored = store_run(store, make_run(10_000))
    assert stored.stored_parts is expected
    whole = make_run(10_000)
    assert (stored.run.raw == whole.raw) == (expected is StoredParts.WHOLE)
    assert (stored.run.outputs == whole.outputs) == (expected is not StoredParts.TOO_LARGE)
    if expected is StoredParts.TOO_LARGE:
        assert "exceeds this console's size limit" in stored.run.outputs["C-1"].note
    assert store.history.get(ME, "r1").output_summary.startswith(SAID)
    # saving the record that was read keeps the missing parts and their notes
    assert store.update(replace(stored, version=stored.version + 1), with_response=True)
    again = store.get("r1")
    assert (again.stored_parts, again.run) == (expected, stored.run)


def test_old_runs_are_removed_with_all_their_data(store_of):
    """Starred and running runs stay."""
    store = store_of(max_age_days=2)
    for day in range(5):
        add_ended(store, f"d{day}", seconds=day * 86_400, text=f"{SAID} {day}")
    add(store, "running", status=RunStatus.IN_PROGRESS)
    store.history.set_starred(ME, "d0", True)
    assert set(store.cleaner.clean(NOW + timedelta(days=4))) == {"d1"}
    assert ids(store.history.page(ME)) == ["d4", "d3", "d2", "running", "d0"]
    assert f"{SAID} 1".encode() not in on_disk(store)
    assert store.cleaner.clean(NOW + timedelta(days=4)) == []


def test_the_oldest_runs_beyond_the_limit_are_removed_in_batches(any_store, monkeypatch):
    monkeypatch.setattr(module, "_BATCH_SIZE", 3)
    any_store.cleaner.retention = RetentionSettings(max_runs=2)
    for number in range(9):
        add(any_store, f"r{number}", seconds=number, status=RunStatus.COMPLETED)
    assert len(any_store.cleaner.clean(NOW)) == 7
    assert ids(any_store.history.page(ME)) == ["r8", "r7"]


def test_the_oldest_responses_are_removed_and_their_runs_stay_listed(any_store):
    """Starred runs keep theirs. A second cleaning removes nothing."""
    any_store.cleaner.retention = RetentionSettings(max_total_bytes=25_000)
    for number in range(5):
        add_ended(any_store, f"r{number}", seconds=number, text="z" * 10_000)
    any_store.history.set_starred(ME, "r0", True)
    assert any_store.cleaner.clean(NOW) == []
    stored = {f"r{number}": any_store.get(f"r{number}").stored_parts for number in range(5)}
    removed = [run for run, parts in stored.items() if parts is StoredParts.REMOVED]
    assert removed == ["r1", "r2", "r3"]
    assert any_store.get("r1").run is None
    assert any_store.get("r0").run is not None
    assert len(any_store.history.page(ME).runs) == 5
    assert any_store.cleaner.clean(NOW) == []
    assert any_store.get("r4").stored_parts is StoredParts.WHOLE


@pytest.mark.parametrize("how", ["delete", "delete_all", "delete_session", "limit"])
def test_deleted_data_is_overwritten(store_of, tmp_path, how):
    """In the file, its log, and the search index, which equals that of a fresh store."""
    store = store_of(max_runs=1)
    remaining = {"id": "r0", "seconds": 1, "text": "sun", "flow_id": "another"}
    add_ended(store, **remaining)
    add_ended(store, "r1", text=SAID, overrides={"A.b": ASKED}, session_id="s")
    assert SAID.encode() in on_disk(store)
    if how == "delete":
        store.history.delete(ME, ["r1"])
    elif how == "delete_all":
        store.history.delete_all(ME, RunFilter(flow_id="flow"))
    elif how == "delete_session":
        store.delete_session("me", "flow", "s")
    else:
        store.cleaner.clean(NOW)
    assert ids(store.history.page(ME)) == ["r0"]
    left = on_disk(store)
    assert SAID.encode() not in left
    assert ASKED.encode() not in left
    assert search_index(store) == fresh_index(tmp_path / "alone", **remaining)


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
    """The message names the setting and its source."""
    with pytest.raises(SettingsError, match=words) as caught:
        Settings.load(tmp_path, environ={f"LFCONSOLE_{name}": value})
    assert f"LFCONSOLE_{name} in the environment" in caught.value.message
    assert hint in caught.value.hint
