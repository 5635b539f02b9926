"""Downloads of a run: its report and its outputs, each created on request."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from lfclient.client import LangflowClient
from lfclient.console.config.prices import PriceTable
from lfclient.console.export.report.report import report_html
from lfclient.console.export.zip_archive import write_archive
from lfclient.console.runner.runner import Runner
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError, Unreachable
from lfclient.flows.model import Flow
from pages._ui.connection.app_context import app_context, open_client
from pages._ui.connection.exported_flows import load_flows
from pages._ui.connection.server_session import ServerSession
from pages._ui.widgets import downloads


@dataclass(frozen=True)
class RunExporter:
    """Creates the files of one run.

    Loads the record for each file: holding it would keep it in memory while the page is open.
    """

    server: ServerSession
    runner: Runner
    run_id: str
    prices: PriceTable | None = None

    def report(self) -> bytes:
        """Return the run as an HTML page with its small files embedded."""
        record = self._record()
        summary = self.runner.history.get([self.server.owner], self.run_id)
        with self._open_client() as api:
            html = report_html(
                record,
                self._flow(record),
                fetch=api.files.download,
                secrets=self.server.connection.secrets,
                prices=self.prices,
                labels=summary.labels if summary else (),
            )
        return html.encode("utf-8", "replace")

    def archive(self) -> bytes:
        """Return the outputs as a ZIP file."""
        record = self._record()
        # written to disk first, so that it is in memory only once, for the response
        with self._open_client() as api, tempfile.TemporaryFile() as file:
            write_archive(
                record,
                file,
                api.files.save,
                flow=self._flow(record),
                secrets=self.server.connection.secrets,
                prices=self.prices,
            )
            file.seek(0)
            return file.read()

    def _open_client(self) -> LangflowClient:
        try:
            return self.server.open_client()
        except Unreachable:  # a stopped local Langflow: the run is saved without its files
            return open_client(replace(self.server.connection, api_key=None))

    def _flow(self, record: RunRecord) -> Flow | None:
        """Return the flow, whose secrets are removed; the page may have been drawn without it."""
        flows = load_flows([(self.server, record.flow_id)])
        return flows.get((self.server.owner, record.flow_id))

    def _record(self) -> RunRecord:
        record = self.runner.get(self.run_id, self.server.owner)
        if record is None:
            raise LangflowError("This run was deleted.")
        return record


def draw(server: ServerSession, record: RunRecord) -> None:
    """Draw the download menu; a running run has a report only, of its current state."""
    context = app_context()
    files = RunExporter(server, context.runner, record.id, context.settings.prices)
    with (
        st.container(key="export-run", width="content"),
        st.popover("Download", icon=":material/download:", type="tertiary"),
    ):
        st.caption("Known secrets are removed. Files and images are unchanged.")
        _button(record, "Report (HTML)", files.report, "report", "html", "text/html")
        if record.ended and record.run and record.run.outputs:
            _button(record, "Outputs (ZIP)", files.archive, "outputs", "zip", "application/zip")


def _button(
    record: RunRecord, label: str, create: Callable[[], bytes], name: str, extension: str, mime: str
) -> None:
    icons = {"html": ":material/description:", "zip": ":material/folder_zip:"}
    downloads.draw_button(
        label,
        create,
        downloads.file_name(record.flow_name, record.id[:8], name, extension=extension),
        f"export-{name}-{record.id}",
        mime=mime,
        type="secondary",
        icon=icons[extension],
        width="stretch",
    )
