"""The Run page in Chromium, on Langflow 1.13.0."""

import contextlib
import re
import sqlite3
import time
import uuid

import pytest
from playwright.sync_api import expect

from lfclient import LangflowClient
from tests.browser.screen import PREFIX, Screen


@pytest.fixture
def screen(shared_screen):
    return shared_screen


def test_ctrl_enter_starts_a_background_run(screen):
    screen.pick("Echo")
    text = f"hello {uuid.uuid4().hex}"
    screen.page.locator("textarea").first.fill(text)
    screen.page.keyboard.press("Control+Enter")
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text(text)
    expect(screen.page).to_have_title(re.compile("Completed"))


def test_a_press_during_a_run_starts_no_other_and_says_so(screen):
    screen.pick("Takes half")
    before = screen.recent()
    screen.part("run-button").get_by_role("button", name="Run").dblclick()
    screen.wait("running")
    screen.page.keyboard.press("Control+Enter")
    expect(
        screen.page.get_by_text("One run at a time: the second press was ignored.").first
    ).to_be_visible()
    running = screen.part("recent-runs").get_by_text("running")
    expect(running).to_have_count(1)
    screen.page.wait_for_timeout(3000)  # longer than the list takes to show another
    expect(running).to_have_count(1)
    assert screen.recent() <= before + 1
    screen.stop()
    screen.wait("stopped")


def test_a_reload_and_another_tab_show_the_same_run(screen):
    """Also what the events before the reload said."""
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


def test_stopping_a_synchronous_run_says_that_it_may_continue(screen, choose_mode):
    screen.pick("Takes half")
    choose_mode("Synchronous")
    screen.run()
    screen.wait("running")
    screen.stop()
    screen.wait("stopped waiting")
    expect(screen.part("run-status")).to_contain_text("It may be running on the server.")


@pytest.fixture
def frames(screen):
    """When each message from the console arrived."""
    times = []
    session = screen.page.context.new_cdp_session(screen.page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", lambda _: times.append(time.time()))
    yield times
    session.detach()


def assert_nothing_is_sent(screen, frames):
    for word in ("running", "queued"):  # runs of other tests may still be running
        running = screen.part("recent-runs").get_by_text(word)
        expect(running).to_have_count(0, timeout=60_000)
    # until the page has drawn the end of the run, and the last tick of what waited for its storage
    for _ in range(200):
        if frames and time.time() - frames[-1] > 3:
            break
        screen.page.wait_for_timeout(100)
    assert frames
    frames.clear()
    screen.page.wait_for_timeout(4000)
    assert frames == []


def test_nothing_is_sent_once_the_run_has_ended(screen, frames):
    screen.pick("Echo")
    screen.run()
    screen.wait("completed")
    assert_nothing_is_sent(screen, frames)


def test_nothing_is_sent_once_the_runs_of_the_list_have_ended(screen, frames, finish_work):
    screen.pick("Takes half")
    screen.run()
    screen.wait("running")
    screen.page.get_by_role("button", name="Close").click()
    expect(screen.part("run-status")).to_contain_text("Results appear here")
    row = screen.part("recent-runs").locator("button").first
    expect(row).to_contain_text("Running")
    finish_work()
    expect(row).to_contain_text("Completed")
    assert_nothing_is_sent(screen, frames)


def test_a_table_is_sorted_and_downloaded(screen, ended_run):
    screen.show_run(ended_run("Table of sample records"))
    expect(screen.part("outputs")).to_contain_text("50 rows")
    with screen.page.expect_download() as saved:
        screen.save("CSV").click()
    lines = saved.value.path().read_text(encoding="utf-8-sig").strip().splitlines()
    assert len(lines) == 51
    with screen.page.expect_download() as saved:
        screen.save("Parquet").click()
    assert saved.value.path().read_bytes()[:4] == b"PAR1"


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
    screen.drawn()
    assert table.bounding_box()["width"] < width * 0.6


@pytest.mark.exhaustive
def test_structured_data_is_drawn_as_a_tree(screen, ended_run):
    screen.show_run(ended_run("Read an order"))
    expect(screen.part("outputs").get_by_test_id("stJson")).to_contain_text("customer")


@pytest.mark.exhaustive
def test_a_picture_is_drawn(screen, ended_run):
    screen.show_run(ended_run("Picture card"))
    picture = screen.part("outputs").locator("img").first
    picture.wait_for()
    assert picture.evaluate("image => image.naturalWidth") > 0


@pytest.mark.exhaustive
def test_a_branch_not_taken_is_marked(screen, ended_run):
    screen.show_run(ended_run("Sort a request"))
    expect(screen.part("outputs")).to_contain_text("Skipped")
    expect(screen.part("outputs")).to_contain_text("branch that was not taken")


def test_a_failure_shows_the_reason_first_and_the_traceback_on_request(screen, ended_run):
    screen.show_run(ended_run("Fails until it gets JSON"))
    expect(screen.part("run-status")).to_contain_text("Load JSON failed")
    trace = screen.part("run-status").get_by_text("Traceback (most recent call last)")
    expect(trace).not_to_be_visible()
    screen.part("run-status").get_by_text("Details", exact=True).first.click()
    expect(trace).to_be_visible()


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


def test_text_of_a_flow_loads_and_executes_nothing(screen):
    urls = []
    screen.page.on("request", lambda request: urls.append(request.url))
    screen.pick("Echo")
    screen.page.locator("textarea").first.fill(
        "![cat](http://pictures.example/cat.png) <img src=x onerror='window.hit=1'> "
        "<script>window.hit=1</script> [link](javascript:window.hit=1)"
    )
    screen.run()
    screen.wait("completed")
    expect(screen.page.get_by_role("button", name="Load from pictures.example")).to_be_visible()
    assert not [url for url in urls if "pictures.example" in url]
    assert screen.page.evaluate("window.hit") is None


def test_the_raw_response_can_be_opened(screen, ended_run):
    screen.show_run(ended_run("Echo chat"))
    screen.trace("Raw response")
    expect(screen.page.get_by_text("The server's response.")).to_be_visible()


def test_every_run_has_its_own_session_unless_kept(screen):
    screen.pick("Echo")
    field = screen.page.get_by_label("Session", exact=True)

    def close():
        screen.page.keyboard.press("Escape")
        expect(field).to_be_hidden()

    def session():
        screen.more()
        found = field.input_value()
        close()
        return found

    def after_a_run():
        screen.run()
        screen.wait("completed")
        screen.page.get_by_role("button", name="Close", exact=True).click()
        expect(screen.part("run-status")).to_contain_text("Results appear here")
        return session()

    first = session()
    second = after_a_run()
    screen.more()
    screen.page.get_by_text("Keep session").click()
    close()
    third = after_a_run()
    assert first != second == third
    screen.more()
    screen.page.get_by_role("button", name="New", exact=True).click()
    expect(field).not_to_have_value(third)


def test_a_flow_deleted_in_the_meantime_is_reported(screen, console, sample_flows):
    with LangflowClient(sample_flows.url, sample_flows.api_key) as api:
        name = f"{PREFIX}Gone {uuid.uuid4().hex[:6]}"
        flow = api.editor.create_flow(name, {"nodes": [], "edges": []})
        screen.open(f"{console.url}/?flow={flow.id}")
        expect(screen.part("flow-picker")).to_be_visible()
        screen.page.get_by_role("button", name="Run", exact=False).first.wait_for()
        api.editor.delete_flow(flow.id)
    screen.run()
    screen.wait("failed")
    expect(screen.part("run-status")).to_contain_text(f"The server has no flow “{name}”.")
    screen.page.get_by_role("button", name="Refresh flows").click()
    expect(screen.page.get_by_text("flow of this run is no longer on the server")).to_be_visible()
    expect(screen.part("run-status")).to_contain_text("The run failed")


@pytest.mark.exhaustive
def test_a_narrow_window_stacks_its_columns_without_overflow(new_screen, ended_run):
    screen = new_screen()
    page = screen.page
    page.set_viewport_size({"width": 420, "height": 900})
    screen.show_run(ended_run("Sort a request"))
    form, panel = screen.part("flow-picker").bounding_box(), screen.part("run-panel").bounding_box()
    assert panel["y"] > form["y"] + form["height"]
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


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


@pytest.mark.exhaustive
def test_nothing_jumps_while_a_run_refreshes(screen):
    screen.pick("Takes half")
    screen.run()
    # not `wait`: a component may be shown as running while the run is still queued
    expect(screen.page).to_have_title(re.compile("Running"))
    expect(screen.part("run-panel")).to_contain_text("components")
    screen.page.wait_for_timeout(1000)
    boxes = set()
    for _ in range(20):
        box = screen.part("run-status").bounding_box()
        boxes.add((round(box["y"]), round(box["height"])))
        screen.page.wait_for_timeout(150)
    screen.stop()
    screen.wait("stopped")
    assert len(boxes) == 1


def test_the_warning_about_an_unsaved_run_comes_and_goes_by_itself(screen, console, finish_work):
    """The write waits some seconds for the lock before it fails."""
    screen.pick("Takes half")
    screen.run()
    screen.wait("running")
    warning = screen.page.get_by_text("The console cannot save its runs")
    other = sqlite3.connect(console.folder / "data" / "runs.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with contextlib.closing(other):
        finish_work()
        screen.wait("completed")
        expect(warning).to_be_visible()
    expect(warning).to_have_count(0)
    expect(screen.part("outputs")).to_contain_text("The work is done")


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
