"""Images and galleries: embedded images are drawn at once, remote images only on request."""

import base64
import mimetypes
import re
from dataclasses import replace
from os.path import splitext
from typing import Literal, TypeAlias, TypeGuard

import streamlit as st

from lfclient.common.formatting import clip, extract_host, format_size, replace_surrogates
from lfclient.console.content.images import (
    FoundImage,
    image_bytes,
    image_size,
    load_image,
    undrawable_reason,
)
from lfclient.console.content.media_types import MediaKind, detect_media_type
from lfclient.errors import LangflowError
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

ImageWidth: TypeAlias = int | Literal["content", "stretch"]
MAX_ENLARGEMENT = 4
DAMAGED_TEXT = "The base64 text is damaged or truncated."
_PILLOW_ERRORS = (OSError, SyntaxError, ValueError)  # of damaged files
PER_PAGE, PER_ROW = 12, 3  # images of a gallery


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


def _loaded_image(card: OutputCard) -> bytes | None:
    """Return the image that `draw_remote` has loaded for this card, or None."""
    return st.session_state.get(card.state_key("loaded"))


def draw_remote(card: OutputCard, url: str) -> None:
    """Draw a button that has the console load a remote image, or the loaded image."""
    url = replace_surrogates(url)
    host = extract_host(url)
    if not host:
        st.caption(f":material/broken_image: Not an image URL: {escape(clip(url, 120))}")
        return
    data = _loaded_image(card) or _offer_to_load(card, url, host)
    if data:
        draw_image(data, f"Image from {host}")
        draw_buttons(card, data)


def _offer_to_load(card: OutputCard, url: str, host: str) -> bytes | None:
    """Draw the button. Return the image if the button was clicked and loading succeeded."""
    offer = st.empty()
    with offer.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button(
            f"Load from {escape(host)}",
            key=f"load-{card.run_id}-{card.key}",
            icon=":material/image:",
            help="The console loads it without your keys. Your browser does not connect.",
        )
        st.caption(escape(clip(url, 120)), width="content")
    if not clicked:
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
    except _PILLOW_ERRORS:
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


def draw_gallery(card: OutputCard, pictures: list[FoundImage]) -> None:
    """Draw one page of the grid. A single image gets the full width."""
    pictures = [_with_loaded_data(card, picture, n) for n, picture in enumerate(pictures)]
    first = 0
    if len(pictures) > PER_PAGE:
        pages = -(-len(pictures) // PER_PAGE)
        first = (st.pagination(pages, key=card.widget_key("gallery-page")) - 1) * PER_PAGE
        st.caption(f"{len(pictures):,} images")
    shown = range(first, min(first + PER_PAGE, len(pictures)))
    per_row = min(len(shown), PER_ROW)
    for start in range(0, len(shown), per_row):
        row = shown[start : start + per_row]
        for number, column in zip(row, st.columns(per_row), strict=False):
            with column:
                _draw_cell(card, pictures, number)


def _cell_card(card: OutputCard, number: int) -> OutputCard:
    """Return the card of one image of an output."""
    return replace(card, key=f"{card.key}-picture-{number}")


def _with_loaded_data(card: OutputCard, picture: FoundImage, number: int) -> FoundImage:
    """Return a remote image with its data, if a person has loaded it."""
    if not is_remote(picture.source):
        return picture
    loaded = _loaded_image(_cell_card(card, number))
    return replace(picture, source=loaded or picture.source)


def _draw_cell(card: OutputCard, pictures: list[FoundImage], number: int) -> None:
    picture = pictures[number]
    cell = _cell_card(card, number)
    if is_remote(picture.source):
        draw_remote(cell, picture.source)
        return
    name = _image_name(picture, number)
    data = image_bytes(picture.source)
    if not data:
        st.caption(f":material/broken_image: {escape(name)}: {DAMAGED_TEXT}")
        return
    draw_image(data, name)
    st.caption(escape(clip(name, 80)))
    with st.container(horizontal=True, gap="small"):
        zoom_key = cell.widget_key("zoom")
        if st.button("Zoom", key=zoom_key, type="tertiary", icon=":material/zoom_in:"):
            embedded = [each for each in pictures if not is_remote(each.source)]
            st.session_state[card.state_key("zoomed")] = embedded.index(picture)
            _zoom_dialog(card, embedded)
        draw_buttons(cell, data, name)


def _image_name(picture: FoundImage, number: int) -> str:
    """Return the image's name, or its number if the name is only a list index."""
    name = picture.name.strip()
    return f"image {number + 1}" if not name or re.fullmatch(r"\[\d+\]", name) else name


@st.dialog("Image", width="large", icon=":material/image:")
def _zoom_dialog(card: OutputCard, pictures: list[FoundImage]) -> None:
    number = st.session_state[card.state_key("zoomed")]
    data = image_bytes(pictures[number].source)
    name = _image_name(pictures[number], number)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _step_button(card, "Previous", number - 1, len(pictures))
        _step_button(card, "Next", number + 1, len(pictures))
        facts = [f"{number + 1} of {len(pictures)}", escape(clip(name, 120))]
        facts += [detect_media_type(data).extension, format_size(len(data))]
        # stretched, the caption would take the room of the button beside it
        st.caption(" · ".join(facts), width="content")
        draw_buttons(replace(card, key=f"{card.key}-zoomed-{number}"), data, name)
    with st.container(key=card.widget_key("large")):
        draw_image(data, name, zoom_width(data))


def _step_button(card: OutputCard, label: str, target: int, count: int) -> None:
    def go_to_target() -> None:
        st.session_state[card.state_key("zoomed")] = target

    side = "left" if label == "Previous" else "right"
    st.button(
        label,
        key=card.widget_key(f"zoom-{label}"),
        on_click=go_to_target,
        disabled=not 0 <= target < count,
        shortcut=side.capitalize(),
        icon=f":material/chevron_{side}:",
    )
