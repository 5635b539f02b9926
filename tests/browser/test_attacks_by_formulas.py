"""Formulas and stacked accents in untrusted Markdown draw nothing outside their text."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page, expect

from tests.support.console_process import Console

PAGE = Path(__file__).parent / "formulas_page.py"
# the first three are shown as their source, the fourth moves by a command of ordinary mathematics
HOSTILE = {
    "raised": r"$\raisebox{6em}{$\colorbox{purple}{\Huge Run}$}$",
    "bar": r"$\smash{\rule[-9em]{40em}{20em}}$",
    "macro": r"$\def\a{\llap{\rule{9em}{9em}}}\a\a$",
    "negative spaces": "$x" + r"\!" * 90 + r"\boxed{\Huge Run}$",
    "stacked accents": "`Run` x" + "\u0301" * 90,
    "wide accents": "`Run` x" + "\u20e3" * 999,
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The test page `formulas_page.py`, behind the console's security headers."""
    with Console(tmp_path_factory.mktemp("formulas"), script=PAGE) as started:
        yield started


def test_no_pixel_outside_the_text_comes_from_it(drawn: Console, window: Callable[..., Page]):
    page = window()
    for name, label in HOSTILE.items():
        text = f"Answer: [{label}](https://elsewhere.example)"
        page.goto(f"{drawn.url}/?text={quote(text)}")
        expect(page.locator(".st-key-untrusted").locator("code, .katex").first).to_be_attached()
        page.evaluate("document.fonts.ready")
        with_text = outside_card(page)
        page.add_style_tag(content=".st-key-untrusted * { visibility: hidden }")
        assert ImageChops.difference(with_text, outside_card(page)).getbbox() is None, name


def test_ordinary_mathematics_is_drawn(drawn: Console, window: Callable[..., Page]):
    page = window()
    text = (
        r"$\sum_{i=1}^n \frac{a_i}{\sqrt{b}}$ and $\begin{pmatrix} a & b \\\\ c & d \end{pmatrix}$"
    )
    page.goto(f"{drawn.url}/?text={quote(text)}")
    expect(page.locator(".katex-html")).to_have_count(2)
    expect(page.locator(".katex-error")).to_have_count(0)


def outside_card(page: Page) -> Image.Image:
    """Return a picture of the page with the card in white."""
    page.mouse.move(0, 0)
    box = page.locator(".st-key-untrusted").bounding_box()
    assert box
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    left, top = int(box["x"]), int(box["y"])
    card = (left, top, left + int(box["width"]) + 1, top + int(box["height"]) + 1)
    picture.paste("white", card)
    return picture
