"""Scrolling and keyboard focus after a click changed the page; Streamlit has no API for either."""

import re
import uuid

import streamlit as st

from pages._ui.app.navigation import ASSETS

_scroll_component = st.components.v2.component(
    "into_sight", js=(ASSETS / "scroll_to.js").read_text(encoding="utf-8")
)
_focus_component = st.components.v2.component(
    "keyboard", js=(ASSETS / "focus_input.js").read_text(encoding="utf-8")
)


def scroll_to(event_id: str | None, first: str, seen: str) -> None:
    """Scroll the container with the key `first` to the top, unless the one with `seen` is visible.

    Happens once per `event_id`, and not for None.
    """
    if event_id:
        with st.container(key="into-sight"):
            _scroll_component(
                key=f"into-sight-{event_id}",
                data={"first": _css_key(first), "seen": _css_key(seen)},
            )


def focus_input(event_id: str, container: str) -> None:
    """Move the keyboard focus to the first input of the container with this key.

    Happens once per `event_id`.
    """
    with st.container(key="keyboard-input"):
        data = {"part": _css_key(container)}
        _focus_component(key=f"keyboard-{event_id}", data=data)


def focus_box(event_id: str, key: str) -> None:
    """Move the keyboard focus to the message box with this key, unless the window is a phone's.

    Happens once per `event_id`.
    """
    with st.container(key="keyboard-input"):
        data = {"part": _css_key(key), "isBox": True}
        _focus_component(key=f"keyboard-{event_id}", data=data)


def lead_to(container: str, focused: str = "") -> None:
    """Scroll to the container with this key, unless it is visible, and focus its first input.

    Or the input with the key `focused`.
    """
    event_id = uuid.uuid4().hex
    scroll_to(event_id, container, container)
    focus_input(event_id, focused or container)


def _css_key(key: str) -> str:
    """Return a container's key as Streamlit writes it in CSS class names."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", key)
