"""The flow picker: a select box of the server's flows, and what to show when a flow is missing."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import clip, remove_bidi_controls
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import FlowNotFound, LangflowError
from lfclient.flows.model import Flow, FlowSummary
from pages._ui.app import window
from pages._ui.connection import editor, loading, sample_flows
from pages._ui.connection.app_context import close_run, permissions
from pages._ui.connection.request_cache import CachedResponse, StillLoading, raise_copy
from pages._ui.connection.server_session import ServerSession
from pages._ui.flows import add_dialog
from pages._ui.flows import menu as flow_menu
from pages._ui.history.view import run_history
from pages._ui.presets import share_link
from pages._ui.run import run_form
from pages._ui.state import flow_choice
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

_MAX_RUNS = 20  # newest runs that are searched for one of a flow that exists
_MIN_ID_PREFIX = 8  # characters of a truncated id that identify its flow


@dataclass(frozen=True)
class Head:
    """Places at the top of a page: of the title, the page's buttons and the flow's buttons.

    Narrow windows have both kinds of buttons in a menu. Wide windows have the flow's in the row of
    the select box, which is drawn with the list of flows: there, `flow_buttons` is None.
    """

    title: DeltaGenerator
    page_buttons: DeltaGenerator
    flow_buttons: DeltaGenerator | None = None


def draw_head() -> Head:
    """Draw the places at the top of the page, empty."""
    with st.container(key="flow-head", horizontal=True):
        title = st.container()
        if not window.is_narrow():
            return Head(title, st.container(width="content", horizontal=True))
        with (
            st.container(key="flow-head-menu", width="content"),
            flow_menu.popover("What can be done with the flow"),
        ):
            page_buttons = st.container(key="page-buttons", gap="xxsmall")
            return Head(title, page_buttons, st.container(gap="xxsmall"))


def draw(
    server: ServerSession, record: RunRecord | None, title: str, head: Head
) -> tuple[Flow | None, LangflowError | None]:
    """Draw the select box and the flow's description; return the chosen flow, or None.

    The flow of `record`, the run on the page, is preselected. If it was deleted, no flow is
    chosen: another flow above the run's inputs would look like its own. Without the list of flows,
    the page's title is the name of the run's flow, else `title`; the flow whose form is open stays,
    and the error is returned for the page to show.
    """
    add_dialog.draw(server)
    if head.flow_buttons:
        with head.flow_buttons:
            _draw_buttons(server, type="tertiary")
    with head.title:
        return _draw(server, record, title, head.flow_buttons)


def _draw(
    server: ServerSession, record: RunRecord | None, title: str, flow_buttons: DeltaGenerator | None
) -> tuple[Flow | None, LangflowError | None]:
    try:
        flows = _load_flows(server, record)
    except LangflowError as error:
        flow = run_form.open_flow(server, _requested_flow(record), error)
        name = record.flow_name if record else flow.name if flow else title
        st.title(escape(clip(remove_bidi_controls(name), 120)), anchor=False)
        if flow:
            return flow, error
        request, is_warning = partial(_load_flows, server, record), record is not None
        loading.show(server, error, request, retry="retry-flows", warning=is_warning)
        return None, None
    if flows.error:
        alerts.show_message(
            alerts.title(flows.error),
            f"{flows.error.message} The list below may be outdated.",
            flows.error.hint,
            warning=True,
        )
        st.button(
            "Try again", key="retry-flows", icon=":material/refresh:", on_click=server.refresh
        )
        loading.retry_automatically(flows.error, lambda: raise_copy(server.flows().error))
    deleted_name = record.flow_name if record and not _contains(flows, record.flow_id) else None
    chosen, row = None, None
    if flows.value:
        preselected = _choose_flow(server, flows.value, record)
        chosen, row = _draw_select(server, flows.value, preselected, deleted_name)
        if flow_buttons is None:
            with row:
                _draw_buttons(server)
    else:
        _show_no_flows(server)
    if deleted_name is not None:
        _show_deleted(
            "The flow of this run is no longer on the server",
            f"“{deleted_name}” was deleted or belongs to another user. The run's inputs and "
            "outputs are still here.",
            "Choose another flow above to run it.",
        )
        return None, None
    if chosen is None:
        if flows.value:
            _show_unknown_flow(server, flows.value)
        return None, None
    flow_choice.write_flow_to_url(chosen.id)
    flow_choice.remember_flow(server.owner, chosen.id, chosen.name)
    if chosen.description:
        st.caption(escape(clip(chosen.description, 400)))
    flow, refusal = _load_flow(server, chosen)
    if flow and flow_buttons:
        with flow_buttons:
            editor.draw_link(server.connection, chosen.id)
            flow_menu.draw_items(server, flow)
    elif flow and row:
        with row:
            flow_menu.draw(server, flow)
            editor.draw_link(server.connection, chosen.id)
    return flow, refusal


def _requested_flow(record: RunRecord | None) -> str | None:
    url_flow = record.flow_id if record else flow_choice.flow_from_url()
    return flow_choice.REQUESTED.get() or url_flow


def _load_flows(
    server: ServerSession, record: RunRecord | None
) -> CachedResponse[list[FlowSummary]]:
    """Return the flows; refresh them once if the requested flow is not among them."""
    flows = server.flows()
    flow_id = _requested_flow(record)
    if not flow_id or _contains(flows, flow_id):
        return flows
    if flow_choice.note_missing(flow_id):
        server.refresh()
        server.flows()
    if server.seconds_waiting("flows") is not None:  # the list at hand is an old one
        raise StillLoading("flows")
    return server.flows()


def _contains(flows: CachedResponse[list[FlowSummary]], flow_id: str) -> bool:
    return any(flow.id == flow_id for flow in flows.value)


def _choose_flow(
    server: ServerSession, flows: list[FlowSummary], record: RunRecord | None
) -> str | None:
    """Return the id of the chosen flow, or None if the flow of the run or URL is missing.

    Another flow in its place could be run by mistake.
    """
    run_flow = record.flow_id if record else None
    existing = {flow.id for flow in flows}
    key = flow_choice.flow_key(server.owner)
    url_flow = flow_choice.flow_from_url()
    requested = flow_choice.REQUESTED.take()
    moved_to = flow_choice.flow_of_navigation(server.owner)
    candidates = (run_flow, requested, moved_to, st.session_state.get(key), url_flow)
    chosen = next((each for each in candidates if each in existing), None)
    if run_flow and run_flow not in existing:
        chosen = None
    elif chosen is None and not url_flow:
        chosen = _flow_of_last_run(server.owner, existing) or flows[0].id
    # set on every rerun: after a page change Streamlit resets a value set by code to the first
    st.session_state[key] = chosen
    return chosen


def _flow_of_last_run(owner: str, existing: Collection[str]) -> str | None:
    """Return the id of the existing flow that was run last, or None if no recent run is of one."""
    try:
        runs = run_history().page([owner], limit=_MAX_RUNS).runs
    except LangflowError:  # the page says it where it lists the runs
        return None
    return next((run.flow_id for run in runs if run.flow_id in existing), None)


def _draw_select(
    server: ServerSession, flows: list[FlowSummary], chosen: str | None, deleted_name: str | None
) -> tuple[FlowSummary | None, DeltaGenerator]:
    """Draw the select box; return the choice, and its row, which has room for buttons."""
    by_id = {flow.id: flow for flow in sorted(flows, key=lambda flow: flow.name.casefold())}
    names = {flow.id: remove_bidi_controls(flow.name) for flow in flows}
    counts = Counter(names.values())
    deleted_name = remove_bidi_controls(deleted_name or "")

    def label(flow_id: str) -> str:
        name = names[flow_id]
        return f"{name} · …{flow_id[-6:]}" if counts[name] > 1 else name

    if chosen:
        st.container(key="flow-title").title(escape(clip(names[chosen], 100)), anchor=False)
    row = st.container(
        key="flow-picker", horizontal=True, vertical_alignment="center", gap="xsmall"
    )
    with row:
        flow_id = st.selectbox(
            "Flow",
            list(by_id),
            index=0 if chosen else None,
            format_func=label,
            key=flow_choice.flow_key(server.owner),
            on_change=close_run,
            label_visibility="collapsed",
            placeholder=f"{clip(deleted_name, 60)} (deleted)" if deleted_name else "Choose a flow",
            persist_state="session",
        )
    return (by_id.get(flow_id) if flow_id else None), row


def _draw_buttons(server: ServerSession, **style: Any) -> None:
    def refresh() -> None:
        flow_menu.close()
        server.refresh()

    st.button(
        "Refresh flows",
        key="refresh-flows",
        icon=":material/refresh:",
        help="Load the flows from the server again",
        on_click=refresh,
        **style,
    )
    add_dialog.draw_button("add-flow", **style)


def _show_deleted(heading: str, message: str, hint: str) -> None:
    with st.container(key="flow-gone"):
        alerts.show_message(heading, message, hint, warning=True)


def _show_unknown_flow(server: ServerSession, flows: list[FlowSummary]) -> None:
    """Say that the flow of the URL is missing. If its id is truncated, offer the only match."""
    share_link.take_link()
    flow_id = flow_choice.flow_from_url() or ""
    name = flow_choice.remembered_flow_name(server.owner, flow_id)
    if name:
        _show_deleted(
            "The flow is no longer on the server",
            f"“{name}” was deleted or belongs to another user now.",
            "Choose another flow.",
        )
        return
    candidates = [
        flow for flow in flows if len(flow_id) >= _MIN_ID_PREFIX and flow.id.startswith(flow_id)
    ]
    with st.container(key="no-such-flow"):
        alerts.show_message(
            "This server has no such flow",
            f"The flow of the link is not among the {len(flows)} flows that this key can access.",
            "The link may be incomplete or made for another server or key, or the flow was "
            "deleted. Ask for the link again, or choose a flow.",
            warning=True,
        )
        if len(candidates) == 1:
            st.button(
                f"Open “{escape(clip(candidates[0].name, 60))}”",
                key="open-begun-flow",
                icon=":material/arrow_forward:",
                on_click=flow_choice.REQUESTED.set,
                args=(candidates[0].id,),
            )


def _load_flow(
    server: ServerSession, chosen: FlowSummary
) -> tuple[Flow | None, LangflowError | None]:
    try:
        return run_form.load_flow(server, chosen.id)
    except FlowNotFound as error:
        server.refresh("flows")
        alerts.show(error)
    except LangflowError as error:
        # the list may be outdated as well
        loading.show(server, error, partial(server.flow, chosen.id), retry="retry-flow")
    return None, None


def _show_no_flows(server: ServerSession) -> None:
    with st.container(border=True):
        st.markdown("# This server has no flows yet", anchors=False)
        if permissions().install:
            st.markdown(
                "Add a template, a file, or small sample flows that need no key, or create a flow "
                "in Langflow."
            )
        else:
            st.markdown("Create a flow in Langflow.")
        with st.container(horizontal=True):
            add_dialog.draw_button("add-first-flow", type="primary")
            if permissions().install:
                sample_flows.draw_button(server, sample_flows.notify_missing)
            editor.draw_home_link(server.connection)
            st.button(
                "Refresh", key="retry-flows", icon=":material/refresh:", on_click=server.refresh
            )
