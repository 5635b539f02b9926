"""A record to the values of its row and back."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Row

from lfclient.run import Run, RunStatus
from lfclient.store.codec import dump_value, load_value
from lfclient.store.record import RecordProblem, RunRecord

_TIMES = ("created_at", "started_at", "ended_at", "stop_requested_at")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def to_row(record: RunRecord) -> dict[str, Any]:
    """The values of the columns of `runs`."""
    values = {
        field.name: getattr(record, field.name) for field in fields(record) if field.name != "run"
    }
    for name in _TIMES:
        values[name] = _microseconds(values[name])
    problem = record.problem
    return {
        **values,
        "status": record.status.value,
        "overrides": dump_value(record.overrides),
        "problem": problem and dump_value({"message": problem.message, "hint": problem.hint}),
    }


def from_row(row: Row[Any], run: Run | None = None) -> RunRecord:
    """The record of a row of `runs`, with `run` as its answer."""
    values = dict(row._mapping)
    for name in _TIMES:
        values[name] = _datetime(values[name])
    problem = values["problem"]
    return RunRecord(
        **{
            **values,
            "status": RunStatus(values["status"]),
            "overrides": load_value(values["overrides"]),
            "problem": RecordProblem(**load_value(problem)) if problem else None,
            "run": run,
        }
    )


def _microseconds(time: datetime | None) -> int | None:
    return None if time is None else (time - _EPOCH) // timedelta(microseconds=1)


def _datetime(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)
