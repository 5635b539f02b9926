"""A page in Chromium against axe-core's rules, in light and dark."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

# parts of Streamlit that a page can't change: the headers of a table's check boxes and of a column
# without a title, the zone where files are dropped
NOT_OURS = {"empty-table-header", "presentation-role-conflict"}
_ICON = re.compile(" icon$")
_VIOLATIONS = 'axe.run({resultTypes: ["violations"]}).then(({violations}) => violations)'


def check(page: Page) -> None:
    """Check the page against all rules, in light and dark, also while it is redrawn.

    Screen readers must not meet icons, about which axe says nothing.
    """
    page.mouse.move(0, 0)  # away from what it hovers over
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found: list[str] = []
        for _ in range(4):
            page.wait_for_timeout(400)  # colors fade in
            found = violations(page)
            if not found:
                break
        assert not found, f"{scheme}\n" + "\n".join(found)
    expect(page.get_by_role("img", name=_ICON)).to_have_count(0)


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
