"""Messages: Markdown without remote content, or plain text if long."""

from dataclasses import replace
from functools import partial

import streamlit as st

from lfclient.common.formatting import clip, replace_surrogates
from lfclient.outputs.model import Output, OutputKind
from pages._ui.outputs import image
from pages._ui.outputs.card import OutputCard, Source
from pages._ui.widgets.markdown import escape, is_formatted, sanitize, strip_data_images

# a browser takes 1.3 s for 100 KB of Markdown and 10 s for 1 MB; for 1 MB of plain text, 1 s
MAX_MARKDOWN_LENGTH = 50_000
MAX_TEXT_LENGTH = 500_000
MAX_LENGTH_WITH_IMAGES = 30_000_000
MAX_ERROR_LENGTH = 5_000


def draw(card: OutputCard) -> None:
    """Draw the text, buttons for its remote images, and download buttons."""
    text = card.output.value
    if not text:
        st.caption("Empty message.")
        return
    draw_markdown(card, text)
    _draw_buttons(card, text)


def has_format(text: str) -> bool:
    """Return whether `draw` shows a message as more than its lines."""
    if len(text) <= MAX_MARKDOWN_LENGTH:
        return is_formatted(replace_surrogates(text))
    return len(text) <= MAX_LENGTH_WITH_IMAGES and "data:image/" in text


def draw_marked(card: OutputCard, markdown: str) -> None:
    """Draw the text as this Markdown, which marks parts of it, and its buttons."""
    st.markdown(markdown)
    _draw_buttons(card, card.output.value)


def draw_partial(
    text: str,
    name: str,
    run_id: str,
    key: str,
    source: Source,
) -> None:
    """Draw the text of an output that was incomplete when its run ended, and its buttons.

    `name` is that of the output, `key` is unique among those of the run.
    """
    draw_text(text)
    if text:
        output = Output(key, OutputKind.MESSAGE, text, display_name=f"{name} (partial)")
        _draw_buttons(OutputCard(output, run_id, f"partial-{key}", source), text)


def _draw_buttons(card: OutputCard, text: str) -> None:
    encoded = partial(text.encode, "utf-8", "replace")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        card.copy_button(lambda: replace_surrogates(text))
        card.save_button("Markdown", encoded, "md", "text/markdown")
        card.save_button("Text", encoded, "txt", "text/plain")


def draw_markdown(card: OutputCard, text: str) -> None:
    """Draw untrusted Markdown. Large embedded images are left to the Images tab."""
    shown = text
    if MAX_MARKDOWN_LENGTH < len(text) <= MAX_LENGTH_WITH_IMAGES and "data:image/" in text:
        shown = card.cached("text", lambda: strip_data_images(text))
    if len(shown) > MAX_MARKDOWN_LENGTH:
        draw_plain_text(text)
        return
    safe_markdown, urls = sanitize(replace_surrogates(shown))
    st.markdown(safe_markdown)
    for number, url in enumerate(urls):
        image.draw_remote(replace(card, key=f"{card.key}-image-{number}"), url)


def draw_text(text: str) -> None:
    """Draw untrusted Markdown without images, or plain text if it is long."""
    if len(text) > MAX_MARKDOWN_LENGTH:
        draw_plain_text(text)
    else:
        st.markdown(sanitize(replace_surrogates(text))[0])


def draw_plain_text(text: str) -> None:
    """Draw the beginning of a text that is too long for Markdown."""
    caption = f"{len(text):,} characters, too long for Markdown."
    if len(text) > MAX_TEXT_LENGTH:
        caption += f" Shows the first {MAX_TEXT_LENGTH:,}."
    st.caption(caption)
    shown = replace_surrogates(text[:MAX_TEXT_LENGTH])
    st.code(shown, language=None, wrap_lines=True, height=420)


def draw_error(card: OutputCard) -> None:
    """Draw the error of a failed component as plain text."""
    text = replace_surrogates(str(card.output.value))
    st.error(escape(clip(text, MAX_ERROR_LENGTH)), icon=":material/error:")
    card.copy_button(lambda: text)
