"""Chromium for the benchmarks: measures inside the page, to the millisecond."""

from __future__ import annotations

from playwright.sync_api import Page

# Installed before the click: records when the text of `selector` changes to one that contains
# `texts`, by the page's clock.
_WATCH = """
([selector, texts, click]) => new Promise((resolve, reject) => {
  const isShown = () => [...document.querySelectorAll(selector)]
    .some((e) => texts.some((w) => e.innerText.toLowerCase().includes(w)));
  let start = 0;
  const observer = new MutationObserver(() => {
    if (isShown()) { observer.disconnect(); resolve(performance.now() - start); }
  });
  observer.observe(document.body, {subtree: true, childList: true, characterData: true});
  setTimeout(() => { observer.disconnect(); reject(new Error('not shown: ' + texts)); }, 60000);
  start = performance.now();
  if (click) document.querySelector(click).click();
})
"""


def settle(page: Page) -> None:
    """Wait until Streamlit's script has been idle for a third of a second."""
    page.evaluate(
        """() => new Promise((resolve) => {
          const app = document.querySelector('[data-testid="stApp"]');
          let since = performance.now();
          const timer = setInterval(() => {
            const now = performance.now();
            if (app.getAttribute('data-test-script-state') === 'running') since = now;
            if (now - since > 333) { clearInterval(timer); resolve(); }
          }, 20);
        })"""
    )


def click_to_text(page: Page, click: str, selector: str, texts: list[str]) -> float:
    """Milliseconds from a click on `click` until `selector` shows one of `texts` (lower case)."""
    return float(page.evaluate(_WATCH, [selector, texts, click]))
