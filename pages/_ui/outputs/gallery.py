"""Several images of an output as a grid, each with a large view and a download."""

from __future__ import annotations

import re
from dataclasses import replace

import streamlit as st

from lfclient.common.formatting import clip, format_size
from lfclient.console.content import media_types
from lfclient.console.content.images import Picture
from pages._ui.outputs import image
from pages._ui.outputs.card import Block
from pages._ui.widgets.markdown import plain

PER_PAGE = 12
PER_ROW = 3


def draw(block: Block, pictures: list[Picture]) -> None:
    """A page of the grid; one image alone has the whole width."""
    pictures = [_as_loaded(block, picture, n) for n, picture in enumerate(pictures)]
    first = 0
    if len(pictures) > PER_PAGE:
        pages = -(-len(pictures) // PER_PAGE)
        first = (st.pagination(pages, key=block.widget("gallery-page")) - 1) * PER_PAGE
        st.caption(f"{len(pictures):,} images")
    shown = range(first, min(first + PER_PAGE, len(pictures)))
    wide = min(len(shown), PER_ROW)
    for start in range(0, len(shown), wide):
        row = shown[start : start + wide]
        for number, column in zip(row, st.columns(wide), strict=False):
            with column:
                _cell(block, pictures, number)


def _cell_block(block: Block, number: int) -> Block:
    return replace(block, key=f"{block.key}-picture-{number}")


def _as_loaded(block: Block, picture: Picture, number: int) -> Picture:
    """A remote image that was loaded is like one that came along."""
    if not image.is_remote(picture.source):
        return picture
    cell = _cell_block(block, number)
    return replace(picture, source=image.loaded(cell, cell.key) or picture.source)


def _cell(block: Block, pictures: list[Picture], number: int) -> None:
    picture = pictures[number]
    cell = _cell_block(block, number)
    if image.is_remote(picture.source):
        image.remote(cell, picture.source, cell.key)
        return
    try:
        data = image.read(picture.source)
    except ValueError as error:
        st.caption(f":material/broken_image: {plain(_name(picture, number))}: {plain(str(error))}")
        return
    image.picture(data)
    st.caption(plain(clip(_name(picture, number), 80)))
    with st.container(horizontal=True, gap="small"):
        if st.button("Zoom", key=cell.widget("zoom"), type="tertiary", icon=":material/zoom_in:"):
            st.session_state[block.session_key("zoomed")] = number
            _zoom(block, [p for p in pictures if not image.is_remote(p.source)], picture)
        image.save(cell, data, _name(picture, number))


def _name(picture: Picture, number: int) -> str:
    """Its own, where that is more than its place in a list."""
    name = picture.name.strip()
    return f"image {number + 1}" if not name or re.fullmatch(r"\[\d+\]", name) else name


@st.dialog("Image", width="large", icon=":material/image:")
def _zoom(block: Block, pictures: list[Picture], first: Picture) -> None:
    """The image as wide as the window, and its neighbours one press away."""
    place = block.session_key("zoomed-place")
    if st.session_state.pop(block.session_key("zoomed"), None) is not None:
        st.session_state[place] = pictures.index(first)
    number = st.session_state.get(place, 0)
    picture = pictures[number]
    try:
        data = image.read(picture.source)
    except ValueError as error:
        data = b""
        st.caption(plain(str(error)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _step(block, "Previous", place, number - 1, len(pictures))
        _step(block, "Next", place, number + 1, len(pictures))
        said = [f"{number + 1} of {len(pictures)}", plain(clip(_name(picture, number), 120))]
        said += [media_types.of(data).ending, format_size(len(data))]
        # no wider than its words: it would take the room of the button beside it
        st.caption(" · ".join(said), width="content")
        zoomed = replace(block, key=f"{block.key}-zoomed-{number}")
        image.save(zoomed, data, _name(picture, number))
    with st.container(key=block.widget("large")):
        image.picture(data, image.large(data))


def _step(block: Block, label: str, place: str, to: int, count: int) -> None:
    def go() -> None:
        st.session_state[place] = to

    st.button(
        label,
        key=block.widget(f"zoom-{label}"),
        on_click=go,
        disabled=not 0 <= to < count,
        shortcut="Left" if label == "Previous" else "Right",
        icon=f":material/chevron_{'left' if label == 'Previous' else 'right'}:",
    )
