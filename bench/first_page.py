"""The first page of a fresh browser, and a reload, beside trivial pages of Streamlit and Gradio."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page

from bench.answer import gradio
from bench.figures import Figure
from bench.live import trivial
from bench.screen import FILLED, ROWS, TRIVIAL, chromium, flow_id
from tests.support.console_process import Console

VIEWS = 7
FORM = ".st-key-run-button button"
# by the page's clock, from the start of the navigation
_SHOWN = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(SELECTOR)) return;
  window.shown = performance.now();
  observer.disconnect();
}).observe(document, {subtree: true, childList: true});
"""


def opened(browser: Browser, url: str, selector: str) -> tuple[float, float]:
    """Milliseconds until a page shows `selector`: in a fresh browser context, and reloaded."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(_SHOWN.replace("SELECTOR", repr(selector)))
    page.goto(url)
    first = _shown(page, selector)
    page.wait_for_timeout(1000)  # until the whole page is drawn
    page.reload()
    again = _shown(page, selector)
    context.close()
    return first, again


def _shown(page: Page, selector: str) -> float:
    page.locator(selector).first.wait_for(state="attached")
    return float(page.evaluate("window.shown"))


def run(url: str, api_key: str, chromium_path: str) -> list[Figure]:
    """Measure each in turn with its baseline."""
    flow = flow_id(url, api_key, "Echo chat")
    environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": api_key}
    called = {"BENCH_SERVER": url, "BENCH_KEY": api_key, "BENCH_FLOW": flow}
    with tempfile.TemporaryDirectory() as name, chromium(chromium_path) as window:
        browser = window.context.browser
        assert browser
        with (
            trivial(Path(name) / "baseline", TRIVIAL) as baseline_page,
            trivial(Path(name) / "filled", TRIVIAL + ROWS) as filled_page,
            gradio(Path(name) / "gradio", called) as gradio_url,
            Console(Path(name), environ) as console,
        ):
            pages = (
                (f"{console.url}/?flow={flow}", FORM),
                (baseline_page.url, ".st-key-shown"),
                (filled_page.url, ".st-key-shown"),
                (gradio_url, "#run"),
            )
            rounds = [[opened(browser, *page) for page in pages] for _ in range(VIEWS + 1)][1:]
    figures = []
    for number, what in enumerate(("First page of a fresh browser", "The same page, reloaded")):
        ours, baseline, filled, other = (
            [page[number] for page in each] for each in zip(*rounds, strict=True)
        )
        beside = f"a trivial page of Streamlit; one of Gradio takes {median(other):.0f} ms"
        figures.append(Figure.of(what, ours, baseline, 1.3, beside))
        figures.append(Figure.of(what, ours, filled, 1.3, f"a page of Streamlit with {FILLED}"))
    return figures
