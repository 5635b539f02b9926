"""The panel of the local Langflow: installation progress, state, start, stop, log."""

import streamlit as st

from lfclient.console.local_langflow.installer import DOWNLOAD_NOTE
from lfclient.console.local_langflow.state_file import LocalState, LocalStatus
from pages._ui.connection import editor, local_packages, local_runs, ollama_panel
from pages._ui.connection.app_context import app_context, permissions
from pages._ui.state import connection as connection_state
from pages._ui.state import notices
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape, inline_code
from pages._ui.widgets.status_badges import Color

REFRESH_SECONDS = 1.0
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
            st.info("Restart it to add models and the editor.")
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
            running = local_runs.count_running()
            local_runs.draw_ending_button(
                "Stop", running, key="local-stop", icon=":material/stop:", on_click=_stop
            )
            local_runs.draw_ending_button(
                "Restart",
                running,
                key="local-restart",
                icon=":material/refresh:",
                on_click=_restart,
            )
        elif not status.state.is_in_progress:
            label = _START_LABELS.get(status.state, "Start")
            pressed = st.button(
                label, key="local-start", icon=":material/play_arrow:", on_click=start
            )
            if pressed:
                st.rerun()
    error = connection_state.LOCAL_ERROR.take()
    if error is not None:
        alerts.show(error)
    if status.state is LocalState.RUNNING:
        ollama_panel.draw()
    if status.state in (LocalState.RUNNING, LocalState.INSTALLED, LocalState.STOPPED):
        controls.lazy_expander("Packages", "local-packages", local_packages.draw_list)
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


def _start_server() -> None:
    permissions().require_install()
    app_context().local_stopped = False
    app_context().local.start_in_background()


def _stop_server() -> None:
    permissions().require_install()
    app_context().local_stopped = True
    app_context().local.stop()
