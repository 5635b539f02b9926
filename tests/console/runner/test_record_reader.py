"""Records are read from memory or from the store."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lfclient.console.runner.record_reader import RecordReader
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.store.row_mapping import with_result_fields
from lfclient.console.store.store import Store
from lfclient.runs.model import Run, RunStatus
from tests.support import databases
from tests.support.store_records import record, whole_run

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    databases.create_sqlite(tmp_path)
    opened = Store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def cache():
    return RunCache()


@pytest.fixture
def reader(store, cache):
    return RecordReader(store, cache, lambda _: False, 0.1)


@pytest.fixture
def ended(store):
    """A stored run that has ended."""
    ended = record(status=RunStatus.COMPLETED, ended_at=NOW, run=whole_run())
    store.create(ended)
    store.update(ended, with_response=True)
    return with_result_fields(ended)


def test_a_header_has_the_size_of_the_response_without_reading_it(reader, ended):
    header, size = reader.header(ended.id)
    assert header == replace(ended, run=None)
    assert size > 100_000
    assert reader.header("other") is None


def test_a_header_of_an_unfinished_run_is_the_newest(reader, store, cache):
    running = record(run=Run("flow", "background", RunStatus.QUEUED))
    store.create(running)
    cache.put(replace(running, version=2, status=RunStatus.IN_PROGRESS))
    header, _ = reader.header(running.id)
    assert (header.version, header.status, header.run) == (2, RunStatus.IN_PROGRESS, None)


def test_a_run_that_only_memory_has_has_a_header(reader, cache):
    cache.put(record())
    assert reader.header("r1") == (record(), 0)


def test_a_loaded_run_does_not_stay_in_memory(reader, cache, ended):
    assert reader.load(ended.id) == ended
    assert cache.snapshot(ended.id) is None
    assert reader.load("other") is None


def test_an_unfinished_run_is_loaded_from_memory(reader, cache):
    running = record(run=Run("flow", "background", RunStatus.IN_PROGRESS))
    cache.put(running)
    assert reader.load("r1") is running


def test_a_run_that_another_process_deleted_is_not_loaded(reader, cache, store, ended):
    assert reader.get(ended.id)
    with store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM runs")
    assert reader.load(ended.id) is None
