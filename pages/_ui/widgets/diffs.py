"""Diffs of two outputs or texts. Signs mark the differences; colours only help."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lfclient.common.formatting import clip, replace_surrogates
from lfclient.console.compare.table_diff import TableDiff, compare_tables, key_columns
from lfclient.console.compare.text_diff import ChangeKind, Segment, compare_texts, compare_words
from lfclient.console.compare.tree_diff import Change, compare_trees
from lfclient.outputs.model import Output, OutputKind
from lfclient.outputs.tables import is_rows
from pages._ui.state import compare_page
from pages._ui.widgets import controls, downloads
from pages._ui.widgets.markdown import escape_lines

WORDS, LINES = "Words", "Lines"
MAX_CHARS = 20_000  # of drawn pieces
MAX_SAME_CHARS, SAME_END_CHARS = 500, 200  # of equal text between two differences
MAX_HEIGHT_PIXELS = 440
MAX_ROWS = 300_000  # compared of a table
MAX_CELL_CHARS = 300  # of a value in a cell
_CHANGED = "background-color: rgba(245, 158, 11, 0.28); font-weight: 600"
_SIGNS = {
    ChangeKind.CHANGED: "≠ changed",
    ChangeKind.ADDED: "+ added",
    ChangeKind.REMOVED: "− removed",
}
_TREES = (OutputKind.DATA, OutputKind.UNKNOWN)


def choose_diff(one: Output, other: Output) -> Callable[..., None] | None:
    """Return the function that draws the diff of two outputs; None if they are only shown."""
    a, b = one.value, other.value
    if isinstance(a, str) and isinstance(b, str):
        return None if OutputKind.IMAGE in (one.kind, other.kind) else draw_text_diff
    if one.kind is other.kind is OutputKind.TABLE and is_rows(a) and is_rows(b):
        return draw_table_diff
    containers = isinstance(a, (dict, list)) and isinstance(b, (dict, list))
    return draw_tree_diff if containers or (one.kind in _TREES and other.kind in _TREES) else None


def draw(version: Hashable, key: str, one: Output, other: Output, names: tuple[str, str]) -> None:
    """Draw the diff of two outputs that `choose_diff` has a function for, under these names."""
    draw_diff = choose_diff(one, other)
    try:
        if draw_diff is draw_tree_diff:
            draw_tree_diff(version, key, one.value, other.value, names)
        elif draw_diff:
            draw_diff(version, key, one.value, other.value)
    except RecursionError:
        st.caption("These values are nested too deeply to compare.")


def draw_text_diff(version: Hashable, key: str, before: str, after: str) -> None:
    """Draw a text diff by words or by lines."""
    found = compare_page.cached(version, f"lines-{key}", lambda: compare_texts(before, after))
    if found.is_equal:
        st.caption("Identical text." if before == after else "Only the line endings differ.")
        return
    words = compare_page.cached(version, f"words-{key}", lambda: compare_words(before, after))
    view = LINES
    if words is not None:
        view = controls.view_switch(
            "Differences by", (WORDS, LINES), compare_page.compare_key(f"by-{key}")
        )
    if view == WORDS and words is not None:
        _words(words)
    else:
        _lines(found.lines)
        if not found.is_complete:
            st.caption("More differences are not listed.")
    summary = [f"{_count_words(found.removed, 'line')} removed, {found.added:,} added."]
    if found.limitations:
        summary.append(found.limitations)
    st.caption(" ".join(summary))


def _words(pieces: Sequence[Segment]) -> None:
    drawn: list[str] = []
    chars = 0
    for number, piece in enumerate(pieces):
        text = piece.text
        if piece.kind is ChangeKind.UNCHANGED:
            text = _shorten(text, first=number == 0, last=number == len(pieces) - 1)
        drawn += _marked(Segment(piece.kind, clip(text, MAX_CHARS)))
        chars += len(text)
        if chars > MAX_CHARS:
            break
    st.markdown("".join(drawn))
    if number < len(pieces) - 1:
        st.caption(f"More differences: see “{LINES}”.")


def _shorten(text: str, *, first: bool, last: bool) -> str:
    if len(text) <= MAX_SAME_CHARS:
        return text
    head = "" if first else text[:SAME_END_CHARS]
    tail = "" if last else text[-SAME_END_CHARS:]
    return f"{head} […] {tail}"


def _marked(piece: Segment) -> Iterator[str]:
    """Yield a piece as Markdown, a changed one line by line, since markup cannot span lines."""
    if piece.kind is ChangeKind.UNCHANGED:
        yield escape_lines(piece.text)
        return
    colour = "green" if piece.kind is ChangeKind.ADDED else "red"
    lines = piece.text.split("\n")
    for number, line in enumerate(lines):
        ends = number < len(lines) - 1
        if line or ends:
            shown = escape_lines(line) if line.strip() else "␣" * len(line)
            yield f":{colour}-background[{piece.kind.value} {shown}{'↵' if ends else ''}] "
        if ends and piece.kind is ChangeKind.ADDED:
            yield escape_lines("\n")


def _lines(lines: Sequence[Segment | None]) -> None:
    signs = {ChangeKind.UNCHANGED: "  ", ChangeKind.ADDED: "+ ", ChangeKind.REMOVED: "- "}
    texts = ["@@ … @@" if piece is None else signs[piece.kind] + piece.text for piece in lines]
    st.code(
        replace_surrogates("\n".join(texts)),
        language="diff",
        wrap_lines=True,
        height=MAX_HEIGHT_PIXELS if len(texts) > 20 else "content",
    )


def draw_table_diff(version: Hashable, key: str, before: list[Any], after: list[Any]) -> None:
    """Draw rows and cells that differ; rows are matched by position or by a chosen column."""
    keys, at_once = compare_page.cached(
        version, f"table-{key}", lambda: _first_diffs(before, after)
    )
    by = ""
    if keys and not at_once[""].is_equal:
        by = st.selectbox(
            "Match rows by",
            ["", *keys],
            index=["", *keys].index(
                min(at_once, key=lambda each: _count_changed_rows(at_once[each]))
            ),
            format_func=lambda column: column or "position",
            key=compare_page.compare_key(f"key-{key}"),
            help="Position, or a column without repeated values",
        )
    found = at_once.get(by) or compare_page.cached(
        version, f"table-{key}-{by}", lambda: compare_tables(*_frames(before, after), by)
    )
    if found.is_equal:
        st.caption("Identical rows.")
    else:
        st.markdown(_table_words(found))
    if len(found.rows):
        marked = found.rows.style.apply(lambda _: _styles(found), axis=None)
        st.dataframe(
            marked,
            hide_index=True,
            height=MAX_HEIGHT_PIXELS if len(found.rows) > 12 else "auto",
            alt="Rows that differ",
            placeholder="",
        )
    if found.unlisted_rows:
        st.caption(
            f"The first {len(found.rows):,} rows that differ; {found.unlisted_rows:,} more do."
        )
    if found.unlisted_columns:
        st.caption(f"{found.unlisted_columns:,} columns are compared but not listed.")
    if max(len(before), len(after)) > MAX_ROWS:
        st.caption(f"Only the first {MAX_ROWS:,} rows of each were compared.")


def _first_diffs(before: list[Any], after: list[Any]) -> tuple[list[str], dict[str, TableDiff]]:
    """Return the columns that can match rows, and the diffs by position and by the first one."""
    one, other = _frames(before, after)
    keys = key_columns(one, other)
    return keys, {key: compare_tables(one, other, key) for key in ("", *keys[:1])}


def _count_changed_rows(found: TableDiff) -> int:
    return found.added + found.removed + found.changed_rows


def _frames(before: list[Any], after: list[Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    return downloads.to_dataframe(before[:MAX_ROWS]), downloads.to_dataframe(after[:MAX_ROWS])


def _styles(found: TableDiff) -> pd.DataFrame:
    return found.is_changed.map(lambda changed: _CHANGED if changed else "")


def _table_words(found: TableDiff) -> str:
    parts = []
    if found.changed_rows:
        cells, rows = (
            _count_words(found.changed_cells, "cell"),
            _count_words(found.changed_rows, "row"),
        )
        parts.append(f"≠ {cells} in {rows} changed")
    if found.added:
        parts.append(f"+ {_count_words(found.added, 'row')} added")
    if found.removed:
        parts.append(f"− {_count_words(found.removed, 'row')} removed")
    for sign, names in (("+", found.added_columns), ("−", found.removed_columns)):
        if names:
            listed = ", ".join(clip(name, 40) for name in names[:10])
            more = f" and {len(names) - 10} more" if len(names) > 10 else ""
            word = "column" if len(names) == 1 else "columns"
            parts.append(f"{sign} {word} {escape_lines(listed)}{more}")
    return " · ".join(parts)


def _count_words(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def draw_tree_diff(
    version: Hashable, key: str, before: Any, after: Any, names: tuple[str, str]
) -> None:
    """Draw the changed values of two trees by path."""
    found = compare_page.cached(version, f"tree-{key}", lambda: compare_trees(before, after))
    if found.is_equal and found.is_complete:
        st.caption("Identical data.")
    if found.changes:
        st.dataframe(
            pd.DataFrame([_change(each, names) for each in found.changes]),
            hide_index=True,
            height=MAX_HEIGHT_PIXELS if len(found.changes) > 12 else "auto",
            alt="Values that differ",
            placeholder="",
        )
    if found.total > len(found.changes):
        st.caption(f"The first {len(found.changes):,} of {found.total:,} differences.")
    elif found.total:
        st.caption(f"{_count_words(found.total, 'difference')}.")
    if not found.is_complete:
        st.caption("Too large to compare completely: there may be more differences.")


def _change(change: Change, names: tuple[str, str]) -> dict[str, str]:
    return {
        "±": _SIGNS[change.kind],
        "Path": change.path or "(root)",
        names[0]: "" if change.kind is ChangeKind.ADDED else _json(change.before),
        names[1]: "" if change.kind is ChangeKind.REMOVED else _json(change.after),
    }


def _json(value: Any) -> str:
    if isinstance(value, (dict, list)) and len(value) > MAX_CELL_CHARS:
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value):,}"
    return replace_surrogates(
        clip(" ".join(downloads.to_json_bytes(value).decode().split()), MAX_CELL_CHARS)
    )
