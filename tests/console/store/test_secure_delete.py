"""Deleted text is erased from SQLite's search index and its log."""

import random
import string

import pytest

from lfclient.console.store import database
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.store import Store
from tests.console.store.test_retention import search_index
from tests.support import databases
from tests.support.many_runs import OWNER, fill
from tests.support.store_records import add_ended, ids

LONG = "".join(random.Random(5).choices(string.ascii_lowercase + string.digits, k=18_000))


@pytest.fixture
def store(tmp_path):
    """A store with 50 runs and a long one. `small` is the index size without the long one."""
    databases.create_sqlite(tmp_path)
    store = Store(tmp_path)
    fill(store, 50)
    store.small = len(search_index(store))
    add_ended(store, "long", owner=OWNER, text=LONG)
    assert len(search_index(store)) > store.small * 1.6
    yield store
    store.close()


def log_of(store):
    return store.database.path.with_name("runs.db-wal")


def is_erased(store):
    """The log has at most the page with the file's mark."""
    return log_of(store).stat().st_size < 5_000


def test_deleted_text_is_erased_from_a_large_index_at_once(store):
    store.history.delete([OWNER], ["long"])
    assert len(search_index(store)) < store.small * 1.1
    assert LONG[:50].encode() not in store.database.path.read_bytes()
    assert is_erased(store)
    assert ids(store.history.page([OWNER], RunFilter(text=LONG[:50]))) == []
    assert len(store.history.page([OWNER], RunFilter(text="flow"), limit=300).runs) == 50


def test_a_log_that_is_being_read_is_erased_later(store):
    with store.database.read() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM runs")
        store.history.delete([OWNER], ["long"])
        assert LONG[:50].encode() in log_of(store).read_bytes()
        store.database.erase_deleted()
        assert LONG[:50].encode() in log_of(store).read_bytes()
    store.database.erase_deleted()
    assert is_erased(store)


def test_the_next_process_erases_what_an_ended_one_did_not(store, tmp_path, monkeypatch):
    monkeypatch.setattr(store.database, "erase_deleted", lambda: None)
    store.history.delete([OWNER], ["long"])
    assert LONG[:50].encode() in log_of(store).read_bytes()
    other = Store(tmp_path)
    other.database.erase_deleted()
    assert is_erased(store)
    other.close()


def test_the_log_is_left_alone_when_nothing_was_deleted(store):
    store.database.erase_deleted()
    add_ended(store, "another", owner=OWNER)
    size = log_of(store).stat().st_size
    assert size
    store.history.delete([OWNER], ["nobody's"])
    store.database.erase_deleted()
    assert log_of(store).stat().st_size == size


def test_a_damaged_index_is_rebuilt_when_runs_are_deleted(store):
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE run_search_data SET block = x'ff' WHERE id > 10")
    assert store.history.delete([OWNER], ["long"]) == ["long"]
    assert len(search_index(store)) < store.small * 1.1
    assert store.history.count([OWNER], RunFilter(text="flow")) == 50


def erase_in_turns(store, size, meanwhile=lambda: None):
    """Continue until the index has `size` bytes at most; return the number of turns."""
    for turns in range(2_000):
        if len(search_index(store)) <= size:
            return turns
        store.database.erase_deleted()
        meanwhile()
    raise AssertionError("erasing does not end")


@pytest.fixture
def small_steps(monkeypatch):
    """The index is rewritten in many steps, one at a time."""
    monkeypatch.setattr("lfclient.console.store.schema.MERGED_PAGES", 2)
    monkeypatch.setattr(database, "ERASE_SECONDS", 0)


def test_a_delete_does_not_wait_for_a_large_index(small_steps, store):
    store.history.delete([OWNER], ["long"])
    assert len(search_index(store)) > store.small
    assert erase_in_turns(store, store.small * 1.1) > 3
    assert ids(store.history.page([OWNER], RunFilter(text=LONG[:50]))) == []
    assert store.history.count([OWNER], RunFilter(text="flow")) == 50


def test_erasing_ends(small_steps, store, monkeypatch):
    merge, merges = database.merge_search_index, []

    def merge_and_count(connection, *, restart):
        merges.append(restart)
        return merge(connection, restart=restart)

    monkeypatch.setattr(database, "merge_search_index", merge_and_count)
    store.history.delete([OWNER], ["long"])
    for _ in range(2_000):
        done = len(merges)
        store.database.erase_deleted()
        if len(merges) == done:
            break
    else:
        raise AssertionError("erasing does not end")
    assert done > 3
