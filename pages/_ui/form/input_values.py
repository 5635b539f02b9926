"""The inputs of a run, read-only, each drawn by its kind."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lfclient.common.filenames import uploaded_name
from lfclient.common.formatting import clip, replace_surrogates
from lfclient.console.content.tables import to_dataframe
from lfclient.console.store import run_record
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.input_values import EMPTY_VALUES, one_line, value_text
from lfclient.flows.field import FieldKind, Variable
from lfclient.flows.file_fields import file_paths
from lfclient.flows.run_inputs import InputValue
from lfclient.flows.validation import SECRET_MASK
from lfclient.outputs.tables import is_rows
from pages._ui.widgets import downloads
from pages._ui.widgets.markdown import escape, inline_code

MAX_VALUES = 15  # values drawn before “Show all”
PREVIEW_CHARS = 1_500  # characters of a text drawn before “Show all”
MAX_CHARS = 200_000  # characters of a text drawn at all; a download has the rest
PREVIEW_ROWS = 100  # rows of a table drawn before “Show all”
MAX_ROWS = 20_000
TEXT_HEIGHT = 240  # pixels


def show_omission(record: RunRecord) -> bool:
    """Draw why a run's inputs were not stored; return False if they were."""
    why = run_record.explain_missing_inputs(record)
    if why:
        st.caption(f":material/info: {escape(why)}")
    return bool(why)


def draw(values: Sequence[InputValue], key: str) -> None:
    """Draw the values; `key` must be unique on the page."""
    if values:
        _draw_values(values, key)
    st.caption(f"{'All other values' if values else 'All values'}: flow defaults")


@st.fragment
def _draw_values(values: Sequence[InputValue], key: str) -> None:
    """Draw the first values, or all after “Show all”."""
    with st.container(key=f"given-{key}"):
        shown = list(values)
        more = len(shown) - MAX_VALUES
        if more > 0 and not st.toggle(f"Show all {len(shown)} values", key=f"given-all-{key}"):
            shown = shown[:MAX_VALUES]
        for number, item in enumerate(shown):
            _draw_input(item, f"{key}-{number}")
        if len(shown) < len(values):
            st.caption(f"{more} more.")


def _draw_input(item: InputValue, key: str) -> None:
    with st.container(key=f"given-one-{key}", gap="xxsmall"):
        origin = f"{escape(item.component_label(60))}{' · flow default' if item.is_default else ''}"
        st.markdown(f"**{escape(clip(item.label, 120))}** :gray[· {origin}]")
        _draw_value(item, key)


def _draw_value(item: InputValue, key: str) -> None:
    value = item.value
    words = one_line(item)
    if item.secret and value == SECRET_MASK:
        st.markdown(":material/lock: :gray[set, not stored]")
    elif isinstance(value, Variable):
        st.markdown(f":material/key: server variable {inline_code(value.name)}")
    elif item.field and item.field.kind is FieldKind.FILE and value:
        for path in file_paths(value)[:MAX_VALUES]:
            name = escape(clip(uploaded_name(str(path)), 100))
            st.markdown(f":material/draft: {name}", help=f"On the server: {inline_code(str(path))}")
        if len(file_paths(value)) > MAX_VALUES:
            st.caption(f"{len(file_paths(value)) - MAX_VALUES} more.")
    elif isinstance(value, bool) or value in EMPTY_VALUES:
        st.markdown(f":gray[{words}]")
    elif words is not None:
        st.markdown(inline_code(words))
    elif value and is_rows(value):
        _draw_table(value, key)
    else:
        _draw_long_value(value, key)


def _draw_table(rows: list[dict[str, Any]], key: str) -> None:
    most = _max_drawn(len(rows), "rows", PREVIEW_ROWS, MAX_ROWS, f"given-rows-{key}")
    st.dataframe(to_dataframe(rows[:most]), hide_index=True, placeholder="", alt="Table")
    if len(rows) > most:
        st.caption(f"The first {most:,} rows.")
        if most == MAX_ROWS:
            _draw_download(rows, key)


def _draw_long_value(value: Any, key: str) -> None:
    text = value_text(value)
    most = _max_drawn(len(text), "characters", PREVIEW_CHARS, MAX_CHARS, f"given-letters-{key}")
    is_high = text.count("\n", 0, most) > 9 or min(len(text), most) > 800
    st.code(
        replace_surrogates(clip(text, most)),
        language=None if isinstance(value, str) else "json",
        wrap_lines=True,
        height=TEXT_HEIGHT if is_high else "content",
    )
    if len(text) > most and most == MAX_CHARS:
        st.caption(f"The first {most:,} characters.")
        _draw_download(value, key)


def _max_drawn(count: int, unit: str, preview: int, most: int, key: str) -> int:
    """Return how many to draw: a preview, or `most` after “Show all”."""
    shows_all = count > preview and st.toggle(f"Show all {count:,} {unit}", key=key)
    return most if shows_all else preview


def _draw_download(value: Any, key: str) -> None:
    downloads.draw_button(
        "Download",
        lambda: value_text(value).encode("utf-8", "replace"),
        "value.txt" if isinstance(value, str) else "value.json",
        f"given-save-{key}",
    )
