"""Images: those that came with the answer at once, remote ones only when asked for."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

import streamlit as st

from lfclient.errors import LangflowError
from lfclient.remote_image import load_image
from pages._ui import problems
from pages._ui.outputs.block import Block
from pages._ui.text import clip, host_of, plain

_ENDINGS = {
    b"\x89PNG": ("png", "image/png"),
    b"\xff\xd8\xff": ("jpg", "image/jpeg"),
    b"GIF8": ("gif", "image/gif"),
    b"RIFF": ("webp", "image/webp"),
    b"BM": ("bmp", "image/bmp"),
}


def draw(block: Block) -> None:
    """Bytes and `data:` addresses are drawn, others offered to be loaded."""
    value = block.output.value
    if isinstance(value, str) and not value.startswith("data:"):
        remote(block, value, block.key)
        return
    try:
        data = value if isinstance(value, bytes) else from_data_uri(value)
    except ValueError as error:
        problems.show_words("This image cannot be read", str(error), "See the raw answer.")
        return
    _picture(block, data)


def from_data_uri(address: str) -> bytes:
    """The bytes of a `data:` address. Raises ValueError if it is none, or broken."""
    head, comma, body = address.partition(",")
    if not comma or not head.startswith("data:"):
        raise ValueError("It is no data address.")
    if not head.endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        raise ValueError("Its base64 text is damaged or cut off.") from None


def remote(block: Block, address: str, key: str) -> None:
    """A button that has the console fetch the image, and the image once it has."""
    host = host_of(address)
    if not host:
        st.caption(f":material/broken_image: no address of an image: {plain(clip(address, 120))}")
        return
    loaded = block.session_key(f"loaded-{key}")
    if loaded not in st.session_state:
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                f"Load from {plain(host)}",
                key=f"load-{block.run_id}-{key}",
                icon=":material/image:",
                help="The console fetches it without your keys; your browser does not connect.",
            )
            st.caption(plain(clip(address, 120)), width="content")
        if not pressed:
            return
        try:
            with st.spinner(f"Loading from {plain(host)}…"):
                st.session_state[loaded] = load_image(address)
        except LangflowError as error:
            problems.show(error)
            return
    _picture(block, st.session_state[loaded])


def _picture(block: Block, data: bytes) -> None:
    ending, mime = next(
        (known for start, known in _ENDINGS.items() if data.startswith(start)), (None, None)
    )
    text = data[:200].lstrip()
    if ending:
        st.image(data, output_format="PNG" if ending == "png" else "auto")
        block.save("Image", data, ending, mime)
    elif text.startswith((b"<svg", b"<?xml")):
        # drawn from a string, in which no script runs and nothing is fetched
        st.image(data.decode("utf-8", "replace"))
        block.save("Image", data, "svg", "image/svg+xml")
    else:
        st.caption("This is no image that a browser can draw.")
        block.save("File", data, "bin", "application/octet-stream")
