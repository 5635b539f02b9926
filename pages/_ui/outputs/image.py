"""Images: those in the response are drawn at once, remote ones only on request."""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import replace
from typing import Literal, TypeAlias, TypeGuard
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
# raised by Pillow for broken or oversized files
_PILLOW_ERRORS = (OSError, SyntaxError, ValueError, DecompressionBombError)


def draw(card: OutputCard) -> None:
    """Draw bytes or a `data:` address, or a button that loads a remote image."""
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
        alerts.show_message("Can't read this image", str(error), "See the raw response.")
        return
    draw_image(data)
    save_button(card, data)


def is_remote(source: object) -> TypeGuard[str]:
    """Return whether an image has to be fetched from an address."""
    return isinstance(source, str) and not source.startswith("data:")


def image_bytes(source: bytes | str) -> bytes:
    """Return the bytes of an image that is not remote. Raise `ValueError` if it is damaged."""
    return source if isinstance(source, bytes) else decode_data_uri(source)


def decode_data_uri(address: str) -> bytes:
    """Return the bytes of a `data:` address. Raise `ValueError` if it is not one, or damaged."""
    head, comma, body = address.partition(",")
    if not comma or not head.startswith("data:"):
        raise ValueError("This is not a data address.")
    if not head.endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        raise ValueError("The base64 text is damaged or truncated.") from None


def loaded_image(card: OutputCard, key: str) -> bytes | None:
    """Return the remote image that `draw_remote` has loaded under this key, or None."""
    return st.session_state.get(_loaded_key(card, key))


def _loaded_key(card: OutputCard, key: str) -> str:
    return card.state_key(f"loaded-{key}")


def draw_remote(card: OutputCard, address: str, key: str) -> None:
    """Draw a button that has the console load a remote image, or the loaded image.

    `key` is unique among the card's images.
    """
    address = replace_surrogates(address)
    host = extract_host(address)
    if not host:
        st.caption(f":material/broken_image: Not an image address: {escape(clip(address, 120))}")
        return
    data = loaded_image(card, key)
    if data is None:
        data = _offer_to_load(card, address, host, key)
    if data is not None:
        draw_image(data)
        save_button(replace(card, key=key), data)


def _offer_to_load(card: OutputCard, address: str, host: str, key: str) -> bytes | None:
    """Draw the button. Return the image if the button was pressed and loading succeeded."""
    offer = st.empty()
    with offer.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            f"Load from {escape(host)}",
            key=f"load-{card.run_id}-{key}",
            icon=":material/image:",
            help="The console loads it without your keys. Your browser does not connect.",
        )
        st.caption(escape(clip(address, 120)), width="content")
    if not pressed:
        return None
    offer.empty()
    try:
        with st.spinner(f"Loading from {escape(host)}…"):
            data = load_image(address)
    except LangflowError as error:
        alerts.show(error)
        return None
    st.session_state[_loaded_key(card, key)] = data
    return data


def zoom_width(data: bytes) -> ImageWidth:
    """Return the width of the large view: up to `MAX_ENLARGEMENT` times the image's own."""
    if media_types.detect_media_type(data).kind is not media_types.MediaKind.IMAGE:
        return "stretch"
    try:
        with Image.open(io.BytesIO(data)) as opened:
            return opened.width * MAX_ENLARGEMENT
    except _PILLOW_ERRORS:
        return "stretch"  # `draw_image` shows the error


def draw_image(data: bytes, width: ImageWidth = "content") -> None:
    """Draw an image, or a note if a browser can't draw it."""
    media = media_types.detect_media_type(data)
    if media.kind is media_types.MediaKind.SVG:
        st.image(_svg_data_uri(data), width=width)
        return
    if media.kind is not media_types.MediaKind.IMAGE:
        st.caption("This is not an image that a browser can show.")
        return
    try:
        st.image(data, output_format="PNG" if media.extension == "png" else "auto", width=width)
    except _PILLOW_ERRORS:
        st.caption("This image is damaged or too large to show.")


def _svg_data_uri(data: bytes) -> str:
    """Return an address for an `<img>`, where an SVG runs no script and loads nothing.

    Streamlit might take the SVG's text for the name of a local file.
    """
    if b"xmlns" not in data:
        data = data.replace(b"<svg", b'<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return "data:image/svg+xml;base64," + base64.b64encode(data).decode()


def save_button(card: OutputCard, data: bytes, name: str = "") -> None:
    """Draw a button that downloads the image in its own format."""
    media = media_types.detect_media_type(data)
    is_image = media.kind in (media_types.MediaKind.IMAGE, media_types.MediaKind.SVG)
    file_name = f"{name}.{media.extension}" if name else ""
    card.save_button("Image" if is_image else "File", data, media.extension, media.mime, file_name)
