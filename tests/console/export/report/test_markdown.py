"""Messages in a report: read as Markdown, which loads nothing and links to the web only."""

from __future__ import annotations

import base64

import pytest

from lfclient.console.export.report import blocks, markdown
from lfclient.outputs.model import OutputKind
from tests.support.reports import PNG, of, output


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://evil.test/a.png)",
        "![x][r]\n\n[r]: https://evil.test/a.png",
        "[![x](https://evil.test/a.png)](https://example.com/)",
        "<img src='https://evil.test/a.png'>",
        "<style>@import 'https://evil.test/a.css'</style>",
        "![x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](data:image/svg+xml,%3Csvg/onload=alert(1)%3E)",
    ],
)
def test_markdown_names_remote_images_and_loads_nothing(text):
    report = of(output("C-1", OutputKind.MESSAGE, text))
    assert [tag for tag, _ in report.elements if tag in ("img", "svg", "image", "link")] == []


@pytest.mark.parametrize(
    "text", ["[x](javascript:alert(1))", "[x](data:text/html,y)", "[x](vbscript:a)"]
)
def test_markdown_links_only_to_the_web(text):
    assert of(output("C-1", OutputKind.MESSAGE, text)).values("a", "href") == []


def test_markdown_is_rendered_and_keeps_line_breaks():
    text = (
        "# T\n\n| a |\n|--:|\n| 1 |\n\n~~x~~ `y`\n\n```py\nz\n```\n[l](https://example.com/)\nend"
    )
    report = of(output("C-1", OutputKind.MESSAGE, text))
    tags = [tag for tag, _ in report.elements]
    assert {"table", "s", "code", "a", "br"} <= set(tags)
    assert report.values("a", "rel") == ["noopener noreferrer nofollow"]


def test_long_texts_are_plain_and_truncated(monkeypatch):
    monkeypatch.setattr(markdown, "MAX_MARKDOWN_LENGTH", 1000)
    monkeypatch.setattr(blocks, "MAX_TEXT_LENGTH", 2000)
    report = of(output("C-1", OutputKind.MESSAGE, "*a* " * 600))
    assert (
        "Shown as plain text: 2,400 characters are too many to render as Markdown." in report.text
    )
    assert "The last 400 characters are omitted." in report.text
    large = "data:image/png;base64," + base64.b64encode(PNG + bytes(3000)).decode()
    report = of(output("C-1", OutputKind.MESSAGE, f"*a* ![x]({large})"))
    assert report.values("img", "src") == [large]
    assert "em" in [tag for tag, _ in report.elements]


def test_a_message_that_takes_too_long_to_render_is_plain_text():
    report = of(output("C-1", OutputKind.MESSAGE, "![" * 5_000))
    assert "Shown as plain text: it takes too long to render as Markdown." in report.text
    assert "![![" in report.text
