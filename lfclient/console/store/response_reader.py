"""Read the stored response of a run."""

from contextlib import closing
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from lfclient.console.store.errors import UnreadableResponse
from lfclient.console.store.serialization import load_run
from lfclient.console.store.tables import RESPONSE_CHUNKS, RUNS
from lfclient.runs.model import Run

_STREAMED_BYTES = 4_000_000  # a larger response is read chunk by chunk
# built once, because it is executed for every run
_SELECT_CHUNKS = (
    select(RESPONSE_CHUNKS.c.body)
    .where(RESPONSE_CHUNKS.c.run_id == bindparam("of_run"))
    .order_by(RESPONSE_CHUNKS.c.seq)
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
