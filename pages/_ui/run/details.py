"""The result of a run: its problems, its outputs and its details."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.console.store import omissions
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.run_notes import cached_results_text, describe_stop
from lfclient.console.wording.tokens import cost_text, usage_text
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import describe_inputs
from lfclient.runs.answers import outputs_by_message
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.tool_calls import mark_tools, read_calls
from lfclient.wire.modes import MODES
from pages._ui.app import navigation
from pages._ui.app.streamlit_patches import TabContainer
from pages._ui.compare import picker
from pages._ui.components import timings
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import input_values
from pages._ui.history import labels
from pages._ui.outputs import json_viewer
from pages._ui.outputs import view as outputs_view
from pages._ui.outputs.message import draw_partial
from pages._ui.run import errors, messages, progress, raw_events, steps
from pages._ui.run import export as run_export
from pages._ui.run import snippets as run_snippets
from pages._ui.state import notices, query_params, run_page
from pages._ui.state.run_options import is_run_session, named_session
from pages._ui.widgets import alerts, controls, downloads
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_full_time

MAX_MESSAGES = 100
REFRESH_SECONDS = 1.0  # interval while component records of an ended run still arrive

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
    errors.draw_problem(record, uncertain or "The run failed", warning=uncertain is not None)
    missing = omissions.explain_missing_response(record.stored_parts)
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
        steps.draw(own, f"steps-{run_id}", steps.tool_names(flow))
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
    draws = (_draw_trace, _draw_inputs, run_snippets.draw)
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
                run_export.draw(server, record)
        labels.draw_for_run(server, record.id)


def _is_in_chat(record: RunRecord) -> bool:
    """Return whether a run belongs to a conversation; any other can be continued in Chat."""
    session = record.session_id or ""
    if not is_run_session(session):
        return bool(session)
    try:  # each time: the run may just have been continued
        store = app_context().runner.store
        return store.session_run_count(record.owner, record.flow_id, session) > 1
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


def _draw_trace(server: ServerSession, record: RunRecord) -> None:
    run = record.run
    if run is None or not record.ended:
        st.caption("Timings, messages and events appear here when the run has ended.")
        return
    flow = server.cached_flow(record.flow_id)
    draws = {
        "Timings": lambda: _draw_timings(flow, run),
        "Messages": lambda: _draw_messages(flow, run),
        "Events": lambda: raw_events.draw(server, record),
        "Raw response": lambda: _draw_raw_response(record, run),
        "Details": lambda: _draw_facts(record, run),
    }
    with st.container(key="run-details"):
        draws[controls.view_switch("Trace", list(draws), run_page.TRACE_VIEW)]()


def _draw_timings(flow: Flow | None, run: Run) -> None:
    if flow and run.components:
        timings.draw(flow, mark_tools(run, flow).components)
    else:
        st.caption("The server has no timings of this run's components")


def _draw_messages(flow: Flow | None, run: Run) -> None:
    drawn = messages.latest(list(run.messages.values()), MAX_MESSAGES)
    if len(drawn) < len(run.messages):
        st.caption(f"The latest {len(drawn)} of {len(run.messages):,} messages")
    elif not drawn:
        st.caption("No messages")
    names = messages.output_names(run.messages.values(), flow)
    tool_names = steps.tool_names(flow)
    for message in drawn:
        messages.draw(message, tool_names=tool_names, names=names)


def _draw_facts(record: RunRecord, run: Run) -> None:
    facts = {
        "Started": format_full_time(record.created_at),
        "Ended": format_full_time(record.ended_at) if record.ended_at else None,
        "Mode": MODES[record.mode].label,
        "Tokens": usage_text(run.usage),
        "Cost": cost_text(run.usage_by_model, app_context().settings.prices),
        "Session": named_session(record.session_id or run.session_id),
        "Job": record.job_id,
        "Run": record.id,
        "Server": record.server_name,
    }
    for name, value in facts.items():
        if value:
            st.markdown(f":gray[{name}]  \n{escape(str(value))}")


def _draw_inputs(server: ServerSession, record: RunRecord) -> None:
    """Draw the run's inputs; the form beside them may have changed since."""
    if input_values.show_omission(record):
        return
    flow = server.cached_flow(record.flow_id)
    values = describe_inputs(record.overrides, record.flow_defaults, flow)
    input_values.draw(values, f"tab-{record.id}")


def _draw_raw_response(record: RunRecord, run: Run) -> None:
    text = run_page.cached("raw", lambda: downloads.to_json_bytes(run.raw))
    st.caption("The server's response. Secrets are replaced by ••••.")
    json_viewer.draw_tree(run.raw, text)
    downloads.draw_button(
        "Download",
        text,
        downloads.file_name(record.flow_name, record.id[:8], extension="json"),
        f"save-raw-{record.id}",
        mime="application/json",
        type="secondary",
    )
