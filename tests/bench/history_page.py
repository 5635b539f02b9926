"""The first page of 100,000 runs in a browser, against the SQL and a 50-row table."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.config.settings import Settings
from lfclient.console.store.run_history import PAGE_SIZE
from lfclient.console.store.store import Store
from tests.bench.big_langflow import BigLangflow
from tests.bench.browser import settle
from tests.bench.figures import Figure
from tests.bench.history import COUNT, recorded_queries
from tests.bench.screen import chromium
from tests.support.console_process import Console
from tests.support.many_runs import fill

VIEWS = 15
_TABLE = '[data-testid="stDataFrame"] canvas'
# the same table as the page's: selectable rows with a button and a colored status
_FLOOR = """
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
pages.append(st.Page("floor.py", title="History", url_path="history"))
st.navigation(pages, position="top").run()
"""
# by the page's clock: Playwright soon polls for an element only twice a second
_OPENED = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('TABLE')) return;
  observer.disconnect();
  window.tableDrawn = performance.now();
}).observe(document, {subtree: true, childList: true});
""".replace("TABLE", _TABLE)
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


def opened(page: Page, url: str) -> float:
    """Milliseconds from opening the list's address to its table."""
    page.goto("about:blank")
    page.goto(f"{url}/history")
    page.locator(_TABLE).first.wait_for(timeout=60_000)
    settle(page)
    return float(page.evaluate("window.tableDrawn"))


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
    script, few = folder / "floor" / "pages.py", folder / "few"
    for each in (script.parent, few):
        each.mkdir()
    values = {"path": str(store.database.path), "statement": statement, "parameters": parameters}
    script.with_name("floor.py").write_text(_FLOOR.format(**values))
    script.write_text(_PAGES)
    small = Store(few / "data")
    fill(small, PAGE_SIZE, owner)
    small.close()
    page.add_init_script(_OPENED)
    figures = []
    with (
        Console(folder, environ) as console,
        Console(few, environ) as little,
        Console(script.parent, script=script) as least,
    ):
        urls = (console.url, little.url, least.url)
        for how, measure in (("come to from another", clicked), ("opened by its address", opened)):
            rows = [[measure(page, url) for url in urls] for _ in range(VIEWS + 1)]
            many, fifty, floor = (list(column) for column in zip(*rows[1:], strict=True))
            name = f"First page of {COUNT:,} runs, {how}"
            figures.append(Figure.of(name, many, floor, 1.3, "the SQL and a 50-row table"))
            figures.append(Figure.of(name, many, fifty, 1.3, f"with {PAGE_SIZE} runs"))
    return figures


def run(chromium_path: str) -> list[Figure]:
    """All of them, on SQLite."""
    with tempfile.TemporaryDirectory() as name, BigLangflow() as server:
        folder = Path(name)
        environ = {"LANGFLOW_SERVER_URL": server.url, "LANGFLOW_API_KEY": "sk-benchmark"}
        environ["LFCONSOLE_SECRET"] = (
            "benchmark-" * 4
        )  # so that several consoles have the same owner
        settings = Settings.load(folder, environ=environ)
        store = Store(folder / "data")
        owner = owner_fingerprint(settings.servers[0], folder / "data", settings.secret)
        fill(store, COUNT, owner)
        with chromium(chromium_path) as page:
            figures = first_page(store, owner, environ, page)
        store.close()
    return figures
