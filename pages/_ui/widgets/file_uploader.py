"""File fields that say why a file was refused before it arrived."""

from typing import Any

import streamlit as st

from pages._ui.app import streamlit_patches, upload_quota
from pages._ui.widgets.markdown import escape


def draw(label: str, **kwargs: Any) -> Any:
    """Draw a file field and the refusal; `kwargs` go to `st.file_uploader`, whose value returns."""
    chosen = st.file_uploader(label, **kwargs)
    draw_refusal()
    return chosen


def draw_refusal() -> None:
    """Draw why this session's last file was refused before it arrived, if it was."""
    text = upload_quota.refusal(streamlit_patches.session_id())
    if text:
        st.caption(f":red[:material/error: {escape(text)}]")
