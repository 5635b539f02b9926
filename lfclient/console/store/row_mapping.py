"""A record to the values of its row and back."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from lfclient.console.store.run_record import RecordProblem, RunRecord, StoredParts
from lfclient.console.store.serialization import dump_value, load_value
from lfclient.runs.model import Run, RunStatus

_TIMES = ("created_at", "started_at", "ended_at", "stop_requested_at")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# written with the answer
_APART = ("run", "answer_kept")
# never another once the run is kept
_FIXED = (
    *("id", "owner", "click", "flow_id", "flow_name", "mode", "created_at"),
    *("overrides", "inputs_kept", "gist"),
)
_FIELDS = [field.name for field in fields(RunRecord)]
_CHANGING = [name for name in _FIELDS if name not in _APART + _FIXED]


def to_row(record: RunRecord) -> dict[str, Any]:
    """The values of the columns of `runs`, but for those that are written with the answer."""
    fixed = {name: getattr(record, name) for name in _FIXED}
    return {
        **fixed,
        **changing(record),
        "created_at": microseconds(record.created_at),
        "overrides": dump_value(record.overrides),
    }


def changing(record: RunRecord) -> dict[str, Any]:
    """The values of those columns that change while a run goes on."""
    values = {name: getattr(record, name) for name in _CHANGING}
    for name in _TIMES[1:]:
        values[name] = microseconds(values[name])
    problem = record.problem
    values["problem"] = problem and dump_value({"message": problem.message, "hint": problem.hint})
    return {**values, "status": record.status.value}


def from_row(row: Row[Any], run: Run | None = None) -> RunRecord:
    """The record of a row of `runs`, with `run` as its answer."""
    values = {name: row._mapping[name] for name in _FIELDS if name != "run"}
    for name in _TIMES:
        values[name] = moment(values[name])
    problem = values["problem"]
    return RunRecord(
        **{
            **values,
            "status": RunStatus(values["status"]),
            "overrides": load_value(values["overrides"]),
            "problem": RecordProblem(**load_value(problem)) if problem else None,
            "answer_kept": StoredParts(values["answer_kept"]),
            "run": run,
        }
    )


def storable(text: str) -> str:
    """`text` as every database takes it: without NUL and halves of surrogate pairs."""
    if "\0" in text:
        text = text.replace("\0", "�")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def microseconds(time: datetime | None) -> int | None:
    """Microseconds since 1970, UTC."""
    return None if time is None else (time - _EPOCH) // _MICROSECOND


def moment(microseconds: int | None) -> datetime | None:
    """The time of `microseconds`."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)
