"""The elapsed time of a run's record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import RunStatus

NOW = datetime(2026, 11, 24, tzinfo=UTC)
RECORD = RunRecord("r", "me", "r", "s", "http://a", "f", "Flow", "sync", NOW, attempts=1)


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
