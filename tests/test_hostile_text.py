"""Text from others takes linear time, whatever stands in it."""

import pytest

from lfclient.common.redaction import is_secret_name, looks_like_secret
from lfclient.console.compare.text_diff import compare_words
from lfclient.console.content.csv_writer import escape_formulas
from lfclient.console.content.images import find_images
from lfclient.console.content.json_path import resolve_path
from lfclient.console.export.report.markdown import to_html
from lfclient.console.presets.fitting import fit_values
from lfclient.console.store.search_text import fold_text
from lfclient.console.store.text_search import split_terms
from lfclient.flows.model import split_key
from lfclient.outputs.extras import find_extras, parse_image
from lfclient.outputs.model import Output, OutputKind
from lfclient.outputs.tables import parse_rows
from lfclient.runs.evidence import split_preamble
from pages._ui.widgets import markdown
from tests.support.cpu_time import cpu_seconds
from tests.support.flows import flow, node

LENGTH = 8_000  # characters; quadratic time takes a second for so many
RUNS_OF_TICKS = " ".join("`" * length for length in range(1, 400))
REPEATED = (
    *(
        "a",
        ".",
        "0",
        " ",
        "\t",
        "\n \n",
        "\\",
        "\"'",
        '"a',
        "=",
        "://",
        ":a",
        "a=",
        "token1",
        "(",
        "<a",
    ),
    *("sk-", "Bearer ", "cookie: ", "Error building Component ", "**a ", "~~", "_a", "`a", "$a "),
    *(
        "$",
        "\\[",
        "```\n",
        "![",
        "[a](",
        "![a](",
        "![](data:image/png;base64,",
        "\\(",
        "> ",
        "```json\n",
        RUNS_OF_TICKS,
    ),
)
REPEATED_AFTER = (  # a beginning
    *(("a", "\t"), ("a;", "0"), ("0;", "\n"), ("=", "0"), ("```json\n", " "), ("![](", "a)")),
    *(("![](", " "), ("![](a", " "), ("![a", "[]"), ("|a|\n|", "-"), ("|a|\n", "|-"), ("|", "|")),
    *(("|a|\n|-|\n|", "\\|"), ("|a|\n|-|\n", "|a|\n"), ("$$", "a\n"), ("$", "\\$"), ("[", "]")),
    *(
        ("{", '{"a":'),
        ('["', "\\"),
        ("<https://", "a"),
        ("https://a:", "a:"),
        ("[a]: ", "b\n[a]: "),
    ),
)
FUNCTIONS = {
    "is_secret_name": is_secret_name,
    "looks_like_secret": looks_like_secret,
    "split_preamble": split_preamble,
    "parse_image": parse_image,
    "find_extras": lambda text: list(find_extras(text)),
    "parse_rows": parse_rows,
    "escape_formulas": escape_formulas,
    "resolve_path": lambda text: resolve_path({}, text),
    "to_html": lambda text: to_html(text, str, str),
    "find_images": lambda text: find_images(Output("C-1", OutputKind.MESSAGE, text)),
    "compare_words": lambda text: compare_words(text, "a b"),
    "fold_text": fold_text,
    "split_terms": split_terms,
    "split_key": lambda text: split_key(text, {"a.b"}),
    "escape": markdown.escape,
    "escape_lines": markdown.escape_lines,
    "inline_code": markdown.inline_code,
    "sanitize": markdown.sanitize,
    "strip_data_images": markdown.strip_data_images,
    "first_line": markdown.first_line,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_hostile_text_takes_linear_time(name):
    """Eight times the text takes about eight times as long; 64 times would be quadratic."""
    for start, unit in [*(("", unit) for unit in REPEATED), *REPEATED_AFTER]:
        short, long = (
            start + (unit * (length // len(unit) + 1))[:length] + "!"  # what no repetition takes
            for length in (LENGTH // 8, LENGTH)
        )
        allowed = 24 * max(cpu_seconds(FUNCTIONS[name], short), 0.002)
        assert cpu_seconds(FUNCTIONS[name], long) < allowed, (start, unit)


def test_many_unknown_keys_for_a_large_flow_take_linear_time():
    def fit(size):
        made = flow(*(node(f"Step-{number}") for number in range(size)))
        keys = [f"Other-{number}.a.b.c" for number in range(size)]
        assert len(made.fields_by_key) == 0
        return cpu_seconds(lambda keys: fit_values(made, dict.fromkeys(keys, "x"), {}), keys)

    assert fit(4_000) < 24 * max(fit(500), 0.002)


@pytest.mark.parametrize("unit", ["sk-", "://", "Bearer "])
def test_no_secret_is_found_in_a_hostile_text(unit):
    assert not looks_like_secret(unit * 300_000)


def test_the_first_line_of_a_hostile_text_is_short():
    assert len(markdown.first_line("**a " * 250_000)) <= 2_000
