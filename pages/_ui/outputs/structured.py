"""Structured values: a JSON tree, also for kinds that this console does not know."""

from __future__ import annotations

import streamlit as st

from pages._ui import export, state
from pages._ui.outputs.block import Block

# a tree of 5 MB takes a browser about 1 s
TREE_LIMIT = 5_000_000
TEXT_LIMIT = 500_000


def draw(block: Block) -> None:
    """The value as a tree; a very large one as the beginning of its text."""
    value = block.output.value
    if value is None:
        st.caption("No value.")
        return
    text = state.kept(block.session_key("json"), lambda: export.json_bytes(value))
    if len(text) <= TREE_LIMIT:
        # a bare text or number is no tree, and a text that looks like JSON would be read as one
        if isinstance(value, dict | list):
            st.json(value, expanded=2)
        else:
            st.code(text.decode(), language="json", wrap_lines=True)
    else:
        st.caption(f"{len(text):,} bytes: these are the first {TEXT_LIMIT:,}.")
        st.code(text[:TEXT_LIMIT].decode("utf-8", "ignore"), language="json", height=420)
    with st.container(horizontal=True, gap="small"):
        block.save_json(value)
