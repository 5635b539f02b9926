"""Files that a flow produced: name, size, a look into them, and the file itself."""

from __future__ import annotations

import mimetypes

import streamlit as st

from lfclient.errors import LangflowError
from lfclient.files import safe_name
from lfclient.outputs import FileRef
from pages._ui import export, media, problems
from pages._ui.outputs import preview, structured
from pages._ui.outputs.block import Block
from pages._ui.text import clip, plain, size_words


def draw(block: Block) -> None:
    """Fetched through the client, so with the key, and only when asked for."""
    ref = block.output.value
    if not isinstance(ref, FileRef):
        structured.draw(block)
        return
    fetched = block.session_key("file")
    data = st.session_state.get(fetched)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = export.readable(ref.name)
        st.markdown(f":material/draft: {plain(clip(name, 120)) or 'a file'}", width="content")
        st.caption(size_words(ref.size if data is None else len(data)), width="content")
        if data is None:
            st.button(
                "Fetch from the server",
                key=f"fetch-{block.run_id}-{block.key}",
                icon=":material/cloud_download:",
                on_click=_fetch,
                args=(block, ref, fetched),
            )
        else:
            found = media.of(data, name)
            st.download_button(
                "Save",
                data,
                file_name=safe_name(name),
                mime=found.mime,
                key=f"save-{block.run_id}-{block.key}",
                on_click="ignore",
                icon=":material/download:",
            )
    problem = st.session_state.pop(f"{fetched}-problem", None)
    if problem is not None:
        problems.show(problem)
    if data is not None:
        _warn(found, name)
        preview.draw(block, data, found)


def _fetch(block: Block, ref: FileRef, fetched: str) -> None:
    try:
        st.session_state[fetched] = block.download(ref)
    except LangflowError as error:
        st.session_state[f"{fetched}-problem"] = error


def _warn(found: media.Media, name: str) -> None:
    """Say so where the content is another than the name promises."""
    promised = mimetypes.guess_type(name)[0] or found.mime
    if found.kind in preview.DRAWN and _family(promised) != _family(found.mime):
        st.caption(f":material/info: By its content this is a file of kind {found.kind.value}.")


def _family(mime: str) -> str:
    return mime if mime.startswith("application/") else mime.partition("/")[0]
