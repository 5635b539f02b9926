"""Files that a flow produced: name, size, a look into them, and the file itself."""

from __future__ import annotations

import contextlib
import mimetypes
import threading
from collections.abc import Callable

import streamlit as st

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import clip, format_size, replace_surrogates
from lfclient.console.content import media_types
from lfclient.errors import LangflowError
from lfclient.outputs.model import FileRef
from pages._ui.outputs import json_viewer, preview
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape


class FileDownload:
    """A file that is fetched once, whoever wants it first, and not before; or why it cannot be."""

    def __init__(self, fetch: Callable[[], bytes]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self.data: bytes | None = None
        self.problem: LangflowError | None = None

    def get(self) -> bytes:
        """Waits for the one who came first. Raises the same error for all."""
        with self._lock:
            if self.data is None and self.problem is None:
                try:
                    self.data = self._fetch()
                except LangflowError as error:
                    self.problem = error
        if self.data is None:
            raise self.problem or LangflowError("The file was not fetched.")
        return self.data


def draw(card: OutputCard) -> None:
    """Fetched through the client, so with the key, and only when asked for."""
    ref = card.output.value
    if not isinstance(ref, FileRef):
        json_viewer.draw(card)
        return
    place, opened = card.state_key("file"), card.state_key("file-opened")
    fetch: FileDownload | None = st.session_state.get(place)
    if fetch is None or fetch.problem:
        # what failed is tried anew at the next press
        st.session_state[place] = FileDownload(lambda: card.download(ref))
    problem, fetch = fetch and fetch.problem, st.session_state[place]
    data = fetch.data
    name = replace_surrogates(ref.name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/draft: {escape(clip(name, 120)) or 'a file'}", width="content")
        st.caption(format_size(ref.size if data is None else len(data)), width="content")
        # the browser asks for the file at the press, while this page is told of the press and
        # waits for the same fetch, so that it can say what went wrong
        st.download_button(
            "Save",
            fetch.get if data is None else data,
            file_name=safe_name(name),
            mime=ref.media_type or "application/octet-stream",
            key=f"save-{card.run_id}-{card.key}",
            on_click=_wait_for_download,
            args=(fetch,),
            icon=":material/download:",
        )
        if data is None or not st.session_state.get(opened):
            st.button(
                "Preview",
                key=f"fetch-{card.run_id}-{card.key}",
                icon=":material/visibility:",
                on_click=_open_preview,
                args=(fetch, opened),
            )
    if problem:
        alerts.show(problem)
    if data is not None and st.session_state.get(opened):
        found = media_types.detect_media_type(data, name)
        _warn_about_type(found, name)
        preview.draw(card, data, found)


def _wait_for_download(fetch: FileDownload) -> None:
    with contextlib.suppress(LangflowError):  # it is kept, and said where the file stands
        fetch.get()


def _open_preview(fetch: FileDownload, opened: str) -> None:
    st.session_state[opened] = True
    _wait_for_download(fetch)


def _warn_about_type(found: media_types.MediaType, name: str) -> None:
    """Say so where the content is another than the name promises."""
    promised = mimetypes.guess_type(name)[0] or found.mime
    if found.kind in preview.MEDIA_KINDS and _mime_family(promised) != _mime_family(found.mime):
        st.caption(f":material/info: By its content this is a file of kind {found.kind.value}.")


def _mime_family(mime: str) -> str:
    return mime if mime.startswith("application/") else mime.partition("/")[0]
