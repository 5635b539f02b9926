"""A page in Chromium against axe-core's rules, in dark against those about colors."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

_AXE = Path(__file__).parent / "axe" / "axe.min.js"
# parts of Streamlit that a page can't change: the headers of a table's check boxes and of a column
# without a title, the zone where files are dropped
NOT_OURS = {"empty-table-header", "presentation-role-conflict"}
_MENU_BUTTONS = ".stMain [data-testid=stPopover] button:visible"
OPEN_MENU = "[data-testid=stPopoverBody]"
DIALOG = "[role=dialog]"
_ICON = re.compile(" icon$")
_IS_DRAWN = "scheme => getComputedStyle(document.querySelector('.stApp')).colorScheme === scheme"
# once the colors have faded in; an animation that is paused does not end
_VIOLATIONS = """async ({ within, rules }) => {
  const fading = ({ effect }) => isFinite(effect.getTiming().iterations);
  const faded = document.getAnimations().filter(fading).map(({ finished }) => finished);
  await Promise.race([Promise.allSettled(faded), new Promise((end) => setTimeout(end, 1000))]);
  const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
  return (await axe.run(within, { resultTypes: ["violations"], ...only })).violations;
}"""
# what a color scheme changes; the other rules see the same page in both
COLOR_RULES = ("color-contrast", "link-in-text-block")


def check(page: Page, within: str = "html", rules: tuple[str, ...] = ()) -> None:
    """Check parts of the page, also while it is redrawn, in both color schemes.

    Each of their selectors, which commas separate in `within`, has to match. It begins with the
    page's own scheme, since a change draws the page anew, and checks only the rules about colors in
    the other. Screen readers must not meet icons, about which axe says nothing.
    """
    for part in within.split(","):  # axe leaves out what is absent
        expect(page.locator(part)).not_to_have_count(0)
    page.mouse.move(0, 0)  # away from what it hovers over
    first, second = ("dark", "light") if page.evaluate(_IS_DRAWN, "dark") else ("light", "dark")
    for scheme, its_rules in ((first, rules), (second, COLOR_RULES)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_function(_IS_DRAWN, arg=scheme)
        found: list[str] = []
        for _ in range(4):
            found = violations(page, within, its_rules)
            if not found:
                break
            page.wait_for_timeout(400)
        assert not found, f"{scheme}\n" + "\n".join(found)
    expect(page.get_by_role("img", name=_ICON)).to_have_count(0)


def check_with_menus(page: Page) -> None:
    """Check the page, the same with the first of its menus open, and each other menu."""
    check(page)
    check_menus(page, first="html")


def check_menus(page: Page, first: str = OPEN_MENU) -> None:
    """Check each menu of the page, and the parts `first` while the first menu is open."""
    buttons = page.locator(_MENU_BUTTONS)
    expect(buttons).not_to_have_count(0)
    for index in range(buttons.count()):
        buttons.nth(index).click()
        expect(page.locator(OPEN_MENU)).to_be_visible()
        check(page, OPEN_MENU if index else first)
        page.keyboard.press("Escape")
        expect(page.locator(OPEN_MENU)).to_have_count(0)


def violations(page: Page, within: str = "html", rules: tuple[str, ...] = ()) -> list[str]:
    """Return the rules that a part of the page breaks, each with an element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = page.evaluate(_VIOLATIONS, {"within": within, "rules": rules})
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["id"] not in NOT_OURS
        for node in rule["nodes"]
    ]
