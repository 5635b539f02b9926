"""Nothing moves while a run is shown, by the browser's own measure, on Langflow 1.13.0."""

from collections.abc import Callable, Iterable

import pytest
from playwright.sync_api import ViewportSize

from tests.browser.screen import PHONE, WINDOW, Screen

pytestmark = pytest.mark.exhaustive

# the duration moves by the difference between two words of the status, and beside Run, the mode
# moves by the difference between "Run" and "Stop"
NOTHING = 0.002
# a table is higher than the room for an output: what is below moves, on a busy machine by itself
BELOW_A_TABLE = 0.05
# the line in whose place the output begins moves by the picture's heading
ABOVE_A_PICTURE = 0.01
# an error begins outside the frame of the line in whose place it is drawn
IN_PLACE_OF_A_LINE = 0.002

BOX = "element => element.getBoundingClientRect().toJSON()"

OpenScreen = Callable[[ViewportSize], Screen]


@pytest.fixture
def open_screen(new_screen: Callable[..., Screen]) -> OpenScreen:
    """Open a window of this size, which is a phone's if it is narrow."""

    def opened(size: ViewportSize) -> Screen:
        options = {"is_mobile": True, "has_touch": True} if size == PHONE else {}
        screen = new_screen(**options)
        screen.page.set_viewport_size(size)
        return screen

    return opened


def run(screen: Screen, flow: str) -> None:
    """Choose a flow and run it with the mouse, as a person does: its events count as input."""
    screen.pick(flow)
    screen.watch_shifts()
    screen.run()


def wait_for_all(screens: Iterable[Screen]) -> None:
    """Wait until the pages show the end of their runs, and what they load for it."""
    for screen in screens:
        screen.wait("completed", "failed")
        screen.drawn()
        screen.page.wait_for_timeout(500)


def test_nothing_moves_during_a_run_of_several_components(open_screen: OpenScreen) -> None:
    words, *trips = (open_screen(size) for size in (WINDOW, WINDOW, PHONE))
    for trip in trips:
        run(trip, "Plan a trip")
    run(words, "Write word")
    output = words.part("run-status").get_by_text("You wrote")
    before = output.evaluate(BOX)  # waits also for an element that was just replaced
    wait_for_all([words, *trips])
    assert output.evaluate(BOX) == before
    assert [each for each in words.shifts() if each <= before["y"]] == []
    for each in (words, *trips):
        each.assert_shifts_below(NOTHING)


def test_nothing_moves_when_the_result_of_a_short_run_comes(open_screen: OpenScreen) -> None:
    wide, phone = open_screen(WINDOW), open_screen(PHONE)
    wide.pick("Echo")
    wide.mode("Synchronous")
    limits = {
        "Echo": NOTHING,
        "Picture": ABOVE_A_PICTURE,
        "Fails until": IN_PLACE_OF_A_LINE,
        "Table of": BELOW_A_TABLE,
    }
    for flow, limit in limits.items():
        for screen in (wide, phone):
            run(screen, flow)
        wait_for_all([wide, phone])
        for screen in (wide, phone):
            screen.assert_shifts_below(limit)
    output = wide.part("outputs").bounding_box()
    assert output
    assert [each for each in wide.shifts() if each <= output["y"]] == []
