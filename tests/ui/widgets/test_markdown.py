"""Untrusted text is shown as text."""

import time
from datetime import UTC, datetime

import pytest

from pages._ui.widgets.markdown import (
    escape,
    first_line,
    format_full_time,
    format_time,
    humanize,
    inline_code,
    strip_data_images,
    strip_remote_images,
)


@pytest.mark.parametrize(
    "text", ["*bold*", "[a](http://b)", "![a](http://b)", "<b>", "$x$", "# h", ":red[x]", "`c`"]
)
def test_all_markdown_markup_is_escaped(text):
    escaped = escape(text)
    assert escaped.replace("\\", "").replace("\u2060", "") == text
    assert all(escaped[escaped.index(mark) - 1] == "\\" for mark in set(text) & set("*[]!<>$#`:"))


def test_icon_names_are_escaped():
    assert ":material/" not in escape(":material/home:").replace("\\", "")


@pytest.mark.parametrize("text", ["http://a.b/c", "see www.a.b"])
def test_bare_urls_are_escaped(text):
    shown = escape(text).replace("\\", "")
    assert "://" not in shown
    assert "www." not in shown


def test_escaped_text_is_one_line():
    """Line breaks could begin a block of Markdown."""
    assert escape("a\n\n- b") == "a \\- b"


def test_remote_images_are_stripped():
    safe, found = strip_remote_images('x ![cat](https://p.example/c.png "title") y')
    assert found == ["https://p.example/c.png"]
    assert "![" not in safe
    assert "p\\.example" in safe


def test_data_images_are_kept():
    text = "![dot](data:image/png;base64,AAAA)"
    assert strip_remote_images(text) == (text, [])


@pytest.mark.parametrize(
    "text", ["`![a](http://b/c.png)`", "```\n![a](http://b/c.png)\n```", "~~~\n![a](http://b)\n~~~"]
)
def test_code_is_unchanged(text):
    assert strip_remote_images(text) == (text, [])


@pytest.mark.parametrize("text", [":red[warn]", "a :heart: b", ":material/delete:", "(:smile:)"])
def test_streamlits_own_markup_is_escaped(text):
    safe, _ = strip_remote_images(text)
    assert safe.replace("\\", "").replace("\u2060", "") == text
    assert safe != text


@pytest.mark.parametrize(
    "text", ["at 12:30:45", "http://a:b:c/x", "note: this", "a:b:c", "`:red[x]`"]
)
def test_other_colons_are_unchanged(text):
    assert strip_remote_images(text) == (text, [])


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("area $\\pi r^2$, $x$ and $a:red[b]$", None),
        ("so $$y^2$$ holds", None),
        ("$$\\frac{a}{b}$$", "\n$$\n\\frac{a}{b}\n$$\n"),
        ("\\(a_1\\) and \\[b^2\\] here", "$a_1$ and $$b^2$$ here"),
        ("`$5` and ``a ` $b$``", None),
        ("```sh\necho $HOME $x$\n```", None),
    ],
)
def test_formulas_are_unchanged(text, drawn):
    assert strip_remote_images(text)[0] == (drawn or text)


@pytest.mark.parametrize(
    "text",
    ["$5 and $6", "US$5 or US$6", "from $1,000-$2,000", "$HOME:$PATH", "$20 in cash, 30$", "$$"],
)
def test_a_price_is_not_a_formula(text):
    """Dollar signs around other text are shown."""
    assert strip_remote_images(text)[0] == text.replace("$", "\\$")


def test_an_escaped_dollar_stays_escaped():
    assert strip_remote_images("\\$5 and \\(a\\)")[0] == "\\$5 and $a$"


def test_images_with_brackets_in_name_and_url_are_found():
    """Nested as deeply as in practice."""
    safe, found = strip_remote_images("![a [b]](http://x.example/c_(1).png)")
    assert found == ["http://x.example/c_(1).png"]
    assert "![" not in safe


@pytest.mark.parametrize("mark", ["$", "`", "\\(", "\\[", "![", "![a](", "$a", "```\n"])
def test_malformed_markup_takes_linear_time(mark):
    start = time.process_time()
    strip_remote_images(mark * (50_000 // len(mark)))
    assert time.process_time() - start < 2


def test_large_images_are_replaced_by_their_names():
    """Images in code stay."""
    text = "a ![cat](data:image/png;base64,AA==) b `![x](data:image/png;base64,AA==)`"
    assert strip_data_images(text) == "a *image “cat”* b `![x](data:image/png;base64,AA==)`"


def test_inline_code_can_be_copied():
    assert inline_code("http://127.0.0.1:7860/a`b") == "`http://127.0.0.1:7860/a'b`"
    assert inline_code(" ") == ""


def test_each_remote_image_is_listed_once():
    assert strip_remote_images("![](http://a/b)![](http://a/b)")[1] == ["http://a/b"]


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("**Lisbon**: _sunny_, `25`", "Lisbon: sunny, 25"),
        ("```python\nprint(1)", "print(1)"),
        ("> - # x", "x"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("![](data:image/png;base64,AAA)\nA picture", "A picture"),
        ("***", "***"),
        ("", ""),
    ],
)
def test_the_first_line_has_no_markup(markdown, words):
    assert first_line(markdown) == words


def test_an_identifier_becomes_a_label():
    assert humanize("dataframe_output") == "Dataframe output"
    assert humanize("toJSON") == "ToJSON"


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (datetime(2026, 3, 31, 0, 5), "00:05"),
        (datetime(2026, 3, 30, 23, 5), "30 Mar, 23:05"),
        (datetime(2025, 3, 31, 0, 5), "31 Mar 2025, 00:05"),
    ],
)
def test_a_time_has_a_date_unless_it_is_today(then, expected):
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert format_time(then.replace(tzinfo=UTC), now) == expected


def test_a_full_time_names_its_time_zone():
    then = datetime(2026, 3, 31, 0, 5, 9, tzinfo=UTC)
    assert format_full_time(then) == "31 Mar 2026, 00:05:09 (UTC)"


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("one\ntwo\n\nthree", "one  \ntwo\n\nthree"),
        ("one   \n  two", "one  \n  two"),
        ("so $x = 1$\nthen", "so $x = 1$  \nthen"),
        ("one\\\ntwo", "one\\\ntwo"),
        ("```\none\ntwo\n```", "```\none\ntwo\n```"),
        ("$$\nx = 1\n$$", "\n$$\nx = 1\n$$\n"),
    ],
)
def test_line_breaks_are_kept(text, drawn):
    assert strip_remote_images(text)[0] == drawn
