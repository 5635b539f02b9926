"""A button that copies an output or an address.

Streamlit has one for code only, which the keyboard does not reach.
"""

from urllib.parse import urlsplit

import streamlit as st

from lfclient.wire.addresses import is_loopback
from pages._ui.app.navigation import ASSETS
from pages._ui.widgets.markdown import inline_code

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


def draw_address(key: str, address: str, *, with_note: bool = True) -> None:
    """Draw an address with a button that copies it; `with_note` says if nobody else can open it."""
    with st.container(key=f"address-{key}", horizontal=True, vertical_alignment="center"):
        st.markdown(inline_code(address))
        draw(key, address)
    if with_note and is_loopback(urlsplit(address).hostname or ""):
        st.caption(":material/computer: Opens on this machine only")
