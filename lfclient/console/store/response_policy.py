"""Keeps of an answer what is to be kept, as far as it is not too large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lfclient.console.config.retention import RetentionSettings
from lfclient.console.store import statements
from lfclient.console.store.omissions import MISSING_OUTPUTS_REASONS
from lfclient.console.store.raw_writes import Execute
from lfclient.console.store.run_record import RunRecord, StoredParts
from lfclient.console.store.serialization import dump_run
from lfclient.outputs.model import Output
from lfclient.runs.components import ComponentRun
from lfclient.runs.model import Run

_TOGETHER = 1_000_000  # bytes of an answer that are handed over at once

_UNTOLD = "*This console keeps no questions: where the run was started, it may still be shown.*"


def select_parts(
    record: RunRecord, run: Run, retention: RetentionSettings
) -> tuple[StoredParts, Run]:
    """What of a run's answer is to be kept, as far as it is not too large."""
    if not retention.store_outputs:
        return StoredParts.NOT_WANTED, strip_values(run, StoredParts.NOT_WANTED)
    if record.inputs_stored and retention.store_inputs:
        return record.stored_parts, run  # of one that was read, a part may be missing already
    return StoredParts.WITHOUT_INPUTS, strip_inputs(run)


def write_response(
    execute: Execute,
    run_id: str,
    run: Run,
    kept: StoredParts,
    retention: RetentionSettings,
    before: int,
) -> dict[str, Any]:
    """Put a run's answer in the place of what there was; the columns that tell what of it.

    `run` is what is `wanted` of it, and `kept` says what that is. `before` is how many bytes there
    are to be replaced.
    """
    for smaller, part in _smaller_and_smaller(run, kept):
        if before:
            execute(statements.NO_PIECES, {"target_id": run_id})
        size = before = 0
        some: list[dict[str, Any]] = []
        for seq, body in enumerate(dump_run(part)):
            size += len(body)
            if smaller not in MISSING_OUTPUTS_REASONS and size > (retention.max_run_bytes or size):
                break
            some.append({"run_id": run_id, "seq": seq, "body": body})
            if size - before > _TOGETHER:
                execute(statements.NEW_PIECE, some)
                before, some = size, []
        else:
            if some:
                execute(statements.NEW_PIECE, some)
            return {"stored_parts": smaller.value, "response_bytes": size}
    raise AssertionError("an answer without its values is always kept")


def _smaller_and_smaller(run: Run, kept: StoredParts) -> Iterator[tuple[StoredParts, Run]]:
    yield kept, run
    if kept is StoredParts.WHOLE:
        yield StoredParts.WITHOUT_RAW, replace(run, raw={})
    yield StoredParts.TOO_LARGE, strip_values(run, StoredParts.TOO_LARGE)


def strip_inputs(run: Run) -> Run:
    """What a run returned, without all else in which its inputs may stand."""
    messages = {name: each for name, each in run.messages.items() if each.sender == "Machine"}
    return replace(_without_parts(run), messages=messages)


def strip_values(run: Run, why: StoredParts) -> Run:
    """What happened in a run, without what it returned or said."""

    def emptied(output: Output) -> Output:
        return replace(
            output,
            value=None,
            note=f"Not kept: {MISSING_OUTPUTS_REASONS[why]}.",
            parts={},
            extras=(),
        )

    outputs = {name: emptied(output) for name, output in run.outputs.items()}
    return replace(_without_parts(run), messages={}, outputs=outputs)


def _without_parts(run: Run) -> Run:
    """Without the raw answer, what each component returned, logged and failed at, and the words of
    a question.
    """

    def emptied(component: ComponentRun) -> ComponentRun:
        error = component.error and replace(component.error, traceback=None)
        return replace(component, output=None, log=(), error=error)

    return replace(
        run,
        raw={},
        metadata={},
        components={name: emptied(component) for name, component in run.components.items()},
        errors=tuple(replace(error, traceback=None) for error in run.errors),
        waiting_for=run.waiting_for and replace(run.waiting_for, prompt=_UNTOLD),
        decided=tuple(replace(one, prompt="") for one in run.decided),
    )
