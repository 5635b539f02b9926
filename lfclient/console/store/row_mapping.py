"""Map records and summaries to the columns of `runs` and back.

A column's attribute in `RunRow` has the name of the field, so a new one needs no change here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from lfclient.console.store.column_values import from_microseconds, to_microseconds
from lfclient.console.store.run_record import RecordProblem, RunRecord, RunSummary, StoredParts
from lfclient.console.store.serialization import dump_value, load_value
from lfclient.console.store.tables import RUNS
from lfclient.runs.model import Run, RunStatus

SUMMARY_FIELDS = [field.name for field in fields(RunSummary) if field.name != "labels"]

_TIMES = ("created_at", "started_at", "ended_at", "stop_requested_at")
_WRITTEN_WITH_RESPONSE = {"run", "stored_parts"}
_WRITTEN_ONCE = {
    *("id", "owner", "submit_token", "flow_id", "flow_name", "mode", "created_at"),
    *("overrides", "inputs_stored", "input_summary"),
}
_STORED_FIELDS = [field.name for field in fields(RunRecord) if field.name != "run"]
_MUTABLE_FIELDS = [
    name for name in _STORED_FIELDS if name not in _WRITTEN_ONCE | _WRITTEN_WITH_RESPONSE
]


def to_row(record: RunRecord) -> dict[str, Any]:
    """Return all column values except those that are written with the response."""
    return {
        **{name: getattr(record, name) for name in _WRITTEN_ONCE},
        **mutable_columns(record),
        "created_at": to_microseconds(record.created_at),
        "overrides": dump_value(record.overrides),
    }


def mutable_columns(record: RunRecord) -> dict[str, Any]:
    """Return the values of the columns that change while a run is executed."""
    values = {name: getattr(record, name) for name in _MUTABLE_FIELDS}
    for name in _TIMES[1:]:
        values[name] = to_microseconds(values[name])
    problem = record.problem
    values["problem"] = problem and dump_value({"message": problem.message, "hint": problem.hint})
    return {**values, "status": record.status.value}


def from_row(row: Row[Any], run: Run | None = None) -> RunRecord:
    """Return the record of a whole row of `runs`, with `run` as its response."""
    columns = dict(zip(RUNS.c.keys(), row, strict=True))
    values = {name: columns[name] for name in _STORED_FIELDS}
    for name in _TIMES:
        values[name] = from_microseconds(values[name])
    values["status"] = RunStatus(values["status"])
    values["overrides"] = load_value(values["overrides"])
    values["stored_parts"] = StoredParts(values["stored_parts"])
    if values["problem"]:
        values["problem"] = RecordProblem(**load_value(values["problem"]))
    return RunRecord(**values, run=run)


def summary_from_row(row: Row[Any], labels: tuple[str, ...]) -> RunSummary:
    """Return the summary of a row that has the columns of `SUMMARY_FIELDS`, in their order."""
    values = dict(zip(SUMMARY_FIELDS, row, strict=True))
    for name in _TIMES[:3]:
        values[name] = from_microseconds(values[name])
    values["status"] = RunStatus(values["status"])
    return RunSummary(**values, labels=labels)
