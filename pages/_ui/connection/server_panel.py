"""Parts of the Connection page: the choice of a server, and the server's facts."""

from dataclasses import fields
from functools import partial

import streamlit as st

from lfclient.common.formatting import format_count
from lfclient.console.config.connection import Connection
from lfclient.console.samples import builtin
from lfclient.errors import LangflowError
from lfclient.wire.server_info import SINCE, ServerInfo
from pages._ui.connection import connect, loading, sample_flows, servers
from pages._ui.connection.app_context import app_context, close_run, permissions
from pages._ui.connection.request_cache import StillLoading, raise_copy
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import connection as connection_state
from pages._ui.state.slot import is_drawn
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape, inline_code

_SOURCES = {
    "environment": "set by `LANGFLOW_SERVER_URL`",
    "env file": "set by `LANGFLOW_SERVER_URL` in `.env`",
    "secrets": "set in `secrets.toml`",
    "local": "started by this console",
    "typed": "with your key",
}
_NO_ADDING = (
    "Only the console's operator can add and export flows here, or allow you to "
    "(`LFCONSOLE_ALLOW_INSTALL`)."
)
_CAPABILITIES = {
    "background": "Background jobs",
    "stop": "Stop",
    "events": "Live events",
    "keep_alive": "Keep-alive",
    "session_field": "Sessions",
    "pending": "Approvals",
    "idempotency": "Idempotent requests",
    "own_sessions": "Sessions per user",
    "message_pages": "Message paging",
    "traces": "Traces",
    "tokens": "Token counts",
    "ingestion": "Files for knowledge bases",
}
_LIMITS = (
    ("Characters per background result", "max_text", "LANGFLOW_MAX_TEXT_LENGTH"),
    ("Rows per background result", "max_items", "LANGFLOW_MAX_ITEMS_LENGTH"),
    ("Upload size in MB", "max_upload_mb", "LANGFLOW_MAX_FILE_SIZE_UPLOAD"),
    ("Concurrent background runs", "concurrency", "LANGFLOW_BACKGROUND_MAX_CONCURRENCY"),
)
_DIALECTS = {
    "inputs": "Requests in the format of Langflow 1.8 to 1.10",
    "modes": "Requests in the format of Langflow 1.11 and later",
}


def draw_server_choice(current: ServerSession | None) -> None:
    """Draw the choice between servers, if there are at least two."""
    connections = servers.available_connections()
    if len(connections) < 2 or current is None:
        return
    # the server may have disappeared: a typed key expires, the local Langflow stops
    index = connections.index(current.connection) if current.connection in connections else 0
    chosen = st.radio(
        "Server",
        range(len(connections)),
        index=index,
        format_func=lambda number: connections[number].name,
        captions=[f"{escape(each.url)} · {_SOURCES[each.source]}" for each in connections],
        key=f"choose-server-{index}-{len(connections)}",
    )
    if chosen != index:
        servers.choose(connections[chosen])
        close_run()
        st.session_state[connection_state.SERVER_URL] = connections[chosen].url
        st.rerun()


def draw_server(server: ServerSession | None) -> None:
    """Draw the server's facts with the form for its URL and key, and its sample flows.

    The page starts with a request for the flows, because cached responses don't show whether the
    key is refused by now.
    """
    with controls.place_above_fields():
        connect.draw_notice()
    if server is None:
        step = "Start the local Langflow, or enter an address and a key."
        if permissions().install and app_context().local.status().state.is_in_progress:
            step = "The local Langflow is connected once it has started."
        st.info(f"No server is connected. {step}")
        draw_connection_form(None, False)
        return
    if not is_drawn(connection_state.CONNECT_BUTTON):
        server.refresh("flows")
    with st.container(border=True, key="server-facts"):
        names: set[str] | None = None
        with controls.place_above_fields():
            try:
                names, is_connected = _draw_facts(server)
            except LangflowError as error:
                request = partial(_require_facts, server)
                loading.show(server, error, request, retry="retry-facts", has_key_field=True)
                is_connected = isinstance(error, StillLoading)
        draw_connection_form(server, is_connected)
    if names is None:
        return
    added = connection_state.ADDED_SAMPLES.take()
    if added or not names.issuperset(sample.name for sample in builtin.SAMPLES):
        sample_flows.draw(server, added)


def _draw_facts(server: ServerSession) -> tuple[set[str], bool]:
    """Draw the server's version, capabilities, limits and problems.

    Return the names of its flows, and whether it responds. Raise `LangflowError` if the server has
    never responded.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"## {escape(server.connection.name)}", anchors=False, width="content")
        status = st.empty()
    release = st.empty()
    st.caption(_address_text(server.connection))
    info, flows = server.info(), server.flows()
    stale = info.error or flows.error
    if not stale and server.seconds_waiting("flows") is None:
        status.badge("Connected", icon=":material/check:", color="green")
    count = format_count(len(flows.value), "flow")
    release.markdown(f"Langflow {escape(info.value.version)} · {count}")
    loading.show_refreshing(server, "flows")
    if stale:
        alerts.show(stale)
        loading.retry_automatically(stale, partial(_require_facts, server))
    for warning in info.value.warnings:
        st.warning(escape(warning), icon=":material/gpp_maybe:")
    with st.expander("Details"):
        _draw_details(info.value)
    return {flow.name for flow in flows.value}, not stale


def _address_text(connection: Connection) -> str:
    """Return the server's URL and its source, and who can use other servers or add flows."""
    text = f"{inline_code(connection.url)} · {_SOURCES[connection.source]}"
    if not permissions().other_servers:
        text += f". {connect.OTHERS_NOT_ALLOWED}"
    if not permissions().install:
        text += f"  \n{_NO_ADDING}"
    return text


def _require_facts(server: ServerSession) -> None:
    """Raise the error of the server's info or flows, even if there is a previous response."""
    raise_copy(server.info().error)
    raise_copy(server.flows().error)


def _draw_details(server_info: ServerInfo) -> None:
    st.caption(_DIALECTS[server_info.dialect])
    st.markdown(":gray[Capabilities]")
    with st.container(horizontal=True, gap="xsmall"):
        for each in fields(server_info.capabilities):
            able = getattr(server_info.capabilities, each.name)
            since = "" if able or each.name not in SINCE else f" (from 1.{SINCE[each.name]})"
            st.badge(
                _CAPABILITIES[each.name] + since,
                icon=":material/check:" if able else ":material/close:",
                color="green" if able else "gray",
            )
    st.markdown(":gray[Limits]")
    lines = []  # a table would be wider than a phone
    for name, attribute, variable in _LIMITS:
        value = getattr(server_info.limits, attribute)
        lines.append(f"- {name}: **{f'{value:,}' if value else 'Unknown'}** · `{variable}`")
    st.markdown("\n".join(lines))


def draw_connection_form(current: ServerSession | None, is_connected: bool) -> None:
    """Draw the form for any server's URL and key, folded while a server is connected.

    If no other server may be used, the form is only for the key.
    """
    may_use_others = permissions().other_servers
    if current is None and not may_use_others:
        st.caption(connect.OTHERS_NOT_ALLOWED)
        return
    key_only = not may_use_others
    label = "Another server or key" if is_connected else "Address and key"
    if key_only:
        label = "Change the key"
    with st.expander(label, expanded=not is_connected):
        connect.draw_connection_form(
            current.connection.url if current else "",
            "Use this key" if key_only else "Connect",
            connection_state.CONNECT_BUTTON,
            key_only=key_only,
        )
        if current and current.connection.source == "typed":
            st.button(
                "Remove my key",
                key="forget-key",
                type="tertiary",
                icon=":material/key_off:",
                on_click=servers.forget,
                args=(current.connection,),
            )
