"""Reports contain no secret of any form in any place."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from lfclient.common.redaction import REDACTED
from lfclient.console.export.report.report import report_html
from lfclient.flows.model import Flow
from lfclient.outputs.model import OutputKind
from tests.support import flows
from tests.support.reports import Page, everything, output, page, record_of, run_of

SECRET = "s3cr<et>'&\"_x_*y*"


def test_a_report_contains_no_known_or_stored_secret():
    stored = "stored_in_*the*_flow"
    entry = flows.entry("SecretStrInput", "str", stored, password=True)
    flow = Flow.from_json(flows.graph(flows.node("Chat-1", api_key=entry)))
    for secret in (SECRET, stored):
        html = report_html(everything(f"a {secret} b"), flow, secrets=[SECRET])
        report = Page(html)
        for piece in ("s3cr", "stored_in", "the</em>", "y</em>"):
            assert piece not in html + report.text
        assert report.text.count(REDACTED) > 20


SECRETS = [
    *("default", "content", "strong", "figure", "number", "header", "iVBORw", "AAAAAA", "base64"),
    *(
        "123456",
        "-123456",
        "1.23456",
        "1e+100",
        "nothing-secret",
        "hunter_2*secret*",
        "<b>bold</b>",
    ),
    *(
        '"quoted"',
        "it's & so",
        "back\\slash",
        "two\nlines",
        "pä ss/w?rd=1",
        "a|b|c|d|e",
        "{{ 7*7 }}",
    ),
    *("https://example.com/key", "| --- |", "漢字漢字漢字", "\u202esecret"),
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_of_any_form_is_redacted_and_leaves_the_page_intact(secret):
    number = float(secret) if secret.lstrip("-")[0].isdigit() else 1
    number = int(number) if secret.lstrip("-").isdecimal() else number
    report, plain = _with(secret, number, secrets=[secret]), _redacted(number != 1)
    # a short secret may also be a word of the page itself
    assert _texts(report).count(secret) <= _texts(plain).count(secret)
    assert [tag for tag, _ in report.elements] == [tag for tag, _ in plain.elements]
    assert report.values("img", "src") == plain.values("img", "src")
    assert report.values("a", "href") == plain.values("a", "href")
    assert report.text.count(REDACTED) >= plain.text.count(REDACTED)


@functools.cache
def _redacted(has_number):
    """Return the page of a run that has a mark in place of its secrets."""
    return _with(REDACTED, REDACTED if has_number else 1)


def _with(text, number, **options):
    record = everything(f"a {text} b")
    more = {"Number-1": output("Number-1", OutputKind.DATA, {"n": number})}
    more["Numbers-1"] = output("Numbers-1", OutputKind.TABLE, [{"n": number, "deep": [number]}])
    run = replace(record.run, outputs=record.run.outputs | more)
    record = replace(record, run=run, overrides={**record.overrides, "Chat-1.number": number})
    return page(record, fetch=lambda *_: bytes(30), **options)


def _texts(report):
    """Return the text and attributes of a page, without its images and files."""
    values = [value for _, each in report.elements for value in each.values() if value]
    return "\n".join([report.text, *(one for one in values if "base64," not in one)])


@pytest.mark.parametrize(
    "text",
    [
        *("hunter\\_2secret", "hunter&#95;2secret", "[x](https://example.com/hunter\\_2secret)"),
        *(
            "![hunter&#95;2secret](https://evil.test/)",
            '[x](https://example.com "hunter\\_2secret")',
        ),
        *(
            "![x](hunter&#95;2secret)",
            "| hunter\\_2secret |\n|---|",
        ),
    ],
)
def test_a_secret_written_with_markdown_escapes_is_redacted(text):
    record = record_of(run_of(output("C-1", OutputKind.MESSAGE, text)))
    html = report_html(record, None, secrets=["hunter_2secret"])
    assert "2secret" not in html
    assert REDACTED in html


def test_the_name_of_a_server_variable_is_not_redacted():
    entry = flows.entry("SecretStrInput", "str", "OPENAI_API_KEY", password=True, load_from_db=True)
    flow = Flow.from_json(flows.graph(flows.node("Chat-1", api_key=entry)))
    record = record_of(run_of(output("C-1", OutputKind.MESSAGE, "set OPENAI_API_KEY first")))
    assert "OPENAI_API_KEY" in page(record, flow).text
