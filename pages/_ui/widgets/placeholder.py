"""A place on the page that is redrawn only when its content changes."""

from collections.abc import Callable, Hashable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


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
