"""Getting to a server: what is shown while there is none, and when a run needs another key."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from pydantic import SecretStr

from lfclient.console.config.connection import Connection
from lfclient.console.local_langflow.state_file import LocalState
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from pages._ui.connection import local_panel, server_session
from pages._ui.connection.app_context import app_context, close_run, open_client
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import connection as connection_state
from pages._ui.state import notices, run_page
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape, inline_code

KEY_NAME = "Langflow Console"


@dataclass(frozen=True)
class _FailedTest:
    """Why an address and key were not taken up, and the name of the server in use, if any."""

    error: LangflowError
    still: str | None


def require_server() -> ServerSession | None:
    """The session in use; without one, the screen that leads to one, and None."""
    found = server_session.current()
    if found is None:
        _draw_first_run()
    return found


def open_run(current: ServerSession) -> tuple[ServerSession, RunRecord | None]:
    """The run in the address and the session that may see it.

    That is another of this browser's servers where the run was made there; if none of them may
    see it, the screen asks for the key, and no run is returned.
    """
    run_id = run_page.run_id()
    if run_id is None:
        return current, None
    record = app_context().runner.get(run_id, current.owner)
    if record is None:
        holder = server_session.find_server_of_run(run_id)
        if holder is None:
            _draw_missing_run(current)
            return current, None
        server_session.choose(holder.connection)
        current, record = holder, app_context().runner.get(run_id, holder.owner)
    return current, record


def _draw_missing_run(current: ServerSession) -> None:
    with st.container(border=True, key="run-needs-key"):
        st.markdown("#### :material/search_off: No such run for this key", anchors=False)
        st.markdown(
            "The address names a run that this console does not have, or that was made with "
            "another server or API key. To see it, connect with the ones it was made with."
        )
        with st.expander("It was made with another key", icon=":material/key:"):
            draw_connection_form(current.connection.url, "Open the run")
        st.button("Show no run", key="close-run", type="tertiary", on_click=close_run)


def draw_connection_form(address: str, label: str) -> None:
    """Fields for a server's address and key, and a button that tests and takes them up."""
    context = app_context()
    st.session_state.setdefault(connection_state.SERVER_URL, address)
    with st.container(key="server-url"):
        st.text_input(
            "Address",
            key=connection_state.SERVER_URL,
            placeholder="http://127.0.0.1:7860",
            disabled=not context.settings.allow_other_servers,
            help="The address that opens Langflow in a browser",
        )
    with st.container(key="api-key"):
        st.text_input(
            "API key",
            key=connection_state.API_KEY,
            type="password",
            placeholder=_key_hint(st.session_state[connection_state.SERVER_URL]),
            autocomplete="off",
            # on leaving the field, Streamlit takes up nothing if its eye is what is gone to
            live="0ms",
            on_change="ignore",
            help="Kept in the console's memory only, for this browser, for 12 hours. "
            "Langflow makes keys under Settings, Langflow API Keys.",
        )
    with st.container(key="test-connection"):
        st.button(label, key="test-connection-button", type="primary", on_click=test_and_connect)


def _key_hint(address: str) -> str:
    at_hand = any(
        each.url == address.strip().rstrip("/") and each.api_key
        for each in server_session.available_connections()
    )
    return "A key is at hand; type another to replace it" if at_hand else "sk-…"


def test_and_connect() -> None:
    """Test the address and key in the fields; used from now on if a Langflow takes them.

    A callback: the key's field is emptied whatever comes of it.
    """
    address = st.session_state.get(connection_state.SERVER_URL, "").strip()
    key = st.session_state.get(connection_state.API_KEY, "").strip()
    st.session_state[connection_state.API_KEY] = ""
    try:
        connection = _find_connection(address) if not key else None
        connection = connection or server_session.typed_connection(address, key)
        with open_client(connection) as api:
            api.server()
            api.flows()
        if connection.source == "typed":
            server_session.remember(connection)
        server_session.choose(connection)
        server_session.attach(connection).refresh()
    except LangflowError as error:
        still = server_session.current()
        notices.set_notice(_FailedTest(error, still.connection.name if still else None))
        return
    st.session_state[connection_state.SERVER_URL] = connection.url
    notices.set_notice(connection.name)


def _find_connection(address: str) -> Connection | None:
    return next(
        (
            each
            for each in server_session.available_connections()
            if each.url == address.rstrip("/")
        ),
        None,
    )


def draw_notice() -> None:
    """What the last test came to."""
    left = notices.take_notice()
    if isinstance(left, _FailedTest):
        alerts.show(left.error)
        if left.still:
            st.caption(f"Nothing was changed: {escape(left.still)} is still in use, as before.")
    elif isinstance(left, LangflowError):
        alerts.show(left)
    elif left is not None:
        st.success(f"Connected with {escape(str(left))}.", icon=":material/check_circle:")


# nothing is configured


def _draw_first_run() -> None:
    with st.container(width=760, key="first-run"):
        st.title("Connect to Langflow")
        draw_notice()
        found = server_session.discover_server()
        if found:
            _draw_discovered(found)
        elif not app_context().local_stopped and app_context().local.status().state in (
            LocalState.ABSENT,
            LocalState.INSTALLED,
            LocalState.STOPPED,
        ):
            app_context().local.start_in_background()
        local_panel.draw(beside_another=bool(found))
        asks_for_key = found is not None and not found.auto_login
        if app_context().settings.allow_other_servers and not asks_for_key:
            with st.expander("Use a Langflow elsewhere", icon=":material/lan:"):
                draw_connection_form("", "Test connection")


def _draw_discovered(found) -> None:
    with st.container(border=True, key="discovered"):
        st.markdown(
            f"#### :material/radar: Langflow {escape(found.version)} is running here", anchors=False
        )
        st.caption(inline_code(found.url))
        if found.auto_login:
            st.markdown(
                f"It lets anybody in without a password. “Use it” creates an API key named "
                f"“{KEY_NAME}” on it; before you press, nothing is created."
            )
            st.button(
                "Use it",
                key="use-discovered",
                type="primary",
                on_click=_use_discovered,
                args=(found.url,),
            )
        else:
            st.markdown("It asks for a key: make one in it under Settings, Langflow API Keys.")
            draw_connection_form(found.url, "Test connection")


def _use_discovered(url: str) -> None:
    connection = Connection(url.partition("://")[2], url, None, "discovered")
    try:
        with open_client(connection) as api:
            token = api.auto_login()
            key = api.create_key(KEY_NAME, token) if token else None
    except LangflowError as error:
        notices.set_notice(error)
        return
    if key is None:
        notices.set_notice(
            LangflowError(
                "This Langflow asks for a password now, so the console cannot make a key.",
                hint="Make a key in Langflow under Settings, Langflow API Keys, and enter it.",
            )
        )
        return
    taken = server_session.typed_connection(url, key)
    server_session.remember(
        Connection(taken.name, taken.url, SecretStr(key), "typed", taken.verify)
    )
