"""Write the parts of a response that the settings allow, in chunks, and read them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from lfclient.console.config.settings import RetentionSettings
from lfclient.console.store.errors import UnreadableResponse
from lfclient.console.store.run_record import MISSING_OUTPUTS_REASONS, RunRecord, StoredParts
from lfclient.console.store.serialization import dump_run, load_run
from lfclient.console.store.tables import RESPONSE_CHUNKS, RUNS
from lfclient.outputs.model import Output
from lfclient.runs.components import ComponentRun
from lfclient.runs.model import Run
from lfclient.runs.tool_calls import strip_calls

_BATCH_BYTES = 1_000_000  # bytes of chunks that one statement inserts
_NO_PROMPT = "*This console doesn't store questions. The page of this run may still show this one.*"
_STREAMED_BYTES = 4_000_000  # a larger response is read chunk by chunk
# built once, because it is executed for every run
_SELECT_CHUNKS = (
    select(RESPONSE_CHUNKS.c.body)
    .where(RESPONSE_CHUNKS.c.run_id == bindparam("of_run"))
    .order_by(RESPONSE_CHUNKS.c.seq)
)


def without_unwanted_outputs(record: RunRecord, retention: RetentionSettings) -> RunRecord:
    """Return the record, without its outputs if the settings don't allow to store any."""
    if retention.store_outputs:
        return record
    run = record.run and _strip_values(record.run, StoredParts.NOT_WANTED)
    return replace(record, run=run, stored_parts=StoredParts.NOT_WANTED)


def write_response(
    connection: Connection,
    record: RunRecord,
    retention: RetentionSettings,
    stored_bytes: int,
    *,
    has_room: bool = True,
) -> tuple[dict[str, Any], RunRecord]:
    """Replace a stored response of `stored_bytes` by the parts that the settings allow.

    Return the columns of `runs` to set, and the record with the allowed parts; fewer are stored if
    they exceed the size limit of a run, and no outputs without room for them.
    """
    if record.run is None:
        return {}, record
    parts, run = _allowed_parts(record, record.run, retention)
    max_bytes = retention.max_run_bytes
    forms = _by_decreasing_size(run, parts)
    if not has_room:
        forms = iter([(StoredParts.NO_ROOM, _strip_values(run, StoredParts.NO_ROOM))])
    for smaller_parts, smaller_run in forms:
        if stored_bytes:
            connection.execute(delete(RESPONSE_CHUNKS).where(RESPONSE_CHUNKS.c.run_id == record.id))
        size = stored_bytes = 0
        batch: list[dict[str, Any]] = []
        for seq, body in enumerate(dump_run(smaller_run)):
            size += len(body)
            if smaller_parts not in MISSING_OUTPUTS_REASONS and size > (max_bytes or size):
                break
            batch.append({"run_id": record.id, "seq": seq, "body": body})
            if size - stored_bytes > _BATCH_BYTES:
                connection.execute(insert(RESPONSE_CHUNKS), batch)
                stored_bytes, batch = size, []
        else:
            if batch:
                connection.execute(insert(RESPONSE_CHUNKS), batch)
            return {"stored_parts": smaller_parts, "response_bytes": size}, replace(record, run=run)
    raise AssertionError("a response without its values is always stored")


def _allowed_parts(
    record: RunRecord, run: Run, retention: RetentionSettings
) -> tuple[StoredParts, Run]:
    if not retention.store_outputs:
        return StoredParts.NOT_WANTED, _strip_values(run, StoredParts.NOT_WANTED)
    if record.inputs_stored and retention.store_inputs:
        return record.stored_parts, run  # a run read from the store may already lack some
    return StoredParts.WITHOUT_INPUTS, _strip_inputs(run)


def _by_decreasing_size(run: Run, parts: StoredParts) -> Iterator[tuple[StoredParts, Run]]:
    yield parts, run
    if parts is StoredParts.WHOLE:
        yield StoredParts.WITHOUT_RAW, replace(run, raw={})
    yield StoredParts.TOO_LARGE, _strip_values(run, StoredParts.TOO_LARGE)


def _strip_inputs(run: Run) -> Run:
    """Return a run with its outputs, but without details that may repeat its inputs."""
    messages = {
        id: strip_calls(message)
        for id, message in run.messages.items()
        if message.sender == "Machine"
    }
    removed = run.removed_message and strip_calls(run.removed_message)
    return replace(_strip_details(run), messages=messages, removed_message=removed)


def _strip_values(run: Run, parts: StoredParts) -> Run:
    """Return a run without its messages and the values of its outputs."""

    def strip(output: Output) -> Output:
        note = f"Not stored: {MISSING_OUTPUTS_REASONS[parts]}."
        return replace(output, value=None, note=note, parts={}, extras=())

    outputs = {name: strip(output) for name, output in run.outputs.items()}
    return replace(_strip_details(run), messages={}, outputs=outputs)


def _strip_details(run: Run) -> Run:
    """Remove the raw response, component outputs, logs, tracebacks, questions and removed steps."""

    def strip(component: ComponentRun) -> ComponentRun:
        error = component.error and replace(component.error, traceback=None)
        return replace(component, output=None, log=(), error=error)

    return replace(
        run,
        raw={},
        metadata={},
        components={name: strip(component) for name, component in run.components.items()},
        errors=tuple(replace(error, traceback=None) for error in run.errors),
        removed_message=None,
        waiting_for=run.waiting_for and replace(run.waiting_for, prompt=_NO_PROMPT),
        decided=tuple(replace(question, prompt="") for question in run.decided),
    )


def read_response(connection: Connection, row: Row[Any]) -> Run | None:
    """Return the stored response of a row of `runs`, None if it has none."""
    run_id, size = row._mapping[RUNS.c.id], row._mapping[RUNS.c.response_bytes]
    # streaming keeps only a few chunks in memory, at the cost of a round trip for each
    options = {"stream_results": size > _STREAMED_BYTES, "max_row_buffer": 2}
    result = connection.execute(_SELECT_CHUNKS, {"of_run": run_id}, execution_options=options)
    with closing(result):  # one that is not read to its end would lock the table
        chunks = result.scalars()
        first = next(chunks, None)
        if first is None:
            return None
        try:
            return load_run(chain((first,), chunks))
        except (ValueError, LookupError, TypeError) as error:
            # without the error's text, which might quote what a person entered
            raise UnreadableResponse(
                f"Couldn't read the stored response of run {run_id} ({type(error).__name__})."
            ) from None
