"""Code, images and links are found where CommonMark has them."""

import pytest

from lfclient.console.content.markdown import UnreadableMarkdown, find_spans, normalize


def found(text):
    return [
        (span.kind, text[span.start : span.end], span.address, span.label)
        for span in find_spans(text)
    ]


@pytest.mark.parametrize(
    ("text", "written", "label"),
    [
        ("see ![a *b*](u 't') here", "![a *b*](u 't')", "a b"),
        ("![a][r]\n\n[r]: u", "![a][r]", "a"),
        ("![a][]\n\n[a]: <u> 'title'", "![a][]", "a"),
        ("![a]\n\n[A]:\n  u", "![a]", "a"),
        ("> - ![a]\n>\n> [a]: u", "![a]", "a"),
        ("1. x\n\n   > ![a\n   > b](u)", "![a\n   > b](u)", "a b"),
        ("| x |\n|---|\n| `\\|` ![a \\| b](u) |", "![a \\| b](u)", "a | b"),
        ("# ![a](u) #", "![a](u)", "a"),
        ("- a\n  ```\n![a](u)", "![a](u)", "a"),
        ("<div>\n```\n</div>\n\n![a](u)", "![a](u)", "a"),
        ("![a [b [c]]](u)", "![a [b [c]]](u)", "a [b [c]]"),
    ],
)
def test_an_image_is_found_wherever_it_is_defined(text, written, label):
    assert ("image", written, "u", label) in found(text)


@pytest.mark.parametrize(
    ("text", "written", "address", "label"),
    [
        ("[a](javascript:b)", "[a](javascript:b)", "javascript:b", "a"),
        ("[**a**](data&colon;b)", "[**a**](data&colon;b)", "data:b", "**a**"),
        ("[a][b]\n\n[b]: file:///c", "[a][b]", "file:///c", "a"),
        ("x <vbscript:c>", "<vbscript:c>", "vbscript:c", ""),
    ],
)
def test_a_link_is_found_with_any_address(text, written, address, label):
    assert found(text) == [("link", written, address, label)]


def test_an_image_in_a_link_is_found():
    assert [kind for kind, *_ in found("[![a](b)](c)")] == ["link", "image"]


def test_equal_cells_of_a_table_have_different_positions():
    text = "| ![a](u) | ![a](u) |\n|---|---|"
    assert [span.start for span in find_spans(text)] == [2, 12]


@pytest.mark.parametrize(
    "text", ["`![a](u)`", "```\n![a](u)\n```\n", "x\n\n    ![a](u)", "> ~~~\n> ![a](u)\n"]
)
def test_code_is_code(text):
    assert [kind for kind, *_ in found(text)] == ["code"]


@pytest.mark.parametrize("text", [">" * 80 + " ![a](u)", "- " * 80 + "![a](u)"])
def test_text_that_is_nested_too_deeply_is_refused(text):
    with pytest.raises(UnreadableMarkdown):
        find_spans(text)


def test_line_breaks_of_every_system_are_read():
    assert normalize("a\r\nb\rc\0") == "a\nb\nc\ufffd"
