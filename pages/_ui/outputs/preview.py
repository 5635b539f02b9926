"""A look into a file that was fetched: by its kind, bounded by size, nothing in it executed."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pandas as pd
import streamlit as st

from lfclient.common.formatting import format_size
from lfclient.console.content import media_types
from lfclient.console.content.media_types import MediaKind, MediaType
from lfclient.outputs.model import OutputKind
from pages._ui.outputs import image, json_viewer, message
from pages._ui.outputs.card import OutputCard

# bytes up to which a file is drawn whole
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
MAX_TEXT_BYTES = 100_000
MAX_TABLE_BYTES = 1_000_000
MAX_TABLE_ROWS = 1_000
PDF_HEIGHT = 520


def draw(card: OutputCard, data: bytes, found: MediaType) -> None:
    """The file as what its content is; text of any kind also as the text that it is."""
    if not data:
        st.caption("An empty file.")
    elif found.kind is MediaKind.OTHER:
        st.caption("There is no preview of this kind of file.")
    elif len(data) > MAX_BYTES.get(found.kind, len(data)):
        if found.kind in (MediaKind.IMAGE, MediaKind.PDF, MediaKind.AUDIO, MediaKind.VIDEO):
            st.caption(f"Too large for a preview: {format_size(len(data))}.")
        else:
            _draw_text(data, found)
    elif found.kind in (MediaKind.SVG, MediaKind.JSON, MediaKind.TABLE, MediaKind.MARKDOWN):
        for place, _ in card.tabs("preview", (found.kind.value.capitalize(), "Text")):
            if place == 0:
                _draw_structured(card, data, found)
            else:
                _draw_text(data, found)
    else:
        _draw_media(card, data, found)


def _draw_media(card: OutputCard, data: bytes, found: MediaType) -> None:
    if found.kind is MediaKind.IMAGE:
        image.draw_image(data)
    elif found.kind is MediaKind.PDF:
        st.pdf(data, height=PDF_HEIGHT, key=card.widget_key("pdf"))
    elif found.kind is MediaKind.AUDIO:
        st.audio(data, format=found.mime)
    elif found.kind is MediaKind.VIDEO:
        st.video(data, format=found.mime)
    else:
        _draw_text(data, found)


def _draw_structured(card: OutputCard, data: bytes, found: MediaType) -> None:
    text = data.decode("utf-8-sig", "replace")
    if found.kind is MediaKind.SVG:
        image.draw_image(data)
    elif found.kind is MediaKind.MARKDOWN:
        message.draw_markdown(card, text)
    elif found.kind is MediaKind.JSON:
        _draw_json(card, text)
    else:
        _draw_table(data, found)


def _draw_json(card: OutputCard, text: str) -> None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        st.caption("This is no JSON that can be read; see its text.")
        return
    inner = replace(card.output, kind=OutputKind.DATA, value=value)
    json_viewer.draw_searchable(replace(card, output=inner, key=f"{card.key}-json"), value)


def _draw_table(data: bytes, found: MediaType) -> None:
    begin = data[:MAX_TABLE_BYTES]
    if len(data) > MAX_TABLE_BYTES:
        begin = begin[: begin.rfind(b"\n") + 1]
    text = begin.decode("utf-8-sig", "replace")
    try:
        separator = (
            "\t" if found.extension == "tsv" else csv.Sniffer().sniff(text[:10_000], ",;\t|")
        )
        table = pd.read_csv(
            io.StringIO(text),
            sep=separator if isinstance(separator, str) else separator.delimiter,
            nrows=MAX_TABLE_ROWS,
            on_bad_lines="skip",
        )
    except (ValueError, csv.Error):  # which those of pandas are, too
        st.caption("This is no table that can be read; see its text.")
        return
    st.dataframe(table, hide_index=True, placeholder="", alt="The file's table")
    if len(table) == MAX_TABLE_ROWS or len(data) > MAX_TABLE_BYTES:
        st.caption(f"The first {len(table):,} rows.")


def _draw_text(data: bytes, found: media_types.MediaType) -> None:
    text = data[:MAX_TEXT_BYTES].decode("utf-8-sig", "replace")
    tall = text.count("\n") > 10 or len(text) > 2000
    st.code(text, language=found.language, wrap_lines=True, height=320 if tall else None)
    if len(data) > MAX_TEXT_BYTES:
        st.caption(f"The first {MAX_TEXT_BYTES:,} of {len(data):,} bytes.")
