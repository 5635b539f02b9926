"""Brings into sight what a press has changed, where it stands outside of the window."""

from __future__ import annotations

import streamlit as st

from pages._ui.shell import ASSETS

# Streamlit cannot scroll a page
_into_sight = st.components.v2.component(
    "into_sight", js=(ASSETS / "sight.js").read_text(encoding="utf-8")
)


def bring(mark: str | None, first: str, seen: str) -> None:
    """Scroll until the container with the key `first` is at the top, unless `seen` can be seen.

    Once for each `mark`; None: nothing is to be done.
    """
    if mark:
        with st.container(key="into-sight"):
            _into_sight(key=f"into-sight-{mark}", data={"first": first, "seen": seen})
