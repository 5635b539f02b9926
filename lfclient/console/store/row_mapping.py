"""Map records and summaries to the columns of `runs`, which have the names of their fields."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Row

from lfclient.console.content.images import make_thumbnail
from lfclient.console.store.run_record import (
    MISSING_OUTPUTS_REASONS,
    RecordProblem,
    RunRecord,
    RunSummary,
)
from lfclient.console.store.search_text import summarize_outputs
from lfclient.console.store.tables import RUNS
from lfclient.runs.model import Run

SUMMARY_FIELDS = [field.name for field in fields(RunSummary) if field.name != "is_settled"]

_STORED_FIELDS = [field.name for field in fields(RunRecord) if field.name != "run"]
_WRITTEN_ONCE = {
    *("id", "owner", "submit_token", "batch_id", "flow_id", "flow_name", "mode", "created_at"),
    *("overrides", "flow_defaults", "inputs_stored", "input_summary"),
}
_WRITTEN_WITH_RESPONSE = {"stored_parts"}
_MUTABLE_FIELDS = [
    name for name in _STORED_FIELDS if name not in _WRITTEN_ONCE | _WRITTEN_WITH_RESPONSE
]


# the fields that describe a result, and those that need its outputs
_RESULT_FIELDS: dict[str, Callable[[RunRecord], Any]] = {
    "output_summary": summarize_outputs,
    "tokens": lambda record: record.usage.total if record.usage else None,
    "usage_by_model": lambda record: record.run.usage_by_model or None if record.run else None,
}
_OUTPUT_FIELDS: dict[str, Callable[[RunRecord], Any]] = {
    "thumbnail": lambda record: make_thumbnail(record.run.outputs.values() if record.run else ()),
}


def with_result_fields(record: RunRecord) -> RunRecord:
    """Return an ended record with the fields that describe its result.

    If its outputs are missing, the fields that need them keep their values.
    """
    has_outputs = record.stored_parts not in MISSING_OUTPUTS_REASONS
    computed = _RESULT_FIELDS | (_OUTPUT_FIELDS if has_outputs else {})
    return replace(record, **{name: compute(record) for name, compute in computed.items()})


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


def summary_from_row(row: Row[Any]) -> RunSummary:
    """Return the summary of a row that has the columns of `SUMMARY_FIELDS`, in their order."""
    columns = dict(zip(SUMMARY_FIELDS, row, strict=True))
    return RunSummary(**columns, is_settled=columns["status"].ended)
