"""Files that a flow produced: name, size, a look into them, and the file itself."""

from __future__ import annotations

import mimetypes

import streamlit as st

from lfclient.errors import LangflowError
from lfclient.outputs import FileRef
from pages._ui import problems
from pages._ui.outputs.block import Block
from pages._ui.text import plain, size_words

_TEXT = (".txt", ".md", ".json", ".csv", ".tsv", ".xml", ".yaml", ".yml", ".html", ".log", ".py")
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
PREVIEW_LIMIT = 100_000


def draw(block: Block) -> None:
    """Fetched through the client, so with the key, and only when asked for."""
    ref = block.output.value
    if not isinstance(ref, FileRef):
        st.json(ref)
        return
    fetched = block.session_key("file")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/draft: {plain(ref.name)}", width="content")
        size = len(st.session_state[fetched]) if fetched in st.session_state else ref.size
        st.caption(size_words(size), width="content")
        if fetched not in st.session_state:
            st.button(
                "Fetch from the server",
                key=f"fetch-{block.run_id}-{block.key}",
                icon=":material/cloud_download:",
                on_click=_fetch,
                args=(block, ref, fetched),
            )
        else:
            st.download_button(
                "Save",
                st.session_state[fetched],
                file_name=ref.name,
                mime=ref.media_type or mimetypes.guess_type(ref.name)[0],
                key=f"save-{block.run_id}-{block.key}",
                on_click="ignore",
                icon=":material/download:",
            )
    problem = st.session_state.pop(f"{fetched}-problem", None)
    if problem is not None:
        problems.show(problem)
    if fetched in st.session_state:
        _preview(ref, st.session_state[fetched])


def _fetch(block: Block, ref: FileRef, fetched: str) -> None:
    try:
        st.session_state[fetched] = block.download(ref)
    except LangflowError as error:
        st.session_state[f"{fetched}-problem"] = error


def _preview(ref: FileRef, data: bytes) -> None:
    name = ref.name.lower()
    if name.endswith(_IMAGES):
        st.image(data, output_format="PNG" if name.endswith(".png") else "auto")
    elif name.endswith(_TEXT):
        text = data[:PREVIEW_LIMIT].decode("utf-8", "replace")
        st.code(text, language=None, wrap_lines=True, height=240 if text.count("\n") > 10 else None)
        if len(data) > PREVIEW_LIMIT:
            st.caption(f"The first {PREVIEW_LIMIT:,} of {len(data):,} bytes.")
