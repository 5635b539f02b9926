"""The colors of the theme in `.streamlit/config.toml`, for charts and tables drawn as a canvas."""

import streamlit as st


def is_dark() -> bool:
    """Return whether the browser shows the dark theme."""
    return st.context.theme.type == "dark"


def theme_color(name: str) -> str | None:
    """Return a color of the browser's theme, or None if the theme does not set it."""
    color: str | None = st.get_option(f"theme.{'dark' if is_dark() else 'light'}.{name}")
    return color
