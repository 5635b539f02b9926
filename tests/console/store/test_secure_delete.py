"""What was deleted goes from SQLite's index for searching, however large that is."""

import random
import string

import pytest

from lfclient.console.store import secure_delete
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.store import Store
from tests.console.store.test_retention import indexed
from tests.console.store.test_run_history import add, ended, ids
from tests.support.many_runs import OWNER, fill

LONG = "".join(random.Random(5).choices(string.ascii_lowercase + string.digits, k=18_000))


@pytest.fixture
def store(tmp_path):
    """With many runs, and a long one."""
    store = Store(tmp_path)
    fill(store, 50)
    store.small = len(indexed(store))
    ended(store, "long", owner=OWNER, text=LONG)
    assert len(indexed(store)) > store.small * 1.6
    yield store
    store.close()


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    """The index is written in many steps, one at a time."""
    monkeypatch.setattr(secure_delete, "_PAGES", 2)
    monkeypatch.setattr("lfclient.console.store.database.OVERWRITE_SECONDS", 0)


def left(store):
    with store.database.read() as connection:
        return bool(secure_delete.marked(connection))


def overwritten(store, meanwhile=lambda: None):
    """Go on until all is; after how many turns, and the bytes of the index then."""
    for turns in range(2_000):
        if not left(store):
            return turns, len(indexed(store))
        store.database.overwrite_rest(0)
        meanwhile()
    raise AssertionError("there is always more")


def test_whoever_deletes_does_not_wait_for_a_large_index(store):
    """The rest is done in turns, each no longer than it may be."""
    store.history.delete([OWNER], ["long"])
    assert left(store)
    assert len(indexed(store)) > store.small
    turns, size = overwritten(store)
    assert turns > 3
    assert size < store.small * 1.1
    assert ids(store.history.page([OWNER], RunFilter(text=LONG[:50]))) == []
    assert len(store.history.page([OWNER], RunFilter(text="flow"), limit=300).runs) == 50


def test_what_was_deleted_goes_although_the_process_has_ended(store, tmp_path):
    """The next one begins anew with it."""
    store.history.delete([OWNER], ["long"])
    store.database.overwrite_rest(0)
    store.close()
    other = Store(tmp_path)
    assert left(other)
    assert overwritten(other)[1] < store.small * 1.1
    other.close()


def test_a_process_that_ends_before_it_overwrites_leaves_that_to_the_next(store, monkeypatch):
    """Deleted and marked are one."""
    monkeypatch.setattr(store.database, "overwrite", lambda: None)
    store.history.delete([OWNER], ["long"])
    monkeypatch.undo()
    assert left(store)


def test_what_is_written_meanwhile_holds_up_nothing(store, tmp_path):
    """By another process; all of that is found."""
    other = Store(tmp_path)
    store.history.delete([OWNER], ["long"])
    new = (f"n{number}" for number in range(2_000))
    turns, size = overwritten(store, lambda: add(other, next(new), flow_name="Meanwhile"))
    assert turns < 500
    assert size < store.small * 1.2
    page = store.history.page(["me"], RunFilter(text="meanwhile"), limit=300)
    assert len(page.runs) == turns
    other.close()


def test_what_is_deleted_meanwhile_goes_too(store):
    """Although the first of it is on its way."""
    (first,) = ids(store.history.page([OWNER], RunFilter(flow_id="flow-1"), limit=1))
    assert store.history.delete([OWNER], [first]).deleted
    store.database.overwrite_rest(0)
    store.history.delete([OWNER], ["long"])
    assert overwritten(store)[1] < store.small * 1.1


def test_nothing_is_done_where_nothing_was_deleted(store):
    """A turn finds that out by a look, and so does a deletion of what is not there."""
    add(store, "another")  # a part of the index that could be merged with the others
    before = indexed(store)
    store.history.delete([OWNER], ["nobody's"])
    store.database.overwrite_rest(1)
    assert (left(store), indexed(store)) == (False, before)


def test_an_index_that_turns_out_to_be_damaged_is_made_anew(store):
    """That overwrites it as well, and no turn fails for it."""
    store.history.delete([OWNER], ["long"])
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE run_search_data SET block = x'ff' WHERE id > 10")
    assert overwritten(store)[1] < store.small * 1.1
    assert store.history.count([OWNER], RunFilter(text="flow")) == 50
