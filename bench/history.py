"""100,000 runs: pages of the list, search, one more write, and a start."""

from __future__ import annotations

import itertools
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr
from sqlalchemy import event

from bench.figures import Figure, medians, pairs
from lfclient.console.store.database import PRAGMAS
from lfclient.console.store.row_mapping import mutable_columns, to_row, with_result_fields
from lfclient.console.store.run_history import PAGE_SIZE
from lfclient.console.store.run_queries import Cursor, RunFilter
from lfclient.console.store.search_text import search_columns
from lfclient.console.store.serialization import dump_run
from lfclient.console.store.store import Store
from lfclient.console.store.tables import RunRow
from lfclient.runs.model import RunStatus
from tests.support import many_runs, postgres
from tests.support.many_runs import COMMON, OWNER, RARE, START, fill

COUNT = 100_000
STARTS, TIMES, WRITES = 7, 41, 201
_NUMBERS = itertools.count(10**6)  # one for each run that is written
_START = """
import sys
from pathlib import Path
from lfclient.console.runner.runner import Runner
Runner(Path(sys.argv[1])).close()
"""


@contextmanager
def recorded_queries(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Yield a list that collects the queries sent inside the block."""
    found: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        found.append((statement, parameters))

    event.listen(store.database.engine, "before_cursor_execute", note)
    yield found
    event.remove(store.database.engine, "before_cursor_execute", note)


def timed(call: Callable[[], object]) -> Callable[[], float]:
    """Return the milliseconds of a call."""

    def measured() -> float:
        begun = time.perf_counter()
        call()
        return (time.perf_counter() - begun) * 1000

    return measured


def bare(store: Store) -> Any:
    """A connection without the console."""
    if not store.database.is_shared:
        return sqlite3.connect(store.database.path, isolation_level=None)
    address = store.database.engine.url.set(drivername="postgresql")
    return psycopg.connect(address.render_as_string(hide_password=False))


def alone(store: Store, call: Callable[[], object]) -> tuple[float, float]:
    """Medians of a call, and of the same SQL on a bare connection."""
    with recorded_queries(store) as found:
        call()
    with closing(bare(store)) as connection:

        def sql() -> None:
            for statement, parameters in found:
                connection.execute(statement, parameters).fetchall()
            connection.rollback()

        return medians(timed(call), timed(sql), TIMES)


def lists(store: Store, owner: str, name: str) -> list[Figure]:
    """Page 1,000 against page 1, and searches against their SQL."""
    page, owners = store.history.page, [owner]
    far = Cursor(START + timedelta(minutes=COUNT - 999 * PAGE_SIZE), "")
    assert len(page(owners, older_than=far).runs) == PAGE_SIZE
    first = timed(lambda: page(owners))
    value, baseline = medians(timed(lambda: page(owners, older_than=far)), first, TIMES)
    figures = [Figure(f"{name}: page 1,000", value, 1.1, baseline=baseline, baseline_name="page 1")]
    word = store.history.get(owners, page(owners, RunFilter(text=COMMON)).runs[0].id).output_summary
    two = f"{COMMON} {word.split()[0]}"
    for typed, what in ((RARE, "a rare word"), (COMMON, "a common word"), (two, "two words")):
        which = RunFilter(text=typed)
        value, baseline = alone(store, lambda which=which: page(owners, which))
        label = f"{name}: search for {what}"
        figures.append(Figure(label, value, 3, baseline=baseline, baseline_name="its SQL alone"))
    which = RunFilter(text="zz")
    value, baseline = alone(store, lambda: page(owners, which))
    label = f"{name}: search for two letters"
    return [*figures, Figure(label, value, 3, baseline=baseline, baseline_name="its SQL alone")]


def writing(store: Store, owner: str, times: int = WRITES) -> Figure:
    """A run's record, started and ended in two transactions, against bare sqlite3."""

    def records() -> tuple[Any, Any]:
        record = next(many_runs.records(next(_NUMBERS), owner))
        return replace(record, run=None, status=RunStatus.QUEUED, ended_at=None), record

    def encoded(values: dict[str, Any]) -> dict[str, Any]:
        """The values as the driver gets them."""
        dialect = store.database.engine.dialect
        types = {name: RunRow.__table__.c[name].type for name in values}
        processors = {name: type_.bind_processor(dialect) for name, type_ in types.items()}
        return {
            name: process(values[name]) if process else values[name]
            for name, process in processors.items()
        }

    def ours() -> float:
        begun, done = records()

        def write() -> None:
            store.create(begun)
            store.update(done, with_response=True)

        return timed(write)()

    with closing(sqlite3.connect(store.database.path, isolation_level=None)) as disk:
        for pragma in ("journal_mode=WAL", *PRAGMAS):
            disk.execute(f"PRAGMA {pragma}")

        def baseline() -> float:
            begun, done = records()
            row, text = encoded(to_row(begun)), search_columns(begun)
            bodies = list(dump_run(done.run))
            later = search_columns(done)
            response = {
                "response_bytes": sum(map(len, bodies)),
                "stored_parts": done.stored_parts,
            }
            ending = encoded(mutable_columns(with_result_fields(done)) | response)

            def write() -> None:
                disk.execute("PRAGMA synchronous=NORMAL")
                disk.execute("BEGIN IMMEDIATE")
                disk.execute(
                    f"INSERT INTO runs ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                    list(row.values()),
                )
                disk.execute(
                    "INSERT INTO run_texts (run_id, body, original) VALUES (?, ?, ?)",
                    (begun.id, text["body"], text["original"]),
                )
                disk.execute("COMMIT")
                disk.execute("PRAGMA synchronous=FULL")
                disk.execute("BEGIN IMMEDIATE")
                columns = ", ".join(f"{name} = ?" for name in ending)
                disk.execute(f"UPDATE runs SET {columns} WHERE id = ?", [*ending.values(), done.id])
                for seq, body in enumerate(bodies):
                    disk.execute(
                        "INSERT INTO response_chunks VALUES (?, ?, ?)", (done.id, seq, body)
                    )
                disk.execute(
                    "UPDATE run_texts SET body = ?, original = ? WHERE run_id = ?",
                    (later["body"], later["original"], done.id),
                )
                disk.execute("COMMIT")

            return timed(write)()

        values, baselines = pairs(ours, baseline, times)
    return Figure.of("A run's record written", values, baselines, 1.5, "bare sqlite3")


def writing_repeated(again: int = 4) -> list[Figure]:
    """Writing alone, several times, in a file with some runs."""
    with tempfile.TemporaryDirectory() as name:
        store = Store(Path(name))
        fill(store, 2_000)
        figures = [writing(store, OWNER) for _ in range(again)]
        store.close()
    return figures


def starts(folder: Path, empty: Path) -> Figure:
    """A process that opens the database, until it could start a run."""

    def start(data: Path) -> Callable[[], object]:
        command = [sys.executable, "-c", _START, str(data)]
        return timed(lambda: subprocess.run(command, check=True))

    start(empty)()  # creates the file
    value, baseline = medians(start(folder), start(empty), STARTS)
    name = f"A start with {COUNT:,} runs"
    return Figure(name, value, 1.1, baseline=baseline, baseline_name="without any")


def run() -> list[Figure]:
    """All of them, on SQLite and on PostgreSQL."""
    figures = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        store = Store(data)
        fill(store, COUNT)
        figures += lists(store, OWNER, "SQLite")
        figures.append(starts(data, folder / "empty"))
        figures.append(writing(store, OWNER))
        store.close()
        shared = Store(data, SecretStr(postgres.postgres().new_database()))
        fill(shared, COUNT)
        figures += lists(shared, OWNER, "PostgreSQL")
        shared.close()
        postgres.end()
    return figures
