"""Reports contain no secret of any form in any place."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    "text",
    [
        *("hunter\\_2secret", "hunter&#95;2secret", "[x](https://example.com/hunter\\_2secret)"),
        *(
            "![hunter&#95;2secret](https://evil.test/)",
            '[x](https://example.com "hunter\\_2secret")',
        ),
        *("![x](hunter&#95;2secret)", "| hunter\\_2secret |\n|---|"),
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


def test_a_secret_is_redacted_in_texts_numbers_and_names_of_data_and_tables():
    value = {"pin": 123456, "deep": ["a 123456 b", {"123456": 1}]}
    outputs = [
        output("A-1", OutputKind.DATA, value),
        output("B-1", OutputKind.DATA, "a 123456 b"),
        output("C-1", OutputKind.TABLE, [{"n": 123456, "words": "a 123456 b"}]),
    ]
    html = report_html(record_of(run_of(*outputs)), None, secrets=["123456"])
    assert "123456" not in html
    assert html.count(REDACTED) >= 6
