"""Two images over each other, or with the pixels that differ."""

from collections.abc import Hashable, Sequence

import streamlit as st

from lfclient.common.formatting import format_count
from lfclient.console.compare.image_diff import ImagePair, pair_images, why_not_image
from lfclient.console.content.images import FoundImage, find_images, image_bytes
from lfclient.outputs.model import Output
from pages._ui.compare.runs import ShownRun
from pages._ui.outputs import image
from pages._ui.outputs.card import OutputCard
from pages._ui.state import compare_page, run_page
from pages._ui.widgets import controls

OVERLAY, CHANGED_PIXELS = "Overlay", "Changed pixels"
VIEWS = (OVERLAY, CHANGED_PIXELS)


def has_images(outputs: Sequence[Output | None]) -> bool:
    """Return whether each of the outputs has an image."""
    return all(output is not None and find_images(output) for output in outputs)


def draw(
    view: str,
    key: str,
    version: Hashable,
    runs: Sequence[ShownRun],
    cards: Sequence[OutputCard],
) -> None:
    """Draw one of `VIEWS` of two outputs with images; several are paired in their order."""
    found = [find_images(card.output) for card in cards]
    count = min(map(len, found))
    position = 0
    if count > 1:
        names = controls.unique_labels(
            {n: found[1][n].name or f"Image {n + 1}" for n in range(count)}
        )
        position = st.selectbox(
            "Image",
            range(count),
            format_func=names.__getitem__,
            key=compare_page.compare_key(f"image-{key}"),
        )
    if len(found[0]) != len(found[1]):
        counts = [format_count(len(each), "image") for each in found]
        st.caption(f"{runs[0].name}: {counts[0]}. {runs[1].name}: {counts[1]}.")
    data = [_read(each[position], card, position) for each, card in zip(found, cards, strict=True)]
    for run, one in zip(runs, data, strict=True):
        reason = "it is on another server: load it under “Side by side” first"
        reason = reason if one is None else why_not_image(one)
        if reason:
            st.caption(f":material/hide_image: Can't compare the image of {run.name}: {reason}.")
            return
    try:
        pair = pair_images(data[0] or b"", data[1] or b"")
    except image.PILLOW_ERRORS:
        st.caption(":material/hide_image: Can't compare these images: one is damaged.")
        return
    if pair.sizes[0] != pair.sizes[1]:
        sizes = (f"{width:,} × {height:,}" for width, height in pair.sizes)
        words = " and ".join(sizes)
        st.caption(f"The images have {words} pixels. They are aligned at the top left corner.")
    if view == OVERLAY:
        _draw_overlay(pair, key, runs)
    else:
        _draw_difference(pair, f"pixels-{key}-{position}", version)


def _read(found: FoundImage, card: OutputCard, position: int) -> bytes | None:
    """Return the bytes of an image, None for a remote one that was not loaded."""
    if not image.is_remote(found.source):
        return image_bytes(found.source)
    # loaded in the gallery, or as the value of an output
    cards = [image.cell_card(card, position)] + [card] * (position == 0)
    return next(filter(None, map(image.loaded_image, cards)), None)


def _draw_overlay(pair: ImagePair, key: str, runs: Sequence[ShownRun]) -> None:
    percent = st.slider(
        f"{runs[0].name} to {runs[1].name}",
        0,
        100,
        50,
        format="%d %%",
        key=compare_page.compare_key(f"opacity-{key}"),
        help=f"0 % shows {runs[0].name} only, 100 % {runs[1].name}",
    )
    alt = f"{runs[0].name} below {runs[1].name}"
    st.image(pair.overlay(percent / 100), output_format="PNG", alt=alt)


def _draw_difference(pair: ImagePair, key: str, version: Hashable) -> None:
    picture, share = run_page.cached(key, pair.difference, version)
    if not share:
        st.caption("No pixel differs visibly.")
        return
    st.markdown(
        f"≠ {'less than 0.1' if share < 0.001 else f'{share:.1%}'.rstrip('%')} % of the pixels"
    )
    st.image(picture, output_format="PNG", alt="The pixels that differ")
