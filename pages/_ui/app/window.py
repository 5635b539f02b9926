"""The browser's window: its width, and the colors of its theme in `.streamlit/config.toml`."""

from typing import Any

import streamlit as st

# page.js sets it before the page connects; a page that is already open keeps its layout
NARROW_COOKIE = "lfconsole_narrow"


def is_narrow() -> bool:
    """Return whether the window was at most 768 px wide when it opened the page."""
    return st.context.cookies.get(NARROW_COOKIE) == "yes"


def is_dark() -> bool:
    """Return whether the browser shows the dark theme."""
    return st.context.theme.type == "dark"


def theme_color(name: str) -> str | None:
    """Return a color of the browser's theme, or None if the theme does not set it."""
    color: str | None = _option(name)
    return color


def theme_palette() -> list[str]:
    """Return the colors of a chart's series, in their order."""
    colors: list[str] | None = _option("chartCategoricalColors")
    return colors or ["#808080"]


def _option(name: str) -> Any:
    return st.get_option(f"theme.{'dark' if is_dark() else 'light'}.{name}")
