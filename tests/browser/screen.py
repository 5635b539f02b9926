"""A console in a window of Chromium, as a person uses it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.support.console_process import Console
from tests.support.waiting import wait_for

WINDOW: ViewportSize = {"width": 1440, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}

# sorts first: a page opens with the first flow, and tests add and delete others
PREFIX = "(Sample) "

# the buttons' positions, or null while the page is being drawn
_BUTTON_TOPS = """() => {
  const state = document.querySelector("[data-testid=stApp]").dataset.testScriptState;
  if (state !== "notRunning" || document.querySelector("[data-testid=stSkeleton]")) return null;
  const buttons = document.querySelectorAll("[data-testid=stMainBlockContainer] button");
  return String([...buttons].map((button) => Math.round(button.getBoundingClientRect().top)));
}"""

# go to an address as Back does, and wait until the script runs for it
_GO = """(url) => new Promise((resolve, reject) => {
  const app = document.querySelector("[data-testid=stApp]");
  const isRunning = () => app.dataset.testScriptState === "running" && resolve();
  new MutationObserver(isRunning).observe(app, { attributeFilter: ["data-test-script-state"] });
  setTimeout(() => reject(new Error(`nothing was drawn for ${url}`)), 30000);
  history.pushState({}, "", url);
  dispatchEvent(new PopStateEvent("popstate"));
})"""

# where parts of the page moved, from its top, also in the half second after a press; what is below
# the run makes room. The box around a text may grow by some pixels though the text stays.
# And the browser's own measure, without that half second, once the page shows the run: a busy
# machine draws it later.
_SHIFTS = """() => {
  window.shifts = [];
  window.countedShifts = [];
  window.shiftObserver?.disconnect();
  let shownAt = Infinity;
  new MutationObserver((_, observer) => {
    if (!document.querySelector(".st-key-run-head")) return;
    shownAt = performance.now();
    observer.disconnect();
  }).observe(document.body, { childList: true, subtree: true });
  const isBelowRun = (node) => {
    const run = document.querySelector(".st-key-run-status");
    return run && node && run.compareDocumentPosition(node) === Node.DOCUMENT_POSITION_FOLLOWING;
  };
  // an element has an empty box before the first layout and after the last one, or a box at the
  // window's corner, where nothing of the page is
  const isLaidOut = ({ previousRect, currentRect }) => [previousRect, currentRect].every(
    ({ x, y, height }) => height && (x || y));
  window.shiftObserver = new PerformanceObserver((list) => {
    for (const { hadRecentInput, startTime, value, sources } of list.getEntries()) {
      if (hadRecentInput || startTime <= shownAt + 100) continue;
      if (!sources.some(isLaidOut)) continue;
      const moves = sources.map((source) => [source.previousRect, source.currentRect].map(
        ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ")).join(" to ")
        + " " + (source.node?.textContent ?? "").trim().slice(0, 40));
      window.countedShifts.push({ value, after: startTime - shownAt, moves });
    }
    const sources = list.getEntries().flatMap((entry) => entry.sources);
    for (const { node, previousRect, currentRect } of sources.filter(isLaidOut)) {
      const moved = Math.abs(previousRect.top - currentRect.top);
      if (moved > 4 && !isBelowRun(node)) {
        window.shifts.push(Math.min(previousRect.top, currentRect.top));
      }
    }
  });
  window.shiftObserver.observe({ type: "layout-shift" });
}"""


class Screen:
    """The console's Run page. `addresses` maps the sample flows' names to their forms' URLs."""

    def __init__(self, page: Page, addresses: Mapping[str, str] | None = None) -> None:
        self.page = page
        self._addresses = addresses or {}

    def part(self, key: str) -> Locator:
        """The container with this key."""
        return self.page.locator(f".st-key-{key}").first

    def open(self, url: str) -> None:
        """Open an address and wait until the page is drawn: earlier, a button may still move."""
        self.page.goto(url)
        self.part("flow-picker").wait_for()
        self.drawn()

    def go_to(self, path: str) -> None:
        """Go to another address of the console as Back does, in half of the time of a load."""
        self.page.evaluate(_GO, path)
        self.drawn()

    def drawn(self) -> None:
        """Wait until the script has ended and no button moves: some widgets load after it."""
        tops: list[str] = []

        def still() -> bool:
            found = self.page.evaluate(_BUTTON_TOPS)  # a running run is redrawn continually
            tops.extend([] if found is None else [found])
            return len(tops) >= 4 and len(set(tops[-4:])) == 1

        wait_for(still)

    def reset(self) -> None:
        """Bring a window that tests share to its usual size and to the top of a form without a run.

        A window that shows another page than Run gets an empty one.
        """
        self.page.set_viewport_size(WINDOW)
        if not self.part("flow-picker").count():
            self.page.goto("about:blank")
            return
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_test_id("stPopoverBody")).to_have_count(0)
        self.page.mouse.move(5, 5)
        self.page.evaluate("document.activeElement.blur()")
        self.page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
        self.drawn()
        if self.page.get_by_role("button", name="Close", exact=True).count():
            self.close()

    @contextmanager
    def without(self, elements: Locator) -> Iterator[None]:
        """Take elements out of the document for a while. Streamlit fails if they stay away."""
        script = """elements => {
          const places = elements.map((element) => [element, document.createComment("")]);
          places.forEach(([element, place]) => element.replaceWith(place));
          return () => places.forEach(([element, place]) => place.replaceWith(element));
        }"""
        taken = elements.element_handles()
        assert taken
        put_back = self.page.evaluate_handle(script, taken)
        try:
            yield
        finally:
            put_back.evaluate("putBack => putBack()")

    def show_run(self, url: str) -> None:
        """Show the ended run of this address: in an open Run page in half of the time of `open`."""
        if self.page.url == "about:blank":
            self.open(url)
        else:
            self.go_to(url)
        self.wait("completed", "failed")

    def watch_shifts(self) -> None:
        """Record from now on what moves."""
        self.page.evaluate(_SHIFTS)

    def shifts(self) -> list[float]:
        """Where something moved, in pixels from the top of the window."""
        found: list[float] = self.page.evaluate("window.shifts")
        return found

    def assert_shifts_below(self, limit: float) -> None:
        """Assert how much moved how far, as the browser adds it up, since the page shows a run."""
        shifts: list[dict[str, Any]] = self.page.evaluate("window.countedShifts")
        assert sum(shift["value"] for shift in shifts) < limit, shifts

    def pick(self, name: str, prefix: str = PREFIX) -> None:
        """Choose a sample flow by the beginning of its name.

        A window without a page opens the form by its address, which takes half of the time that
        choosing it in the list takes.
        """
        if self.page.url == "about:blank":
            (flow,) = (flow for flow in self._addresses if flow.startswith(name))
            self.open(self._addresses[flow])
        else:
            self._choose(prefix + name)
        expect(self.part("run-status")).to_contain_text("Results appear here")

    def _choose(self, name: str) -> None:
        box = self.part("flow-picker").locator("input")
        before = self.page.url
        chosen = box.input_value() or self.part("flow-picker").inner_text()
        if name in chosen:
            return
        box.click()
        box.fill(name)
        self.page.get_by_role("option").filter(has_text=name).first.click()
        expect(self.page).not_to_have_url(before)
        # the form is drawn after the address has changed
        self.drawn()

    def add_dialog(self) -> Locator:
        """Open the dialog that adds a flow."""
        button = self.part("add-flow").get_by_role("button").locator("visible=true")
        assert button.get_by_text("Add a flow").bounding_box()["width"] > 40  # type: ignore[index]
        button.click()
        return self.page.get_by_role("dialog")

    def upload_flow(self, flow: dict[str, Any]) -> Locator:
        """Choose the file of a flow in the dialog, without adding it."""
        dialog = self.add_dialog()
        dialog.get_by_role("tab", name="Upload").click()
        content = json.dumps(flow).encode()
        file = {"name": "flow.json", "mimeType": "application/json", "buffer": content}
        dialog.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
        return dialog

    def add_template(self, name: str) -> str:
        """Add a template of the server, and return the id of its flow once its form is open."""
        page = self.page
        page.get_by_role("button", name="Add a flow").locator("visible=true").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Search templates").fill(name)
        expect(dialog.get_by_text("Preview")).to_have_count(1)
        dialog.get_by_role("button", name="Add", exact=True).click()
        expect(dialog).to_have_count(0)
        expect(self.part("flow-picker").locator("input")).to_have_value(name)
        self.drawn()
        return parse_qs(urlsplit(page.url).query)["flow"][0]

    def choose_model(self, key: str, label: str) -> None:
        """Search a model in the list of a field and choose it."""
        box = self.part(f"param-{key.replace('.', '-')}").get_by_role("combobox")
        box.click()
        box.fill(label)
        self.page.get_by_role("option").filter(has_text=label).first.click()
        self.drawn()

    def open_parameters(self, component: str = "") -> None:
        """Open what is neither an input nor Setup, and in it a component, if there are several."""
        self.part("all-parameters").locator("summary").first.click()
        self.page.get_by_placeholder("Search all parameters").wait_for()
        self.drawn()  # while it opens, a redraw moves all that is below it
        if component:
            self.part(f"component-{component}").locator("summary").click()
            self.drawn()

    def mode(self, name: str) -> None:
        """Choose Background or Synchronous under Options."""
        self.more()
        choice = self.part("run-mode").get_by_role("radio", name=name)
        self.part("run-mode").get_by_text(name, exact=True).click()
        expect(choice).to_be_checked()
        self.page.keyboard.press("Escape")

    def trace(self, view: str) -> Locator:
        """Open a view of the run's trace."""
        self.part("run-status").get_by_role("tab", name="Trace").click()
        details = self.part("run-details")
        details.get_by_test_id("stButtonGroup").get_by_text(view, exact=True).click()
        return details

    def view(self, card: str, name: str) -> Locator:
        """Choose a view of the output in the container with this key."""
        place = self.part(card)
        place.get_by_role("radio", name=name, exact=True).click()
        return place

    def run(self) -> None:
        """Press Run."""
        self.part("run-button").get_by_role("button", name="Run").click()

    def close(self) -> None:
        """Show no run."""
        close = self.page.get_by_role("button", name="Close", exact=True)
        close.first.click()
        expect(close).to_have_count(0)
        self.drawn()

    def more(self) -> None:
        """Open the menu beside Run once the page is drawn: a click on a moving button is lost."""
        self.drawn()
        self.part("run-more").get_by_role("button").click()

    def address(self) -> str:
        """The address of the shown run."""
        self.page.wait_for_url(re.compile("[?&]run="))
        return self.page.url

    def stop(self) -> None:
        """Press Stop."""
        self.part("stop-button").get_by_role("button", name="Stop").click()

    def wait(self, *words: str) -> None:
        """Wait until the status is one of these words, in any case."""
        status = re.compile("|".join(words), re.IGNORECASE)
        expect(self.part("run-status")).to_contain_text(status, timeout=60_000)
        if any(word in ("completed", "failed", "stopped") for word in words):
            # the page has been redrawn with the outputs
            self.page.locator(".st-key-run-button").first.wait_for()


def log_of(console: Console) -> str:
    """Return the console's log."""
    return Path(console.log).read_text(encoding="utf-8")


def logged_lines(console: Console) -> list[str]:
    """Return the lines that the console printed, except the blank ones and its URL."""
    lines = [line.strip() for line in log_of(console).splitlines()]
    url = ("", "You can now view your Streamlit app in your browser.", f"URL: {console.url}")
    return [line for line in lines if line not in url]


def internal_errors(console: Console) -> list[str]:
    """Return the logged lines about errors of the console's own."""
    return [
        line for line in logged_lines(console) if re.search("error [0-9a-f]{8}: |Traceback", line)
    ]
