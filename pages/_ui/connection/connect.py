"""Connecting to a server: the first-run screen, the connection form, and another key's run."""

import streamlit as st

from lfclient.console.config.connection import Connection, DiscoveredServer
from lfclient.console.local_langflow.state_file import LocalState
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import InvalidKey, LangflowError
from pages._ui.connection import local_panel, servers
from pages._ui.connection.app_context import app_context, close_run, open_client, permissions
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import connection as connection_state
from pages._ui.state import notices, run_page
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape, inline_code

_FIRST_BUTTON = ("Connect", "first-connection-button")  # on the first-run screen
KEY_NAME = "Langflow Console"
OTHERS_NOT_ALLOWED = (
    "Only the console's operator can add a server, or let you enter one "
    "(`LFCONSOLE_ALLOW_OTHER_SERVERS`)."
)


def require_server(*, or_stopped: bool = False) -> ServerSession | None:
    """Return the server in use. Without a server, draw the first-run screen and return None.

    With `or_stopped`, a stopped local Langflow counts as well, because its runs can be read.
    """
    server = servers.current_or_stopped() if or_stopped else servers.current()
    if server is None:
        _draw_first_run()
    return server


def open_run(current: ServerSession) -> tuple[ServerSession, RunRecord | None]:
    """Return the run in the URL, and the browser's server that may see the run.

    If no server may see it, draw the missing run's panel and return the current server and None.
    """
    run_id = run_page.run_id()
    if run_id is None:
        return current, None
    server_and_run = servers.find_run(run_id, current)
    if server_and_run is None:
        _draw_missing_run(current)
        return current, None
    if server_and_run[0] is not current and not server_and_run[0].is_stopped:
        servers.choose(server_and_run[0].connection)
    return server_and_run


def _draw_missing_run(current: ServerSession) -> None:
    with st.container(border=True, key="run-needs-key"):
        st.markdown("## Run not found", anchors=False)
        st.markdown(
            "This run was deleted, or it belongs to another server or another user of the server. "
            "To see it, connect to its server with a key of its user."
        )
        with st.expander("Connect with another key"):
            draw_connection_form(current.connection.url, "Open the run", "open-run-button")
        st.button("Close", key="close-run", type="tertiary", on_click=close_run)


def draw_connection_form(address: str, label: str, key: str, *, key_only: bool = False) -> None:
    """Draw fields for a server's URL and key, and a button that tests and uses them.

    `label` and `key` belong to the button. Each page has its own `key`. With `key_only`, the form
    has no field for the URL, which is `address`.
    """
    can_type = permissions().other_servers and not key_only
    if not key_only:
        _draw_address(address, can_type)
    url = st.session_state[connection_state.SERVER_URL] if can_type else address
    with st.container(key="api-key"):
        st.text_input(
            "API key",
            key=connection_state.API_KEY,
            type="password",
            placeholder="Key saved. Enter a new one to replace it" if _has_key(url) else "sk-…",
            autocomplete="off",
            # without this, Streamlit drops the key if the eye icon is clicked next
            live="0ms",
            on_change="ignore",
            help="Kept in memory for this browser, for 12 hours. "
            "Create keys in Langflow under Settings > Langflow API Keys.",
        )
    with st.container(key="test-connection"):
        st.button(
            label,
            key=key,
            type="primary",
            on_click=test_and_connect,
            # a browser sends a typed URL together with the click
            args=(None if can_type else address,),
        )


def _draw_address(address: str, can_type: bool) -> None:
    if can_type:
        st.session_state.setdefault(connection_state.SERVER_URL, address)
    else:  # another server may be in use by now
        st.session_state[connection_state.SERVER_URL] = address
    with st.container(key="server-url"):
        st.text_input(
            "Address",
            key=connection_state.SERVER_URL,
            placeholder="http://127.0.0.1:7860",
            disabled=not can_type,
            help="The address of Langflow in a browser",
        )
        if not can_type:
            st.caption(OTHERS_NOT_ALLOWED)


def _connections_to(address: str) -> list[Connection]:
    url = address.strip().rstrip("/")
    return [each for each in servers.available_connections() if each.url == url]


def _has_key(address: str) -> bool:
    return any(each.api_key for each in _connections_to(address))


@notices.notify_errors()
def test_and_connect(address: str | None) -> None:
    """Test the URL and key in the fields, and use them if a Langflow accepts them.

    This is the button's callback. `address` is None if the form has a field for the URL. The key
    stays in its field only if it could not be tested.
    """
    if address is None:
        address = st.session_state.get(connection_state.SERVER_URL, "").strip()
    key = st.session_state.get(connection_state.API_KEY, "").strip()
    try:
        saved = [] if key else _connections_to(address)
        connection = saved[0] if saved else servers.typed_connection(address, key)
        with open_client(connection) as api:
            api.server.info()
            api.flows()
        if connection.source == "typed":
            connection = servers.remember(connection)
        servers.choose(connection)
        servers.attach(connection).refresh()
    except LangflowError as error:
        current = servers.current()
        if current:
            error.hint = f"{error.hint} Still connected to {current.connection.name}.".strip()
        if isinstance(error, InvalidKey):
            st.session_state[connection_state.API_KEY] = ""
            if key and _has_key(address):  # the empty field now shows “Key saved”
                error.hint += " The saved key was not replaced."
        raise
    st.session_state[connection_state.API_KEY] = ""
    st.session_state[connection_state.SERVER_URL] = connection.url
    notices.NOTICE.set(connection.name)


def draw_notice() -> None:
    """Draw a callback's notice, such as the result of a connection test."""
    notice = notices.take_notice()
    if isinstance(notice, LangflowError):
        alerts.show(notice)
    elif notice is not None:
        st.success(f"Connected to {escape(str(notice))}.", icon=":material/check_circle:")


# without a configured server


def _draw_first_run() -> None:
    with st.container(width=760, key="first-run"):
        allowed = permissions()
        discovered = servers.discover_server()
        if not discovered and allowed.install and _may_start_local():
            local_panel.start()
        is_starting = not discovered and app_context().local.status().state.is_in_progress
        st.title("Setting up Langflow" if is_starting else "Connect to Langflow")
        draw_notice()
        if discovered:
            _draw_discovered(discovered)
        local_panel.draw(has_other_server=bool(discovered))
        needs_key = discovered is not None and not discovered.auto_login
        if not allowed.other_servers:
            st.caption(f"No server is configured. {OTHERS_NOT_ALLOWED}")
        elif not needs_key:
            with st.expander("Use another Langflow"):
                draw_connection_form("", *_FIRST_BUTTON)
        if is_starting:
            _draw_example()


def _draw_example() -> None:
    """Show what comes after the installation."""
    st.markdown("## What comes next", anchors=False)
    st.markdown(
        "A sample flow opens, which needs no key. Enter a message and click **Run**. "
        "**Add a flow** has agents and other templates, and takes flow files of your own. "
        "A run looks like this:"
    )
    question, answer = st.columns([2, 3])
    with question.container(border=True, height="stretch"):
        st.markdown(":gray[Message]\n\nLisbon")
    with answer.container(border=True):
        st.markdown(
            ":gray[Completed · 6.2 s]\n\n**Lisbon**\n\n- The night train on Friday at 21:45\n"
            "- A room with a view of the river\n- Sun hat and walking shoes are packed"
        )


def _may_start_local() -> bool:
    """Return whether the local Langflow is not running, has not failed and was not stopped."""
    startable = (LocalState.ABSENT, LocalState.INSTALLED, LocalState.STOPPED)
    return not app_context().local_stopped and app_context().local.status().state in startable


def _draw_discovered(server: DiscoveredServer) -> None:
    with st.container(border=True, key="discovered"):
        st.markdown(
            f"## Langflow {escape(server.version)} is running here",
            anchors=False,
        )
        st.caption(inline_code(server.url))
        if server.auto_login:
            st.markdown(
                f"It needs no password. “Use it” creates an API key named “{KEY_NAME}” there; "
                "until then, nothing is created."
            )
            st.button(
                "Use it",
                key="use-discovered",
                type="primary",
                on_click=_use_discovered,
                args=(server.url,),
            )
        else:
            st.markdown("It needs an API key. Create one there under Settings > Langflow API Keys.")
            draw_connection_form(server.url, *_FIRST_BUTTON)


@notices.notify_errors()
def _use_discovered(url: str) -> None:
    with open_client(servers.typed_connection(url, "")) as api:
        token = api.auth.auto_login()
        key = api.auth.create_key(KEY_NAME, token) if token else None
    if key is None:
        raise LangflowError(
            "Couldn't create an API key: this Langflow now needs a password.",
            hint="Create a key in Langflow under Settings > Langflow API Keys, then enter it.",
        )
    servers.remember(servers.typed_connection(url, key))
