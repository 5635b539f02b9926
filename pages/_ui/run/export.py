"""Files of a run to take away: its report, and its outputs. Each is made when it is pressed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable

import streamlit as st

from lfclient.console.export.report.report import report_html
from lfclient.console.export.zip_archive import write_archive
from lfclient.console.runner.runner import Runner
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from pages._ui.connection.app_context import app_context, open_client
from pages._ui.connection.server_session import ServerSession
from pages._ui.widgets import downloads


class RunExporter:
    """Makes the files of one run. Holds nothing of it: a page may be open for long."""

    def __init__(
        self, server: ServerSession, runner: Runner, run_id: str, flow: Flow | None
    ) -> None:
        self._server, self._runner, self._run_id, self._flow = server, runner, run_id, flow

    def report(self) -> bytes:
        """The run as an HTML page, with its files as far as they are small."""
        record = self._record()
        with open_client(self._server.connection) as api:
            html = report_html(record, self._flow, fetch=api.download, secrets=self._secrets())
        return html.encode("utf-8", "replace")

    def archive(self) -> bytes:
        """The outputs as a ZIP file."""
        record = self._record()
        # on disk while it is made, so that it is in memory once, when it is sent
        with open_client(self._server.connection) as api, tempfile.TemporaryFile() as file:
            write_archive(record, file, api.save, flow=self._flow, secrets=self._secrets())
            file.seek(0)
            return file.read()

    def _record(self) -> RunRecord:
        record = self._runner.get(self._run_id, self._server.owner)
        if record is None:
            raise LangflowError("This run is not kept any more.")
        return record

    def _secrets(self) -> list[str]:
        key = self._server.connection.api_key
        return [key.get_secret_value()] if key else []


def draw(server: ServerSession, record: RunRecord) -> None:
    """The buttons, behind one; of a run that goes on only its report, as of now."""
    files = RunExporter(server, app_context().runner, record.id, server.cached_flow(record.flow_id))
    with (
        st.container(key="export-run", width="content"),
        st.popover("Export", icon=":material/ios_share:", type="tertiary"),
    ):
        st.caption("Secrets are left out. Files and images are as the flow returned them.")
        _button(record, "Report (HTML)", files.report, "report.html", "text/html")
        if record.ended and record.run and record.run.outputs:
            _button(record, "Outputs (ZIP)", files.archive, "outputs.zip", "application/zip")


def _button(record: RunRecord, label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    stem, _, ending = name.partition(".")
    st.download_button(
        label,
        make,
        file_name=downloads.file_name(record.flow_name, record.id[:8], stem, extension=ending),
        mime=mime,
        key=f"export-{stem}-{record.id}",
        on_click="ignore",
        icon=":material/description:" if ending == "html" else ":material/folder_zip:",
        width="stretch",
    )
