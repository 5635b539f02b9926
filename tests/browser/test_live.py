"""A running run in Chromium, on Langflow 1.13.0."""

import re
from itertools import groupby, takewhile

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import check
from tests.browser.screen import WINDOW, Screen
from tests.browser.test_components import INSIDE


def test_parallel_components_are_shown_and_can_be_opened(screen):
    screen.pick("Plan a trip")
    screen.run()
    status = screen.part("run-status")
    panel = screen.part("run-panel")
    expect(panel).to_contain_text("1 of 7 components")
    expect(status.locator(".node", has_text="Running")).to_have_count(3)
    # a slow machine may never draw "2 of 7", which lasts a second
    expect(panel).to_contain_text(re.compile("[2-6] of 7 components"))
    graph = status.locator(".view")
    assert graph.evaluate(INSIDE) == 7
    status.get_by_role("button", name="Look up the weather").click()
    expect(screen.part("component-result")).to_contain_text("Look up the weather")
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("Lisbon")
    expect(status.get_by_text("Done ·")).to_have_count(7)
    # the graph stays where a person aims at its next component
    assert screen.page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 0
    status.get_by_role("button", name="Find a hotel").focus()
    screen.page.keyboard.press("Enter")
    expect(screen.part("component-result")).to_contain_text("Find a hotel")
    details = screen.trace("Timings")
    expect(details.locator("canvas, svg").first).to_be_visible()
    screen.trace("Messages")
    expect(details.get_by_test_id("stChatMessage").last).to_contain_text("Lisbon")
    screen.trace("Events")
    details.get_by_role("button", name="Fetch events").click()
    expect(details.get_by_test_id("stDataFrame")).to_be_visible()


# records, in each frame, which components the line of progress names and which run in the graph
_RECORD = """() => {
  window.seen = [];
  const look = () => {
    const line = document.querySelector(".st-key-run-progress")?.innerText ?? "";
    const drawing = document.querySelectorAll("[class*=st-key-drawing-] *");
    const nodes = [...drawing].flatMap(
      ({ shadowRoot }) => [...shadowRoot?.querySelectorAll(".node") ?? []]);
    if (nodes.length) {
      const named = line.split(" · Running ")[1]?.split(", ") ?? [];
      const running = nodes.filter((node) => node.classList.contains("running"));
      const drawn = running.map((node) => node.querySelector(".name").textContent);
      window.seen.push([String(named.sort()), String(drawn.sort())]);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.mark.exhaustive
def test_the_graph_follows_the_line_of_progress_in_a_fresh_browser(console, chromium, sample_ids):
    """Its script loads during the run. A slow browser may skip components that end soon."""
    with chromium.new_context(viewport=WINDOW) as context:
        screen = Screen(context.new_page())
        screen.open(f"{console.url}/?flow={sample_ids['Plan a trip']}")
        screen.page.evaluate(_RECORD)
        screen.run()
        screen.wait("completed")
        seen = screen.page.evaluate("window.seen")
    named = iter([key for key, _ in groupby(named for named, _ in seen)])
    drawn = [key for key, _ in groupby(drawn for _, drawn in seen)]
    assert all(each in named for each in drawn)  # in this order
    assert any(each.count(",") == 2 for each in drawn)


# records, in each frame, the ms since a click, the button, and where progress beside it begins
_RECORD_PROGRESS = """() => {
  window.seen = [];
  let clicked = 0;
  document.addEventListener("click", () => { clicked = performance.now(); }, true);
  const look = () => {
    const bar = document.querySelector(".st-key-run-progress .stProgress");
    const options = document.querySelector(".st-key-run-more");
    const button = document.querySelector(".st-key-run-button, .st-key-stop-button");
    if (button && clicked) {
      const isSeen = bar?.checkVisibility() && !options?.checkVisibility();
      const begins = isSeen ? Math.round(bar.getBoundingClientRect().x) : null;
      const shown = button.textContent.match(/Run|Stop/)[0];
      window.seen.push([performance.now() - clicked, shown, begins]);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.mark.exhaustive
def test_stop_waits_for_the_first_progress_which_then_stays_in_its_place(screen):
    screen.pick("Plan a trip")
    screen.run()  # the first loads the scripts of what it draws
    screen.wait("completed")
    screen.drawn()
    screen.page.evaluate(_RECORD_PROGRESS)
    screen.run()
    expect(screen.part("stop-button")).to_be_visible()
    screen.wait("completed")
    seen = screen.page.evaluate("window.seen")
    before_stop = list(takewhile(lambda frame: frame[1] == "Run", seen))
    stop_drawn = seen[len(before_stop)][0]
    is_first = any(begins is not None for _, _, begins in seen[: len(before_stop) + 1])
    # a busy server's first progress is waited for 0.3 s, and then Stop is drawn
    assert is_first or stop_drawn > 350
    assert len({begins for _, _, begins in seen if begins is not None}) == 1
    expect(screen.part("run-more")).to_be_visible()


# records, in each frame, what the page says of the run and its output
_RECORD_END = """() => {
  window.seen = [];
  const look = () => {
    window.seen.push(document.querySelector(".st-key-run-status")?.innerText ?? "");
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.mark.parametrize(
    "mode", [pytest.param("Synchronous", marks=pytest.mark.exhaustive), "Background"]
)
def test_a_run_is_not_shown_as_completed_before_its_result(screen, finish_work, mode):
    screen.pick("Takes half a minute")
    if mode != "Background":
        screen.mode(mode)
    screen.page.evaluate(_RECORD_END)
    screen.run()
    # a timer has updated the page, which so follows the run
    expect(screen.part("run-status")).to_contain_text(re.compile(r"[2-9]\.\d s"))
    finish_work()
    screen.wait("completed")
    screen.drawn()
    ended = [text for text in screen.page.evaluate("window.seen") if "Completed" in text]
    assert ended
    assert [text for text in ended if "The work is done" not in text] == []


def test_text_grows_word_by_word_and_stays_when_it_is_stopped(screen):
    screen.pick("Write word")
    # a busy machine may take seconds to show a word and to press Stop
    screen.page.get_by_label("Milliseconds per word").fill("400")
    screen.run()
    written = screen.part("run-status").get_by_text("This answer comes word")
    expect(written).to_be_visible(timeout=15_000)
    before = written.inner_text()
    expect(written).not_to_have_text(before)
    screen.stop()
    screen.wait("stopped")
    expect(screen.part("outputs")).to_contain_text("partial")
    expect(screen.part("outputs")).to_contain_text("This answer comes word")


def test_another_browser_sees_the_question_and_decides(console, screen, window):
    screen.pick("Wait for an approval")
    screen.more()
    expect(screen.page.get_by_text("runs in the background")).to_be_visible()
    screen.page.keyboard.press("Escape")
    screen.run()
    expect(screen.part("approval")).to_contain_text("Can we pay")
    check(screen.page)
    other = Screen(window())
    other.page.goto(screen.address())
    other.part("approval").get_by_role("button", name="Reject").click()
    other.wait("completed")
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("Rejected: Can we pay")
    expect(screen.part("run-status").get_by_text("Skipped").first).to_be_visible()
    expect(screen.part("approval")).not_to_be_visible()
