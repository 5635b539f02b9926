"""Saving records in the background, and those whose job another run has."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.runner.run_cache import RunCache
from lfclient.console.store.errors import StoreError
from lfclient.console.store.notes import Note, NoteCode
from lfclient.console.store.store import Store
from lfclient.runs.model import Run, RunStatus
from tests.support import databases
from tests.support.runner_harness import JOB
from tests.support.store_records import record

SEARCHING = (Note(NoteCode.SEARCHING),)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
RECORD = record("r", created_at=NOW, notes=SEARCHING)


@pytest.fixture
def writer(tmp_path):
    """A writer with one cached and saved run that has no job."""
    databases.create_sqlite(tmp_path)
    store = Store(tmp_path)
    store.create(RECORD)
    cache = RunCache()
    cache.put(RECORD)
    yield RecordWriter(cache, store)
    store.close()


@pytest.fixture
def taken(writer):
    """Let another run of the owner have the job."""
    other = replace(RECORD, id="other", submit_token="other", job_id=JOB)
    writer.store.create(other)


def test_a_run_whose_job_is_taken_is_saved_without_it(writer, taken, caplog):
    """Each later save as well, with its progress, its end and its outputs; logged once."""
    run = Run("f", "background", RunStatus.IN_PROGRESS, job_id=JOB)
    asyncio.run(writer.change("r", job_id=JOB, status=RunStatus.IN_PROGRESS, run=run))
    stored = writer.store.get("r")
    assert (stored.status, stored.job_id) == (RunStatus.IN_PROGRESS, None)

    writer.publish(writer.cache.change("r", run=run))
    assert writer.store.get("r").run == run

    ended = replace(run, status=RunStatus.COMPLETED)
    asyncio.run(writer.change("r", status=ended.status, ended_at=NOW, run=ended))
    stored = writer.store.get("r")
    assert (stored.status, stored.job_id, stored.run) == (RunStatus.COMPLETED, None, ended)
    assert writer.cache.unsaved() == []
    assert (len(caplog.records), writer.error) == (1, None)


def test_a_change_in_the_background_is_cached_before_it_is_saved(writer):
    async def change():
        saving = writer.change_in_background("r", status=RunStatus.IN_PROGRESS)
        assert writer.cache.snapshot("r").status is RunStatus.IN_PROGRESS
        assert writer.store.get("r").status is RECORD.status
        return await saving

    assert asyncio.run(change())
    assert writer.store.get("r").status is RunStatus.IN_PROGRESS


def test_a_claimed_job_is_saved_once_and_ends_the_search(writer, monkeypatch):
    update, versions = writer.store.update, []

    def count(record, **options):
        versions.append(record.version)
        return update(record, **options)

    monkeypatch.setattr(writer.store, "update", count)
    assert asyncio.run(writer.claim_job("r", JOB))
    assert versions == [RECORD.version + 1]
    record = writer.cache.snapshot("r")
    assert (record.job_id, record.notes) == (JOB, ())
    assert writer.store.get("r") == record
    assert writer.cache.unsaved() == []


def test_a_claim_of_a_taken_job_changes_nothing(writer, taken):
    """The search goes on, and its note stays."""
    assert not asyncio.run(writer.claim_job("r", JOB))
    assert writer.cache.snapshot("r") == RECORD
    assert writer.store.get("r") == RECORD


def test_a_job_is_claimed_in_memory_while_the_store_fails(writer, monkeypatch):
    def fail(record, **options):
        raise StoreError("the disk is full")

    monkeypatch.setattr(writer.store, "update", fail)
    assert asyncio.run(writer.claim_job("r", JOB))
    assert writer.cache.snapshot("r").job_id == JOB
    assert isinstance(writer.error, StoreError)
    monkeypatch.undo()
    writer.save_unsaved()
    assert writer.store.get("r").job_id == JOB
