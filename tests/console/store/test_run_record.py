"""The elapsed time of a record, and summaries of newer records."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

from lfclient.console.store.run_record import RunBase
from lfclient.runs.components import Usage
from lfclient.runs.model import RunStatus
from tests.support.store_records import record, summary

NOW = datetime(2026, 11, 24, tzinfo=UTC)
RECORD = record(mode="sync", created_at=NOW)


def test_elapsed_time_counts_from_submit_to_end_or_now():
    assert RECORD.elapsed(NOW + timedelta(seconds=3)) == 3
    ended = replace(RECORD, ended_at=NOW + timedelta(seconds=2))
    assert ended.elapsed(NOW + timedelta(hours=1)) == 2


def test_elapsed_time_is_unknown_if_nobody_saw_the_end():
    assert replace(RECORD, status=RunStatus.COMPLETED).elapsed(NOW) is None


def test_elapsed_time_is_never_negative():
    """The clock may be set back during the run."""
    assert RECORD.elapsed(NOW - timedelta(hours=1)) == 0
    assert replace(RECORD, ended_at=NOW - timedelta(seconds=5)).elapsed(NOW) == 0


def test_a_summary_is_updated_with_every_field_that_it_shares_with_a_record():
    newer = record(
        status=RunStatus.COMPLETED,
        ended_at=NOW,
        output_summary="Hello",
        tokens=7,
        usage_by_model={"mini": Usage(3, 4, 7)},
        thumbnail=b"x",
    )
    updated = summary(starred=True).updated(newer)
    assert updated.starred
    assert all(getattr(updated, one.name) == getattr(newer, one.name) for one in fields(RunBase))
