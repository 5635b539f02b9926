"""A real console in Chromium, on a real Langflow 1.13.0 with the sample flows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from lfclient import LangflowClient
from lfclient.console.samples import catalog, graph_builder
from tests.support.console_process import CHROMIUM_ARGS, Console
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

PREFIX = "Walk: "
# where the buttons stand; nothing while the page is being drawn
_STANDS = """() => {
  const state = document.querySelector("[data-testid=stApp]").dataset.testScriptState;
  if (state !== "notRunning" || document.querySelector("[data-testid=stSkeleton]")) return null;
  const buttons = document.querySelectorAll("[data-testid=stMain] button");
  return String([...buttons].map((button) => Math.round(button.getBoundingClientRect().top)));
}"""
SECONDS = 20_000  # milliseconds that a step may take on a busy machine


@pytest.fixture(scope="package")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """One browser for all; each test has windows of its own."""
    expect.set_options(timeout=SECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def work_over(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Once this file is there, the flow that takes half a minute is at its end."""
    return tmp_path_factory.mktemp("work") / "over"


@pytest.fixture
def finish_work(work_over: Path) -> Iterator[Callable[[], None]]:
    """Lets the flow that takes half a minute come to its end."""
    yield work_over.touch
    work_over.unlink(missing_ok=True)


@pytest.fixture(scope="package")
def sample_flows(langflow_113: LiveServer, work_over: Path) -> Iterator[LiveServer]:
    """The server with the sample flows on it, under names that only these tests use."""
    with LangflowClient(langflow_113.url, langflow_113.api_key) as api:
        catalogue = api.catalogue(catalog.own_code())
        made = []
        for each in catalog.SAMPLES:
            data = graph_builder.build(each, catalogue)
            if each.name == "Takes half a minute":
                _until(work_over, data)
            made.append(api.create_flow(PREFIX + each.name, data, each.description))
        yield langflow_113
        for flow in made:
            api.delete_flow(flow.id)


def _until(file: Path, data: dict[str, Any]) -> None:
    """Let the flow that takes half a minute end when a file is there, or after 40 seconds."""
    nodes = [one["data"] for one in data["nodes"]]
    (work,) = (one["node"]["template"] for one in nodes if one["type"] == "PythonREPLComponent")
    work["global_imports"]["value"] = "time,os"
    goes_on = f"if not os.path.exists({str(file)!r}):\n        time.sleep(0.1)"
    work["python_code"]["value"] = f"for turn in range(400):\n    {goes_on}\n"


@pytest.fixture(scope="package")
def console(
    sample_flows: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    """A console that is set up for that server."""
    environ = {
        "LANGFLOW_SERVER_URL": sample_flows.url,
        "LANGFLOW_API_KEY": sample_flows.api_key,
    }
    with Console(tmp_path_factory.mktemp("console"), environ) as started:
        yield started


@pytest.fixture
def window(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a window of a browser that shares nothing with the others."""
    contexts = []

    def open_window(**options: object) -> Page:
        context = chromium.new_context(viewport={"width": 1440, "height": 1000}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        return page

    yield open_window
    for context in contexts:
        context.close()


class Screen:
    """The console's run page, by its hooks."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def part(self, key: str) -> Locator:
        """The container of that key."""
        return self.page.locator(f".st-key-{key}").first

    def open(self, url: str) -> None:
        """Go to an address and wait until the page is drawn: what is pressed before may move."""
        self.page.goto(url)
        self.part("flow-picker").wait_for()
        self.drawn()

    def drawn(self) -> None:
        """Wait until the script has come to its end, and until no button moves any more: what draws
        a widget may be loaded only then.
        """
        stands: list[str] = []

        def still() -> bool:
            found = self.page.evaluate(_STANDS)  # a run that goes on is drawn again and again
            stands.extend([] if found is None else [found])
            return len(stands) >= 4 and len(set(stands[-4:])) == 1

        wait_for(still)

    def pick(self, name: str, prefix: str = PREFIX) -> None:
        """Choose a sample flow by typing the beginning of its name."""
        box = self.part("flow-picker").locator("input")
        before = self.page.url
        chosen = box.input_value() or self.part("flow-picker").inner_text()
        box.click()
        box.fill(prefix + name)
        self.page.get_by_role("option").filter(has_text=prefix + name).first.click()
        if prefix + name not in chosen:
            expect(self.page).not_to_have_url(before)
        # the form is drawn after the address has changed
        self.drawn()
        expect(self.part("run-status")).to_contain_text("No run is shown")

    def mode(self, name: str) -> None:
        """Choose Background or Wait for the result."""
        choice = self.part("run-mode").get_by_role("radio", name=name)
        self.part("run-mode").get_by_text(name, exact=True).click()
        expect(choice).to_be_checked()

    def run(self) -> None:
        """Press Run."""
        self.part("run-button").get_by_role("button", name="Run").click()

    def more(self) -> None:
        """Open the menu beside Run, once the page is drawn: a press on what just moves is lost."""
        self.drawn()
        self.part("run-more").get_by_role("button").click()

    def address(self) -> str:
        """The address of the run that is shown, which comes a moment after its status."""
        self.page.wait_for_url(re.compile("[?&]run="))
        return self.page.url

    def stop(self) -> None:
        """Press Stop."""
        self.part("stop-button").get_by_role("button", name="Stop").click()

    def wait(self, *words: str) -> None:
        """Wait until the status has one of these words."""
        expect(self.part("run-status")).to_contain_text(re.compile("|".join(words)), timeout=60_000)
        if any(word in ("completed", "failed", "cancelled") for word in words):
            # the page has been drawn anew, with the outputs
            self.page.locator(".st-key-run-button, .st-key-run-again").first.wait_for()

    def save(self, label: str) -> Locator:
        """The first download button of that name that is in sight among the outputs."""
        saves = self.part("outputs").get_by_test_id("stDownloadButton")
        return saves.filter(has_text=label).locator("button:visible").first

    def recent(self) -> int:
        """How many runs are listed."""
        return self.page.locator("[class*='st-key-open-']").count()


@pytest.fixture
def screen(console: Console, window: Callable[..., Page]) -> Screen:
    """The run page of the console in a fresh window."""
    screen = Screen(window())
    screen.open(console.url)
    return screen


def log_of(console: Console) -> str:
    """What the console has logged."""
    return Path(console.log).read_text(encoding="utf-8")
