"""A preview of a downloaded file by its content: bounded in size, with nothing executed."""

import csv
import io
import json
from dataclasses import replace

import pandas as pd
import streamlit as st

from lfclient.common.formatting import format_size
from lfclient.console.content.media_types import MediaKind, MediaType
from lfclient.outputs.model import OutputKind
from pages._ui.outputs import image, json_viewer, message
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets import controls

# largest file of a kind that gets a full preview
MAX_BYTES: dict[MediaKind, int] = {
    MediaKind.IMAGE: 50_000_000,
    MediaKind.SVG: 1_000_000,
    MediaKind.PDF: 50_000_000,
    MediaKind.AUDIO: 200_000_000,
    MediaKind.VIDEO: 200_000_000,
    MediaKind.JSON: json_viewer.MAX_TREE_BYTES,
    MediaKind.MARKDOWN: message.MAX_MARKDOWN_LENGTH,
}
MEDIA_KINDS = (MediaKind.IMAGE, MediaKind.SVG, MediaKind.PDF, MediaKind.AUDIO, MediaKind.VIDEO)
TEXT_KINDS = (MediaKind.JSON, MediaKind.TABLE, MediaKind.MARKDOWN, MediaKind.TEXT)
MAX_TEXT_BYTES = 100_000
MAX_TABLE_BYTES = 1_000_000
MAX_TABLE_ROWS = 1_000
PDF_HEIGHT = 520


def draw(card: OutputCard, data: bytes, media: MediaType) -> None:
    """Draw the file by its kind. Formats written as text also get a Text tab."""
    if not data:
        st.caption("Empty file.")
    elif media.kind is MediaKind.OTHER:
        st.caption("No preview for this kind of file.")
    elif len(data) > MAX_BYTES.get(media.kind, len(data)):
        if media.kind in (MediaKind.IMAGE, MediaKind.PDF, MediaKind.AUDIO, MediaKind.VIDEO):
            st.caption(f"Too large to preview: {format_size(len(data))}.")
        else:
            _draw_text(data, media)
    elif media.kind in (MediaKind.SVG, MediaKind.JSON, MediaKind.TABLE, MediaKind.MARKDOWN):
        controls.lazy_tabs(
            card.widget_key("preview"),
            [
                (media.kind.value.capitalize(), lambda: _draw_content(card, data, media)),
                ("Text", lambda: _draw_text(data, media)),
            ],
        )
    else:
        _draw_content(card, data, media)


def _draw_content(card: OutputCard, data: bytes, media: MediaType) -> None:
    match media.kind:
        case MediaKind.IMAGE | MediaKind.SVG:
            image.draw_image(data, card.title)
        case MediaKind.PDF:
            st.pdf(data, height=PDF_HEIGHT, key=card.widget_key("pdf"))
        case MediaKind.AUDIO:
            st.audio(data, format=media.mime)
        case MediaKind.VIDEO:
            st.video(data, format=media.mime)
        case MediaKind.MARKDOWN:
            message.draw_markdown(card, data.decode("utf-8-sig", "replace"))
        case MediaKind.JSON:
            _draw_json(card, data.decode("utf-8-sig", "replace"))
        case MediaKind.TABLE:
            _draw_table(data, media)
        case _:
            _draw_text(data, media)


def _draw_json(card: OutputCard, text: str) -> None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        st.caption("Couldn't read this file as JSON. See its text.")
        return
    output = replace(card.output, kind=OutputKind.DATA, value=value)
    json_viewer.draw_searchable(replace(card, output=output, key=f"{card.key}-json"))


def _draw_table(data: bytes, media: MediaType) -> None:
    head = data[:MAX_TABLE_BYTES]
    if len(data) > MAX_TABLE_BYTES:
        head = head[: head.rfind(b"\n") + 1]
    text = head.decode("utf-8-sig", "replace")
    try:
        is_tsv = media.extension == "tsv"
        separator = "\t" if is_tsv else csv.Sniffer().sniff(text[:10_000], ",;\t|").delimiter
        table = pd.read_csv(
            io.StringIO(text), sep=separator, nrows=MAX_TABLE_ROWS, on_bad_lines="skip"
        )
    except (ValueError, csv.Error):  # pandas' parser errors are `ValueError`s
        st.caption("Couldn't read this file as a table. See its text.")
        return
    st.dataframe(table, hide_index=True, placeholder="", alt="The file's table")
    if len(table) == MAX_TABLE_ROWS or len(data) > MAX_TABLE_BYTES:
        st.caption(f"Shows the first {len(table):,} rows.")


def _draw_text(data: bytes, media: MediaType) -> None:
    text = data[:MAX_TEXT_BYTES].decode("utf-8-sig", "replace")
    is_long = text.count("\n") > 10 or len(text) > 2000
    st.code(text, language=media.language, wrap_lines=True, height=320 if is_long else None)
    if len(data) > MAX_TEXT_BYTES:
        st.caption(f"Shows the first {MAX_TEXT_BYTES:,} of {len(data):,} bytes.")
