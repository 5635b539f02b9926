"""How the Run page scrolls to a run, in Chromium."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.screen import PHONE, Screen
from tests.support.console_process import Console
from tests.support.http_stand_in import StandIn
from tests.support.waiting import wait_for
from tests.ui.support.model_pages import serve_models

pytestmark = pytest.mark.exhaustive

# an element above the page, which disappears shortly after the page is scrolled
_MOVING = """(field) => {
  const main = field.closest("[data-testid=stMain]");
  main.style.overflowAnchor = "none";
  const above = document.createElement("div");
  above.id = "moving";
  above.style = "height: 250px; flex-shrink: 0";
  main.prepend(above);
  const away = () => setTimeout(() => above.remove(), 400);
  field.addEventListener("keydown", ({key}) => {
    if (key === "Enter") main.addEventListener("scroll", away, {once: true});
  });
}"""
_VALIDATE = "POST /api/v1/models/validate-provider"
_HAS_RING = "(button) => getComputedStyle(button, '::after').content !== 'none'"
_TAKES_PRESSES = "(button) => getComputedStyle(button).pointerEvents !== 'none'"
_CURSOR = "(button) => getComputedStyle(button).cursor"
# how the page was scrolled to a part of it
_RECORD_SCROLLS = """
  window.scrolls = [];
  const scroll = Element.prototype.scrollIntoView;
  Element.prototype.scrollIntoView = function (options) {
    if (options?.behavior) window.scrolls.push(options.behavior);
    scroll.call(this, options);
  };
"""


def test_the_page_scrolls_to_the_status_of_a_run(screen):
    page = screen.page
    screen.pick("Takes half")
    page.set_viewport_size({"width": 500, "height": 450})
    status, message = screen.part("run-status"), page.locator("textarea").first
    message.click()
    expect(status).not_to_be_in_viewport()
    page.keyboard.press("Control+Enter")
    screen.wait("running")
    expect(status).to_be_in_viewport()
    expect(screen.part("stop-button")).to_be_in_viewport(ratio=1)
    screen.drawn()
    page.mouse.wheel(0, -5_000)
    expect(message).to_be_in_viewport()
    screen.part("stop-button").get_by_role("button", name="Stop").evaluate("each => each.click()")
    screen.wait("stopped")
    expect(message).to_be_in_viewport()


def test_the_page_scrolls_to_the_result_of_a_quick_run(screen):
    """It ends before the browser has loaded what scrolls."""
    screen.page.set_viewport_size({"width": 500, "height": 500})
    screen.pick("Echo")
    screen.page.locator("textarea").first.click()
    screen.page.keyboard.press("Control+Enter")
    screen.wait("completed")
    expect(screen.part("run-status")).to_be_in_viewport()
    # also if the run is opened from History, whose form is still beside it
    screen.page.get_by_role("link", name="All runs").click()
    screen.page.wait_for_url(re.compile("/history"))
    screen.page.reload()  # in a window that is narrow from the start
    screen.page.get_by_role("button", name=re.compile("^Open ")).first.click()
    screen.wait("completed")
    expect(screen.part("run-status")).to_be_in_viewport()


def test_the_page_scrolls_to_the_status_while_it_moves(screen):
    page = screen.page
    page.set_viewport_size({"width": 500, "height": 420})
    screen.pick("Takes half")
    message = page.locator("textarea").first
    message.evaluate(_MOVING)
    message.click()
    page.keyboard.press("Control+Enter")
    screen.wait("running")
    expect(page.locator("#moving")).to_have_count(0)
    expect(screen.part("stop-button")).to_be_in_viewport(ratio=1)
    screen.part("stop-button").get_by_role("button", name="Stop").evaluate("each => each.click()")
    screen.wait("stopped")


def test_on_a_phone_there_is_room_for_the_output_of_a_run(screen):
    screen.page.set_viewport_size(PHONE)
    screen.pick("Takes half")
    screen.run()
    output = screen.part("run-status").get_by_text("Waiting for the first output.")
    output.wait_for()
    foot = screen.part("run-panel").bounding_box()["y"]
    wait_for(lambda: 0 < output.bounding_box()["y"] < foot / 2)
    screen.stop()
    screen.wait("stopped")


def test_on_a_phone_run_is_above_the_keyboard(screen):
    """This Chromium has no such keyboard, so its report of what can be seen is replaced."""
    page = screen.page
    page.set_viewport_size(PHONE)
    screen.pick("Takes half")
    foot = page.get_by_test_id("stLayoutWrapper").filter(has=screen.part("run-panel")).last
    bottom = partial(foot.evaluate, "foot => foot.getBoundingClientRect().bottom")
    for seen in (544, 844):
        page.evaluate(
            """(seen) => {
              Object.defineProperty(visualViewport, "height", {value: seen, configurable: true});
              visualViewport.dispatchEvent(new Event("resize"));
            }""",
            seen,
        )
        wait_for(lambda seen=seen: bottom() == seen)
    expect(screen.part("run-button").get_by_role("button", name="Run")).to_be_in_viewport(ratio=1)


@pytest.mark.usefixtures("echoes")
def test_a_page_opens_at_its_top_wherever_the_one_before_was_scrolled_to(screen, console):
    page = screen.page
    page.set_viewport_size({"width": 390, "height": 400})
    screen.open(console.url)
    main = page.get_by_test_id("stMain")
    main.evaluate("main => main.scrollTo(0, 300)")
    assert main.evaluate("main => main.scrollTop") == 300
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("link", name="History").first.click()
    screen.part("history-head").wait_for()
    screen.drawn()
    assert main.evaluate("main => [main.scrollTop, main.scrollHeight > 800]") == [0, True]


def enter_wrong_setting(screen: Screen) -> Locator:
    """Open a provider's settings, type one that it refuses, and return the button that saves it."""
    screen.page.get_by_role("button", name="Model providers").click()
    screen.page.get_by_role("menuitem", name="Far").click()
    setting = screen.page.get_by_role("textbox", name="Far setting")
    setting.fill("sk-wrong")
    setting.press("Tab")
    screen.drawn()
    return screen.page.get_by_role("button", name="Save on the server")


@pytest.fixture(scope="module")
def models_server() -> Iterator[StandIn]:
    """A server whose provider refuses its settings."""
    with StandIn() as server:
        serve_models(server)
        refusal = {"valid": False, "error": "Invalid API key for Far"}
        server.answers[_VALIDATE] = (200, refusal)
        yield server


@pytest.fixture(scope="module")
def models_console(
    models_server: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    """A console of this server whose visitors may change it."""
    environ = {
        "LANGFLOW_SERVER_URL": models_server.url,
        "LANGFLOW_API_KEY": "k",
        "LFCONSOLE_ALLOW_INSTALL": "true",
    }
    with Console(tmp_path_factory.mktemp("models"), environ) as console:
        yield console


def test_the_page_shows_why_the_settings_of_a_provider_were_refused(
    models_console: Console, window: Callable[..., Page]
):
    """Also if the button that was pressed is at the end of the window."""
    screen = Screen(window())
    screen.page.set_viewport_size({"width": 1280, "height": 500})
    screen.open(models_console.url)
    save = enter_wrong_setting(screen)
    save.evaluate("each => (each.scrollIntoView({block: 'end'}), each.click())")
    error = screen.page.get_by_text("Invalid API key for Far.")
    expect(error).to_be_in_viewport(ratio=1)
    foot = screen.part("run-panel").bounding_box()["y"]
    wait_for(lambda: (box := error.bounding_box())["y"] + box["height"] <= foot)


def test_only_the_pressed_button_shows_that_the_script_runs(
    models_server: StandIn,
    models_console: Console,
    window: Callable[..., Page],
    monkeypatch: pytest.MonkeyPatch,
):
    """Not one that has the focus only: during a run, a script nearly always runs."""
    monkeypatch.setitem(models_server.delays, _VALIDATE, 3)
    screen = Screen(window())
    screen.open(models_console.url)
    save = enter_wrong_setting(screen)
    run = screen.part("run-button").get_by_role("button", name="Run")
    app = screen.page.locator("[data-test-script-state]")
    save.focus()
    app.evaluate("each => { each.dataset.testScriptState = 'running' }")  # of another
    assert not save.evaluate(_HAS_RING)
    run.focus()
    assert run.evaluate(_CURSOR) == "pointer"
    app.evaluate("each => { each.dataset.testScriptState = 'notRunning' }")
    save.press("Enter")
    wait_for(lambda: save.evaluate(_HAS_RING))
    assert run.evaluate(_TAKES_PRESSES) is False  # it would end the other press halfway
    expect(screen.page.locator("[data-pressed]")).to_have_count(0)
    wait_for(lambda: run.evaluate(_TAKES_PRESSES))
