"""Diffs of two outputs or texts. Signs mark the differences; colors only help."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from lfclient.common.formatting import clip, format_count, list_names, replace_surrogates
from lfclient.console.compare.table_diff import (
    MAX_COMPARED_ROWS,
    TableDiff,
    compare_tables,
    find_best_diff,
)
from lfclient.console.compare.text_diff import ChangeKind, Segment, compare_texts, compare_words
from lfclient.console.compare.tree_diff import Change, TreeDiff, compare_trees
from lfclient.console.content.output_kinds import Differ, OutputHandler, handler_for
from lfclient.console.content.tables import to_dataframe
from lfclient.outputs.model import FileRef, Output
from pages._ui.state import compare_page, run_page
from pages._ui.widgets import controls, downloads
from pages._ui.widgets.markdown import escape_lines

WORDS, LINES = "Words", "Lines"
MAX_CHARS = 20_000  # characters of drawn pieces
MAX_SAME_CHARS, SAME_END_CHARS = 500, 200  # characters of equal text between two differences
MAX_HEIGHT_PIXELS = 440
MAX_CELL_CHARS = 300  # characters of a value in a cell
_CHANGED = "background-color: rgba(245, 158, 11, 0.28); font-weight: 600"
_SIGNS = {
    ChangeKind.CHANGED: "≠ changed",
    ChangeKind.ADDED: "+ added",
    ChangeKind.REMOVED: "− removed",
}
_Draw = Callable[[], None]
_Normalize = Callable[[Any], Any]


def can_diff(one: Output, other: Output) -> bool:
    """Return whether `draw` can draw the differences of two outputs."""
    return _compare(one, other, _DiffDrawer(None, "", ("", ""), (str, str))) is not None


def draw(
    version: Hashable,
    key: str,
    one: Output,
    other: Output,
    names: tuple[str, str],
    normalize: tuple[_Normalize, _Normalize] = (lambda value: value,) * 2,
) -> None:
    """Draw the differences of two outputs that `can_diff` accepts, under these names.

    `normalize` leaves out what is ignored in each.
    """
    draw_diff = _compare(one, other, _DiffDrawer(version, key, names, normalize))
    try:
        if draw_diff:
            draw_diff()
    except RecursionError:
        st.caption("These values are nested too deeply to compare.")


def _compare(one: Output, other: Output, differ: Differ[_Draw | None]) -> _Draw | None:
    a, b = one.value, other.value
    handlers = handler_for(one), handler_for(other)
    if one.kind is other.kind and a is not None and b is not None:
        return handlers[0].compare(a, b, differ)
    shapes = [(dict, list) if isinstance(value, (dict, list)) else str for value in (a, b)]
    is_alike = all(isinstance(value, shapes[0]) for value in (a, b))
    can_mix = all(handler.is_comparable for handler in handlers)
    return OutputHandler().compare(a, b, differ) if is_alike and can_mix else None


@dataclass(frozen=True)
class _DiffDrawer:
    """Returns what draws the differences of two values, None where there is nothing to draw."""

    version: Hashable
    key: str
    names: tuple[str, str]
    normalize: tuple[_Normalize, _Normalize]

    def compare_texts(self, before: str, after: str) -> _Draw | None:
        return lambda: draw_text_diff(self.version, self.key, *self._normalized(before, after))

    def compare_rows(self, before: list[Any], after: list[Any]) -> _Draw | None:
        def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
            one, other = self._normalized(before[:MAX_COMPARED_ROWS], after[:MAX_COMPARED_ROWS])
            return to_dataframe(one), to_dataframe(other)

        is_cut = max(len(before), len(after)) > MAX_COMPARED_ROWS
        return partial(_draw_table_diff, self.version, self.key, tables, is_cut)

    def compare_trees(self, before: Any, after: Any) -> _Draw | None:
        def compare() -> TreeDiff:
            return compare_trees(*self._normalized(before, after))

        return partial(_draw_tree_diff, self.version, self.key, compare, self.names)

    def compare_images(self, before: Any, after: Any) -> _Draw | None:
        return None

    def compare_files(self, before: FileRef, after: FileRef) -> _Draw | None:
        return None

    def _normalized(self, before: Any, after: Any) -> tuple[Any, Any]:
        return self.normalize[0](before), self.normalize[1](after)


def draw_text_diff(version: Hashable, key: str, before: str, after: str) -> None:
    """Draw a text diff by words or by lines."""
    diff = run_page.cached(f"lines-{key}", lambda: compare_texts(before, after), version)
    if diff.is_equal:
        st.caption("Identical text." if before == after else "Only the line endings differ.")
        return
    words = run_page.cached(f"words-{key}", lambda: compare_words(before, after), version)
    switch_key = compare_page.compare_key(f"by-{key}")
    if words and controls.view_switch("Differences by", (WORDS, LINES), switch_key) == WORDS:
        _words(words)
    else:
        _lines(diff.lines)
        if not diff.is_complete:
            st.caption("More differences are not listed.")
        st.caption(f"{format_count(diff.removed, 'line')} removed, {diff.added:,} added.")
    if diff.limitations:
        st.caption(diff.limitations)


def mark_sides(version: Hashable, key: str, before: str, after: str) -> tuple[str, str] | None:
    """Return both texts as Markdown with the words that differ marked; None if they are too long.

    `version` and `key` as for `draw_text_diff`.
    """
    if max(len(before), len(after)) > MAX_CHARS:
        return None
    words = run_page.cached(f"words-{key}", lambda: compare_words(before, after), version)
    if words is None:
        return None
    without_added, without_removed = (
        "".join(chain.from_iterable(_marked(piece) for piece in words if piece.kind is not other))
        for other in (ChangeKind.ADDED, ChangeKind.REMOVED)
    )
    return without_added, without_removed


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
    text = replace_surrogates(piece.text)
    if piece.kind is ChangeKind.UNCHANGED:
        yield escape_lines(text)
        return
    color = "green" if piece.kind is ChangeKind.ADDED else "red"
    lines = text.split("\n")
    for number, line in enumerate(lines):
        ends = number < len(lines) - 1
        if line or ends:
            shown = escape_lines(line) if line.strip() else "␣" * len(line)
            yield f":{color}-background[{piece.kind.value} {shown}{'↵' if ends else ''}] "
        # the lines of what was added in its place follow
        if ends and (piece.kind is ChangeKind.ADDED or any(lines[number + 1 :])):
            yield escape_lines("\n")


def _lines(lines: Sequence[Segment | int]) -> None:
    signs = {ChangeKind.UNCHANGED: "  ", ChangeKind.ADDED: "+ ", ChangeKind.REMOVED: "- "}
    texts = [
        f"… {format_count(piece, 'unchanged line')}"
        if isinstance(piece, int)
        else signs[piece.kind] + piece.text
        for piece in lines
    ]
    st.code(
        replace_surrogates("\n".join(texts)),
        language="diff",
        wrap_lines=True,
        height=MAX_HEIGHT_PIXELS if len(texts) > 20 else "content",
    )


def _draw_table_diff(
    version: Hashable,
    key: str,
    tables: Callable[[], tuple[pd.DataFrame, pd.DataFrame]],
    is_cut: bool,
) -> None:
    """Draw rows and cells that differ; rows are matched by position or by a chosen column."""
    columns, best, diff = run_page.cached(
        f"table-{key}", lambda: find_best_diff(*tables()), version
    )
    if columns and not diff.is_equal:
        options = ["", *columns]
        by = st.selectbox(
            "Match rows by",
            options,
            index=options.index(best),
            format_func=lambda column: column or "position",
            key=compare_page.compare_key(f"key-{key}"),
            help="Position, or a column without repeated values",
        )
        if by != best:
            diff = run_page.cached(
                f"table-{key}-{by}", lambda: compare_tables(*tables(), by), version
            )
    if diff.is_equal:
        st.caption("Identical rows.")
    else:
        st.markdown(_table_words(diff))
    if len(diff.rows):
        shown = _shown_columns(diff, key)
        styles = diff.is_changed[shown].map(lambda changed: _CHANGED if changed else "")
        _draw_differences(diff.rows[shown].style.apply(lambda _: styles, axis=None))
    if diff.unlisted_rows:
        st.caption(
            f"The first {len(diff.rows):,} rows that differ; {diff.unlisted_rows:,} more do."
        )
    if diff.unlisted_columns:
        st.caption(f"{diff.unlisted_columns:,} columns are compared but not listed.")
    if is_cut:
        st.caption(f"Only the first {MAX_COMPARED_ROWS:,} rows of each were compared.")


def _draw_differences(table: pd.DataFrame | Styler) -> None:
    st.dataframe(
        table,
        hide_index=True,
        height=MAX_HEIGHT_PIXELS if len(table.index) > 12 else "auto",
        alt="Differences",
        placeholder="",
    )


def _shown_columns(diff: TableDiff, key: str) -> list[str]:
    """Return the columns to list: those with changes and the rows' names, or all by a switch.

    All if no cell changed: the rows that were added or removed have all their values.
    """
    columns = list(diff.rows.columns)
    changed = [name for name in columns if diff.is_changed[name].any()]
    if not changed:
        return columns
    listed = {*columns[:2], diff.name_column, *changed, *diff.added_columns, *diff.removed_columns}
    shown = [name for name in columns if name in listed]
    hidden = len(columns) - len(shown)
    if hidden and st.toggle(
        f"Show unchanged columns ({hidden})", key=compare_page.compare_key(f"all-{key}")
    ):
        return columns
    return shown


def _table_words(diff: TableDiff) -> str:
    parts = []
    if diff.changed_rows:
        cells = format_count(diff.changed_cells, "cell")
        rows = format_count(diff.changed_rows, "row")
        parts.append(f"≠ {cells} in {rows} changed")
    if diff.added:
        parts.append(f"+ {format_count(diff.added, 'row')} added")
    if diff.removed:
        parts.append(f"− {format_count(diff.removed, 'row')} removed")
    for sign, names in (("+", diff.added_columns), ("−", diff.removed_columns)):
        if names:
            listed = escape_lines(list_names([clip(name, 40) for name in names], 10))
            parts.append(f"{sign} column{'s' * (len(names) > 1)} {listed}")
    return " · ".join(parts)


def _draw_tree_diff(
    version: Hashable, key: str, compare: Callable[[], TreeDiff], names: tuple[str, str]
) -> None:
    diff = run_page.cached(f"tree-{key}", compare, version)
    if diff.is_equal and diff.is_complete:
        st.caption("Identical data.")
    if diff.changes:
        _draw_differences(pd.DataFrame([_change(each, names) for each in diff.changes]))
    if diff.total > len(diff.changes):
        st.caption(f"The first {len(diff.changes):,} of {diff.total:,} differences.")
    elif diff.total:
        st.caption(f"{format_count(diff.total, 'difference')}.")
    if not diff.is_complete:
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
