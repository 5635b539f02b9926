"""A real run of each dialect, exported as a report and as a ZIP file."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from uuid import uuid4

from lfclient import FileRef, Flow, LangflowClient, OutputKind, RunStatus
from lfclient.console.export.report.report import report_html
from lfclient.console.export.zip_archive import write_archive
from lfclient.console.store.run_record import RunRecord
from tests.live.flows import every_kind
from tests.live.live_runner import LiveRunner, has_components
from tests.live.releases import Make, oldest_and_newest
from tests.support.reports import Page
from tests.support.servers import LiveServer

SECRET = "sk-a-secret-of-the-live-test"
TEXT = "one, of <b>é 漢字</b>\ntwo\nthree"


@oldest_and_newest
def test_report_and_zip_hold_the_whole_run_except_its_secret(
    live_runner: LiveRunner, make: Make, client: LangflowClient, langflow: LiveServer
):
    flow = make(every_kind(f"taken-{uuid4().hex[:8]}"))
    overrides = {"ChatInput-a.input_value": TEXT, "TellsSecret-s.api_key": SECRET}
    record = live_runner.until(live_runner.start(flow, **overrides), has_components)
    assert record.status is RunStatus.COMPLETED, record
    file = record.run.outputs["SaveToFile-w"].value
    assert isinstance(file, FileRef)
    content = client.files.download(file)
    assert TEXT.encode() in content
    check_report(record, flow, client, file.name, content, langflow.api_key)
    check_archive(record, flow, client, file.name, content, langflow.api_key)


def check_report(
    record: RunRecord, flow: Flow, client: LangflowClient, name: str, content: bytes, key: str
) -> None:
    html = report_html(record, flow, fetch=client.files.download, secrets=[key])
    assert SECRET not in html
    assert key not in html
    page = Page(html)
    for words in ("completed", "it is ••••", "one, of <b>é 漢字</b>", "was set", "3 rows ×"):
        assert words in page.text
    assert page.values("a", "download") == [name]
    (address,) = page.values("a", "href")
    assert base64.b64decode(address.partition("base64,")[2]) == content


def check_archive(
    record: RunRecord, flow: Flow, client: LangflowClient, name: str, content: bytes, key: str
) -> None:
    whole = io.BytesIO()
    write_archive(record, whole, client.files.save, flow=flow, secrets=[key])
    with zipfile.ZipFile(whole) as archive:
        assert archive.testzip() is None
        files = {one: archive.read(one) for one in archive.namelist()}
    assert not [one for one, data in files.items() if SECRET.encode() in data]
    assert files[name] == content
    facts = json.loads(files["run.json"])
    assert facts["status"] == "completed"
    names = {one["component"]: one["files"] for one in facts["outputs"]}
    assert not any(one["left_out"] for one in facts["outputs"])
    (echo,), (said,), (table,) = (
        names[one] for one in ("ChatOutput-b", "ChatOutput-told", "SplitText-r")
    )
    assert (files[echo].decode(), files[said].decode()) == (TEXT, "it is ••••")
    rows = list(csv.DictReader(io.StringIO(files[table].decode("utf-8-sig"))))
    assert [row["text"] for row in rows] == TEXT.splitlines()
    assert record.run.outputs["SplitText-r"].kind is OutputKind.TABLE
