"""Controls that several pages have in one form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def view_switch(label: str, options: Sequence[T], key: str, **more: Any) -> T:
    """A choice between a few views, of which one always counts, at first the first. The label is
    for who cannot see what they are; `more` is Streamlit's.
    """
    return st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        key=key,
        label_visibility="collapsed",
        **more,
    )


def lazy_expander(label: str, icon: str, key: str, draw: Callable[[], object]) -> None:
    """A panel whose content is drawn, and sent to the browser, only once somebody opens it."""
    panel = st.expander(label, icon=icon, key=key, on_change="rerun")
    if panel.open:
        with panel:
            draw()
