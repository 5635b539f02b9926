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


def draw(key: str, text: str | None, *, takes_focus: bool = False) -> None:
    """Draw the button, which may take the focus once.

    Without a `text` it copies the image that was drawn before it.
    """
    _component(key=key, data={"text": text, "takesFocus": takes_focus}, width="content")


def draw_address(
    key: str, address: str, *, with_note: bool = True, takes_focus: bool = False
) -> None:
    """Draw an address with a button that copies it; `with_note` says if nobody else can open it."""
    with st.container(key=f"address-{key}", horizontal=True, vertical_alignment="center"):
        st.markdown(inline_code(address))
        draw(key, address, takes_focus=takes_focus)
    if with_note and is_loopback(urlsplit(address).hostname or ""):
        st.caption(":material/computer: Opens on this machine only")
