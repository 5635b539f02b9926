"""The frame of every page: title, wordmark, navigation."""

from pathlib import Path

import streamlit as st

from lfclient.common.formatting import remove_bidi_controls
from pages._ui.app.streamlit_patches import StreamlitPage

APP_NAME = "Langflow Console"
SIDEBAR_PIXELS = 360
ASSETS = Path(__file__).parent / "assets"
PAGES = Path(__file__).parents[2]
_ICONS = {
    "run": "play_circle",
    "chat": "forum",
    "history": "history",
    "connection": "dns",
    "compare": "compare",
}
VIEWS = ("present", "result")  # pages that are opened by `?view=…` and stand alone


def configure_page(view: str | None = None) -> None:
    """Set the title, and draw the wordmark for the browser's theme; views have none."""
    set_title()
    if view in VIEWS:
        return
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.logo(str(ASSETS / f"wordmark-{theme}.svg"), size="large")


def set_title(prefix: str = "") -> None:
    """Set the title of the browser tab; can be called repeatedly, also in a fragment."""
    st.set_page_config(
        page_title=f"{remove_bidi_controls(prefix)} · {APP_NAME}" if prefix else APP_NAME,
        page_icon=str(ASSETS / "favicon.png"),
    )


def page(name: str) -> StreamlitPage:
    """Return a page by its name in `pages/`; "run" is the start page."""
    return st.Page(
        PAGES / f"{name}.py",
        title=name.capitalize(),
        icon=f":material/{_ICONS[name]}:",
        default=name == "run",
        # it is reached from runs
        visibility="hidden" if name == "compare" else "visible",
    )


def draw_navigation(view: str | None = None) -> StreamlitPage:
    """Draw the navigation and return the requested page.

    A view is the only page there is, so that nothing in it leads to another one.
    """
    if view in VIEWS:
        st.set_page_config(layout="wide")
        only = st.Page(PAGES / f"{view}.py", title=view.capitalize(), default=True)
        return st.navigation([only], position="hidden")
    current = st.navigation([page(name) for name in _ICONS], position="top")
    if current.url_path == "chat":
        # long lines are hard to read, and the form in the sidebar needs room
        st.set_page_config(layout="centered", initial_sidebar_state=SIDEBAR_PIXELS)
    else:
        st.set_page_config(layout="wide")
    return current
