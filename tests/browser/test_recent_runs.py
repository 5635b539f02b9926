"""The looks of the list of recent runs."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import PHONE, color_of
from tests.support.waiting import wait_for

pytestmark = pytest.mark.exhaustive


def test_a_wrapped_line_of_a_recent_run_is_left_aligned(screen, make_run):
    screen.page.set_viewport_size(PHONE)
    screen.open(make_run("Echo chat", "a message that is long enough for a second line"))
    line = screen.part("recent-runs").locator("button p").first
    expect(line).to_contain_text("long enough")
    height, left, last = line.evaluate(
        """line => {
            const [range, box] = [document.createRange(), line.getBoundingClientRect()];
            range.selectNodeContents(line);
            const parts = [...range.getClientRects()], bottom = parts.at(-1).bottom;
            const ends = parts.filter((part) => part.bottom > bottom - 5).map((part) => part.left);
            return [box.height, box.left, Math.min(...ends)];
        }"""
    )
    assert height > 30  # more than a line
    assert abs(left - last) < 1


def test_recent_runs_are_lines_of_columns_and_the_shown_one_is_marked(shared_screen, make_run):
    make_run("Echo chat", "short")
    long = "a message that is far too long for the column of the inputs of a run"
    shared_screen.show_run(make_run("Echo chat", long))
    rows = shared_screen.part("recent-runs").locator("button")
    expect(rows.nth(1)).to_contain_text("short")
    expect(rows.first).to_be_disabled()
    columns = [
        row.locator("p > span").evaluate_all(
            "all => all.map((one) => one.getBoundingClientRect().x)"
        )
        for row in (rows.nth(0), rows.nth(1))
    ]
    assert columns[0] == columns[1]
    head, row = (place.bounding_box() for place in (shared_screen.part("recent-head"), rows.nth(1)))
    assert (row["x"], row["width"]) == (head["x"], head["width"])
    badge = rows.nth(1).locator(".stMarkdownBadge")  # looks as in History's table
    assert color_of(badge, "color") == color_of(rows.nth(1).locator("p"), "color")
    assert rows.first.bounding_box()["height"] == rows.nth(1).bounding_box()["height"]
    color, tint = rows.first.evaluate(
        "row => [getComputedStyle(row).color, getComputedStyle(row).backgroundColor]"
    )
    assert color == rows.nth(1).evaluate("row => getComputedStyle(row).color")
    assert tint != rows.nth(1).evaluate("row => getComputedStyle(row).backgroundColor")


def test_recent_runs_of_a_half_wide_window_show_all_of_their_longer_lines(screen, make_run):
    screen.page.set_viewport_size({"width": 700, "height": 900})
    # short enough for its line with its label, which it has beside runs with other inputs
    screen.open(make_run("Plan a trip", "Lisbon, Porto and Faro, but not in August"))
    inputs = screen.part("recent-runs").locator("button p > span", has_text="Faro").first
    expect(inputs).to_contain_text("August")
    assert inputs.evaluate("part => part.scrollWidth <= part.clientWidth")


def test_recent_runs_beside_a_form_in_a_small_window_show_what_went_in_and_came_out(
    shared_screen, make_run
):
    shared_screen.page.set_viewport_size({"width": 1024, "height": 700})
    shared_screen.show_run(make_run("Echo chat", "a few words, to and fro"))
    row = shared_screen.part("recent-runs").locator("button p", has_text="to and fro").first
    row.wait_for()
    whole = "part => part.scrollWidth <= part.clientWidth"
    assert all(part.evaluate(whole) for part in row.locator("> span").all())


@pytest.mark.usefixtures("echoes")
def test_nothing_keeps_room_below_the_short_output_of_an_opened_run(shared_screen):
    """The output of a run that was started here keeps the room in which it came."""
    shared_screen.pick("Echo chat")
    shared_screen.run()
    shared_screen.wait("completed")
    shared_screen.drawn()

    def rooms() -> tuple[float, float]:
        """Pixels from the output's top to the components, and from there to the recent runs."""
        components = shared_screen.page.get_by_text("Components", exact=True).bounding_box()
        output, runs = (
            shared_screen.part(key).bounding_box() for key in ("outputs", "recent-runs")
        )
        return components["y"] - output["y"], runs["y"] - components["y"]

    shared_screen.page.get_by_text("Components", exact=True).click()
    shared_screen.drawn()
    output_before, runs_before = rooms()
    shared_screen.part("recent-runs").locator("button:enabled").first.click()
    shared_screen.drawn()
    wait_for(lambda: 0 < rooms()[0] < output_before - 100 and 0 < rooms()[1] < runs_before - 100)


def test_what_came_out_of_runs_without_inputs_has_the_room_of_both(shared_screen, make_run):
    shared_screen.show_run(make_run("Table of sample records"))
    line = shared_screen.part("recent-runs").locator("button p").first
    expect(line).to_contain_text("50 rows × 19 columns")
    room = line.evaluate(
        "line => line.getBoundingClientRect().right"
        " - line.lastElementChild.getBoundingClientRect().right"
    )
    assert room < 2
