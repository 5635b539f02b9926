"""Getting to a server: what is shown while there is none, and when a run needs another key."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from pydantic import SecretStr

from lfclient.connection import Connection
from lfclient.errors import LangflowError
from lfclient.local.state import LocalState
from lfclient.store.record import RunRecord
from pages._ui import local_panel, problems, servers, state, state_connection, state_notices
from pages._ui.backend import backend, client, close_run
from pages._ui.servers import Session
from pages._ui.text import code, plain

KEY_NAME = "Langflow Console"


@dataclass(frozen=True)
class _NotTaken:
    """Why an address and key were not taken up, and the name of the server in use, if any."""

    error: LangflowError
    still: str | None


def session() -> Session | None:
    """The session in use; without one, the screen that leads to one, and None."""
    found = servers.current()
    if found is None:
        _first_run()
    return found


def opened_run(current: Session) -> tuple[Session, RunRecord | None]:
    """The run in the address and the session that may see it.

    That is another of this browser's servers where the run was made there; if none of them may
    see it, the screen asks for the key, and no run is returned.
    """
    run_id = state.run_id()
    if run_id is None:
        return current, None
    record = backend().runner.get(run_id, current.owner)
    if record is None:
        holder = servers.holder_of(run_id)
        if holder is None:
            _ask_for_key(current)
            return current, None
        servers.choose(holder.connection)
        current, record = holder, backend().runner.get(run_id, holder.owner)
    return current, record


def _ask_for_key(current: Session) -> None:
    with st.container(border=True, key="run-needs-key"):
        st.markdown("#### :material/search_off: No such run for this key", anchors=False)
        st.markdown(
            "The address names a run that this console does not have, or that was made with "
            "another server or API key. To see it, connect with the ones it was made with."
        )
        with st.expander("It was made with another key", icon=":material/key:"):
            address_and_key(current.connection.url, "Open the run")
        st.button("Show no run", key="close-run", type="tertiary", on_click=close_run)


def address_and_key(address: str, label: str) -> None:
    """Fields for a server's address and key, and a button that tests and takes them up."""
    shared = backend()
    st.session_state.setdefault(state_connection.SERVER_URL, address)
    with st.container(key="server-url"):
        st.text_input(
            "Address",
            key=state_connection.SERVER_URL,
            placeholder="http://127.0.0.1:7860",
            disabled=not shared.settings.allow_other_servers,
            help="The address that opens Langflow in a browser",
        )
    with st.container(key="api-key"):
        st.text_input(
            "API key",
            key=state_connection.API_KEY,
            type="password",
            placeholder=_key_hint(st.session_state[state_connection.SERVER_URL]),
            autocomplete="off",
            # on leaving the field, Streamlit takes up nothing if its eye is what is gone to
            live="0ms",
            on_change="ignore",
            help="Kept in the console's memory only, for this browser, for 12 hours. "
            "Langflow makes keys under Settings, Langflow API Keys.",
        )
    with st.container(key="test-connection"):
        st.button(label, key="test-connection-button", type="primary", on_click=test_and_use)


def _key_hint(address: str) -> str:
    at_hand = any(
        each.url == address.strip().rstrip("/") and each.api_key for each in servers.available()
    )
    return "A key is at hand; type another to replace it" if at_hand else "sk-…"


def test_and_use() -> None:
    """Test the address and key in the fields; used from now on if a Langflow takes them.

    A callback: the key's field is emptied whatever comes of it.
    """
    address = st.session_state.get(state_connection.SERVER_URL, "").strip()
    key = st.session_state.get(state_connection.API_KEY, "").strip()
    st.session_state[state_connection.API_KEY] = ""
    try:
        connection = _known(address) if not key else None
        connection = connection or servers.typed(address, key)
        with client(connection) as api:
            api.server()
            api.flows()
        if connection.source == "typed":
            servers.keep(connection)
        servers.choose(connection)
        servers.session(connection).refresh()
    except LangflowError as error:
        still = servers.current()
        state_notices.leave_notice(_NotTaken(error, still.connection.name if still else None))
        return
    st.session_state[state_connection.SERVER_URL] = connection.url
    state_notices.leave_notice(connection.name)


def _known(address: str) -> Connection | None:
    return next((each for each in servers.available() if each.url == address.rstrip("/")), None)


def notice() -> None:
    """What the last test came to."""
    left = state_notices.take_notice()
    if isinstance(left, _NotTaken):
        problems.show(left.error)
        if left.still:
            st.caption(f"Nothing was changed: {plain(left.still)} is still in use, as before.")
    elif isinstance(left, LangflowError):
        problems.show(left)
    elif left is not None:
        st.success(f"Connected with {plain(str(left))}.", icon=":material/check_circle:")


# nothing is configured


def _first_run() -> None:
    with st.container(width=760, key="first-run"):
        st.title("Connect to Langflow")
        notice()
        found = servers.discovered()
        if found:
            _discovered(found)
        elif not backend().local_stopped and backend().local.status().state in (
            LocalState.ABSENT,
            LocalState.INSTALLED,
            LocalState.STOPPED,
        ):
            backend().local.start_in_background()
        local_panel.draw(beside_another=bool(found))
        asks_for_key = found is not None and not found.auto_login
        if backend().settings.allow_other_servers and not asks_for_key:
            with st.expander("Use a Langflow elsewhere", icon=":material/lan:"):
                address_and_key("", "Test connection")


def _discovered(found) -> None:
    with st.container(border=True, key="discovered"):
        st.markdown(
            f"#### :material/radar: Langflow {plain(found.version)} is running here", anchors=False
        )
        st.caption(code(found.url))
        if found.auto_login:
            st.markdown(
                f"It lets anybody in without a password. “Use it” creates an API key named "
                f"“{KEY_NAME}” on it; before you press, nothing is created."
            )
            st.button(
                "Use it",
                key="use-discovered",
                type="primary",
                on_click=_use,
                args=(found.url,),
            )
        else:
            st.markdown("It asks for a key: make one in it under Settings, Langflow API Keys.")
            address_and_key(found.url, "Test connection")


def _use(url: str) -> None:
    connection = Connection(url.partition("://")[2], url, None, "discovered")
    try:
        with client(connection) as api:
            token = api.auto_login()
            key = api.create_key(KEY_NAME, token) if token else None
    except LangflowError as error:
        state_notices.leave_notice(error)
        return
    if key is None:
        state_notices.leave_notice(
            LangflowError(
                "This Langflow asks for a password now, so the console cannot make a key.",
                hint="Make a key in Langflow under Settings, Langflow API Keys, and enter it.",
            )
        )
        return
    taken = servers.typed(url, key)
    servers.keep(Connection(taken.name, taken.url, SecretStr(key), "typed", taken.verify))
