"""A run's result: its problems, outputs, tabs, and the downloads created on request."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.client import LangflowClient
from lfclient.console.config.prices import PriceTable
from lfclient.console.export.report.report import report_html
from lfclient.console.export.zip_archive import write_archive
from lfclient.console.runner.runner import Runner
from lfclient.console.store import run_record
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.run_notes import cached_results_text, describe_stop
from lfclient.errors import LangflowError, Unreachable
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import describe_inputs
from lfclient.runs.answers import outputs_by_message
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.tool_calls import read_calls
from pages._ui.app import navigation
from pages._ui.app.streamlit_patches import TabContainer
from pages._ui.compare import picker
from pages._ui.connection.app_context import app_context, open_client
from pages._ui.connection.server_session import ServerSession
from pages._ui.connection.servers import load_flows
from pages._ui.form import input_values
from pages._ui.history import stars
from pages._ui.outputs import view as outputs_view
from pages._ui.outputs.message import draw_partial
from pages._ui.run import errors, messages, progress, trace
from pages._ui.run import snippets as run_snippets
from pages._ui.state import notices, query_params, run_page
from pages._ui.state.run_options import is_run_session
from pages._ui.widgets import alerts, downloads
from pages._ui.widgets.markdown import escape

REFRESH_SECONDS = 1.0  # interval while component records of an ended run still arrive

# the icon and media type of a download, by file name extension
_DOWNLOADS = {
    "html": (":material/description:", "text/html"),
    "zip": (":material/folder_zip:", "application/zip"),
}
_TABS = ("Output", "Trace", "Inputs", "Code")
_PARTIAL_STATUSES = (
    RunStatus.CANCELLED,
    RunStatus.INTERRUPTED,
    RunStatus.FAILED,
    RunStatus.TIMED_OUT,
)
# statuses of runs that may have completed on the server
_UNCERTAIN_HEADINGS = {
    RunStatus.OUTCOME_UNKNOWN: "The outcome of this run is unknown",
    RunStatus.INTERRUPTED: "This run was interrupted",
}


def draw_problems(server: ServerSession, record: RunRecord) -> None:
    """Draw the result of a stop and the errors of the console, the flow and its components."""
    stop_result = describe_stop(record)
    if stop_result:
        st.markdown(f":material/stop_circle: {escape(stop_result)}")
    uncertain = _UNCERTAIN_HEADINGS.get(record.status)
    errors.draw_problem(
        server, record, uncertain or "The run failed", warning=uncertain is not None
    )
    missing = run_record.explain_missing_response(record.stored_parts)
    if missing:
        st.caption(f":material/inventory_2: {missing}")
    if record.run is not None:
        errors.draw(server, record, record.run)
        for warning in record.run.warnings:
            st.warning(escape(warning), icon=":material/warning:")
    errors.draw_packages(server, record)


def draw_outputs(server: ServerSession, record: RunRecord, run: Run) -> None:
    """Draw the outputs and, for a run that did not complete, its unfinished messages."""

    run_id, owner = record.id, server.owner

    def reload() -> Run | None:
        latest = app_context().runner.get(run_id, owner)
        return latest.run if latest else None

    with st.container(key="outputs"):
        unfinished = run.unfinished_messages
        failed = {error.component_id for error in run.errors}
        has_any = unfinished or run.outputs.keys() - failed
        is_partial = record.status in _PARTIAL_STATUSES and has_any
        # only the flow tells whether an output that came alone has a title
        flow = server.cached_flow(record.flow_id, max_wait=None if is_partial else 0)
        names = ComponentNames(flow, run.components, run.outputs)
        if is_partial:
            st.caption(":orange-badge[:material/content_cut: partial] Output so far")
        with_title = outputs_view.has_titles(run, flow)
        terminals = outputs_by_message(run.answers, flow) if flow else {}
        for message in unfinished:
            with st.container(border=True):
                output = terminals.get(message.id)
                name = names.label(output.id) if output else names.message_label(message)
                if with_title:
                    st.markdown(f":material/chat: **{escape(name)}** :orange-badge[partial]")
                draw_partial(message.visible_text, name, run_id, message.id, server)
        drawn = outputs_view.draw(run, run_id, server, reload, flow)
        own = [one for one in run.messages.values() if read_calls([one])]
        messages.draw_steps(own, f"steps-{run_id}", messages.tool_names(flow))
        if not (drawn or unfinished or own) and record.status is not RunStatus.FAILED:
            completed = record.status is RunStatus.COMPLETED
            with st.container(border=True):  # as while an output is awaited
                st.caption("This flow returns nothing" if completed else "No output")
        cached = cached_results_text(run, flow)
        if cached:
            st.caption(f":material/ac_unit: {escape(cached)}")


def draw_width_switch(record: RunRecord) -> None:
    """Draw a button by which a wide output takes the width of the window, and back.

    The styles of the page take the layout from the container's key.
    """
    flow_id = record.flow_id
    is_full = run_page.is_full_width(flow_id)
    if not is_full and not _has_wide_outputs(record):
        return
    with st.container(key="full-width" if is_full else "part-width", width="content"):
        st.button(
            "Leave full width" if is_full else "Full width",
            key="width-switch",
            icon=":material/vertical_split:" if is_full else ":material/width_full:",
            type="tertiary",
            help=f"Moves the form {'beside' if is_full else 'below'} the result",
            on_click=run_page.set_full_width,
            args=(flow_id, not is_full),
        )


def _has_wide_outputs(record: RunRecord) -> bool:
    run = record.run
    if run is None or not record.ended:
        return False
    return run_page.cached("wide", lambda: outputs_view.are_wide(run), record.version)


@dataclass(frozen=True)
class ResultPlaces:
    """The places of an ended run's components, a run's tabs but the output's, and its links.

    `chat` is that of the link to its conversation, beside its status.
    """

    components: DeltaGenerator | None
    tabs: Sequence[TabContainer]
    links: DeltaGenerator
    chat: DeltaGenerator


def draw_tabs(record: RunRecord) -> Sequence[TabContainer]:
    """Draw the tabs of a run, empty, and return them: `draw` fills all but the output's."""
    return st.tabs(_TABS, key=run_page.result_key(record.id), on_change="rerun")


def draw_links_place() -> DeltaGenerator:
    """Draw the row of a run's links, empty."""
    return st.container(horizontal=True, vertical_alignment="center", key="run-links")


def draw(server: ServerSession, record: RunRecord, places: ResultPlaces) -> None:
    """Draw the components below the output, the open tab, and the run's links."""
    if places.components and record.run:
        loading = _is_loading(record, record.run)
        interval = REFRESH_SECONDS if loading else None
        with places.components:
            st.fragment(_draw_components, run_every=interval)(server, record.id, loading)
    draws = (trace.draw, _draw_inputs, run_snippets.draw)
    for tab, draw_tab in zip(places.tabs, draws, strict=True):
        if tab.open:
            with tab:
                draw_tab(server, record)
    is_in_chat = _is_in_chat(record)
    if is_in_chat:
        with places.chat:
            _draw_chat_link(server, record, "Chat")
    with places.links:
        # always as many parts: the row would otherwise also have one of before until the page is
        # complete, and break
        with st.container(width="content"):
            if not is_in_chat:
                _draw_chat_link(server, record, "Open in Chat")
        picker.draw_menu(server, record.id, record.flow_id)
        with st.container(width="content"):
            if record.run:
                _draw_downloads(server, record)
        stars.draw_for_run(server, record.id)


def _is_in_chat(record: RunRecord) -> bool:
    """Return whether a run belongs to a conversation; any other can be continued in Chat."""
    session = record.session_id or ""
    if not is_run_session(session):
        return bool(session)
    try:  # each time: the run may just have been continued
        store = app_context().runner.store
        return len(store.recent(record.owner, 2, record.flow_id, session)) > 1
    except LangflowError:
        return False  # the list of recent runs shows the error


def _draw_chat_link(server: ServerSession, record: RunRecord, label: str) -> None:
    flow = server.cached_flow(record.flow_id)
    if record.session_id and flow and flow.has_chat:
        st.page_link(
            navigation.page("chat"),
            label=label,
            icon=":material/forum:",
            query_params={
                query_params.FLOW: record.flow_id,
                query_params.SESSION: record.session_id,
            },
        )


@alerts.show_errors()
def _draw_components(server: ServerSession, run_id: str, loading: bool) -> None:
    record = app_context().runner.get(run_id, server.owner)
    if record is None or record.run is None:
        return
    if loading and not _is_loading(record, record.run):
        notices.rerun()  # draws the details without a refresh interval
    if record.run.components:
        progress.draw_components(server, record, server.cached_flow(record.flow_id), ended=True)
    elif app_context().runner.is_followed(run_id):
        st.caption(":material/hourglass_top: Loading component records")
    else:
        st.caption("The server has no component records of this run")


def _is_loading(record: RunRecord, run: Run) -> bool:
    """Return whether component records of an ended run, or its models, still arrive."""
    has_all = run.components and not any(
        one.usage and not one.usage_by_model for one in run.components.values()
    )
    return not has_all and app_context().runner.is_followed(record.id)


def _draw_inputs(server: ServerSession, record: RunRecord) -> None:
    """Draw the run's inputs; the form beside them may have changed since."""
    if input_values.show_omission(record):
        return
    flow = server.cached_flow(record.flow_id)
    values = describe_inputs(record.overrides, record.flow_defaults, flow)
    input_values.draw(values, f"tab-{record.id}")


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
        with self._open_client() as api:
            html = report_html(
                record,
                self._flow(record),
                fetch=api.files.download,
                secrets=self.server.connection.secrets,
                prices=self.prices,
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


def _draw_downloads(server: ServerSession, record: RunRecord) -> None:
    """Draw the download menu; a running run has a report only, of its current state."""
    context = app_context()
    files = RunExporter(server, context.runner, record.id, context.settings.prices)
    with (
        st.container(key="export-run", width="content"),
        st.popover("Download", icon=":material/download:", type="tertiary"),
    ):
        st.caption("Known secrets are removed. Files and images are unchanged.")
        _draw_download(record, "Report (HTML)", files.report, "report", "html")
        if record.ended and record.run and record.run.outputs:
            _draw_download(record, "Outputs (ZIP)", files.archive, "outputs", "zip")


def _draw_download(
    record: RunRecord, label: str, create: Callable[[], bytes], name: str, extension: str
) -> None:
    icon, mime = _DOWNLOADS[extension]
    downloads.draw_button(
        label,
        create,
        downloads.file_name(record.flow_name, record.id[:8], name, extension=extension),
        f"export-{name}-{record.id}",
        mime=mime,
        type="secondary",
        icon=icon,
        width="stretch",
    )
