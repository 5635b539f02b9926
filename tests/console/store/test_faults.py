"""Errors of a database that is damaged, moved or of another release.

After each fault the next call works, and no error contains the password or what a person entered.
"""

import sqlite3
from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from lfclient.console.store import serialization
from lfclient.console.store.notes import quote
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.store import Store
from lfclient.console.store.tables import RUNS, SEARCH_TEXTS
from tests.support import databases
from tests.support.store_errors import TYPED, raises_store_error, typed
from tests.support.store_records import add_ended, ids, record


def test_a_failed_transaction_writes_nothing(any_store):
    first = typed("r1")
    any_store.create(first)
    with (
        raises_store_error("already has this entry", "try again"),
        any_store.database.write() as connection,
    ):
        assert connection.execute(update(RUNS).values(notes=(quote("half"),))).rowcount
        connection.execute(insert(SEARCH_TEXTS), {"run_id": "r1", "body": TYPED})  # a duplicate
    assert any_store.get("r1") == first
    assert any_store.update(replace(first, version=2))


@pytest.mark.parametrize(
    "damage",
    [
        f"UPDATE response_chunks SET body = CAST('tag\n[{TYPED}' AS blob) WHERE seq = 0",
        f"UPDATE response_chunks SET body = CAST('{TYPED}' AS blob) WHERE seq = 0",
        "DELETE FROM response_chunks WHERE seq = 0",
    ],
    ids=["invalid JSON", "no document", "missing beginning"],
)
def test_a_damaged_response_is_reported_and_others_can_be_read(store, damage, monkeypatch):
    monkeypatch.setitem(serialization.SLICE_SIZES, str, 1_000)
    long = "x" * 3_000  # in several pieces
    for run_id in ("bad", "good"):
        add_ended(store, run_id, text=long, overrides={"A.b": TYPED})
    with store.database.write() as connection:
        connection.exec_driver_sql(f"{damage} AND run_id = 'bad'")
    with raises_store_error("stored response of run bad", "Delete the run"):
        store.get("bad")
    assert store.get("good").run.outputs["C-1"].value == long
    assert store.history.delete(["me"], ["bad"]) == ["bad"]


def test_text_that_no_database_accepts_finds_nothing(any_store):
    """Users edit URLs."""
    any_store.create(record())
    odd = "r1\0\ud800"
    assert any_store.get(odd) is None
    assert any_store.history.get(["me"], odd) is None
    which = RunFilter(flow_id=odd, text=odd)
    assert any_store.history.page(["me", odd], which).runs == []
    assert any_store.presets.get("me", odd) is None


def test_a_job_id_of_any_length_is_stored_and_found(any_store):
    """The server chooses it."""
    long = "".join(chr(65 + n * n % 57) for n in range(50_000))
    any_store.create(record(job_id=long))
    assert any_store.find_by_job("me", long).id == "r1"


def test_a_moved_file_is_reported_and_used_again_once_it_is_back(tmp_path):
    """Nothing is written to the moved file."""
    databases.create_sqlite(tmp_path / "data")
    store = Store(tmp_path / "data")
    store.create(typed("r1"))
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    for call in (lambda: store.create(typed("r2")), lambda: store.recent("me")):
        with raises_store_error("is missing", "Put it back"):
            call()
    (tmp_path / "elsewhere").rename(tmp_path / "data")
    assert store.create(typed("r2")) == [typed("r2")]
    assert {one.id for one in store.recent("me")} == {"r1", "r2"}
    store.close()


@pytest.mark.parametrize(
    ("how", "by"),
    [
        ("DELETE FROM run_search_data", "writing"),
        ("DELETE FROM run_search_data", "searching"),
        ("UPDATE run_search_data SET block = x'ff' WHERE id > 10", "searching"),
    ],
)
def test_a_damaged_search_index_is_rebuilt(tmp_path, how, by, caplog):
    """One call fails, and the next one works. No run is lost."""
    databases.create_sqlite(tmp_path)
    store = Store(tmp_path)
    add_ended(store, "r1", text="needle")
    store.close()
    with sqlite3.connect(store.database.path) as disk:
        disk.execute(how)
    damaged = raises_store_error("damaged search index", "Try again")
    which = RunFilter(text="needle")
    with damaged:
        store.history.page(["me"], which) if by == "searching" else store.create(typed("r2"))
    assert ids(store.history.page(["me"], which)) == ["r1"]
    store.create(typed("r3"))
    assert ids(store.history.page(["me"], RunFilter(text="hunter2"))) == ["r3"]
    assert "damaged search index" in caplog.text
    store.close()
