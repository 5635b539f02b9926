"""The connection page's parts: the servers to choose from, and what the chosen one is."""

from __future__ import annotations

from dataclasses import fields

import streamlit as st

from lfclient.console.samples import catalog, installer
from lfclient.errors import LangflowError
from lfclient.wire.server_info import SINCE, ServerInfo
from pages._ui.connection import connect, loading, server_session
from pages._ui.connection.app_context import close_run, open_client
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import connection as connection_state
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape, inline_code

FLOWS_WAIT_SECONDS = 10.0  # for the new list of flows, once there are new ones
_SOURCES = {
    "environment": "from the environment",
    "env file": "from .env",
    "secrets": "from secrets.toml",
    "local": "started by this console",
    "typed": "with your key",
    "discovered": "found here",
}
_CAPABILITIES = {
    "background": "Background jobs",
    "stop": "Stop",
    "events": "Live events",
    "keep_alive": "Signs of life while nothing happens",
    "session_field": "Sessions",
    "pending": "Waiting for a person",
    "idempotency": "A repeated request starts no second run",
    "own_sessions": "Sessions apart from other users'",
    "message_pages": "Messages in pages",
    "traces": "Traces of runs",
}
_DIALECTS = {
    "inputs": "Runs are written the way that Langflow 1.8 to 1.10 takes them.",
    "modes": "Runs are written the way that Langflow 1.11 and later take them.",
}


def draw_server_choice(current: ServerSession | None) -> None:
    """Switch between the servers at hand; nothing to choose from is not shown."""
    connections = server_session.available_connections()
    if len(connections) < 2 or current is None:
        return
    # it may be gone since: a typed key ends, the local Langflow stops
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
        server_session.choose(connections[chosen])
        close_run()
        st.session_state[connection_state.SERVER_URL] = connections[chosen].url
        st.rerun()


def draw_server_info(server: ServerSession) -> None:
    """What the server is, can do and limits; what is wrong with it."""
    with st.container(border=True, key="server-facts"):
        st.markdown(f"#### :material/dns: {escape(server.connection.name)}", anchors=False)
        st.caption(f"{inline_code(server.connection.url)} · {_SOURCES[server.connection.source]}")
        try:
            found = server.info()
            flows = server.flows()
        except LangflowError as error:
            loading.show(server, error, retry="retry-facts")
            return
        if found.error:
            alerts.show(found.error)
        _server(found.value, len(flows.value))
    _samples(server)


def _server(server_info: ServerInfo, flows: int) -> None:
    for warning in server_info.warnings:
        st.warning(escape(warning), icon=":material/gpp_maybe:")
    with st.grid(2, gap="small"):
        st.metric("Version", server_info.version, border=True, help=_DIALECTS[server_info.dialect])
        st.metric("Flows", flows, border=True)
    st.markdown(":gray[What it can do]")
    with st.container(horizontal=True, gap="xsmall"):
        for each in fields(server_info.capabilities):
            able = getattr(server_info.capabilities, each.name)
            st.badge(
                _CAPABILITIES[each.name] + ("" if able else _since(each.name)),
                icon=":material/check:" if able else ":material/close:",
                color="green" if able else "gray",
            )
    st.markdown(":gray[Its limits]")
    limits = server_info.limits
    rows = [
        ("Characters of a background result", limits.max_text, "LANGFLOW_MAX_TEXT_LENGTH"),
        ("Rows of a background result", limits.max_items, "LANGFLOW_MAX_ITEMS_LENGTH"),
        ("Upload, in MB", limits.max_upload_mb, "LANGFLOW_MAX_FILE_SIZE_UPLOAD"),
        (
            "Background runs at a time",
            limits.concurrency,
            "LANGFLOW_BACKGROUND_MAX_CONCURRENCY",
        ),
    ]
    st.table(
        [
            {"Limit": name, "Value": f"{value:,}" if value else "not known", "Set by": f"`{by}`"}
            for name, value, by in rows
        ]
    )


def _since(capability: str) -> str:
    """From which release on servers have it, where that is what this one lacks."""
    minor = SINCE.get(capability)
    return f" (from 1.{minor})" if minor else ""


def _samples(server: ServerSession) -> None:
    with st.container(border=True, key="samples"):
        st.markdown("#### :material/deployed_code: Sample flows", anchors=False)
        st.caption(
            f"{len(catalog.SAMPLES)} small flows that need no key of any provider. Those that "
            "the server has already, by name, are left alone. The code of "
            f"{len(catalog.custom_component_code())} components comes with the console; the others "
            "are the server's own."
        )
        added = connection_state.take_added_samples()
        if added:
            _added(*added)
        if not st.button("Add the sample flows", key="add-samples", icon=":material/add:"):
            return
        missing: list[str] = []
        with alerts.show_errors(), st.spinner("Adding the sample flows…"):
            with open_client(server.connection) as api:
                made = installer.install_samples(
                    api, on_missing=lambda sample, types: missing.append(sample.name)
                )
            server.refresh()
            connection_state.set_added_samples([flow.name for flow in made], missing)
            server.flows(FLOWS_WAIT_SECONDS)
            st.rerun()  # the number of flows stands above


def _added(made: list[str], missing: list[str]) -> None:
    """What has come of adding the sample flows."""
    names = ", ".join(escape(name) for name in made)
    st.success(f"Added: {names}." if made else "There was none to be added.")
    if missing:
        left = ", ".join(escape(name) for name in missing)
        st.caption(
            f"Left out, since this server lacks their components or allows none but its own: "
            f"{left}."
        )


def draw_connection_form(current: ServerSession | None) -> None:
    """Address, key and test of any server."""
    with st.container(border=True):
        st.markdown("#### :material/lan: Address and key", anchors=False)
        connect.draw_notice()
        connect.draw_connection_form(current.connection.url if current else "", "Test connection")
        if current and current.connection.source == "typed":
            st.button(
                "Forget my key",
                key="forget-key",
                type="tertiary",
                icon=":material/key_off:",
                on_click=server_session.forget,
                args=(current.connection,),
            )
