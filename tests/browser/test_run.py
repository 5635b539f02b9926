"""The Run page in Chromium, on Langflow 1.13.0."""

import contextlib
import re
import sqlite3

import pytest
from playwright.sync_api import expect

from pages._ui.connection import server_link
from tests.browser.accessibility import check
from tests.browser.screen import PREFIX, Screen
from tests.support.waiting import wait_for


@pytest.fixture
def screen(shared_screen):
    return shared_screen


def stored_runs(console):
    with contextlib.closing(sqlite3.connect(console.folder / "data" / "runs.db")) as database:
        return database.execute("SELECT count(*) FROM runs").fetchone()[0]


def test_a_second_click_during_a_run_is_ignored(screen, console):
    screen.pick("Takes half")
    before = stored_runs(console)
    screen.part("run-button").get_by_role("button", name="Run").dblclick()
    screen.wait("running")
    screen.page.keyboard.press("Control+Enter")
    expect(
        screen.page.get_by_text("One run at a time: the second click was ignored.").first
    ).to_be_visible()
    screen.stop()
    screen.wait("stopped")
    assert stored_runs(console) == before + 1


def test_a_reload_and_another_tab_show_the_same_run(screen):
    screen.pick("Takes half")
    screen.run()
    progress = "0 of 3 components · Running Python Interpreter"
    expect(screen.part("run-panel")).to_contain_text(progress)
    expect(screen.page).to_have_title(re.compile("Running"))
    address = screen.address()
    screen.page.reload()
    screen.wait("running")
    expect(screen.part("run-panel")).to_contain_text(progress)
    other = Screen(screen.page.context.new_page())
    other.open(address)
    other.wait("running")
    screen.stop()
    for each in (screen, other):
        each.wait("stopped")
        expect(each.part("run-button")).to_be_visible()
    other.page.close()


def test_a_run_that_is_closed_continues(screen):
    screen.pick("Takes half")
    screen.run()
    screen.wait("running")
    screen.page.get_by_role("button", name="Close").click()
    expect(screen.part("run-status")).to_contain_text("Results appear here")
    expect(screen.part("run-button")).to_be_visible()
    row = screen.part("recent-runs").locator("button").first
    expect(row).to_contain_text("Running")  # the list is drawn after the status
    screen.drawn()
    row.click()
    screen.wait("running")
    screen.stop()
    screen.wait("stopped")


def test_a_page_without_active_runs_stops_polling(new_screen, finish_work):
    screen = new_screen()
    page, sent = screen.page, []
    page.clock.install()
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    screen.pick("Takes half")
    screen.run()
    screen.wait("running")
    page.get_by_role("button", name="Close").click()
    expect(screen.part("run-status")).to_contain_text("Results appear here")
    row = screen.part("recent-runs").locator("button").first
    expect(row).to_contain_text("Running")
    finish_work()
    expect(row).not_to_contain_text("Running")

    def polls_in_a_minute():
        sent.clear()
        page.clock.run_for(60_000)
        screen.drawn()
        return len(sent)

    server_checks = 60 / server_link.TICK_SECONDS + 1
    wait_for(lambda: polls_in_a_minute() <= server_checks)
    assert polls_in_a_minute() <= server_checks


@pytest.mark.exhaustive
def test_full_width_lasts_until_it_is_left(screen, ended_run):
    """The table takes the window in the next run and after a reload, too, with Run in sight."""
    screen.show_run(ended_run("Table of sample records"))
    table = screen.part("outputs").get_by_test_id("stDataFrame").first
    width = screen.page.viewport_size["width"]
    assert table.bounding_box()["width"] < width * 0.6
    screen.page.get_by_role("button", name="Full width").click()
    for use in (screen.drawn, screen.run, screen.page.reload):
        use()
        screen.wait("completed")
        back = screen.page.get_by_role("button", name="Leave full width")
        expect(back).to_be_in_viewport()
        screen.drawn()  # the table is drawn anew at the end of a run
        assert table.bounding_box()["width"] > width * 0.8
        assert table.bounding_box()["y"] < screen.part("run-form").bounding_box()["y"]
        run = screen.page.locator(".st-key-run-button").first
        expect(run).to_be_in_viewport(ratio=1)
    back.click()
    expect(back).to_have_count(0)


def test_a_failure_shows_the_reason_first_and_the_traceback_on_request(screen, ended_run):
    screen.show_run(ended_run("Fails until it gets JSON"))
    screen.drawn()
    check(screen.page)
    expect(screen.part("run-status")).to_contain_text("Load JSON failed")
    trace = screen.part("run-status").get_by_text("Traceback (most recent call last)")
    expect(trace).not_to_be_visible()
    screen.part("run-status").get_by_text("Details", exact=True).first.click()
    expect(trace).to_be_visible()


@pytest.mark.exhaustive
def test_a_failed_run_keeps_what_was_typed(screen):
    screen.pick("Fails until")
    box = screen.page.locator("textarea").first
    box.fill("{broken")
    screen.run()
    screen.wait("failed")
    expect(box).to_have_value("{broken")
    box.fill('{"a": 1}')
    screen.run()
    screen.wait("completed")


@pytest.mark.exhaustive
def test_at_twice_the_size_run_is_in_sight_and_nothing_scrolls_sideways(new_screen):
    """A browser that enlarges a window of 1440 × 900 to 200 % shows half of its pixels."""
    screen = new_screen()
    page = screen.page
    page.set_viewport_size({"width": 720, "height": 450})
    screen.pick("Sort a request")
    expect(screen.part("run-button")).to_be_in_viewport()
    screen.run()
    screen.wait("completed")
    expect(screen.part("run-button")).to_be_in_viewport()
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


def test_back_and_forward_lead_through_the_chosen_flows(new_screen):
    screen = new_screen()
    names = ["Echo chat", "Write a letter", "Sort a request", "Read an order"]
    for name in names:
        screen.pick(name)
    title = screen.page.locator(".st-key-flow-picker input")
    for name in reversed(names[:-1]):
        screen.page.go_back()
        expect(title).to_have_value(PREFIX + name)
        screen.drawn()
    screen.page.go_forward()
    expect(title).to_have_value(PREFIX + names[1])
    screen.drawn()
    screen.pick(names[2])
    screen.page.go_back()
    expect(title).to_have_value(PREFIX + names[1])


def test_the_runs_of_a_batch_are_stopped_together(new_screen):
    screen = new_screen()
    page = screen.page
    screen.pick("Takes half")
    screen.more()
    page.get_by_role("spinbutton", name="Number of runs (1 to 20)").fill("3")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    screen.part("run-button").get_by_role("button", name="Run 3 times").click()
    screen.wait("running")
    screen.part("stop-button").get_by_role("button", name="Stop this run").click()
    screen.wait("stopped")
    batch = screen.part("run-batch")
    expect(batch).to_contain_text("1 of 3 runs have ended")
    batch.get_by_role("button", name="Stop all").click()
    expect(batch).to_contain_text("3 of 3 runs have ended")
    expect(batch.get_by_role("button")).to_have_count(0)
    batch.get_by_role("link", name="Show in History").click()
    page.wait_for_url(re.compile(r"/history\?flow="))
