"""Messages: Markdown that loads nothing by itself; long ones as plain text."""

from __future__ import annotations

import streamlit as st

from lfclient.common.formatting import replace_surrogates
from pages._ui.outputs import image
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets.markdown import escape, strip_data_images, strip_remote_images

# 100 KB of Markdown take a browser 1.3 s, 1 MB takes 10 s; as plain text 1 MB takes 1 s
MAX_MARKDOWN_LENGTH = 50_000
MAX_TEXT_LENGTH = 500_000
MAX_LENGTH_WITH_IMAGES = 30_000_000


def draw(card: OutputCard) -> None:
    """The text, the remote images that it names on request, and the text as a file."""
    text = card.output.value
    if not isinstance(text, str) or not text:
        st.caption("An empty message." if text == "" else "No value.")
        return
    draw_markdown(card, text)
    with st.container(horizontal=True, gap="small"):
        card.save_button("Markdown", lambda: text.encode("utf-8", "replace"), "md", "text/markdown")
        card.save_button("Text", lambda: text.encode("utf-8", "replace"), "txt", "text/plain")


def draw_markdown(card: OutputCard, text: str) -> None:
    """Somebody else's Markdown. Images that came along stand under Images where they are large."""
    shown = text
    if MAX_MARKDOWN_LENGTH < len(text) <= MAX_LENGTH_WITH_IMAGES and "data:image/" in text:
        shown = card.cached("text", lambda: strip_data_images(text))
    if len(shown) > MAX_MARKDOWN_LENGTH:
        _draw_plain_text(text)
        return
    safe, addresses = strip_remote_images(replace_surrogates(shown))
    st.markdown(safe)
    for number, address in enumerate(addresses):
        image.draw_remote(card, address, f"{card.key}-image-{number}")


def _draw_plain_text(text: str) -> None:
    st.caption(
        f"{len(text):,} characters: too long to be drawn as Markdown"
        + (
            f". These are the first {MAX_TEXT_LENGTH:,}; the download has all."
            if len(text) > MAX_TEXT_LENGTH
            else "."
        )
    )
    st.code(replace_surrogates(text[:MAX_TEXT_LENGTH]), language=None, wrap_lines=True, height=420)


def draw_error(card: OutputCard) -> None:
    """An output that is the reason why its component failed."""
    st.error(escape(replace_surrogates(str(card.output.value))), icon=":material/error:")
