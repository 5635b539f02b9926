"""Choose one of the server's flows."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import FlowNotFound, LangflowError
from lfclient.flows.model import Flow, FlowSummary
from pages._ui.app import navigation
from pages._ui.connection import loading
from pages._ui.connection.app_context import close_run
from pages._ui.connection.request_cache import CachedResponse, StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.presets import share_link
from pages._ui.state import flow_choice
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

_MIN_ID_PREFIX = 8  # of an id that was cut off, by which its flow can be told


def draw(server: ServerSession, record: RunRecord | None) -> Flow | None:
    """The select box, the chosen flow's description, and the flow itself; None if there is none.

    `record` is the run that is shown, or None: its flow is the one to begin with. Where that is
    gone, none is chosen: another above what the run was given would pass for its flow.
    """
    _draw_server_link(server)
    try:
        flows = _load_flows(server, record)
    except LangflowError as error:
        loading.show(server, error, retry="retry-flows")
        return None
    if flows.error:
        alerts.show_message(
            alerts.title(flows.error),
            f"{flows.error.message} What is shown here is from before.",
            flows.error.hint,
            warning=True,
        )
        _draw_retry(server)
    gone = record is not None and not _contains(flows, record.flow_id)
    chosen = None
    if flows.value:
        first = _choose_flow(server, flows.value, record)
        chosen = _draw_select(server, flows.value, first, record.flow_name if gone else None)
    else:
        _show_no_flows(server)
    if gone:
        _show_deleted(record)
        return None
    if chosen is None:
        if flows.value:
            _show_unknown_flow(server, flows.value)
        return None
    flow_choice.write_flow_to_url(chosen.id)
    flow_choice.remember_flow(server.owner, chosen.id, chosen.name)
    if chosen.description:
        st.caption(escape(clip(chosen.description, 400)))
    return _load_flow(server, chosen)


def has_flow(server: ServerSession) -> bool:
    """Whether a flow is chosen, with what is known of them without waiting any longer."""
    try:
        flows = _load_flows(server, None).value
    except LangflowError:
        return False
    return bool(flows) and _choose_flow(server, flows, None) is not None


def _load_flows(
    server: ServerSession, record: RunRecord | None
) -> CachedResponse[list[FlowSummary]]:
    """The list; asked for anew once, where the flow that is wanted is younger than the last."""
    flows = server.flows()
    wanted = record.flow_id if record else flow_choice.flow_from_url()
    if wanted and not _contains(flows, wanted) and flow_choice.is_first_lookup(wanted):
        server.refresh()
        flows = server.flows()
        if not _contains(flows, wanted) and server.seconds_waiting("flows") is not None:
            raise StillLoading("flows")
    return flows


def _contains(flows: CachedResponse[list[FlowSummary]], flow_id: str) -> bool:
    return any(flow.id == flow_id for flow in flows.value)


def _draw_server_link(server: ServerSession) -> None:
    """Where the flows come from, and the way to change it."""
    name = server.connection.name
    try:
        release = server.info().value.version
        version = f" · {release}" if "Langflow" in name else f" · Langflow {release}"
    except LangflowError:
        version = ""
    st.page_link(
        navigation.connection_page(),
        label=escape(name + version),
        icon=":material/dns:",
        help="Servers and keys",
    )


def is_flow_deleted(server: ServerSession, record: RunRecord) -> bool:
    """Whether the server is known to have the flow of a run no longer."""
    try:
        return not _contains(server.flows(), record.flow_id)
    except LangflowError:
        return False


def _choose_flow(
    server: ServerSession, flows: list[FlowSummary], record: RunRecord | None
) -> str | None:
    """The flow that is chosen; None where that of the run, or of the address, is not there.

    Another in its place would be run by mistake.
    """
    preferred = record.flow_id if record else None
    known = {flow.id for flow in flows}
    key = flow_choice.flow_key(server.owner)
    addressed = flow_choice.flow_from_url()
    wanted = (flow_choice.take_requested_flow(), st.session_state.get(key), preferred, addressed)
    chosen = next((each for each in wanted if each in known), None)
    if preferred and preferred not in known:
        chosen = None
    elif chosen is None and not addressed:
        chosen = flows[0].id
    # set each time: on another page Streamlit falls back to the first option, if this value was
    # set and never chosen
    st.session_state[key] = chosen
    return chosen


def _draw_select(
    server: ServerSession, flows: list[FlowSummary], chosen: str | None, gone: str | None
) -> FlowSummary | None:
    """The select box; `gone` is the name of a flow that cannot be chosen any more, or None."""
    by_id = {flow.id: flow for flow in sorted(flows, key=lambda flow: flow.name.casefold())}
    names = Counter(flow.name for flow in flows)

    def label(flow_id: str) -> str:
        flow = by_id[flow_id]
        more = f"…{flow.id[-6:]}" if names[flow.name] > 1 else ""
        return " · ".join(part for part in (flow.name, more) if part)

    with st.container(key="flow-picker", horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Flow",
            list(by_id),
            index=0 if chosen else None,
            format_func=label,
            key=flow_choice.flow_key(server.owner),
            on_change=close_run,
            placeholder=f"{clip(gone, 60)} (deleted)" if gone else "Choose a flow",
            persist_state="session",
        )
        st.button(
            "Ask for the flows again",
            key="refresh-flows",
            icon=":material/refresh:",
            help="Asks the server for its flows again",
            on_click=server.refresh,
        )
    return by_id.get(chosen)


def _show_deleted(record: RunRecord) -> None:
    """The flow of the run that is shown is not among those of the server."""
    with st.container(key="flow-gone"):
        alerts.show_message(
            "The flow of this run is not on the server any more",
            f"“{record.flow_name}” was deleted, or is another user's. What the run was given and "
            "returned is still here.",
            "It can't be run again. Choose another flow above to run that.",
            warning=True,
        )


def _show_unknown_flow(server: ServerSession, flows: list[FlowSummary]) -> None:
    """The flow that the address names is not there; the one that is meant, if it can be told."""
    share_link.discard_shared_link()
    named = flow_choice.flow_from_url() or ""
    name = flow_choice.remembered_flow_name(server.owner, named)
    if name:
        with st.container(key="flow-gone"):
            alerts.show_message(
                "The flow is not on the server any more",
                f"“{name}” was there when it was chosen here, and was deleted since, or is "
                "another user's now.",
                "Choose another flow.",
                warning=True,
            )
        return
    begun = [flow for flow in flows if len(named) >= _MIN_ID_PREFIX and flow.id.startswith(named)]
    with st.container(key="no-such-flow"):
        alerts.show_message(
            "This server has no such flow",
            f"The address names the flow {clip(named, 60)}, which is not among the "
            f"{len(flows)} that the server shows with this key, so it opens nothing.",
            "The address may be cut off, or made for another server or key; or the flow was "
            "deleted. Ask for the address again, or choose a flow.",
            warning=True,
        )
        if len(begun) == 1:
            st.button(
                f"Open “{escape(clip(begun[0].name, 60))}”, whose id begins like that",
                key="open-begun-flow",
                icon=":material/arrow_forward:",
                on_click=flow_choice.request_flow,
                args=(begun[0].id,),
            )


def _load_flow(server: ServerSession, chosen: FlowSummary) -> Flow | None:
    try:
        found = server.flow(chosen.id)
    except FlowNotFound as error:
        server.refresh("flows")
        alerts.show(error)
    except LangflowError as error:
        loading.show(server, error, retry="retry-flows")
    else:
        return found.value
    return None


def _draw_retry(server: ServerSession) -> None:
    st.button("Try again", key="retry-flows", icon=":material/refresh:", on_click=server.refresh)


def _show_no_flows(server: ServerSession) -> None:
    with st.container(border=True):
        st.markdown("#### This server has no flows yet", anchors=False)
        st.markdown(
            "Make one in Langflow, then look again. Or let the console put its sample flows there, "
            "on the Connection page."
        )
        st.button(
            "Look again", key="retry-flows", icon=":material/refresh:", on_click=server.refresh
        )
