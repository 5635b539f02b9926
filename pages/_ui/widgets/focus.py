"""Brings into sight, and gives the keyboard, what a press has changed: Streamlit can do neither."""

from __future__ import annotations

import re

import streamlit as st

from pages._ui.app.navigation import ASSETS

_scroll_component = st.components.v2.component(
    "into_sight", js=(ASSETS / "scroll_to.js").read_text(encoding="utf-8")
)
_focus_component = st.components.v2.component(
    "keyboard", js=(ASSETS / "move_focus.js").read_text(encoding="utf-8")
)


def scroll_to(mark: str | None, first: str, seen: str) -> None:
    """Scroll until the container with the key `first` is at the top, unless `seen` can be seen.

    Once for each `mark`; None: nothing is to be done.
    """
    if mark:
        with st.container(key="into-sight"):
            _scroll_component(
                key=f"into-sight-{mark}", data={"first": _css_key(first), "seen": _css_key(seen)}
            )


def move_focus(mark: str | None, part: str) -> None:
    """Let the Tab key go on from the container with the key `part`.

    Only where nothing has the keyboard, as when the button that was pressed is gone. Once for each
    `mark`; None: nothing is to be done.
    """
    if mark:
        with st.container(key="keyboard"):
            _focus_component(key=f"keyboard-{mark}", data={"part": part})


def _css_key(key: str) -> str:
    """A container's key as Streamlit has it in the name of a class."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", key)
