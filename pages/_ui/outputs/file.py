"""Files that a flow produced: name, size, preview and download."""

import contextlib
import csv
import io
import json
import mimetypes
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import clip, format_size, replace_surrogates
from lfclient.console.content.media_types import MediaKind, MediaType, detect_media_type
from lfclient.errors import LangflowError
from lfclient.outputs.model import FileRef, OutputKind
from pages._ui.outputs import image, json_viewer, message
from pages._ui.outputs.card import MAX_COPIED_LENGTH, OutputCard, draw_too_long
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape

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


class FileDownload:
    """A file downloaded once, by the first thread that needs it; then its `data` or `error`."""

    def __init__(self, download: Callable[[], bytes]) -> None:
        self._download = download
        self._lock = threading.Lock()
        self.data: bytes | None = None
        self.error: LangflowError | None = None

    def get(self) -> bytes:
        """Return the file, waiting for a download in progress. Raise its error for every caller."""
        with self._lock:
            if self.error:
                raise self.error
            if self.data is None:
                try:
                    self.data = self._download()
                except LangflowError as error:
                    self.error = error
                    raise
            return self.data


def draw(card: OutputCard) -> None:
    """Draw the file's name and size, and buttons that download it through the client."""
    ref: FileRef = card.output.value
    file_key, preview_key = card.state_key("file"), card.state_key("file-opened")
    file: FileDownload | None = st.session_state.get(file_key)
    error = file.error if file else None
    if file is None or error:
        # a failed download is tried again when a button is clicked
        file = FileDownload(lambda: card.source.download(ref))
        st.session_state[file_key] = file
    data = file.data
    name = safe_name(replace_surrogates(ref.name))
    previewed = data if st.session_state.get(preview_key) else None
    media = None if previewed is None else detect_media_type(previewed, name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/draft: {escape(clip(name, 120))}", width="content")
        st.caption(format_size(ref.size if data is None else len(data)), width="content")
        # the browser requests the file while this callback waits for the same download, so that
        # the page can show its error
        st.download_button(
            "Download",
            partial(_checked, card, file),
            file_name=name,
            mime=ref.media_type or "application/octet-stream",
            key=f"save-{card.run_id}-{card.key}",
            on_click=_wait_for_download,
            args=(file,),
            icon=":material/download:",
        )
        if previewed is not None and media is not None:
            _draw_copy_button(card, previewed, media)
        else:
            st.button(
                "Preview",
                key=f"fetch-{card.run_id}-{card.key}",
                icon=":material/visibility:",
                on_click=_open_preview,
                args=(file, preview_key),
            )
    if error:
        alerts.show(error)
    if previewed is not None and media is not None:
        _warn_about_type(media, name)
        draw_preview(card, previewed, media)


def _checked(card: OutputCard, file: FileDownload) -> bytes:
    card.source.require_access()  # it may have been loaded before
    return file.get()


def _draw_copy_button(card: OutputCard, data: bytes, media: MediaType) -> None:
    """Draw a button that copies a file of text."""
    if media.kind not in TEXT_KINDS:
        return
    if len(data) <= MAX_COPIED_LENGTH:
        card.copy_button(lambda: data.decode("utf-8-sig", "replace"))
    else:
        draw_too_long()


def _wait_for_download(file: FileDownload) -> None:
    with contextlib.suppress(LangflowError):  # drawn from `file.error` when the page is redrawn
        file.get()


def _open_preview(file: FileDownload, preview_key: str) -> None:
    st.session_state[preview_key] = True
    _wait_for_download(file)


def _warn_about_type(media: MediaType, name: str) -> None:
    """Draw a note if the content is of another type than the file name says."""
    promised = mimetypes.guess_type(name)[0] or media.mime
    if media.kind in MEDIA_KINDS and _mime_family(promised) != _mime_family(media.mime):
        st.caption(f":material/info: The content of this file is of kind {media.kind.value}.")


def _mime_family(mime: str) -> str:
    return mime if mime.startswith("application/") else mime.partition("/")[0]


def draw_preview(card: OutputCard, data: bytes, media: MediaType) -> None:
    """Draw a file by its content, bounded in size. Formats written as text have a Text tab.

    Nothing in the file is executed.
    """
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
