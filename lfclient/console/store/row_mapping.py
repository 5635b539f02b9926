"""A record to the values of its row and back."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from lfclient.console.store.column_values import from_microseconds, to_microseconds
from lfclient.console.store.run_record import RecordProblem, RunRecord, StoredParts
from lfclient.console.store.serialization import dump_value, load_value
from lfclient.console.store.tables import RunRow
from lfclient.runs.model import Run, RunStatus

_TIMES = ("created_at", "started_at", "ended_at", "stop_requested_at")
# written with the answer
_APART = ("run", "stored_parts")
# never another once the run is kept
_FIXED = (
    *("id", "owner", "submit_token", "flow_id", "flow_name", "mode", "created_at"),
    *("overrides", "inputs_stored", "input_summary"),
)
_FIELDS = [field.name for field in fields(RunRecord)]
_CHANGING = [name for name in _FIELDS if name not in _APART + _FIXED]


def to_row(record: RunRecord) -> dict[str, Any]:
    """The values of the columns of `runs`, but for those that are written with the answer."""
    fixed = {name: getattr(record, name) for name in _FIXED}
    return {
        **fixed,
        **mutable_columns(record),
        "created_at": to_microseconds(record.created_at),
        "overrides": dump_value(record.overrides),
    }


def mutable_columns(record: RunRecord) -> dict[str, Any]:
    """The values of those columns that change while a run goes on."""
    values = {name: getattr(record, name) for name in _CHANGING}
    for name in _TIMES[1:]:
        values[name] = to_microseconds(values[name])
    problem = record.problem
    values["problem"] = problem and dump_value({"message": problem.message, "hint": problem.hint})
    return {**values, "status": record.status.value}


def from_row(row: Row[Any], run: Run | None = None) -> RunRecord:
    """The record of a row of `runs`, with `run` as its answer."""
    columns = dict(zip(RunRow.__table__.c.keys(), row, strict=True))
    values = {name: columns[name] for name in _FIELDS if name != "run"}
    for name in _TIMES:
        values[name] = from_microseconds(values[name])
    problem = values["problem"]
    return RunRecord(
        **{
            **values,
            "status": RunStatus(values["status"]),
            "overrides": load_value(values["overrides"]),
            "problem": RecordProblem(**load_value(problem)) if problem else None,
            "stored_parts": StoredParts(values["stored_parts"]),
            "run": run,
        }
    )
