"""Take the README's four pictures: `python -m tests.browser.take_screenshots <console's address>`.

The console has to be connected with a Langflow that has the sample flows.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import Screen
from tests.chromium import find as find_chromium
from tests.console import CHROMIUM_ARGS

FOLDER = Path(__file__).parent / "screenshots"


def open_window(browser: Browser, url: str, scheme: str = "light", height: int = 860) -> Screen:
    """A window of the console, wide enough for both columns."""
    context = browser.new_context(
        viewport={"width": 1280, "height": height}, color_scheme=scheme, device_scale_factor=1
    )
    screen = Screen(context.new_page())
    screen.open(url)
    return screen


def save(page: Page, name: str) -> None:
    """Keep what the window shows, once it is drawn, without a mark of the pointer."""
    page.mouse.move(2, 400)
    page.wait_for_timeout(1200)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    page.screenshot(path=FOLDER / f"{name}.png")


def take(browser: Browser, url: str) -> None:
    """All four."""
    screen = open_window(browser, url)
    screen.pick("Write a letter", prefix="")
    screen.page.locator("textarea").nth(1).fill("Lisbon")
    screen.page.locator("textarea").nth(1).press("Tab")
    save(screen.page, "form")

    screen = open_window(browser, url)
    screen.pick("Takes half", prefix="")
    screen.run()
    screen.wait("in progress")
    screen.page.wait_for_timeout(4000)
    save(screen.page, "running")
    screen.stop()
    screen.wait("cancelled")

    screen = open_window(browser, url, height=980)
    screen.pick("Table of", prefix="")
    screen.run()
    screen.wait("completed")
    save(screen.page, "outputs")

    screen = open_window(browser, url, "dark")
    screen.pick("Fails until", prefix="")
    screen.run()
    screen.wait("failed")
    save(screen.page, "failed-dark")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        take(chromium, sys.argv[1])
        chromium.close()
