"""What is known of the browser's window."""

import streamlit as st

# page.js sets it before the page connects; a page that is already open keeps its layout
NARROW_COOKIE = "lfconsole_narrow"


def is_narrow() -> bool:
    """Return whether the window was at most 768 px wide when it opened the page."""
    return st.context.cookies.get(NARROW_COOKIE) == "yes"
