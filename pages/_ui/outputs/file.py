"""Files that a flow produced: name, size, preview and download."""

import contextlib
import mimetypes
import threading
from collections.abc import Callable
from functools import partial

import streamlit as st

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import clip, format_size, replace_surrogates
from lfclient.console.content import media_types
from lfclient.errors import LangflowError
from lfclient.outputs.model import FileRef
from pages._ui.outputs import preview
from pages._ui.outputs.card import MAX_COPIED_LENGTH, OutputCard, draw_too_long
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape


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
        # a failed download is tried again when a button is pressed
        file = FileDownload(lambda: card.source.download(ref))
        st.session_state[file_key] = file
    data = file.data
    name = safe_name(replace_surrogates(ref.name))
    previewed = data if st.session_state.get(preview_key) else None
    media = None if previewed is None else media_types.detect_media_type(previewed, name)
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
        preview.draw(card, previewed, media)


def _checked(card: OutputCard, file: FileDownload) -> bytes:
    card.source.require_access()  # it may have been loaded before
    return file.get()


def _draw_copy_button(card: OutputCard, data: bytes, media: media_types.MediaType) -> None:
    """Draw a button that copies a file of text."""
    if media.kind not in preview.TEXT_KINDS:
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


def _warn_about_type(media: media_types.MediaType, name: str) -> None:
    """Draw a note if the content is of another type than the file name says."""
    promised = mimetypes.guess_type(name)[0] or media.mime
    if media.kind in preview.MEDIA_KINDS and _mime_family(promised) != _mime_family(media.mime):
        st.caption(f":material/info: The content of this file is of kind {media.kind.value}.")


def _mime_family(mime: str) -> str:
    return mime if mime.startswith("application/") else mime.partition("/")[0]
