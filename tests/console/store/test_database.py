"""Writes that are not flushed to disk at once, and processes that create a file together."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, text

from lfclient.console.store import database as module
from lfclient.console.store.errors import StoreError
from lfclient.console.store.tables import RESPONSE_CHUNKS


def test_a_write_without_durability_does_not_affect_the_next(any_store):
    """Even if it failed, for example because another process deleted the run."""
    database = any_store.database
    query = text("SHOW synchronous_commit" if database.is_shared else "PRAGMA synchronous")

    def setting(**options):
        with database.write(**options) as connection:
            return connection.execute(query).scalar_one()

    assert setting() in ("on", 2)
    assert setting(durable=False) in ("off", 1)
    assert setting() in ("on", 2)
    chunk = {"run_id": "nobody's", "seq": 0, "body": b""}
    with pytest.raises(StoreError), database.write(durable=False) as connection:
        connection.execute(insert(RESPONSE_CHUNKS), chunk)
    assert setting() in ("on", 2)


def test_processes_that_open_a_new_file_at_once_wait_for_each_other(tmp_path):
    """SQLite alone fails in about 1 of 100 cases, while a file gets its write-ahead log."""

    def connects(path):
        engine = module._connect_sqlite(path, 3)
        at_once.wait()
        with engine.connect() as connection:
            kept = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        engine.dispose()
        return kept

    at_once = threading.Barrier(8)
    with ThreadPoolExecutor(8) as pool:
        for number in range(60):
            paths = [tmp_path / f"{number}.db"] * 8
            assert list(pool.map(connects, paths)) == ["wal"] * 8
