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
from lfclient.console.content.media_types import Kind, Media
from lfclient.outputs.model import OutputKind
from pages._ui.outputs import image, json_viewer, message
from pages._ui.outputs.card import Block

# bytes up to which a file is drawn whole
LIMITS: dict[Kind, int] = {
    Kind.IMAGE: 50_000_000,
    Kind.SVG: 1_000_000,
    Kind.PDF: 50_000_000,
    Kind.AUDIO: 200_000_000,
    Kind.VIDEO: 200_000_000,
    Kind.JSON: json_viewer.TREE_LIMIT,
    Kind.MARKDOWN: message.MARKDOWN_LIMIT,
}
DRAWN = (Kind.IMAGE, Kind.SVG, Kind.PDF, Kind.AUDIO, Kind.VIDEO)
TEXT_LIMIT = 100_000
TABLE_BYTES = 1_000_000
TABLE_ROWS = 1_000
PDF_HEIGHT = 520


def draw(block: Block, data: bytes, found: Media) -> None:
    """The file as what its content is; text of any kind also as the text that it is."""
    if not data:
        st.caption("An empty file.")
    elif found.kind is Kind.OTHER:
        st.caption("There is no preview of this kind of file.")
    elif len(data) > LIMITS.get(found.kind, len(data)):
        if found.kind in (Kind.IMAGE, Kind.PDF, Kind.AUDIO, Kind.VIDEO):
            st.caption(f"Too large for a preview: {format_size(len(data))}.")
        else:
            _text(data, found)
    elif found.kind in (Kind.SVG, Kind.JSON, Kind.TABLE, Kind.MARKDOWN):
        for place, _ in block.tabs("preview", (found.kind.value.capitalize(), "Text")):
            if place == 0:
                _structured(block, data, found)
            else:
                _text(data, found)
    else:
        _drawn(block, data, found)


def _drawn(block: Block, data: bytes, found: Media) -> None:
    if found.kind is Kind.IMAGE:
        image.picture(data)
    elif found.kind is Kind.PDF:
        st.pdf(data, height=PDF_HEIGHT, key=block.widget("pdf"))
    elif found.kind is Kind.AUDIO:
        st.audio(data, format=found.mime)
    elif found.kind is Kind.VIDEO:
        st.video(data, format=found.mime)
    else:
        _text(data, found)


def _structured(block: Block, data: bytes, found: Media) -> None:
    text = data.decode("utf-8-sig", "replace")
    if found.kind is Kind.SVG:
        image.picture(data)
    elif found.kind is Kind.MARKDOWN:
        message.markdown(block, text)
    elif found.kind is Kind.JSON:
        _json(block, text)
    else:
        _table(data, found)


def _json(block: Block, text: str) -> None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        st.caption("This is no JSON that can be read; see its text.")
        return
    inner = replace(block.output, kind=OutputKind.DATA, value=value)
    json_viewer.tree(replace(block, output=inner, key=f"{block.key}-json"), value)


def _table(data: bytes, found: Media) -> None:
    begin = data[:TABLE_BYTES]
    if len(data) > TABLE_BYTES:
        begin = begin[: begin.rfind(b"\n") + 1]
    text = begin.decode("utf-8-sig", "replace")
    try:
        separator = "\t" if found.ending == "tsv" else csv.Sniffer().sniff(text[:10_000], ",;\t|")
        table = pd.read_csv(
            io.StringIO(text),
            sep=separator if isinstance(separator, str) else separator.delimiter,
            nrows=TABLE_ROWS,
            on_bad_lines="skip",
        )
    except (ValueError, csv.Error):  # which those of pandas are, too
        st.caption("This is no table that can be read; see its text.")
        return
    st.dataframe(table, hide_index=True, placeholder="", alt="The file's table")
    if len(table) == TABLE_ROWS or len(data) > TABLE_BYTES:
        st.caption(f"The first {len(table):,} rows.")


def _text(data: bytes, found: media_types.Media) -> None:
    text = data[:TEXT_LIMIT].decode("utf-8-sig", "replace")
    tall = text.count("\n") > 10 or len(text) > 2000
    st.code(text, language=found.language, wrap_lines=True, height=320 if tall else None)
    if len(data) > TEXT_LIMIT:
        st.caption(f"The first {TEXT_LIMIT:,} of {len(data):,} bytes.")
