"""A button that copies an output; Streamlit has one for code only."""

import streamlit as st

from pages._ui.app.navigation import ASSETS

_component = st.components.v2.component(
    "copy_button",
    html=(
        '<button type="button"><span class="icon" aria-hidden="true">content_copy</span>'
        '<span aria-live="polite">Copy</span></button>'
    ),
    css=(ASSETS / "copy_button.css").read_text(encoding="utf-8"),
    js=(ASSETS / "copy_button.js").read_text(encoding="utf-8"),
)


def draw(key: str, text: str | None) -> None:
    """Draw the button. Without a `text` it copies the image that was drawn before it."""
    _component(key=key, data={"text": text}, width="content")
