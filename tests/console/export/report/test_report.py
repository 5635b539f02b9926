"""A run as one HTML file: escaped, without secrets, bounded, and loading nothing."""

from __future__ import annotations

from lfclient.console.export.report.report import report_html
from tests.support.reports import Page, everything, page


def test_a_report_shows_everything_about_a_run():
    text = page(everything("words of somebody")).text
    for words in (
        "Failed",
        "Background",
        "2026-11-25 01:02:03 UTC",
        "5.0 s",
        "was set",
        "Server variable words of somebody",
        "words of somebody failed",
        "Not run",
        "3 rows × 3 columns",
        "Truncated by the server: 3 rows are missing.",
        "2.0 s",
        "Image at https://evil.test/picture.png not loaded.",
    ):
        assert words in text
    assert "hunter2" not in text
    assert "langflow.example.com" not in text  # of no use to a reader elsewhere


def test_untrusted_text_adds_no_elements_attributes_or_urls():
    html = report_html(everything(), None, fetch=lambda *_: b"x")
    report = Page(html)
    allowed = {"script", "iframe", "object", "embed", "form", "link", "base", "svg", "input"}
    assert not allowed & {tag for tag, _ in report.elements}
    for tag, attributes in report.elements:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("src", "srcset", "poster", "background", "action", "data"):
            assert attributes.get(name, "data:image/png;").startswith("data:image/png;")
        address = attributes.get("href", "https://example.com/")
        assert address.startswith(("https://example.com/", "data:application/octet-stream;"))
    assert report.text.count("<script>alert(1)</script>") > 20
    policy = next(a["content"] for tag, a in report.elements if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")


def test_lone_surrogates_can_be_reported():
    assert report_html(everything("\ud800"), None).encode()


def test_texts_cannot_reverse_what_stands_after_them():
    assert "\u202e" not in report_html(everything("\u202egnp.exe"), None)


def test_the_page_has_a_language_a_title_ordered_headings_and_table_headers():
    report = page(everything("x"))
    assert report.values("html", "lang") == ["en"]
    levels = [int(tag[1]) for tag, _ in report.elements if tag[0] == "h" and tag[1:].isdecimal()]
    assert levels[0] == 1
    assert levels.count(1) == 2  # the message has one of its own
    assert all(attributes.get("alt") for tag, attributes in report.elements if tag == "img")
