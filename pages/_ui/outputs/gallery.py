"""Several images of an output as a grid, each with a large view and a download."""

import re
from dataclasses import replace

import streamlit as st

from lfclient.common.formatting import clip, format_size
from lfclient.console.content.images import FoundImage, image_bytes
from lfclient.console.content.media_types import detect_media_type
from pages._ui.outputs import image
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets.markdown import escape

PER_PAGE = 12
PER_ROW = 3


def draw(card: OutputCard, pictures: list[FoundImage]) -> None:
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


def cell_card(card: OutputCard, number: int) -> OutputCard:
    """Return the card of one image of an output."""
    return replace(card, key=f"{card.key}-picture-{number}")


def _with_loaded_data(card: OutputCard, picture: FoundImage, number: int) -> FoundImage:
    """Return a remote image with its data, if a person has loaded it."""
    if not image.is_remote(picture.source):
        return picture
    loaded = image.loaded_image(cell_card(card, number))
    return replace(picture, source=loaded or picture.source)


def _draw_cell(card: OutputCard, pictures: list[FoundImage], number: int) -> None:
    picture = pictures[number]
    cell = cell_card(card, number)
    if image.is_remote(picture.source):
        image.draw_remote(cell, picture.source)
        return
    name = _image_name(picture, number)
    data = image_bytes(picture.source)
    if not data:
        st.caption(f":material/broken_image: {escape(name)}: {image.DAMAGED_TEXT}")
        return
    image.draw_image(data, name)
    st.caption(escape(clip(name, 80)))
    with st.container(horizontal=True, gap="small"):
        zoom_key = cell.widget_key("zoom")
        if st.button("Zoom", key=zoom_key, type="tertiary", icon=":material/zoom_in:"):
            embedded = [each for each in pictures if not image.is_remote(each.source)]
            st.session_state[card.state_key("zoomed")] = embedded.index(picture)
            _zoom_dialog(card, embedded)
        image.draw_buttons(cell, data, name)


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
        image.draw_buttons(replace(card, key=f"{card.key}-zoomed-{number}"), data, name)
    with st.container(key=card.widget_key("large")):
        image.draw_image(data, name, image.zoom_width(data))


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
