"""First pages in a browser: of 100,000 runs, and of a server with 2,000 flows."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx
from playwright.sync_api import Page
from pydantic import SecretStr

from bench.browser import settle
from bench.figures import Figure
from bench.history import COUNT, recorded_queries
from bench.outputs import big_langflow
from bench.screen import chromium
from bench.status_requests import sleeping
from lfclient import LangflowClient
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.config.settings import Settings
from lfclient.console.samples.graph_builder import build_graph
from lfclient.console.store.run_history import PAGE_SIZE
from lfclient.console.store.store import Store
from tests.support import postgres
from tests.support.console_process import Console
from tests.support.many_runs import fill

VIEWS, STARTS = 15, 7
FLOWS = 2_000
BATCH_SIZE = 100  # flows of one request
EXPIRED_SECONDS = 16  # after which a list of flows is loaded again
_FORM = ".st-key-run-button button"
_RECENT = ".st-key-recent-runs button"
_TABLE = '[data-testid="stDataFrame"] canvas'
# the same table as the page's: selectable rows with a button and a colored status
_BASELINE = """
import sqlite3, pyarrow, streamlit as st
with sqlite3.connect({path!r}) as disk:
    rows = disk.execute({statement!r}, {parameters!r}).fetchall()
columns = [list(map(str, column)) for column in zip(*rows[:50])]
names = ["Flow", "Started", "Duration", "Inputs", "Output", "Mode", "Session"]
table = {{"Open": ["Open"] * 50, "Status": [[cell] for cell in columns[7]]}}
kind = st.column_config
st.dataframe(
    pyarrow.table({{**table, **dict(zip(names, columns))}}),
    key="table",
    on_select="rerun",
    selection_mode="multi-row",
    height="content",
    placeholder="",
    column_config={{
        "Open": kind.ButtonColumn("", width=72, on_click=lambda: None, key="open"),
        "Status": kind.MultiselectColumn(options=["completed"], color=["green"], width=145),
        **{{name: kind.TextColumn(width=150) for name in names}},
    }},
)
"""
_PAGES = """
import streamlit as st
pages = [st.Page(lambda: st.write("Home"), title="Run", default=True)]
pages.append(st.Page("baseline.py", title="History", url_path="history"))
st.navigation(pages, position="top").run()
"""
# by the page's clock: Playwright soon polls for an element only twice a second
_OPENED = """
window.drawn = {};
new MutationObserver(() => {
  for (const selector of SELECTORS) {
    if (document.querySelector(selector)) window.drawn[selector] ??= performance.now();
  }
}).observe(document, {subtree: true, childList: true});
""".replace("SELECTORS", str([_TABLE, _FORM, _RECENT]))
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


def opened(page: Page, url: str, path: str = "/history", selector: str = _TABLE) -> float:
    """Milliseconds from opening an address, by default the list's, to an element of its page."""
    page.goto("about:blank")
    page.goto(f"{url}{path}")
    page.locator(selector).first.wait_for(timeout=60_000)
    settle(page)
    return float(page.evaluate("(selector) => window.drawn[selector]", selector))


def opened_first(page: Page, console: Console, path: str, selector: str) -> float:
    """The same, right after the start of the console's process."""
    with console:
        return opened(page, console.url, path, selector)


def clicked(page: Page, url: str) -> float:
    """Milliseconds from a click on History in an open app to its table."""
    page.goto(url)
    page.locator('a[href$="/history"]').first.wait_for()
    settle(page)
    taken = float(page.evaluate(_PRESSED, _TABLE))
    settle(page)
    return taken


def first_page(store: Store, owner: str, environ: dict[str, str], page: Page) -> list[Figure]:
    """The page of all runs against one with the same SQL and table, and itself with 50 runs.

    Opened by its address, and from another page.
    """
    folder = store.database.path.parents[1]
    with recorded_queries(store) as found:
        store.history.page([owner])
    statement, parameters = next(pair for pair in found if "ORDER BY runs" in pair[0])
    script, few = folder / "baseline" / "pages.py", folder / "few"
    for each in (script.parent, few):
        each.mkdir()
    values = {"path": str(store.database.path), "statement": statement, "parameters": parameters}
    script.with_name("baseline.py").write_text(_BASELINE.format(**values))
    script.write_text(_PAGES)
    small = Store(few / "data")
    fill(small, PAGE_SIZE, owner)
    small.close()
    figures = []
    with (
        Console(folder, environ) as console,
        Console(few, environ) as little,
        Console(script.parent, script=script) as least,
    ):
        urls = (console.url, little.url, least.url)
        for how, measure in (("come to from another", clicked), ("opened by its address", opened)):
            rows = [[measure(page, url) for url in urls] for _ in range(VIEWS + 1)]
            many, fifty, baseline = (list(column) for column in zip(*rows[1:], strict=True))
            name = f"First page of {COUNT:,} runs, {how}"
            figures.append(Figure.of(name, many, baseline, 1.3, "the SQL and a 50-row table"))
            figures.append(Figure.of(name, many, fifty, 1.3, f"with {PAGE_SIZE} runs"))
    return figures


def first_pages(name: str, page: Page, console: Console, baseline: Console) -> list[Figure]:
    """History and Run in processes that have just started, against a page of one table."""
    figures = []
    for what, path, selector in (("History", "/history", _TABLE), ("Run", "/", _RECENT)):
        rows = [
            (
                opened_first(page, console, path, selector),
                opened_first(page, baseline, "/history", _TABLE),
            )
            for _ in range(STARTS + 1)
        ]
        values, baselines = (list(column) for column in zip(*rows[1:], strict=True))
        label = f"{name}: first page of a new process with {COUNT:,} runs, {what}"
        figures.append(Figure(label, median(values) / 1000, 1.3, "s"))
        figures.append(Figure.of(label, values, baselines, 2, "a table in a new process"))
    return figures


@contextmanager
def many_flows(url: str, api_key: str) -> Iterator[None]:
    """The server has 2,000 more flows, of 30 kB each, while the block lasts."""
    with (
        LangflowClient(url, api_key, timeout=60) as client,
        httpx.Client(base_url=url, headers={"x-api-key": api_key}, timeout=600) as bare,
    ):
        data = build_graph(sleeping(1), client.editor.catalogue())
        made: list[str] = []
        try:
            for start in range(0, FLOWS, BATCH_SIZE):
                names = [f"bench {number:04}" for number in range(start, start + BATCH_SIZE)]
                flows = [{"name": name, "data": data} for name in names]
                answer = bare.post("/api/v1/flows/batch/", json={"flows": flows})
                made += [flow["id"] for flow in answer.raise_for_status().json()]
            yield
        finally:
            bare.request("DELETE", "/api/v1/flows/", json=made).raise_for_status()


def list_flows(url: str, api_key: str) -> float:
    """Milliseconds of the console's request for the list of flows, by bare httpx."""
    query = {"get_all": "true", "header_flows": "true", "remove_example_flows": "true"}
    with httpx.Client(headers={"x-api-key": api_key}, timeout=60) as client:
        begun = time.perf_counter()
        client.get(f"{url}/api/v1/flows/", params=query).raise_for_status()
        return (time.perf_counter() - begun) * 1000


def flow_pages(url: str, api_key: str, page: Page) -> list[Figure]:
    """Run with the form of a flow: in a new process, and in one whose list is out of date."""
    environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": api_key}
    with tempfile.TemporaryDirectory() as name, many_flows(url, api_key):
        console = Console(Path(name), environ)
        new = [
            (opened_first(page, console, "/", _FORM), list_flows(url, api_key))
            for _ in range(STARTS + 1)
        ]
        old = []
        with console:
            for _ in range(STARTS + 1):
                baseline = list_flows(url, api_key)
                time.sleep(EXPIRED_SECONDS)
                old.append((opened(page, console.url, "/", _FORM), baseline))
    figures = []
    for how, rows in (("of a new process", new), ("with an old list", old)):
        values, baselines = (list(column) for column in zip(*rows[1:], strict=True))
        label = f"First page with {FLOWS:,} flows, {how}"
        figures.append(Figure.of(label, values, baselines, 1.5, "the server's list by bare httpx"))
    return figures


def run(url: str, api_key: str, chromium_path: str) -> list[Figure]:
    """All of them, those of new processes on SQLite and on PostgreSQL."""
    with tempfile.TemporaryDirectory() as name, big_langflow() as server:
        folder = Path(name)
        environ = {"LANGFLOW_SERVER_URL": server.url, "LANGFLOW_API_KEY": "sk-benchmark"}
        environ["LFCONSOLE_SECRET"] = (
            "benchmark-" * 4
        )  # so that several consoles have the same owner
        settings = Settings.load(folder, environ=environ)
        store = Store(folder / "data")
        owner = owner_fingerprint(settings.servers[0], folder / "data", settings.secret)
        fill(store, COUNT, owner)
        address = postgres.postgres().new_database()
        shared = Store(folder / "shared", SecretStr(address))
        fill(shared, COUNT, owner)
        with chromium(chromium_path) as page:
            page.add_init_script(_OPENED)
            figures = first_page(store, owner, environ, page)
            baseline = Console(folder / "baseline", script=folder / "baseline" / "pages.py")
            console = Console(folder, environ)
            figures += first_pages("SQLite", page, console, baseline)
            environ["LFCONSOLE_DATABASE_URL"] = address
            console = Console(folder, environ)
            figures += first_pages("PostgreSQL", page, console, baseline)
            figures += flow_pages(url, api_key, page)
        store.close()
        shared.close()
        postgres.end()
    return figures
