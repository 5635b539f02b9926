"""Images: those that came with the answer at once, remote ones only when asked for."""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import replace
from typing import Literal, TypeAlias
from urllib.parse import unquote_to_bytes

import streamlit as st
from PIL import Image
from PIL.Image import DecompressionBombError

from lfclient.common.formatting import clip, extract_host, replace_surrogates
from lfclient.console.content import media_types
from lfclient.console.content.remote_images import load_image
from lfclient.errors import LangflowError
from pages._ui.outputs import json_viewer
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

ImageWidth: TypeAlias = int | Literal["content", "stretch"]
MAX_ENLARGEMENT = 4


def draw(card: OutputCard) -> None:
    """Bytes and `data:` addresses are drawn, others offered to be loaded."""
    value = card.output.value
    if not isinstance(value, (bytes, str)):
        json_viewer.draw(card)
        return
    if is_remote(value):
        draw_remote(card, value, card.key)
        return
    try:
        data = image_bytes(value)
    except ValueError as error:
        alerts.show_message("This image cannot be read", str(error), "See the raw answer.")
        return
    draw_image(data)
    save_button(card, data)


def is_remote(source: object) -> bool:
    """Whether an image has to be asked for at an address."""
    return isinstance(source, str) and not source.startswith("data:")


def image_bytes(source: bytes | str) -> bytes:
    """The bytes of an image that came along. Raises ValueError where they are damaged."""
    return source if isinstance(source, bytes) else decode_data_uri(source)


def decode_data_uri(address: str) -> bytes:
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


def loaded_image(card: OutputCard, key: str) -> bytes | None:
    """The image that was fetched by the button of that key, or None."""
    return st.session_state.get(_loaded_key(card, key))


def _loaded_key(card: OutputCard, key: str) -> str:
    return card.state_key(f"loaded-{key}")


def draw_remote(card: OutputCard, address: str, key: str) -> None:
    """A button that has the console fetch the image, and the image once it has.

    `key` is one that no other image of the card has.
    """
    address = replace_surrogates(address)
    host = extract_host(address)
    if not host:
        st.caption(f":material/broken_image: no address of an image: {escape(clip(address, 120))}")
        return
    place = _loaded_key(card, key)
    if place not in st.session_state:
        offer = st.empty()
        with offer.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                f"Load from {escape(host)}",
                key=f"load-{card.run_id}-{key}",
                icon=":material/image:",
                help="The console fetches it without your keys; your browser does not connect.",
            )
            st.caption(escape(clip(address, 120)), width="content")
        if not pressed:
            return
        offer.empty()
        try:
            with st.spinner(f"Loading from {escape(host)}…"):
                st.session_state[place] = load_image(address)
        except LangflowError as error:
            alerts.show(error)
            return
    data = st.session_state[place]
    draw_image(data)
    save_button(replace(card, key=key), data)


def zoom_width(data: bytes) -> ImageWidth:
    """The width of the largest view: as wide as there is room, but hardly blurred."""
    if media_types.detect_media_type(data).kind is not media_types.MediaKind.IMAGE:
        return "stretch"
    try:
        with Image.open(io.BytesIO(data)) as opened:
            return opened.width * MAX_ENLARGEMENT
    except (OSError, SyntaxError, ValueError, DecompressionBombError):
        return "stretch"  # `picture` says what is wrong


def draw_image(data: bytes, width: ImageWidth = "content") -> None:
    """Draw an image, or say that it is none that a browser can draw."""
    found = media_types.detect_media_type(data)
    if found.kind is media_types.MediaKind.SVG:
        st.image(_svg_data_uri(data), width=width)
        return
    if found.kind is not media_types.MediaKind.IMAGE:
        st.caption("This is no image that a browser can draw.")
        return
    try:
        st.image(data, output_format="PNG" if found.extension == "png" else "auto", width=width)
    except (OSError, SyntaxError, ValueError, DecompressionBombError):
        # what Pillow raises for broken files
        st.caption("This image is damaged, or too large to be drawn.")


def _svg_data_uri(data: bytes) -> str:
    """An SVG's address for an `<img>`, in which no script runs and nothing is fetched.

    Given as its text, Streamlit might take it for the name of a file of this machine.
    """
    if b"xmlns" not in data:
        data = data.replace(b"<svg", b'<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return "data:image/svg+xml;base64," + base64.b64encode(data).decode()


def save_button(card: OutputCard, data: bytes, name: str = "") -> None:
    """A button that saves the image as what it is."""
    found = media_types.detect_media_type(data)
    drawable = found.kind in (media_types.MediaKind.IMAGE, media_types.MediaKind.SVG)
    label = "Image" if drawable else "File"
    card.save_button(
        label, data, found.extension, found.mime, f"{name}.{found.extension}" if name else ""
    )
