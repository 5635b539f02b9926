"""Records of runs, and a store filled with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lfclient.console.store.run_history import RunPage
from lfclient.console.store.run_record import RunRecord, RunSummary
from lfclient.console.store.store import Store
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import (
    ComponentRun,
    ComponentState,
    Decision,
    HumanInput,
    Message,
    NotRun,
    RunError,
)
from lfclient.runs.model import Run, RunStatus

ME = ["me"]  # the owner
NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)


def record(id: str = "r1", **changes: Any) -> RunRecord:
    """Return a run of "me" that was just created."""
    values: dict[str, Any] = {
        "id": id,
        "owner": "me",
        "submit_token": id,
        "server_name": "test",
        "server_url": "http://a",
        "flow_id": "flow",
        "flow_name": "Flow",
        "mode": "background",
        "created_at": NOW,
        "attempts": 1,
    }
    return RunRecord(**{**values, **changes})


def summary(id: str = "r1", **changes: Any) -> RunSummary:
    """Return a completed run of "me", as a list reads it."""
    values: dict[str, Any] = {
        "owner": "me",
        "server_name": "test",
        "flow_id": "flow",
        "flow_name": "Flow",
        "mode": "sync",
        "status": RunStatus.COMPLETED,
        "created_at": NOW,
        "attempts": 1,
    }
    return RunSummary(id=id, **{**values, **changes})


def whole_run() -> Run:
    """Return a run with a value in every attribute."""
    rows = [{"n": n, "text": f"row {n}"} for n in range(5000)]
    table = Output("T-1", OutputKind.TABLE, rows, type="dataframe", truncated=True, missing=3)
    image = Output("C-1", OutputKind.IMAGE, b"\x89PNG\x00", type="message")
    return Run(
        flow_id="flow",
        mode="sync",
        status=RunStatus.FAILED,
        job_id="job",
        outputs={
            "T-1": table,
            "C-1": Output("C-1", OutputKind.MESSAGE, "text", extras=(image,), note="cut"),
            "F-1": Output("F-1", OutputKind.FILE, FileRef("out.txt", size=3)),
            "D-1": Output("D-1", OutputKind.DATA, {"a": [1, None]}, parts={"b": table}),
            "E-1": Output("E-1", OutputKind.DATA, []),
        },
        not_run=(NotRun("B-1", "Branch", "not taken"),),
        errors=(RunError("boom", component_id="T-1"),),
        warnings=("old component",),
        raw={"outputs": {"T-1": {"content": rows}}, "odd": "\ud800 ü", "deep": [[[[1]]]]},
        components={
            "T-1": ComponentRun(
                "T-1",
                ComponentState.DONE,
                "Table",
                seconds=0.5,
                ended_at=NOW,
                output=table,
                log=("a",),
            ),
            "F-1": ComponentRun("F-1", ComponentState.FAILED, error=RunError("boom")),
            "B-1": ComponentRun("B-1", ComponentState.SKIPPED),
        },
        messages={"m": Message("m", "Hello", "Machine", files=("a/b.png",), streamed="Hel")},
        removed_message=Message("r", complete=False, blocks=({"type": "tool_use"},)),
        waiting_for=HumanInput("q", "Pay?", (Decision("yes", "Yes"),), expires_at=NOW),
        decided=(HumanInput("p", "Go?", (Decision("no", "No"),), sent="no", sent_at=NOW),),
        last_event_id="7",
    )


def add(store: Store, id: str, seconds: float = 0, **changes: Any) -> RunRecord:
    """Store a run that was created these seconds after `NOW`."""
    added = record(id, created_at=NOW + timedelta(seconds=seconds), **changes)
    store.create(added)
    return added


def add_ended(
    store: Store,
    id: str,
    seconds: float = 0,
    text: str = "",
    status: RunStatus = RunStatus.COMPLETED,
    **changes: Any,
) -> None:
    """Store a run that returned a message."""
    started = add(store, id, seconds, **changes)
    outputs = {"C-1": Output("C-1", OutputKind.MESSAGE, text)}
    run = Run(started.flow_id, started.mode, status, outputs=outputs)
    store.update(
        replace(started, status=status, ended_at=started.created_at, run=run), with_response=True
    )


def ids(page: RunPage) -> list[str]:
    """Return the IDs of a page of runs."""
    return [entry.id for entry in page.runs]
