"""A page in Chromium against axe-core's rules, in light and dark."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

# parts of Streamlit that a page can't change: the headers of a table's check boxes and of a column
# without a title, the zone where files are dropped
NOT_OURS = {"empty-table-header", "presentation-role-conflict"}
_MENUS = ".stMain [data-testid=stPopover] button:visible"
_ICON = re.compile(" icon$")
_IS_DRAWN = "scheme => getComputedStyle(document.querySelector('.stApp')).colorScheme === scheme"
# once the colors have faded in; an animation that is paused does not end
_VIOLATIONS = """async () => {
  const fading = ({ effect }) => isFinite(effect.getTiming().iterations);
  const faded = document.getAnimations().filter(fading).map(({ finished }) => finished);
  await Promise.race([Promise.allSettled(faded), new Promise((end) => setTimeout(end, 1000))]);
  return (await axe.run({ resultTypes: ["violations"] })).violations;
}"""


def check(page: Page) -> None:
    """Check the page against all rules, in light and dark, also while it is redrawn.

    Screen readers must not meet icons, about which axe says nothing.
    """
    page.mouse.move(0, 0)  # away from what it hovers over
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_function(_IS_DRAWN, arg=scheme)
        found: list[str] = []
        for _ in range(4):
            found = violations(page)
            if not found:
                break
            page.wait_for_timeout(400)
        assert not found, f"{scheme}\n" + "\n".join(found)
    expect(page.get_by_role("img", name=_ICON)).to_have_count(0)


def check_with_menus(page: Page) -> None:
    """Check the page, which has menus, and again with each of them open."""
    check(page)
    menus = page.locator(_MENUS)
    expect(menus).not_to_have_count(0)
    for index in range(menus.count()):
        menus.nth(index).click()
        expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
        check(page)
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)


def violations(page: Page) -> list[str]:
    """Return the rules that the page breaks, each with an element."""
    # its own `run` takes twice the time: it loads axe each time and returns more than these
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(_VIOLATIONS)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["id"] not in NOT_OURS
        for node in rule["nodes"]
    ]
