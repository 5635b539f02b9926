"""Upload a file in a form, run the flow with it and remove it, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import expect

from lfclient import FlowSummary, LangflowClient
from lfclient.console.samples import graph_builder
from tests.browser.screen import PREFIX, Screen
from tests.live.flows import READ_FILE
from tests.support.console_process import Console
from tests.support.servers import LiveServer, delete_flow


@pytest.fixture(scope="module")
def reads_files(request: pytest.FixtureRequest, own_langflow: LiveServer) -> Iterator[FlowSummary]:
    """A flow that reads a file; deletes it and the uploaded files afterwards.

    With the parameter "optional", the console can't tell that a run without a file fails.
    """
    with LangflowClient(own_langflow.url, own_langflow.api_key) as api:
        before = {ref.id for ref in api.files.list()}
        data = graph_builder.build_graph(READ_FILE, api.editor.catalogue())
        template = data["nodes"][0]["data"]["node"]["template"]
        template["path"]["api_editable"] = True
        if getattr(request, "param", "") == "optional":
            code = template["code"]
            code["value"] = code["value"].replace(
                '"No files to process."', "'No files to process.'"
            )
        flow = api.editor.create_flow(f"{PREFIX}reads files", data)
        yield flow
        delete_flow(api, flow.id)
        for ref in api.files.list():
            if ref.id not in before:
                headers = {"x-api-key": own_langflow.api_key}
                httpx.delete(f"{own_langflow.url}/api/v2/files/{ref.id}", headers=headers)


def test_a_file_is_uploaded_read_and_requested_again(
    shared_window: Screen, console: Console, reads_files: FlowSummary, tmp_path: Path
):
    words = uuid4().hex
    (tmp_path / "note é.txt").write_text(words)
    (tmp_path / "run.exe").write_bytes(b"x")
    shared_window.open(f"{console.url}/?flow={reads_files.id}")
    field = shared_window.part("param-File-f-path")
    chooser = field.locator("input[type=file]")
    chooser.set_input_files([tmp_path / "run.exe"])
    expect(field).to_contain_text("“run.exe” has the type exe. Accepted types: CSV")
    expect(field).to_contain_text("Remove it or choose another file")
    shared_window.drawn()  # until then the first uploader is there too
    chooser.set_input_files([tmp_path / "note é.txt"])
    row = field.locator("[class*='st-key-file-row-']")
    expect(row).to_contain_text("note é.txt 32 B")
    expect(row).to_have_count(1)
    shared_window.run()
    shared_window.wait("completed")
    expect(shared_window.part("outputs")).to_contain_text(words)
    shared_window.page.reload()
    expect(row).to_contain_text("note é.txt 32 B")
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    shared_window.drawn()
    shared_window.run()
    check_upload_is_framed(shared_window)


@pytest.mark.exhaustive
@pytest.mark.parametrize("reads_files", ["optional"], indirect=True)
def test_a_run_that_failed_without_a_file_leads_to_the_button_that_uploads_one(
    shared_window: Screen, console: Console, reads_files: FlowSummary
):
    shared_window.open(f"{console.url}/?flow={reads_files.id}")
    shared_window.run()
    shared_window.wait("failed")
    shared_window.page.get_by_role("button", name="Choose a file").click()
    check_upload_is_framed(shared_window)


def check_upload_is_framed(screen: Screen) -> None:
    """Check that the upload has the focus, and a frame until another place is clicked."""
    upload = screen.part("param-File-f-path").get_by_test_id("stFileUploader").locator("button")
    expect(upload).to_be_focused()
    expect(upload).to_have_css("outline-style", "solid")  # after a click a browser draws none
    screen.page.get_by_text("Setup", exact=True).click()
    expect(upload).not_to_have_css("outline-style", "solid")
