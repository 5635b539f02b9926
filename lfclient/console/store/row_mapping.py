"""Map records and summaries to the columns of `runs` and back.

A column's attribute in `RunRow` has the name of the field, so a new one needs no change here.
"""

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from lfclient.console.store.run_record import RecordProblem, RunRecord, RunSummary
from lfclient.console.store.tables import RUNS
from lfclient.runs.model import Run

SUMMARY_FIELDS = [
    field.name for field in fields(RunSummary) if field.name not in ("labels", "is_settled")
]

_STORED_FIELDS = [field.name for field in fields(RunRecord) if field.name != "run"]
_WRITTEN_ONCE = {
    *("id", "owner", "submit_token", "flow_id", "flow_name", "mode", "created_at"),
    *("overrides", "flow_defaults", "inputs_stored", "input_summary"),
}
_WRITTEN_WITH_RESPONSE = {"stored_parts"}
_MUTABLE_FIELDS = [
    name for name in _STORED_FIELDS if name not in _WRITTEN_ONCE | _WRITTEN_WITH_RESPONSE
]


def to_row(record: RunRecord) -> dict[str, Any]:
    """Return all column values except those that are written with the response."""
    return mutable_columns(record) | {name: getattr(record, name) for name in _WRITTEN_ONCE}


def mutable_columns(record: RunRecord) -> dict[str, Any]:
    """Return the values of the columns that change while a run is executed."""
    values = {name: getattr(record, name) for name in _MUTABLE_FIELDS}
    return {**values, "problem": record.problem and vars(record.problem)}


def from_row(row: Row[Any], run: Run | None = None) -> RunRecord:
    """Return the record of a whole row of `runs`, with `run` as its response."""
    columns = dict(zip(RUNS.c.keys(), row, strict=True))
    values = {name: columns[name] for name in _STORED_FIELDS}
    if values["problem"]:
        values["problem"] = RecordProblem(**values["problem"])
    return RunRecord(**values, run=run)


def summary_from_row(row: Row[Any], labels: tuple[str, ...]) -> RunSummary:
    """Return the summary of a row that has the columns of `SUMMARY_FIELDS`, in their order."""
    columns = dict(zip(SUMMARY_FIELDS, row, strict=True))
    return RunSummary(**columns, labels=labels, is_settled=columns["status"].ended)
