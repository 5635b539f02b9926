"""The choice of a knowledge base, memory base or MCP server among those that the server has."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lfclient.common.formatting import format_count
from lfclient.console.wording.hints import describe_need
from lfclient.errors import LangflowError
from lfclient.flows.field import Field
from lfclient.flows.need import Need, NeedKind
from lfclient.flows.needs import needs_mcp_server
from lfclient.resources.server_resources import KnowledgeBase, McpServer
from pages._ui.connection import editor, loading
from pages._ui.connection.server_session import MCP_TOOLS, ServerSession
from pages._ui.form import knowledge_dialog
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.widgets import Widget, WidgetSpec, WidgetStates
from pages._ui.state import notices
from pages._ui.widgets.markdown import escape

# where a server that has none gets one
_NONE_YET = {
    NeedKind.MEMORY_BASE: "This flow has none. Add one in Langflow's editor, under Memories.",
    NeedKind.MCP_SERVER: "The server has none. Add one in Langflow under Settings, MCP Servers.",
}


class ResourcePicker(Widget):
    """A choice by `labels`, which are by the value that a run sends.

    `counts_from` is the server that may still have to tell the tools of the MCP servers.
    """

    def __init__(self, labels: Mapping[str, str], counts_from: ServerSession | None = None) -> None:
        self.labels = labels
        self.counts_from = counts_from

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": value or None}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return states[""] or ""

    def draw(self, spec: WidgetSpec) -> None:
        options = spec.options(self.labels)
        st.selectbox(
            spec.label,
            options,
            index=None,
            format_func=lambda value: self.labels.get(value, f"{value} (not on this server)"),
            placeholder="Choose" if options else "None yet",
            **spec.hidden,
        )
        if self.counts_from and self.counts_from.seconds_waiting(MCP_TOOLS) is not None:
            _await_counts(self.counts_from)


def choose_resource_widget(field: Field, form: FlowForm) -> Widget:
    """Return the widget for a field that names a base or an MCP server.

    It is a text box if they can't be listed.
    """
    labels = _labels(field, form)
    if labels is None:
        return Widget()
    return ResourcePicker(labels, form.server if field.resource == "mcp_server" else None)


def _labels(field: Field, form: FlowForm) -> dict[str, str] | None:
    """Return the labels of what can be chosen, by value; None if it can't be listed."""
    resources = form.resources
    if field.resource == "mcp_server":
        names = resources.mcp_servers
        if names is None:
            return None
        own = {field.default} if field.default and not needs_mcp_server(form.flow, field) else ()
        counted = _counted(form)
        labels = {name: _mcp_label(name, counted.get(name)) for name in names.union(own)}
        return dict(sorted(labels.items(), key=lambda item: item[0].casefold()))
    if field.resource == "knowledge_base":
        bases = resources.knowledge_bases
        return None if bases is None else {base.dir_name: _base_label(base) for base in bases}
    memories = resources.memory_bases
    if memories is None:
        return None
    return {base.name: base.name for base in memories if base.flow_id == form.flow.id}


def draw_need(need: Need, field: Field, form: FlowForm) -> None:
    """Draw what is wrong with a choice, and the way to what there is to choose."""
    if not need.is_met and form.state.value(field):
        st.caption(f":orange[:material/warning:] {escape(describe_need(need))}")
        for base in form.resources.knowledge_bases or ():
            if field.resource == "knowledge_base" and base.dir_name == form.state.value(field):
                knowledge_dialog.draw_failure(base)
    if need.note:
        st.caption(f":orange[:material/warning:] {escape(need.note)}")
    lacks_resource = bool(need.note) or not need.is_met
    if lacks_resource and need.kind in _NONE_YET:
        _draw_way_to_add(need.kind, field, form)
    if need.kind is NeedKind.MCP_SERVER:
        _draw_lost_server(form.state.value(field), form)
    if field.resource != "knowledge_base" or not form.server.may_change:
        return
    if form.server_info.capabilities.ingestion:
        knowledge_dialog.draw(field, form)
    elif lacks_resource:
        version = form.server_info.version
        st.caption(
            f"Langflow {version} can't add files from here. Make a knowledge base in its editor."
        )


def _draw_way_to_add(kind: NeedKind, field: Field, form: FlowForm) -> None:
    """Draw where one is added, unless another only has to be chosen."""
    labels, is_chosen = _labels(field, form), bool(form.state.value(field))
    if labels is None or (labels and not is_chosen):
        return
    if not is_chosen:
        st.caption(_NONE_YET[kind])
    if kind is NeedKind.MEMORY_BASE:
        editor.draw_link(form.server.connection, form.flow.id)
    else:
        editor.draw_home_link(form.server.connection)


@st.fragment(run_every=loading.POLL_SECONDS)
def _await_counts(server: ServerSession) -> None:
    """Redraw the page once Langflow has told the tools of the MCP servers."""
    if server.seconds_waiting(MCP_TOOLS) is None:
        notices.rerun()


def _counted(form: FlowForm) -> dict[str, McpServer]:
    """Return the MCP servers by name, as far as Langflow has told the numbers of their tools."""
    try:
        return {server.name: server for server in form.server.mcp_servers()}
    except LangflowError:
        return {}


def _mcp_label(name: str, counted: McpServer | None) -> str:
    if counted and counted.error:
        return f"{name} (no connection)"
    if counted is None or counted.tools is None:
        return name
    return f"{name} · {format_count(counted.tools, 'tool')}"


def _draw_lost_server(name: str, form: FlowForm) -> None:
    """Draw why Langflow can't connect to the chosen MCP server, if it can't."""
    server = _counted(form).get(name)
    if server and server.error:
        advice = "Check that it runs, and its settings in Langflow."
        words = f"Langflow can't connect to “{name}”. {advice}"
        st.caption(f":orange[:material/warning:] {escape(words)}")
        if form.server.may_change:  # Langflow's words may hold the address
            with st.expander("Details"):
                st.code(server.error, language=None, wrap_lines=True)


def _base_label(base: KnowledgeBase) -> str:
    if base.is_ready:
        return f"{base.name} · {format_count(base.chunks, 'chunk')}"
    return f"{base.name} ({base.status or 'not ready'})"
