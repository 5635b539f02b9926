"""What every page has: title, wordmark, navigation."""

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
    """Have every page run within `app.py`, whichever is opened first.

    Streamlit knows that it is not to run the files in pages/ by themselves only once
    `st.navigation` was called, and would draw them without navigation and title until then.
    """
    PagesManager.uses_pages_directory = False


def configure_page() -> None:
    """Set the page up and draw the wordmark in the theme that the browser shows."""
    set_title()
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.logo(str(ASSETS / f"wordmark-{theme}.svg"), size="large")


def set_title(beginning: str = "") -> None:
    """Name the browser's tab; may be called again, also while a fragment runs."""
    st.set_page_config(
        page_title=f"{beginning} · {APP_NAME}" if beginning else APP_NAME,
        page_icon=str(ASSETS / "favicon.png"),
    )


def run_page() -> StreamlitPage:
    """The first page: choose a flow and run it."""
    return st.Page(PAGES / "run.py", title="Run", icon=":material/play_circle:", default=True)


def chat_page() -> StreamlitPage:
    """The page of conversations."""
    return st.Page(PAGES / "chat.py", title="Chat", icon=":material/forum:", url_path=CHAT_PATH)


def history_page() -> StreamlitPage:
    """The page of all runs."""
    return st.Page(
        PAGES / "history.py", title="History", icon=":material/history:", url_path="history"
    )


def compare_page() -> StreamlitPage:
    """The page that compares runs; one comes to it from runs, so it is in no menu."""
    return st.Page(
        PAGES / "compare.py",
        title="Compare",
        icon=":material/compare:",
        url_path="compare",
        visibility="hidden",
    )


def connection_page() -> StreamlitPage:
    """The page of servers and keys."""
    return st.Page(
        PAGES / "connection.py",
        title="Connection",
        icon=":material/dns:",
        url_path="connection",
    )


def draw_navigation() -> StreamlitPage:
    """Draw the navigation; returns the page that was asked for."""
    page = st.navigation(
        [run_page(), chat_page(), history_page(), connection_page(), compare_page()],
        position="top",
    )
    if page.url_path == CHAT_PATH:
        # a conversation in long lines is hard to read, and a form beside it needs its room
        st.set_page_config(layout="centered", initial_sidebar_state=SIDEBAR_PIXELS)
    else:
        st.set_page_config(layout="wide")
    return page
