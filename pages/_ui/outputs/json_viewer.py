"""Structured values as a JSON tree."""

import json
import re
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, format_count, replace_surrogates
from lfclient.console.content import json_path
from lfclient.outputs.tables import internals_of, without_internals
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets import downloads
from pages._ui.widgets.markdown import escape

# a browser takes about 1 s for a tree of 5 MB
MAX_TREE_BYTES = 5_000_000
MAX_TEXT_BYTES = 500_000
MAX_HITS = 20
MAX_HIT_LENGTH = 160  # characters of a matching value
_MAX_EXACT = 2**53  # a browser rounds larger integers
_LONG_NUMBER = re.compile(rb"\d{16}")


def draw(card: OutputCard) -> None:
    """Draw the value as a searchable tree, and a download button."""
    value = card.output.value
    internal = card.cached("internal", lambda: internals_of(value))
    draw_searchable(card, with_internals=card.shows_internal() or not internal)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if internal:
            card.internal_checkbox("key", len(internal))
        card.copy_button(lambda: _json_text(card).decode())
        card.save_button("JSON", lambda: downloads.to_json_bytes(value), "json", "application/json")


def draw_unknown(card: OutputCard) -> None:
    """Draw a value of a kind that this console does not know, and the server's name of its type."""
    draw(card)
    if card.output.type:
        st.caption(f"Langflow calls this “{escape(card.output.type)}”.")


def draw_searchable(card: OutputCard, *, with_internals: bool = True) -> None:
    """Draw the tree below a search field, which finds internal keys too."""
    value = card.output.value
    if isinstance(value, dict | list) and value:
        _search(card)
    if with_internals:
        draw_tree(value, _json_text(card))
    else:
        visible = without_internals(value)
        text = card.cached("visible-json", lambda: downloads.to_json_bytes(visible))
        draw_tree(visible, text)


def _json_text(card: OutputCard) -> bytes:
    return card.cached("json", lambda: downloads.to_json_bytes(card.output.value))


def draw_tree(value: Any, json_text: bytes) -> None:
    """Draw the tree, or the beginning of the value's JSON text if that is very large."""
    if len(json_text) > MAX_TREE_BYTES:
        st.caption(f"Shows the first {MAX_TEXT_BYTES:,} of {len(json_text):,} bytes.")
        shown = json_text[:MAX_TEXT_BYTES].decode("utf-8", "ignore")
        st.code(shown, language="json", height=420)
    elif isinstance(value, dict | list):
        if _LONG_NUMBER.search(json_text):
            value = json.loads(json_text, parse_int=_exact)
        st.json(value, expanded=2)
    else:
        # `st.json` would parse a plain text that looks like JSON
        st.code(json_text.decode(), language="json", wrap_lines=True)


def _exact(digits: str) -> int | str:
    """Return an integer, as text if the tree would show another one."""
    return digits if abs(int(digits)) > _MAX_EXACT else int(digits)


def _search(card: OutputCard) -> None:
    query = st.text_input(
        "Search keys and values",
        key=card.widget_key("search"),
        placeholder="Search keys and values, or enter a path such as items[0].price",
        icon=":material/search:",
        label_visibility="collapsed",
        persist_state="session",
    )
    if not query.strip():
        return
    result = json_path.search_value(card.output.value, query, MAX_HITS)
    st.caption(_count_text(result))
    for hit in result.matches:
        path, preview = st.columns([3, 2], vertical_alignment="center")
        path.code(replace_surrogates(hit.path), language=None, wrap_lines=True)
        preview.markdown(escape(replace_surrogates(_preview(hit.value))))


def _count_text(result: json_path.SearchResult) -> str:
    total = result.total
    parts = [f"{total:,} match{'es' * (total != 1)}" if total else "No matches"]
    if total > len(result.matches):
        parts.append(f"shows the first {len(result.matches)}")
    if not result.is_complete:
        parts.append(f"only the first {json_path.MAX_SEARCHED_VALUES:,} values were searched")
    text = f"{', '.join(parts)}."
    return f"{text} Point at a path to copy it." if result.matches else text


def _preview(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {format_count(len(value), 'key')} }}"
    if isinstance(value, list):
        return f"[ {format_count(len(value), 'item')} ]"
    if isinstance(value, str):
        return clip(value[: MAX_HIT_LENGTH * 2], MAX_HIT_LENGTH) or "(empty text)"
    return downloads.to_json_bytes(value).decode()
