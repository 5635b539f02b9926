"""Fill a store with many runs, faster than through its methods."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from lfclient.console.store.row_mapping import to_row
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.search_text import search_columns, summarize_inputs, summarize_outputs
from lfclient.console.store.serialization import dump_run
from lfclient.console.store.store import Store
from lfclient.console.store.tables import ResponseChunkRow, RunRow, SearchTextRow
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus

START = datetime(2026, 1, 1, tzinfo=UTC)
OWNER, FLOWS = "me", 12
COMMON, RARE = "weather", "zeppelin"  # in one run of 10 and of 10,000
_MODES = ("background", "background", "sync", "stream")
BATCH_SIZE = 2_000
_LETTERS = "abdefghiklmnoprstuv"


def fill(store: Store, count: int, owner: str = OWNER) -> None:
    """Add `count` runs of one owner, one a minute, and update PostgreSQL's statistics."""
    new_records = records(0, owner)
    for start in range(0, count, BATCH_SIZE):
        tables: dict[Any, list[dict[str, Any]]] = {
            RunRow: [],
            SearchTextRow: [],
            ResponseChunkRow: [],
        }
        for number in range(start, min(start + BATCH_SIZE, count)):
            _add(tables, number, next(new_records))
        with store.database.write() as connection:
            for table, rows in tables.items():
                connection.execute(insert(table), rows)
    if store.database.is_shared:
        with store.database.engine.begin() as connection:
            connection.execute(text("ANALYZE"))


def _add(tables: dict[Any, list[dict[str, Any]]], number: int, record: RunRecord) -> None:
    bodies = list(dump_run(record.run)) if record.run else []
    columns = {"output_summary": summarize_outputs(record), "response_bytes": sum(map(len, bodies))}
    tables[RunRow].append({**to_row(record), **columns, "starred": number % 500 == 7})
    tables[SearchTextRow].append({"run_id": record.id, **search_columns(record)})
    for seq, body in enumerate(bodies):
        tables[ResponseChunkRow].append({"run_id": record.id, "seq": seq, "body": body})


def records(first: int, owner: str) -> Iterator[RunRecord]:
    """Yield ended runs with responses, numbered from `first`; always the same for a number."""
    for number in itertools.count(first):
        yield _record(number, owner, random.Random(number))


@functools.cache
def _words() -> list[str]:
    rng = random.Random(4)
    return ["".join(rng.choices(_LETTERS, k=rng.randint(3, 9))) for _ in range(4_000)]


def _record(number: int, owner: str, rng: random.Random) -> RunRecord:
    words = _words()
    started_at = START + timedelta(minutes=number)
    answer_words = rng.choices(words, k=30)
    answer_words += [COMMON] * (number % 10 == 0) + [RARE] * (number % 10_000 == 42)
    failed = number % 50 == 9
    status = RunStatus.FAILED if failed else RunStatus.COMPLETED
    mode = _MODES[number % len(_MODES)]
    answer = Output("ChatOutput-a", OutputKind.MESSAGE, " ".join(answer_words), type="message")
    overrides = {"ChatInput-a.input_value": " ".join(rng.choices(words, k=8))}
    flow = f"flow-{rng.randrange(FLOWS)}"
    return RunRecord(
        id=f"{rng.getrandbits(128):032x}",
        owner=owner,
        submit_token=f"click-{number}",
        server_name="test",
        server_url="http://langflow.test",
        flow_id=flow,
        flow_name=flow.capitalize(),
        mode=mode,
        created_at=started_at,
        status=status,
        session_id=f"session-{number % 300}",
        overrides=overrides,
        job_id=f"job-{number}",
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=2),
        input_summary=summarize_inputs(overrides),
        run=Run(flow, mode, status, job_id=f"job-{number}", outputs={"ChatOutput-a": answer}),
        attempts=1,
    )
