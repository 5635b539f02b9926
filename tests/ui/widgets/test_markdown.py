"""Untrusted text is shown as text."""

import base64

import pytest
from markdown_it import MarkdownIt

from pages._ui.widgets.markdown import (
    escape,
    escape_lines,
    escape_message,
    inline_code,
    is_formatted,
    sanitize,
    strip_data_images,
)
from tests.support.hostile_markdown import IMAGES, LINKS, TRACE
from tests.support.reports import PNG, png_header


@pytest.mark.parametrize(
    "text", ["*bold*", "[a](http://b)", "![a](http://b)", "<b>", "$x$", "# h", ":red[x]", "`c`"]
)
def test_all_markdown_markup_is_escaped(text):
    escaped = escape(text)
    assert escaped.replace("\\", "").replace("\u2060", "") == text
    assert all(escaped[escaped.index(mark) - 1] == "\\" for mark in set(text) & set("*[]!<>$#`:"))


def test_icon_names_are_escaped():
    assert ":material/" not in escape(":material/home:").replace("\\", "")


@pytest.mark.parametrize("text", ["http://a.b/c", "see www.a.b", "user1@example.com"])
def test_bare_addresses_are_escaped(text):
    shown = escape(text).replace("\\", "")
    assert "://" not in shown
    assert "www." not in shown
    assert "@e" not in shown


@pytest.mark.parametrize("shown", [escape, escape_lines, inline_code])
def test_text_cannot_reverse_what_stands_after_it(shown):
    assert shown("exe\u202egnp\u2066.txt").strip("`").replace("\\", "") == "exegnp.txt"


def test_escaped_text_is_one_line():
    """Line breaks could begin a block of Markdown."""
    assert escape("a\n\n- b") == "a \\- b"


def test_remote_images_are_stripped():
    safe, found = sanitize('x ![cat](https://p.example/c.png "title") y')
    assert found == ["https://p.example/c.png"]
    assert "![" not in safe
    assert "p\\.example" in safe


@pytest.mark.parametrize("text", [*IMAGES.values(), *LINKS.values()], ids=[*IMAGES, *LINKS])
def test_no_unwanted_address_is_left(text):
    parser = MarkdownIt("commonmark").enable("table")
    parser.validateLink = lambda url: True
    assert TRACE not in parser.render(sanitize(text)[0])


@pytest.mark.parametrize(
    "text",
    [
        "1. a", "* a", "# a", "a\n---", "> a", "    a", "|a|\n|-|", "*a*", "_a_", "`a`", "~a~",
        "~~a~~", "![a](http://b)", "[a](b)", "[a]\n\n[a]: b", "www.example.com", "HTTPS://example.com",
        "a@example.com", "<tel:1>", "$x^2$", "\\(x^2\\)", "\\*", "&amp;",
    ],
)  # fmt: skip
def test_what_markdown_changes_is_a_format(text):
    assert is_formatted(f"Some words\n\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "a\nb  \n\nc\r\nd", "2 * 3 * 4 - 5", "snake_case_name", "$5 & ~10 or C# 1.5",
        ":red[a] :smile: <b>", "me@home", "[a] (b)", ">" * 60 + " *a*",  # nested too deeply
    ],
)  # fmt: skip
def test_lines_of_words_have_no_format(text):
    assert not is_formatted(text)


def test_links_to_pages_and_addresses_stay():
    text = "[a](https://b/c) [d](/e#f) [g][h] <mailto:i@j> [k](tel:123)\n\n[h]: http://l"
    assert sanitize(text) == (text, [])


def test_a_link_that_is_removed_leaves_its_words():
    assert sanitize("see [the **file**](file:///etc/x) now")[0] == "see the **file** now"


def test_text_that_is_nested_too_deeply_is_drawn_as_text():
    safe, urls = sanitize(">" * 60 + " ![a](http://b/c.png)")
    assert safe == escape_lines(">" * 60 + " ![a](http://b/c.png)")
    assert urls == []


def test_a_footnote_is_drawn_where_it_stands():
    """Its lines could hide an image from every parser without footnotes."""
    assert sanitize("a[^1]\n\n[^1]: b")[0] == "a[^1]\n\n\\[^1]: b"


def image_uri(data: bytes = PNG) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize("uri", [image_uri(), "data:image/svg+xml,%3Csvg/%3E"])
def test_data_images_are_kept(uri):
    text = f"![dot]({uri})"
    assert sanitize(text) == (text, [])


def test_an_image_of_too_many_pixels_is_named_instead_of_decoded_by_the_browser():
    """One of 25 kB would take 800 MB."""
    text = f"a ![big]({image_uri(png_header(10_000, 20_000))}) and [![big][r]](https://b.c)\n\n"
    text += f"[r]: {image_uri(png_header(20_000, 10_000))}"
    safe, _ = sanitize(text)
    assert "![" not in safe
    assert "*image “big” is not shown: it has 10,000 × 20,000 pixels, more than 25" in safe
    assert "20,000 × 10,000 pixels" in safe


@pytest.mark.parametrize(
    "uri",
    [
        "data:image/png;base64,AAAA",
        f"DATA:IMAGE/PNG;BASE64,{image_uri(png_header(10_000, 20_000)).partition(',')[2]}",
        image_uri(png_header(10_000, 20_000)).replace("iVBO", "iVB%4F"),
        "data:image/avif;base64,AAAAHGZ0eXBhdmlm",
    ],
)
def test_a_data_image_of_unknown_size_is_named(uri):
    """A browser might read what the console can't."""
    assert sanitize(f"![x]({uri})")[0].startswith("*image “x” is not shown: it is damaged")


@pytest.mark.parametrize(
    "text", ["`![a](http://b/c.png)`", "```\n![a](http://b/c.png)\n```", "~~~\n![a](http://b)\n~~~"]
)
def test_code_is_unchanged(text):
    assert sanitize(text) == (text, [])


@pytest.mark.parametrize("text", [":red[warn]", "a :heart: b", ":material/delete:", "(:smile:)"])
def test_streamlits_own_markup_is_escaped(text):
    safe, _ = sanitize(text)
    assert safe.replace("\\", "").replace("\u2060", "") == text
    assert safe != text


@pytest.mark.parametrize(
    "text", ["at 12:30:45", "http://a:b:c/x", "note: this", "a:b:c", "`:red[x]`"]
)
def test_other_colons_are_unchanged(text):
    assert sanitize(text) == (text, [])


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        (
            "$\\int\\!\\left(\\tfrac12\\right)dx \\\\ \\text{for } \\hat{x}\\in\\mathbb{R}$",
            None,
        ),
        ("area $\\pi r^2$, $x$ and $a:red[b]$", None),
        ("so $$y^2$$ holds", None),
        ("$$\\frac{a}{b}$$", "\n$$\n\\frac{a}{b}\n$$\n"),
        ("\\(a_1\\) and \\[b^2\\] here", "$a_1$ and $$b^2$$ here"),
        ("`$5` and ``a ` $b$``", None),
        ("```sh\necho $HOME $x$\n```", None),
    ],
)
def test_formulas_are_unchanged(text, drawn):
    assert sanitize(text)[0] == (drawn or text)


@pytest.mark.parametrize(
    "text",
    ["$5 and $6", "US$5 or US$6", "from $1,000-$2,000", "$HOME:$PATH", "$20 in cash, 30$", "$$"],
)
def test_a_price_is_not_a_formula(text):
    """Dollar signs around other text are shown."""
    assert sanitize(text)[0] == text.replace("$", "\\$")


@pytest.mark.parametrize(
    "formula",
    [
        r"\raisebox{9em}{Run}", r"\smash{x}", r"\llap{x}", r"\rlap {x}", r"\mathrlap{x}",
        r"\mkern-99mu x", r"\hskip-9em x", r"\hspace*{-9em}x", r"\text{\color{red}x}",
        r"\fcolorbox{red}{red}{x}", r"\colorbox{red}{x}", r"\textcolor{white}{x}", r"\def\a{x}\a",
        r"\newcommand{\a}{x}\a", r"\let\a\kern", r"\genfrac{}{}{9em}{}{}{}", r"{a\above 9em b}",
        r"\rule{9em}{9em}", r"\begin{matrix}a\\[-9em]b\end{matrix}", r"\htmlStyle{}{x}",
    ],
)  # fmt: skip
def test_a_formula_that_moves_or_colors_is_shown_as_its_source(formula):
    assert sanitize(f"see ${formula}$ here")[0] == f"see `${formula}$` here"


def test_delimiters_and_links_hide_no_formula_that_moves():
    for whole in (r"$$\kern-9em x$$", r"\(\kern-9em x\)", r"\[\kern-9em x\]"):
        assert sanitize(f"[{whole}](https://x.example)")[0] == f"[`{whole}`](https://x.example)"


def test_an_escaped_dollar_stays_escaped():
    assert sanitize("\\$5 and \\(a\\)")[0] == "\\$5 and $a$"


def test_images_with_brackets_in_name_and_url_are_found():
    """Nested as deeply as in practice."""
    safe, found = sanitize("![a [b]](http://x.example/c_(1).png)")
    assert found == ["http://x.example/c_(1).png"]
    assert "![" not in safe


def test_large_images_are_replaced_by_their_names():
    """In any style of Markdown; code stays, without the data."""
    text = (
        'a ![cat](<data:image/png;base64,AA==> "title") b `![x](data:image/png;base64,AA==)`'
        "\n\n![dog][d]\n\n[d]: data:image/svg+xml,%3Csvg/%3E"
    )
    stripped = strip_data_images(text)
    assert "AA==" not in stripped
    assert "svg" not in stripped
    safe, urls = sanitize(stripped)
    assert safe.startswith("a *image “cat”* b `![x](data:)`\n\n*image “dog”*\n")
    assert not urls


def test_inline_code_can_be_copied():
    assert inline_code("http://127.0.0.1:7860/a`b") == "`http://127.0.0.1:7860/a'b`"
    assert inline_code(" ") == ""


def test_each_remote_image_is_listed_once():
    assert sanitize("![](http://a/b)![](http://a/b)")[1] == ["http://a/b"]


def test_markup_in_code_over_2000_characters_stays():
    code = f"`{'x ' * 1_100}$HOME :red[x]`"
    safe, urls = sanitize(f"{code} then :red[OWNED] ![a](https://b.example/c.png) and `end")
    assert safe == f"{code} then \\:red[OWNED] *image “a” from b\\.example* and `end"
    assert urls == ["https://b.example/c.png"]


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
    assert sanitize(text)[0] == drawn


def test_escaped_lines_keep_line_breaks_and_spaces_but_no_markup():
    assert escape_lines("a  b\n\n*c* :red[d]") == "a \u00a0b  \n\u2060  \n\\*c\\* \\:red\\[d\\]"


def test_addresses_in_a_message_are_code_without_invisible_characters():
    message = "Nothing responds at http://[::1]:7860/a_b. See “https://x.example/*y*” (http://z)."
    assert escape_message(message) == (
        "Nothing responds at `http://[::1]:7860/a_b`\\. See “`https://x.example/*y*`” "
        "\\(`http://z`\\)\\."
    )
    assert escape_message("*a*  b") == escape("*a* b")
