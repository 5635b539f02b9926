"""Take the README's screenshots: `python -m tests.browser.take_screenshots <console's URL>`.

The console must be connected to a Langflow that has the sample flows.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.screen import Screen
from tests.support.chromium import find as find_chromium
from tests.support.console_process import CHROMIUM_ARGS

FOLDER = Path(__file__).parent / "screenshots"


def open_window(browser: Browser, url: str, scheme: str = "light", height: int = 860) -> Screen:
    """Open a window that is wide enough for both columns."""
    context = browser.new_context(
        viewport={"width": 1280, "height": height}, color_scheme=scheme, device_scale_factor=1
    )
    screen = Screen(context.new_page())
    screen.open(url)
    return screen


def save(page: Page, name: str) -> None:
    """Save a screenshot once the page is drawn, without the pointer."""
    page.mouse.move(2, 400)
    page.wait_for_timeout(1200)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    page.screenshot(path=FOLDER / f"{name}.png")


def take_presentation(screen: Screen) -> None:
    """Take the editor of a presentation beside its preview."""
    page = screen.page
    screen.pick("Plan a trip", prefix="")
    page.keyboard.press("Alt+p")
    screen.part("present-edit").get_by_role("button").click()
    screen.part("present-editor").wait_for()
    screen.drawn()
    page.get_by_label("Title").fill("Where shall we go?")
    page.get_by_label("Description", exact=True).fill(
        "Name a city. The *weather*, a hotel, a train."
    )
    screen.run()
    screen.wait("completed")
    screen.drawn()
    save(page, "present")
    page.get_by_role("button", name="Discard").click()


def take_agent(screen: Screen) -> None:
    """Take the setup of an agent, added from the gallery and deleted again."""
    page = screen.page
    screen.part("add-flow").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Search templates").fill("simple agent")
    expect(dialog.get_by_text("Preview")).to_have_count(1)
    dialog.get_by_role("button", name="Add", exact=True).first.click()
    dialog.wait_for(state="detached")
    screen.drawn()
    model = screen.part("setup").get_by_role("combobox").first
    model.fill("gpt-4o-mini")
    page.get_by_role("option").filter(has_text="OpenAI: gpt-4o-mini").first.click()
    screen.drawn()
    expect(page.get_by_test_id("stToast")).to_have_count(0)
    save(page, "setup")
    screen.part("flow-menu").get_by_role("button").click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    screen.drawn()


def take(browser: Browser, url: str) -> None:
    """Take all screenshots."""
    take_agent(open_window(browser, url, height=1000))

    screen = open_window(browser, url)
    screen.pick("Write a letter", prefix="")
    screen.page.locator("textarea").nth(1).fill("Lisbon")
    screen.page.locator("textarea").nth(1).press("Tab")
    save(screen.page, "form")

    screen = open_window(browser, url)
    screen.pick("Plan a trip", prefix="")
    screen.run()
    screen.part("run-panel").get_by_text("2 of 7 components").wait_for()
    save(screen.page, "running")
    screen.stop()
    screen.wait("stopped")

    screen = open_window(browser, url)
    screen.pick("Wait for an approval", prefix="")
    screen.run()
    screen.part("approval").wait_for()
    save(screen.page, "approval")
    screen.part("decisions").get_by_role("button").first.click()
    screen.wait("completed")

    screen = open_window(browser, url, height=980)
    screen.pick("Table of", prefix="")
    screen.run()
    screen.wait("completed")
    screen.view("outputs", "Chart")
    save(screen.page, "outputs")

    screen = open_window(browser, url)
    screen.pick("Write word", prefix="")
    screen.page.get_by_test_id("stTopNav").get_by_role("link", name="Chat").click()
    box = screen.page.get_by_test_id("stChatInput").locator("textarea")
    box.fill("How is the sea today?")
    box.press("Enter")
    screen.page.get_by_text("word by word, the way").wait_for()
    screen.page.wait_for_timeout(2500)
    screen.page.screenshot(path=FOLDER / "chat.png")

    take_presentation(open_window(browser, url))

    screen = open_window(browser, url, "dark")
    screen.pick("Read an order", prefix="")
    screen.page.locator("textarea").first.fill("")
    screen.run()
    screen.wait("failed")
    save(screen.page, "failed-dark")

    screen = open_window(browser, url, height=980)
    runs = [written_to(screen, url, city) for city in ("Lisbon", "Oslo", "Lisbon", "Rome")]
    screen.page.goto(f"{url.rstrip('/')}/compare?runs={','.join(runs)}")
    screen.page.get_by_text("Timings").wait_for()
    save(screen.page, "compare")

    screen = open_window(browser, url)
    screen.pick("Picture card", prefix="")
    screen.run()
    screen.wait("completed")
    screen.page.get_by_test_id("stTopNav").get_by_role("link", name="History").click()
    save(screen.page, "history")


def written_to(screen: Screen, url: str, city: str) -> str:
    """The id of a run that wrote a letter to this city."""
    screen.open(url)
    screen.pick("Write a letter", prefix="")
    screen.page.locator("textarea").nth(1).fill(city)
    screen.page.locator("textarea").nth(1).press("Tab")
    screen.run()
    screen.wait("completed")
    return parse_qs(urlsplit(screen.address()).query)["run"][0]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        take(chromium, sys.argv[1])
        chromium.close()
