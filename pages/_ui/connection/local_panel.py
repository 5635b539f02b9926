"""The panel of the local Langflow: installation progress, state, start, stop, packages, log."""

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from lfclient.client import LangflowClient
from lfclient.common.formatting import format_count
from lfclient.console.config.connection import Connection
from lfclient.console.local_langflow.installer import DOWNLOAD_NOTE
from lfclient.console.local_langflow.ollama import VARIABLE, Ollama, find_ollama
from lfclient.console.local_langflow.state_file import LocalState, LocalStatus
from lfclient.errors import LangflowError
from lfclient.resources.packages import PACKAGES, Package, package_for
from pages._ui.app import navigation
from pages._ui.connection import editor, servers
from pages._ui.connection.app_context import app_context, permissions
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import connection as connection_state
from pages._ui.state import notices
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape, inline_code
from pages._ui.widgets.status_badges import Color

_OLLAMA_SECONDS = 15.0  # between two searches for Ollama
_OLLAMA_WAIT_SECONDS = 1.0
REFRESH_SECONDS = 1.0
_RESTARTS = "Installs it and restarts the local Langflow, which ends its runs in progress"
_HEADING = "## Local Langflow"
_PURPOSE = (
    "A Langflow that this console installs and runs, separate from any other on this computer."
)
_BADGES: dict[LocalState, tuple[str, Color]] = {
    LocalState.ABSENT: ("Not installed", "gray"),
    LocalState.INSTALLING: ("Installing", "blue"),
    LocalState.INSTALLED: ("Installed", "gray"),
    LocalState.STARTING: ("Starting", "blue"),
    LocalState.SAMPLES: ("Adding sample flows", "blue"),
    LocalState.ADDING: ("Adding a package", "blue"),
    LocalState.RUNNING: ("Running", "green"),
    LocalState.STOPPED: ("Stopped", "gray"),
    LocalState.CRASHED: ("Crashed", "red"),
    LocalState.FAILED: ("Failed", "red"),
}

_START_LABELS = {
    LocalState.ABSENT: "Install and start",
    LocalState.FAILED: "Start again",
    LocalState.CRASHED: "Start again",
}

# a package is added, or sample flows, to a Langflow that runs
_CANCELLABLE = (LocalState.INSTALLING, LocalState.STARTING)


def draw(has_other_server: bool = False) -> None:
    """Draw the panel, which refreshes itself during an installation or start.

    Visitors without permission see only that they may not start a Langflow.
    """
    if not permissions().install:
        with st.container(border=True, key="local-langflow"):
            st.markdown(_HEADING, anchors=False)
            st.caption(
                f"{_PURPOSE} Only the console's operator can start it (`LFCONSOLE_ALLOW_INSTALL`)."
            )
        return
    status = app_context().local.status()
    with st.container(border=True, key="local-langflow"):
        st.fragment(_panel, run_every=REFRESH_SECONDS if status.state.is_in_progress else None)(
            status.state, has_other_server
        )


@alerts.show_errors()
def _panel(drawn_as: LocalState, has_other_server: bool) -> None:
    status = app_context().local.status()
    if status.state is not drawn_as and (
        not status.state.is_in_progress or not drawn_as.is_in_progress
    ):
        notices.rerun()  # ready or failed: the rest of the page changes as well
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_HEADING, width="content", anchors=False)
        word, colour = _BADGES[status.state]
        st.badge(word, color=colour)
    _draw_status(status, has_other_server)
    _draw_buttons(status)


def _draw_status(status: LocalStatus, has_other_server: bool) -> None:
    if status.state.is_in_progress:
        st.progress(status.progress or 0.0, text=escape(status.step))
        if status.state is LocalState.INSTALLING:
            st.caption(DOWNLOAD_NOTE)
            st.caption("You can close or reload this page; the installation continues.")
    elif status.state is LocalState.RUNNING:
        st.caption(f"{inline_code(status.url or '')} · Langflow {escape(status.version or '')}")
        st.caption(
            f"Its API key and password are in {inline_code(str(app_context().local.secret_file))}."
        )
        if app_context().local.installation.missing:
            st.info("Restart it to add components, models and the editor.")
        if status.message:
            alerts.show_message("Couldn't add the package", status.message, status.hint)
    elif status.state in (LocalState.FAILED, LocalState.CRASHED):
        heading = (
            "Couldn't start Langflow" if status.state is LocalState.FAILED else "Langflow crashed"
        )
        alerts.show_message(heading, status.message, status.hint)
        if status.log_tail:
            st.code(status.log_tail, language=None, height=220)
    else:
        lead = (
            "Or let the console install and run a Langflow of its own." if has_other_server else ""
        )
        st.markdown(f"{lead or _PURPOSE} It comes with sample flows.")
        st.caption(DOWNLOAD_NOTE if status.state is LocalState.ABSENT else "Installed.")


def _draw_buttons(status: LocalStatus) -> None:
    with st.container(horizontal=True, gap="small"):
        if status.state is LocalState.RUNNING:
            editor.draw_local_link()
            running = _count_running()
            _draw_ending_button(
                "Stop", running, key="local-stop", icon=":material/stop:", on_click=_stop
            )
            _draw_ending_button(
                "Restart",
                running,
                key="local-restart",
                icon=":material/refresh:",
                on_click=_restart,
            )
        elif status.state in _CANCELLABLE:
            st.button("Cancel", key="local-cancel", icon=":material/close:", on_click=_stop)
        elif not status.state.is_in_progress:
            label = _START_LABELS.get(status.state, "Start")
            clicked = st.button(
                label, key="local-start", icon=":material/play_arrow:", on_click=start
            )
            if clicked:
                st.rerun()
    error = connection_state.LOCAL_ERROR.take()
    if error is not None:
        alerts.show(error)
    if status.state is LocalState.RUNNING:
        _draw_ollama()
    if status.state in (LocalState.RUNNING, LocalState.INSTALLED, LocalState.STOPPED):
        controls.lazy_expander("Packages", "local-packages", _draw_packages)
    if status.state in (LocalState.RUNNING, LocalState.STOPPED):
        controls.lazy_expander("Log", "local-log", _log)


def _log() -> None:
    st.code(app_context().local.logs(50) or "The log is empty.", language=None, height=260)


@notices.notify_errors(connection_state.LOCAL_ERROR)
def start() -> None:
    """Install the local Langflow if needed and start it, in the background."""
    _start_server()


@notices.notify_errors(connection_state.LOCAL_ERROR)
def _stop() -> None:
    _stop_server()


@notices.notify_errors(connection_state.LOCAL_ERROR)
def _restart() -> None:
    _stop_server()
    _start_server()


def _start_server(package: Package | None = None) -> None:
    permissions().require_install()
    app_context().local_stopped = False
    app_context().local.start_in_background(package)


def _stop_server() -> None:
    permissions().require_install()
    app_context().local_stopped = True
    app_context().local.stop()


# runs that stopping ends


def _count_running() -> int:
    """Return the number of the local Langflow's runs that have not ended."""
    connections = servers.available_connections()
    runner = app_context().runner
    owners = {runner.owner_of(each) for each in connections if each.source == "local"}
    return sum(len(runner.store.unfinished(owner)) for owner in owners)


def _draw_ending_button(
    label: str, running: int, *, key: str, icon: str, on_click: Callable[..., None], **kwargs: Any
) -> bool:
    """Draw a button that stops the local Langflow, with a confirmation if runs are `running`.

    `kwargs` are passed to `st.button`. Return whether the button was clicked and confirmed.
    """
    if not running:
        return st.button(label, key=key, icon=icon, on_click=on_click, **kwargs)
    with st.popover(label, icon=icon, key=f"{key}-panel"):
        count = format_count(running, "run")
        st.markdown(f"{count} on this Langflow {'has' if running == 1 else 'have'} not ended.")
        return controls.danger_button(f"{label} anyway", key=key, on_click=on_click, **kwargs)


# additional packages


def _draw_packages() -> None:
    """Draw the additional packages, with a button for each missing package."""
    st.caption("Some flows need more than Langflow's base package. Installing one restarts it.")
    added, running = app_context().local.installation.added, _count_running()
    for package in PACKAGES:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{package.purpose} · {inline_code(package.name)}", width="stretch")
            if package.name in added:
                st.badge("Installed", color="green")
            elif _draw_install_button(package, "Install", running, "list"):
                st.rerun()  # the panel refreshes itself from now on


def draw_install_buttons(connection: Connection, names: Iterable[str], key: str) -> None:
    """Draw a button for each package that a flow needs and the local Langflow lacks.

    `names` are names of packages or modules. `key` identifies the place on the page. Draw no
    button for packages that the console doesn't offer or has installed, nor for visitors without
    permission.
    """
    packages = list(dict.fromkeys(filter(None, map(package_for, names))))
    if connection.source != "local" or not packages or not permissions().install:
        return
    added, running = app_context().local.installation.added, _count_running()
    for package in packages:
        if package.name in added:
            continue
        if _draw_install_button(package, f"Install {package.name}", running, key):
            st.switch_page(navigation.page("connection"))  # which shows the progress


def _draw_install_button(package: Package, label: str, running: int, key: str) -> bool:
    return _draw_ending_button(
        label,
        running,
        key=f"install-{key}-{package.name}",
        icon=":material/download:",
        help=_RESTARTS,
        on_click=_install_package,
        args=(package,),
    )


@notices.notify_errors(connection_state.LOCAL_ERROR)
def _install_package(package: Package) -> None:
    _start_server(package)


# Ollama


def _draw_ollama() -> None:
    """Draw the offer, if an Ollama runs here and the local Langflow doesn't use it yet."""
    server = _local_server()
    if server is None:
        return
    saved = connection_state.OLLAMA_SAVED.take()
    if saved:
        st.success("Ollama’s models can be chosen in forms now.", icon=":material/check_circle:")
    try:
        ollama = app_context().request_cache.get(
            "", "ollama", _OLLAMA_SECONDS, find_ollama, _OLLAMA_WAIT_SECONDS
        )
        is_known = server.fetch("knows ollama", _OLLAMA_SECONDS, _knows_ollama)
    except LangflowError:  # or not loaded yet
        return
    if ollama.value and not is_known.value:
        _draw_ollama_offer(server, ollama.value)


def _knows_ollama(api: LangflowClient) -> bool:
    return any(each.name == VARIABLE and each.is_set for each in api.variables())


def _draw_ollama_offer(server: ServerSession, ollama: Ollama) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="ollama"):
        models = format_count(len(ollama.models), "model") if ollama.models else "no models yet"
        st.markdown(f"Ollama is running here with {models}.", width="content")
        st.button(
            "Use it",
            key="use-ollama",
            help=f"Saves its address, {ollama.url}, as the server variable `{VARIABLE}`",
            on_click=_use_ollama,
            args=(server, ollama.url),
        )
    if not ollama.models:
        st.caption(f"Get one with {inline_code('ollama pull llama3.2')}.")


@notices.notify_errors(connection_state.LOCAL_ERROR)
def _use_ollama(server: ServerSession, url: str) -> None:
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
