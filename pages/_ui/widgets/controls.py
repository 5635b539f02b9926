"""Controls that several pages share."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import unique_names
from pages._ui.app import streamlit_patches, upload_quota
from pages._ui.widgets.markdown import escape

T = TypeVar("T")


def view_switch(label: str, options: Sequence[T], key: str, **kwargs: Any) -> T:
    """Draw a choice between a few views and return the chosen one, at first the first.

    Screen readers read the label, which is hidden. `kwargs` go to `st.segmented_control`.
    """
    chosen: T = st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        key=key,
        label_visibility="collapsed",
        **kwargs,
    )
    return chosen


def unique_labels(labels: Mapping[T, str]) -> dict[T, str]:
    """Return labels by option, with numbers at all but the first of those that are equal.

    The browser reports the chosen label, so each must name one option. No option gets the label
    that another one has itself.
    """
    return dict(zip(labels, unique_names(labels.values()), strict=True))


def place_above_fields() -> DeltaGenerator:
    """Return a place for what comes and goes above fields.

    Streamlit replaces an element whose position in its container changes: a field would lose the
    focus and what is being typed.
    """
    return st.container()


def danger_button(label: str, *, key: str, **kwargs: Any) -> bool:
    """Draw a button that deletes or ends something: framed in red, never in the brand's color.

    `kwargs` go to `st.button`.
    """
    with st.container(key=f"danger-{key}", width="content"):
        return st.button(label, key=key, **kwargs)


def main_link(name: str) -> DeltaGenerator:
    """Return a place whose page link looks like a primary button: the main action there."""
    return st.container(key=f"main-link-{name}", width="content")


def lazy_expander(label: str, key: str, draw: Callable[[], object]) -> None:
    """Draw an expander whose content is drawn, and sent to the browser, once it is opened."""
    panel = st.expander(label, key=key, on_change="rerun")
    if panel.open:
        with panel:
            draw()


def lazy_tabs(key: str, tabs: Sequence[tuple[str, Callable[[], object]]]) -> None:
    """Draw tabs by label, each drawn, and sent to the browser, once it is opened."""
    labels = [label for label, _ in tabs]
    containers = st.tabs(labels, key=key, on_change="rerun")
    for container, (_, draw) in zip(containers, tabs, strict=True):
        if container.open:
            with container:
                draw()


def file_uploader(label: str, **kwargs: Any) -> Any:
    """Draw a file field, and why the last file was refused. Return the field's value.

    `kwargs` go to `st.file_uploader`.
    """
    chosen = st.file_uploader(label, **kwargs)
    draw_refused_upload()
    return chosen


def draw_refused_upload() -> None:
    """Draw why this session's last file was refused before it arrived, if it was."""
    text = upload_quota.refusal(streamlit_patches.session_id())
    if text:
        st.caption(f":red[:material/error: {escape(text)}]")


class Placeholder:
    """An empty place where it is created.

    Each drawn element is a message to the browser, which then updates the whole page. At first the
    content is the empty tuple, so nothing is sent for that.
    """

    def __init__(self) -> None:
        self._place = st.empty()
        self._content: Hashable = ()

    def show(self, content: Hashable, draw: Callable[[DeltaGenerator], object]) -> None:
        """Call `draw` with the place, unless it shows `content` already."""
        if content != self._content:
            self._content = content
            draw(self._place)
