"""Additional packages for the local Langflow, each with a button that installs it."""

from collections.abc import Iterable

import streamlit as st

from lfclient.console.config.connection import Connection
from lfclient.resources.packages import PACKAGES, Package, package_for
from pages._ui.app import navigation
from pages._ui.connection import local_runs
from pages._ui.connection.app_context import app_context, permissions
from pages._ui.state import connection as connection_state
from pages._ui.state import notices
from pages._ui.widgets.markdown import inline_code

_RESTARTS = "Installs it and restarts the local Langflow, which ends its runs in progress"


def draw_list() -> None:
    """Draw the additional packages, with a button for each missing package."""
    st.caption("Some flows need more than Langflow's base package. Installing one restarts it.")
    added, running = app_context().local.installation.added, local_runs.count_running()
    for package in PACKAGES:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{package.purpose} · {inline_code(package.name)}", width="stretch")
            if package.name in added:
                st.badge("Installed", color="green")
            elif _draw_button(package, "Install", running, "list"):
                st.rerun()  # the panel refreshes itself from now on


def draw_install_buttons(connection: Connection, modules: Iterable[str], key: str) -> None:
    """Draw a button for each package whose `modules` a flow needs and the local Langflow lacks.

    `key` identifies the place on the page. Draw no button for packages that the console doesn't
    offer or has installed, nor for visitors without permission.
    """
    packages = list(dict.fromkeys(filter(None, map(package_for, modules))))
    if connection.source != "local" or not packages or not permissions().install:
        return
    added, running = app_context().local.installation.added, local_runs.count_running()
    for package in packages:
        if package.name in added:
            continue
        if _draw_button(package, f"Install {package.name}", running, key):
            st.switch_page(navigation.page("connection"))  # which shows the progress


def _draw_button(package: Package, label: str, running: int, key: str) -> bool:
    return local_runs.draw_ending_button(
        label,
        running,
        key=f"install-{key}-{package.name}",
        icon=":material/download:",
        help=_RESTARTS,
        on_click=_install,
        args=(package,),
    )


@notices.notify_errors(connection_state.LOCAL_ERROR)
def _install(package: Package) -> None:
    permissions().require_install()
    app_context().local_stopped = False
    app_context().local.start_in_background(add=package)
