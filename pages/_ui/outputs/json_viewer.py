"""Structured values: a JSON tree, also for kinds that this console does not know."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, replace_surrogates
from lfclient.console.content import json_path
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets import downloads
from pages._ui.widgets.markdown import escape

# a tree of 5 MB takes a browser about 1 s
MAX_TREE_BYTES = 5_000_000
MAX_TEXT_BYTES = 500_000
MAX_HITS = 20
MAX_HIT_LENGTH = 160  # characters of a found value


def draw(card: OutputCard) -> None:
    """The value as a tree; a very large one as the beginning of its text."""
    value = card.output.value
    if value is None:
        st.caption("No value.")
        return
    draw_searchable(card, value)
    with st.container(horizontal=True, gap="small"):
        card.save_json_button(value)


def draw_searchable(card: OutputCard, value: Any) -> None:
    """The tree under a search field, without the download."""
    text = card.cached("json", lambda: downloads.to_json_bytes(value))
    if isinstance(value, dict | list) and value:
        _search(card, value)
    draw_tree(value, text)


def draw_tree(value: Any, text: bytes) -> None:
    """The tree alone; of a value whose JSON `text` is very large, the beginning of that."""
    if len(text) <= MAX_TREE_BYTES:
        # a bare text or number is no tree, and a text that looks like JSON would be read as one
        if isinstance(value, dict | list):
            st.json(value, expanded=2)
        else:
            st.code(text.decode(), language="json", wrap_lines=True)
    else:
        st.caption(f"{len(text):,} bytes: these are the first {MAX_TEXT_BYTES:,}.")
        st.code(text[:MAX_TEXT_BYTES].decode("utf-8", "ignore"), language="json", height=420)


def _search(card: OutputCard, value: Any) -> None:
    word = st.text_input(
        "Search keys and values",
        key=card.widget_key("search"),
        placeholder="Search keys and values, or give a path such as items[0].price",
        icon=":material/search:",
        label_visibility="collapsed",
        persist_state="session",
    )
    if not word.strip():
        return
    found = json_path.search_value(value, word, MAX_HITS)
    st.caption(_count_text(found))
    for hit in found.matches:
        path, what = st.columns([3, 2], vertical_alignment="center")
        path.code(replace_surrogates(hit.path), language=None, wrap_lines=True)
        what.markdown(escape(replace_surrogates(_preview(hit.value))))


def _count_text(found: json_path.SearchResult) -> str:
    places = f"{found.total:,} place{'s' * (found.total != 1)} found"
    if not found.total:
        places = "Nothing found"
    if found.total > len(found.matches):
        places += f", the first {len(found.matches)} of them shown"
    if not found.is_complete:
        places += f"; only the first {json_path.MAX_SEARCHED_VALUES:,} values were looked at"
    return f"{places}. Point at a path to copy it." if found.matches else f"{places}."


def _preview(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {len(value):,} key{'s' * (len(value) != 1)} }}"
    if isinstance(value, list):
        return f"[ {len(value):,} item{'s' * (len(value) != 1)} ]"
    if isinstance(value, str):
        return clip(value[: MAX_HIT_LENGTH * 2], MAX_HIT_LENGTH) or "(empty text)"
    return downloads.to_json_bytes(value).decode()
