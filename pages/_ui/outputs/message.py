"""Messages: Markdown that loads nothing by itself; long ones as plain text."""

from __future__ import annotations

import streamlit as st

from lfclient.common.formatting import replace_surrogates
from pages._ui.outputs import image
from pages._ui.outputs.card import Block
from pages._ui.widgets.markdown import plain, without_data_images, without_remote_images

# 100 KB of Markdown take a browser 1.3 s, 1 MB takes 10 s; as plain text 1 MB takes 1 s
MARKDOWN_LIMIT = 50_000
TEXT_LIMIT = 500_000
IMAGES_LIMIT = 30_000_000


def draw(block: Block) -> None:
    """The text, the remote images that it names on request, and the text as a file."""
    text = block.output.value
    if not isinstance(text, str) or not text:
        st.caption("An empty message." if text == "" else "No value.")
        return
    markdown(block, text)
    with st.container(horizontal=True, gap="small"):
        block.save("Markdown", lambda: text.encode("utf-8", "replace"), "md", "text/markdown")
        block.save("Text", lambda: text.encode("utf-8", "replace"), "txt", "text/plain")


def markdown(block: Block, text: str) -> None:
    """Somebody else's Markdown. Images that came along stand under Images where they are large."""
    shown = text
    if MARKDOWN_LIMIT < len(text) <= IMAGES_LIMIT and "data:image/" in text:
        shown = block.kept("text", lambda: without_data_images(text))
    if len(shown) > MARKDOWN_LIMIT:
        _long(text)
        return
    safe, addresses = without_remote_images(replace_surrogates(shown))
    st.markdown(safe)
    for number, address in enumerate(addresses):
        image.remote(block, address, f"{block.key}-image-{number}")


def _long(text: str) -> None:
    st.caption(
        f"{len(text):,} characters: too long to be drawn as Markdown"
        + (
            f". These are the first {TEXT_LIMIT:,}; the download has all."
            if len(text) > TEXT_LIMIT
            else "."
        )
    )
    st.code(replace_surrogates(text[:TEXT_LIMIT]), language=None, wrap_lines=True, height=420)


def draw_error(block: Block) -> None:
    """An output that is the reason why its component failed."""
    st.error(plain(replace_surrogates(str(block.output.value))), icon=":material/error:")
