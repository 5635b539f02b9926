"""A run opened in another browser, repeated and compared, on Langflow 1.13.0."""

import re
import uuid

from playwright.sync_api import expect

from tests.browser.accessibility import check
from tests.browser.screen import internal_errors
from tests.support.waiting import wait_for


def test_a_run_that_is_opened_elsewhere_fills_the_form_and_runs_again(shared_screen, make_run):
    text = f"first {uuid.uuid4().hex}"
    address = make_run("Echo chat", text)
    shared_screen.open(address)
    shared_screen.wait("completed")
    expect(shared_screen.part("outputs")).to_contain_text(text)
    expect(shared_screen.page.locator("textarea").first).to_have_value(text)
    expect(shared_screen.part("form-filled")).to_contain_text(
        "Filled with the inputs of an earlier run"
    )
    check(shared_screen.page, ".st-key-form-filled")
    shared_screen.drawn()
    shared_screen.run()
    expect(shared_screen.page).not_to_have_url(address)
    shared_screen.wait("completed")
    expect(shared_screen.part("outputs")).to_contain_text(text)
    expect(shared_screen.part("form-filled")).to_have_count(0)


def test_reading_a_recent_run_keeps_what_was_typed(shared_screen):
    shared_screen.pick("Echo")
    box = shared_screen.page.locator("textarea").first
    old = f"old {uuid.uuid4().hex}"
    box.fill(old)
    shared_screen.run()
    shared_screen.wait("completed")
    shared_screen.close()
    typed = "A long question that took a while to write"
    box.fill(typed)
    shared_screen.page.get_by_role("button", name=re.compile(old[:20])).first.click()
    expect(box).to_have_value(old)
    shared_screen.drawn()
    expect(shared_screen.part("outputs")).to_contain_text(old)
    shared_screen.page.get_by_role("button", name="Close", exact=True).click()
    expect(box).to_have_value(typed)


def test_a_run_is_compared_with_an_earlier_one_of_its_flow(shared_screen, make_run, console):
    make_run("Echo chat", "the sun over Lisbon")
    shared_screen.show_run(make_run("Echo chat", "the rain over Lisbon"))
    page = shared_screen.page
    opener = page.get_by_role("button", name="Compare with")
    page.set_viewport_size({"width": 1440, "height": 764})  # room for an empty menu
    opener.click()
    expect(page.get_by_role("link", name="Choose runs")).to_be_in_viewport(ratio=1)
    earlier = page.get_by_role("link", name="the sun over Lisbon").first
    expect(earlier).to_contain_text("the sun over Lisbon → the sun over Lisbon")
    earlier.click()
    page.wait_for_url("**/compare?runs=*")
    expect(shared_screen.part("compared-inputs")).to_contain_text("the sun over Lisbon")
    words = shared_screen.part("compared-pair-0-2-1")  # the open run is the baseline
    expect(words).to_contain_text("− rain")
    expect(words).to_contain_text("+ sun")
    shared_screen.drawn()  # a chart that is still loading keeps the width it began with
    page.set_viewport_size({"width": 500, "height": 900})
    main = page.get_by_test_id("stMain")
    wait_for(lambda: main.evaluate("main => main.scrollWidth <= main.clientWidth"))
    assert internal_errors(console) == []
