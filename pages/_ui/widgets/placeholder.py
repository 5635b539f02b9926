"""A place on the screen that is drawn again only when what it shows has become another."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


class Placeholder:
    """One place at the point of the page where it is made.

    Each element that is drawn is a message to the browser, which then looks at the whole page.
    `nothing` is what has nothing to be drawn at first, so that nothing is sent of it.
    """

    def __init__(self, nothing: Hashable = None) -> None:
        self._place = st.empty()
        # without it, what nothing that could be shown is equal to
        self._shown: Hashable = self if nothing is None else nothing

    def show(self, what: Hashable, draw: Callable[[DeltaGenerator], object]) -> None:
        """Have `draw` fill the place, unless it shows `what` already."""
        if what != self._shown:
            self._shown = what
            draw(self._place)
