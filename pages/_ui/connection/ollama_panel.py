"""The offer to use this machine's Ollama in the local Langflow."""

import streamlit as st

from lfclient.client import LangflowClient
from lfclient.common.formatting import format_count
from lfclient.console.local_langflow.ollama import VARIABLE, Ollama, find_ollama
from lfclient.errors import LangflowError
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context, permissions
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import connection as connection_state
from pages._ui.state import notices
from pages._ui.widgets.markdown import inline_code

_TTL_SECONDS = 15.0
_MAX_WAIT_SECONDS = 1.0


def draw() -> None:
    """Draw the offer, if an Ollama runs here and the local Langflow doesn't use it yet."""
    server = _local_server()
    if server is None:
        return
    saved = connection_state.OLLAMA_SAVED.take()
    if saved:
        st.success("Ollama’s models can be chosen in forms now.", icon=":material/check_circle:")
    try:
        ollama = app_context().request_cache.get(
            "", "ollama", _TTL_SECONDS, find_ollama, _MAX_WAIT_SECONDS
        )
        is_known = server.fetch("knows ollama", _TTL_SECONDS, _knows_ollama)
    except LangflowError:  # or not loaded yet
        return
    if ollama.value and not is_known.value:
        _draw_offer(server, ollama.value)


def _knows_ollama(api: LangflowClient) -> bool:
    return any(each.name == VARIABLE and each.is_set for each in api.variables())


def _draw_offer(server: ServerSession, ollama: Ollama) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="ollama"):
        models = format_count(len(ollama.models), "model") if ollama.models else "no models yet"
        st.markdown(f"Ollama is running here with {models}.", width="content")
        st.button(
            "Use it",
            key="use-ollama",
            help=f"Saves its address, {ollama.url}, as the server variable `{VARIABLE}`",
            on_click=_use,
            args=(server, ollama.url),
        )
    if not ollama.models:
        st.caption(f"Get one with {inline_code('ollama pull llama3.2')}.")


@notices.notify_errors(connection_state.LOCAL_ERROR)
def _use(server: ServerSession, url: str) -> None:
    permissions().require_install()
    with server.open_client() as api:
        api.settings.save_variable(VARIABLE, url, is_secret=False)
    server.refresh()
    connection_state.OLLAMA_SAVED.set(True)


def _local_server() -> ServerSession | None:
    connections = servers.available_connections()
    local = next((each for each in connections if each.source == "local"), None)
    try:
        return servers.attach(local) if local else None
    except LangflowError:
        return None
