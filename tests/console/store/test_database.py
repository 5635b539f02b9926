"""Writes at once or not flushed to disk, and processes that create a file together."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, text

from lfclient.console.store import database as module
from lfclient.console.store.errors import StoreError
from lfclient.console.store.store import Store
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


def test_many_writes_at_once_wait_for_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.02)
    database = Store(tmp_path).database

    def writes(number):
        with database.write() as connection:
            connection.exec_driver_sql(f"INSERT INTO numbers VALUES ({number})")
            time.sleep(0.01)

    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE numbers (number INTEGER)")
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(writes, range(10)))
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM numbers").scalar() == 10
    database.close()


def test_a_write_that_does_not_end_is_reported_to_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "QUEUE_SECONDS", 0.05)
    database = Store(tmp_path).database
    with (
        database.write(),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(StoreError, match="an earlier write has not ended"),
    ):
        pool.submit(database.write().__enter__).result()
    database.close()
