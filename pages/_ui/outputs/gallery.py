"""Several images of an output as a grid, each with a large view and a download."""

from __future__ import annotations

import re
from dataclasses import replace

import streamlit as st

from lfclient.common.formatting import clip, format_size
from lfclient.console.content import media_types
from lfclient.console.content.images import FoundImage
from pages._ui.outputs import image
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets.markdown import escape

PER_PAGE = 12
PER_ROW = 3


def draw(card: OutputCard, pictures: list[FoundImage]) -> None:
    """A page of the grid; one image alone has the whole width."""
    pictures = [_with_loaded_data(card, picture, n) for n, picture in enumerate(pictures)]
    first = 0
    if len(pictures) > PER_PAGE:
        pages = -(-len(pictures) // PER_PAGE)
        first = (st.pagination(pages, key=card.widget_key("gallery-page")) - 1) * PER_PAGE
        st.caption(f"{len(pictures):,} images")
    shown = range(first, min(first + PER_PAGE, len(pictures)))
    wide = min(len(shown), PER_ROW)
    for start in range(0, len(shown), wide):
        row = shown[start : start + wide]
        for number, column in zip(row, st.columns(wide), strict=False):
            with column:
                _cell(card, pictures, number)


def _cell_card(card: OutputCard, number: int) -> OutputCard:
    return replace(card, key=f"{card.key}-picture-{number}")


def _with_loaded_data(card: OutputCard, picture: FoundImage, number: int) -> FoundImage:
    """A remote image that was loaded is like one that came along."""
    if not image.is_remote(picture.source):
        return picture
    cell = _cell_card(card, number)
    return replace(picture, source=image.loaded_image(cell, cell.key) or picture.source)


def _cell(card: OutputCard, pictures: list[FoundImage], number: int) -> None:
    picture = pictures[number]
    cell = _cell_card(card, number)
    if image.is_remote(picture.source):
        image.draw_remote(cell, picture.source, cell.key)
        return
    try:
        data = image.image_bytes(picture.source)
    except ValueError as error:
        st.caption(
            f":material/broken_image: {escape(_image_name(picture, number))}: {escape(str(error))}"
        )
        return
    image.draw_image(data)
    st.caption(escape(clip(_image_name(picture, number), 80)))
    with st.container(horizontal=True, gap="small"):
        if st.button(
            "Zoom", key=cell.widget_key("zoom"), type="tertiary", icon=":material/zoom_in:"
        ):
            st.session_state[card.state_key("zoomed")] = number
            _zoom_dialog(card, [p for p in pictures if not image.is_remote(p.source)], picture)
        image.save_button(cell, data, _image_name(picture, number))


def _image_name(picture: FoundImage, number: int) -> str:
    """Its own, where that is more than its place in a list."""
    name = picture.name.strip()
    return f"image {number + 1}" if not name or re.fullmatch(r"\[\d+\]", name) else name


@st.dialog("Image", width="large", icon=":material/image:")
def _zoom_dialog(card: OutputCard, pictures: list[FoundImage], first: FoundImage) -> None:
    """The image as wide as the window, and its neighbours one press away."""
    place = card.state_key("zoomed-place")
    if st.session_state.pop(card.state_key("zoomed"), None) is not None:
        st.session_state[place] = pictures.index(first)
    number = st.session_state.get(place, 0)
    picture = pictures[number]
    try:
        data = image.image_bytes(picture.source)
    except ValueError as error:
        data = b""
        st.caption(escape(str(error)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _step_button(card, "Previous", place, number - 1, len(pictures))
        _step_button(card, "Next", place, number + 1, len(pictures))
        said = [f"{number + 1} of {len(pictures)}", escape(clip(_image_name(picture, number), 120))]
        said += [media_types.detect_media_type(data).extension, format_size(len(data))]
        # no wider than its words: it would take the room of the button beside it
        st.caption(" · ".join(said), width="content")
        zoomed = replace(card, key=f"{card.key}-zoomed-{number}")
        image.save_button(zoomed, data, _image_name(picture, number))
    with st.container(key=card.widget_key("large")):
        image.draw_image(data, image.zoom_width(data))


def _step_button(card: OutputCard, label: str, place: str, to: int, count: int) -> None:
    def go() -> None:
        st.session_state[place] = to

    st.button(
        label,
        key=card.widget_key(f"zoom-{label}"),
        on_click=go,
        disabled=not 0 <= to < count,
        shortcut="Left" if label == "Previous" else "Right",
        icon=f":material/chevron_{'left' if label == 'Previous' else 'right'}:",
    )
