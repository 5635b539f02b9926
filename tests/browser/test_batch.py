"""The runs that one press of Run started, in Chromium."""

from playwright.sync_api import expect


def test_the_runs_of_a_press_are_stopped_together(screen):
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
    expect(page.get_by_role("switch", name="Group equal results")).to_be_checked()
