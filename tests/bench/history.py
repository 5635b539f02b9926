"""A hundred thousand runs: their list, its pages, searching, writing one more, and a start."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from playwright.sync_api import Page
from pydantic import SecretStr
from sqlalchemy import event

from lfclient.ownership import fingerprint
from lfclient.run import RunStatus
from lfclient.settings import Settings
from lfclient.store import Cursor, RunFilter, Store
from lfclient.store.codec import dump_run
from lfclient.store.database import _PRAGMAS
from lfclient.store.history import PAGE
from lfclient.store.rows import changing, to_row
from lfclient.store.summary import headline, searched
from tests import many_runs, postgres
from tests.bench.big_langflow import BigLangflow
from tests.bench.browser import settle
from tests.bench.figures import Figure, medians
from tests.bench.screen import chromium
from tests.console import Console
from tests.many_runs import BEGUN, COMMON, RARE, fill

COUNT = 100_000
VIEWS, STARTS, TIMES = 9, 7, 41
TABLE = '[data-testid="stDataFrame"] canvas'
_FLOOR = """
import sqlite3, pandas as pd, streamlit as st
with sqlite3.connect({path!r}) as disk:
    rows = disk.execute({statement!r}, {parameters!r}).fetchall()
st.dataframe(pd.DataFrame([[str(cell) for cell in row] for row in rows[:50]]))
"""
_PAGES = """
import streamlit as st
pages = [st.Page(lambda: st.write("Home"), title="Run", default=True)]
pages.append(st.Page("floor.py", title="History", url_path="history"))
st.navigation(pages, position="top").run()
"""
_PRESSED = """
(table) => new Promise((resolve) => {
  const begun = performance.now();
  new MutationObserver((_, observer) => {
    if (!document.querySelector(table)) return;
    observer.disconnect();
    resolve(performance.now() - begun);
  }).observe(document.body, {subtree: true, childList: true});
  document.querySelector('a[href$="/history"]').click();
})
"""
_START = """
import sys
from pathlib import Path
from lfclient.runner import Runner
Runner(Path(sys.argv[1])).close()
"""


@contextmanager
def asked(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Yields a list, that gets what the database is asked inside."""
    found: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        found.append((statement, parameters))

    event.listen(store.database.engine, "before_cursor_execute", note)
    yield found
    event.remove(store.database.engine, "before_cursor_execute", note)


def timed(call: Callable[[], object]) -> Callable[[], float]:
    """Milliseconds of a call."""

    def measured() -> float:
        begun = time.perf_counter()
        call()
        return (time.perf_counter() - begun) * 1000

    return measured


def bare(store: Store) -> Any:
    """A connection without anything of the console between."""
    if not store.database.is_shared:
        return sqlite3.connect(store.database.path, isolation_level=None)
    address = store.database.engine.url.set(drivername="postgresql")
    return psycopg.connect(address.render_as_string(hide_password=False))


def alone(store: Store, call: Callable[[], object]) -> tuple[float, float]:
    """Medians of a call, and of the same SQL by a bare connection."""
    with asked(store) as found:
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
    oldest = BEGUN.timestamp()
    far = Cursor(int((oldest + (COUNT - 999 * PAGE) * 60) * 1_000_000), "")
    assert len(page(owners, older_than=far).entries) == PAGE
    first = timed(lambda: page(owners))
    value, floor = medians(timed(lambda: page(owners, older_than=far)), first, TIMES)
    figures = [Figure(f"{name}: page 1,000", value, 1.1, floor=floor, floor_name="page 1")]
    word = store.history.entry(owners, page(owners, RunFilter(text=COMMON)).entries[0].id).headline
    two = f"{COMMON} {word.split()[0]}"
    for typed, what in ((RARE, "a rare word"), (COMMON, "a common word"), (two, "two words")):
        which = RunFilter(text=typed)
        value, floor = alone(store, lambda which=which: page(owners, which))
        label = f"{name}: search for {what}"
        figures.append(Figure(label, value, 3, floor=floor, floor_name="its SQL alone"))
    which = RunFilter(text="zz")
    value, floor = alone(store, lambda: page(owners, which))
    label = f"{name}: search for two letters"
    return [*figures, Figure(label, value, 3, floor=floor, floor_name="its SQL alone")]


def writing(store: Store, owner: str) -> Figure:
    """A run's record, begun and ended, against the same rows by sqlite3 alone."""
    number = iter(range(10**6, 10**9))

    def records() -> tuple[Any, Any]:
        record = next(many_runs.records(next(number), owner))
        return replace(record, run=None, status=RunStatus.QUEUED, ended_at=None), record

    def ours() -> float:
        begun, done = records()

        def write() -> None:
            store.create(begun)
            store.update(done, answer=True)

        return timed(write)()

    with closing(sqlite3.connect(store.database.path, isolation_level=None)) as disk:
        for pragma in _PRAGMAS:
            disk.execute(f"PRAGMA {pragma}")

        def floor() -> float:
            begun, done = records()
            row, text, ending = to_row(begun), searched(begun), changing(done)
            bodies = list(dump_run(done.run))
            kept = {"headline": headline(done), "answer_bytes": sum(map(len, bodies))}
            later, ending = searched(done), {**ending, **kept, "answer_kept": "whole"}

            def write() -> None:
                disk.execute("BEGIN IMMEDIATE")
                disk.execute(
                    f"INSERT INTO runs ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                    list(row.values()),
                )
                disk.execute("INSERT INTO run_texts (run_id, body) VALUES (?, ?)", (begun.id, text))
                disk.execute("COMMIT")
                disk.execute("BEGIN IMMEDIATE")
                columns = ", ".join(f"{name} = ?" for name in ending)
                disk.execute(f"UPDATE runs SET {columns} WHERE id = ?", [*ending.values(), done.id])
                for seq, body in enumerate(bodies):
                    disk.execute("INSERT INTO run_pieces VALUES (?, ?, ?)", (done.id, seq, body))
                disk.execute("UPDATE run_texts SET body = ? WHERE run_id = ?", (later, done.id))
                disk.execute("COMMIT")

            return timed(write)()

        value, least = medians(ours, floor, 101)
    return Figure("A run's record written", value, 1.5, floor=least, floor_name="bare sqlite3")


def starts(folder: Path, empty: Path) -> Figure:
    """A process that opens the runs, until it could take one."""

    def start(data: Path) -> Callable[[], object]:
        command = [sys.executable, "-c", _START, str(data)]
        return timed(lambda: subprocess.run(command, check=True))

    start(empty)()  # makes the file
    value, floor = medians(start(folder), start(empty), STARTS)
    name = f"A start with {COUNT:,} runs"
    return Figure(name, value, 1.1, floor=floor, floor_name="without any")


def view(page: Page, address: str) -> float:
    """From opening an address to its table drawn, in ms."""
    page.goto("about:blank")
    begun = time.perf_counter()
    page.goto(address)
    page.locator(TABLE).first.wait_for(timeout=60_000)
    taken = (time.perf_counter() - begun) * 1000
    page.wait_for_timeout(300)
    return taken


def pressed(page: Page, address: str) -> float:
    """From a press on History, in a console that is open, to its table drawn, in ms."""
    page.goto(address)
    page.locator('a[href$="/history"]').first.wait_for()
    settle(page)
    taken = float(page.evaluate(_PRESSED, TABLE))
    settle(page)
    return taken


def first_page(store: Store, owner: str, environ: dict[str, str], page: Page) -> list[Figure]:
    """The page of all runs against one that does the SQL and draws the 50 rows, and against itself
    with as many runs as it shows; come to from another page, and opened by its address.
    """
    folder = store.database.path.parents[1]
    with asked(store) as found:
        store.history.page([owner])
    statement, parameters = next(pair for pair in found if "ORDER BY runs" in pair[0])
    script, few = folder / "floor" / "floor.py", folder / "few"
    for each in (script.parent, few):
        each.mkdir()
    values = {"path": str(store.database.path), "statement": statement, "parameters": parameters}
    script.write_text(_FLOOR.format(**values))
    pages = script.with_name("pages.py")
    pages.write_text(_PAGES)
    small = Store(few / "data")
    fill(small, PAGE, owner)
    small.close()
    with (
        Console(folder, environ) as console,
        Console(few, environ) as little,
        Console(script.parent, script=script) as least,
        Console(script.parent, script=pages) as least_pages,
    ):
        apps = (console.url, little.url, least_pages.url)
        come = [[pressed(page, url) for url in apps] for _ in range(VIEWS + 1)]
        addresses = (f"{console.url}/history", f"{little.url}/history", least.url)
        taken = [[view(page, address) for address in addresses] for _ in range(VIEWS + 1)]
    figures = []
    for how, rows in (("come to from another", come), ("opened by its address", taken)):
        many, fifty, floor = (median(column) for column in zip(*rows[1:], strict=True))
        name = f"First page of {COUNT:,} runs, {how}"
        least_name = "the SQL and a 50-row table"
        figures.append(Figure(name, many, 1.3, floor=floor, floor_name=least_name))
        figures.append(Figure(name, many, 1.3, floor=fifty, floor_name=f"with {PAGE} runs"))
    return figures


def run(chromium_path: str) -> list[Figure]:
    """All of them, on a file and on a PostgreSQL of the benchmark's own."""
    figures = []
    with tempfile.TemporaryDirectory() as name, BigLangflow() as server:
        folder = Path(name)
        environ = {"LANGFLOW_SERVER_URL": server.url, "LANGFLOW_API_KEY": "sk-benchmark"}
        environ["LFCONSOLE_SECRET"] = "benchmark-" * 4  # so that several have the same owner
        settings = Settings.load(folder, environ=environ)
        data = folder / "data"
        store = Store(data)
        owner = fingerprint(settings.connections()[0], data, settings.secret)
        fill(store, COUNT, owner)
        with chromium(chromium_path) as page:
            figures += first_page(store, owner, environ, page)
        figures += lists(store, owner, "SQLite")
        figures.append(starts(data, folder / "empty"))
        figures.append(writing(store, owner))
        store.close()
        shared = Store(data, SecretStr(postgres.postgres().new_database()))
        fill(shared, COUNT, owner)
        figures += lists(shared, owner, "PostgreSQL")
        shared.close()
        postgres.end()
    return figures
