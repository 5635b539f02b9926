"""The frame of every page: title, wordmark, navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager

APP_NAME = "Langflow Console"
CHAT_PATH = "chat"
SIDEBAR_PIXELS = 360
ASSETS = Path(__file__).parent / "assets"
PAGES = Path(__file__).parents[2]


def disable_pages_directory() -> None:
    """Run every page within `app.py`, whichever is opened first.

    Until `st.navigation` has been called once, Streamlit would run the files in `pages/` directly,
    without navigation and title.
    """
    PagesManager.uses_pages_directory = False


def configure_page() -> None:
    """Set the title, and draw the wordmark for the browser's theme."""
    set_title()
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.logo(str(ASSETS / f"wordmark-{theme}.svg"), size="large")


def set_title(prefix: str = "") -> None:
    """Set the title of the browser tab; can be called repeatedly, also in a fragment."""
    st.set_page_config(
        page_title=f"{prefix} · {APP_NAME}" if prefix else APP_NAME,
        page_icon=str(ASSETS / "favicon.png"),
    )


def run_page() -> StreamlitPage:
    """Return the Run page, the start page."""
    return st.Page(PAGES / "run.py", title="Run", icon=":material/play_circle:", default=True)


def chat_page() -> StreamlitPage:
    """Return the Chat page."""
    return st.Page(PAGES / "chat.py", title="Chat", icon=":material/forum:", url_path=CHAT_PATH)


def history_page() -> StreamlitPage:
    """Return the History page."""
    return st.Page(
        PAGES / "history.py", title="History", icon=":material/history:", url_path="history"
    )


def compare_page() -> StreamlitPage:
    """Return the Compare page, which is reached from runs and hidden in the menu."""
    return st.Page(
        PAGES / "compare.py",
        title="Compare",
        icon=":material/compare:",
        url_path="compare",
        visibility="hidden",
    )


def connection_page() -> StreamlitPage:
    """Return the Connection page."""
    return st.Page(
        PAGES / "connection.py",
        title="Connection",
        icon=":material/dns:",
        url_path="connection",
    )


def draw_navigation() -> StreamlitPage:
    """Draw the navigation and return the requested page."""
    page = st.navigation(
        [run_page(), chat_page(), history_page(), connection_page(), compare_page()],
        position="top",
    )
    if page.url_path == CHAT_PATH:
        # long lines are hard to read, and the form in the sidebar needs room
        st.set_page_config(layout="centered", initial_sidebar_state=SIDEBAR_PIXELS)
    else:
        st.set_page_config(layout="wide")
    return page
