"""Exports of a run: report, outputs and snippets."""

import io
import zipfile
from dataclasses import replace

import pytest

from lfclient.errors import LangflowError
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection import request_cache, servers
from pages._ui.connection.app_context import app_context
from pages._ui.run.details import RunExporter
from pages._ui.state import run_page
from tests.support import flows
from tests.support.http_stand_in import flow
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    add_running_run,
    open_app,
    open_run_tab,
    page_text,
)

STORED = "sk-stored-123456"
KEY = "sk-configured-key"
FILE, GONE = (f"00000000-0000-4000-8000-00000000000{letter}" for letter in "fe")


def answer(**outputs):
    found = {name: Output(name, kind, value) for name, (kind, value) in outputs.items()}
    return Run(ONE, "sync", RunStatus.COMPLETED, outputs=found)


def buttons(app):
    return [one.proto.label for one in app.get("download_button")]


def files(record):
    return RunExporter(servers.current(), app_context().runner, record.id)


def test_an_ended_run_offers_report_and_outputs(langflow_stand_in):
    record = add_ended_run(langflow_stand_in.url, run=answer(A=(OutputKind.DATA, {"a": 1})))
    app = open_app(run=record.id)
    assert {"Report (HTML)", "Outputs (ZIP)"} <= set(buttons(app))
    more = {"id": "b" * 32, "submit_token": "b"}
    app = open_app(run=add_ended_run(langflow_stand_in.url, run=answer(), **more).id)
    assert "Report (HTML)" in buttons(app)
    assert "Outputs (ZIP)" not in buttons(app)


def test_the_exports_have_no_secret_of_a_flow_that_loads_slowly(langflow_stand_in, monkeypatch):
    """The page with the button may be drawn without the flow."""
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.05)
    key = flows.entry("SecretStrInput", "str", STORED, password=True)
    langflow_stand_in.set_flows(flow(ONE, "Keys", [flows.node("M-1", key=key)]))
    langflow_stand_in.delays[f"GET /api/v1/flows/{ONE}"] = 0.2
    run = answer(A=(OutputKind.DATA, {"a": f"with {STORED}"}))
    made = files(add_ended_run(langflow_stand_in.url, run=run))
    report, archive = made.report().decode(), zipfile.ZipFile(io.BytesIO(made.archive()))
    assert "with ••••" in report
    assert STORED not in report
    assert STORED.encode() not in b"".join(map(archive.read, archive.namelist()))


def test_a_deleted_run_cannot_be_exported(langflow_stand_in):
    record = add_ended_run(langflow_stand_in.url, run=answer())
    made = files(replace(record, id="b" * 32))
    for make in (made.report, made.archive):
        with pytest.raises(LangflowError):
            make()
    assert record.id.encode() in files(record).report()


@pytest.mark.parametrize(
    ("language", "word", "robust"),
    [
        ("curl", "curl ", "--data-binary"),
        ("Python, lfclient", "LangflowClient(", "for error in"),
    ],
)
def test_snippets_are_in_the_chosen_language(langflow_stand_in, language, word, robust):
    sent = {"ChatInput-a.input_value": "words of mine"}
    record = add_ended_run(langflow_stand_in.url, run=answer(), overrides=sent)
    app = open_run_tab("Code", record)
    assert "Download script" in buttons(app)
    keys = [each.proto.id for each in app.get("bidi_component")]
    assert any(f"copy-snippet-{record.id}" in key for key in keys)
    app.segmented_control(key=run_page.SNIPPET_LANGUAGE).set_value(language).run()
    (code,) = [one.value for one in app.code if word in one.value]
    assert robust not in code
    for part in ("words of mine", langflow_stand_in.url, "LANGFLOW_API_KEY"):
        assert part in code
    assert KEY not in code
    # the flow ends with a message other than a chat output, whose content the API omits
    note = "null as the content of Chat Input. “Python, lfclient” prints the full"
    assert (note in page_text(app)) is (language != "Python, lfclient")
    app.toggle(key=run_page.SNIPPET_FOR_PRODUCTION).set_value(True).run()
    assert any(robust in one.value for one in app.code)


def test_a_running_run_has_snippets(langflow_stand_in):
    record = add_running_run(langflow_stand_in.url)
    assert not open_app(run=record.id).code
    app = open_run_tab("Code", record)
    assert any("curl" in one.value for one in app.code)


def test_a_deleted_flow_has_no_snippet(langflow_stand_in):
    langflow_stand_in.set_flows(flow("22222222-2222-2222-2222-222222222222", "Another"))
    gone = (404, {"detail": "Flow not found"})
    langflow_stand_in.answers[f"GET /api/v1/flows/{ONE}"] = gone
    app = open_run_tab("Code", add_ended_run(langflow_stand_in.url, run=answer()))
    assert "Flow not found" in page_text(app)
    assert not app.code


def test_a_very_long_snippet_is_only_downloadable(langflow_stand_in):
    given = {"ChatInput-a.input_value": "x" * 300_000}
    app = open_run_tab("Code", add_ended_run(langflow_stand_in.url, run=answer(), overrides=given))
    assert "Too long to show" in page_text(app)
    assert not any("curl" in one.value for one in app.code)
