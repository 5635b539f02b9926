"""Images: those in the response are drawn at once, remote ones only on request."""

import base64
import mimetypes
from os.path import splitext
from typing import Literal, TypeAlias, TypeGuard

import streamlit as st

from lfclient.common.formatting import clip, extract_host, replace_surrogates
from lfclient.console.content.images import image_bytes, image_size, undrawable_reason
from lfclient.console.content.media_types import MediaKind, detect_media_type
from lfclient.console.content.remote_images import load_image
from lfclient.errors import LangflowError
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

ImageWidth: TypeAlias = int | Literal["content", "stretch"]
MAX_ENLARGEMENT = 4
DAMAGED_TEXT = "The base64 text is damaged or truncated."
PILLOW_ERRORS = (OSError, SyntaxError, ValueError)  # of damaged files


def draw(card: OutputCard) -> None:
    """Draw bytes or a `data:` URL, or a button that loads a remote image."""
    value = card.output.value
    if is_remote(value):
        draw_remote(card, value)
    elif data := image_bytes(value):
        draw_image(data, card.title)
        draw_buttons(card, data)
    else:
        alerts.show_message("Can't read this image", DAMAGED_TEXT, "See the raw response.")


def is_remote(source: object) -> TypeGuard[str]:
    """Return whether an image has to be fetched from a URL."""
    return isinstance(source, str) and not source.startswith("data:")


def loaded_image(card: OutputCard) -> bytes | None:
    """Return the image that `draw_remote` has loaded for this card, or None."""
    return st.session_state.get(card.state_key("loaded"))


def draw_remote(card: OutputCard, url: str) -> None:
    """Draw a button that has the console load a remote image, or the loaded image."""
    url = replace_surrogates(url)
    host = extract_host(url)
    if not host:
        st.caption(f":material/broken_image: Not an image URL: {escape(clip(url, 120))}")
        return
    data = loaded_image(card) or _offer_to_load(card, url, host)
    if data:
        draw_image(data, f"Image from {host}")
        draw_buttons(card, data)


def _offer_to_load(card: OutputCard, url: str, host: str) -> bytes | None:
    """Draw the button. Return the image if the button was pressed and loading succeeded."""
    offer = st.empty()
    with offer.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            f"Load from {escape(host)}",
            key=f"load-{card.run_id}-{card.key}",
            icon=":material/image:",
            help="The console loads it without your keys. Your browser does not connect.",
        )
        st.caption(escape(clip(url, 120)), width="content")
    if not pressed:
        return None
    offer.empty()
    try:
        with st.spinner(f"Loading from {escape(host)}…"):
            data = load_image(url)
    except LangflowError as error:
        alerts.show(error)
        return None
    st.session_state[card.state_key("loaded")] = data
    return data


def zoom_width(data: bytes) -> ImageWidth:
    """Return the width of the large view: up to `MAX_ENLARGEMENT` times the image's own."""
    size = image_size(data)
    return size[0] * MAX_ENLARGEMENT if size else "stretch"


def draw_image(data: bytes, name: str, width: ImageWidth = "content") -> None:
    """Draw an image, whose name screen readers read, or a note if a browser can't draw it."""
    media = detect_media_type(data)
    if media.kind is MediaKind.SVG:
        st.image(_svg_data_uri(data), width=width, alt=name)
        return
    reason = undrawable_reason(data)
    if reason:
        st.caption(
            f":material/hide_image: This image is not shown: {reason}. Download it to open it in "
            "another program."
        )
        return
    try:
        output_format: Literal["PNG", "auto"] = "PNG" if media.extension == "png" else "auto"
        st.image(data, output_format=output_format, width=width, alt=name)
    except PILLOW_ERRORS:
        st.caption("This image is damaged.")


def _svg_data_uri(data: bytes) -> str:
    """Return a URL for an `<img>`, where an SVG runs no script and loads nothing.

    Streamlit might take the SVG's text for the name of a local file.
    """
    if b"xmlns" not in data:
        data = data.replace(b"<svg", b'<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return "data:image/svg+xml;base64," + base64.b64encode(data).decode()


def draw_buttons(card: OutputCard, data: bytes, name: str = "") -> None:
    """Draw buttons that copy the image above them, and download it in its own format."""
    media = detect_media_type(data)
    label = "Image" if media.kind in (MediaKind.IMAGE, MediaKind.SVG) else "File"
    file_name = f"{_without_image_ending(name)}.{media.extension}" if name else ""
    with st.container(horizontal=True, gap="small", width="content"):
        if media.kind is MediaKind.SVG or not undrawable_reason(data):
            card.copy_button(None)
        card.save_button(label, data, media.extension, media.mime, file_name)


def _without_image_ending(name: str) -> str:
    is_image = (mimetypes.guess_type(name)[0] or "").startswith("image/")
    return splitext(name)[0] if is_image else name
