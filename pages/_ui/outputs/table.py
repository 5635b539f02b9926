"""Tables: rows that the browser sorts and searches, a chart, and column statistics."""

import reprlib
from itertools import islice

import pandas as pd
import streamlit as st

from lfclient.common.formatting import format_count, unused_name
from lfclient.common.json_types import JsonObject
from lfclient.console.content.images import image_bytes, undrawable_reason
from lfclient.console.content.tables import csv_bytes, tab_separated, to_dataframe
from lfclient.outputs.tables import internal_names, without_internals
from pages._ui.app import window
from pages._ui.outputs import chart, column_stats
from pages._ui.outputs.card import OutputCard, Views, draw_too_long
from pages._ui.widgets.markdown import escape, escape_lines

MAX_HEIGHT = 420  # pixels, of tables with more rows than these; their rows scroll
MAX_ROWS_UNSCROLLED = 12
# what a browser takes in within a second; larger tables are split into pages
MAX_PAGE_ROWS = 100_000
MAX_PAGE_CELLS = 2_000_000
MAX_PAGE_BYTES = 20_000_000
# of a presented table that is drawn as text
MAX_TEXT_ROWS, MAX_TEXT_COLUMNS = 20, 6
MAX_TEXT_CELL = 200  # characters
MAX_TEXT_WORDS = 45  # characters of the longest words of its columns, which don't wrap
MAX_COPIED_CELLS = 20_000
MAX_CELL_LENGTH = 5_000  # characters
# pixels of a column: Streamlit's limit is 31.25 rem of 15 pixels; the others are approximate
_MAX_COLUMN_WIDTH, _CELL_PADDING, _LETTER_WIDTH = 469, 20, 7


def draw(card: OutputCard) -> None:
    """Draw a table that has no `views`."""
    rows = card.output.value
    if not rows:
        st.caption("Empty table.")
    else:
        st.caption(f"{format_count(len(rows), 'row')}, no columns.")


def views(card: OutputCard) -> Views:
    """Return the views of a table that has cells; chart and statistics are computed once chosen."""
    rows = card.output.value
    if not any(rows):
        return {}
    return {
        "Rows": lambda: _draw_rows(card, _table(card)),
        "Chart": lambda: chart.draw(card, _table(card)),
        "Columns": lambda: _draw_statistics(card, _table(card)),
    }


def _table(card: OutputCard) -> pd.DataFrame:
    return card.cached("table", lambda: to_dataframe(card.output.value))


def _draw_rows(card: OutputCard, table: pd.DataFrame) -> None:
    internal = internal_names(list(table.columns))
    visible = table if card.shows_internal() else table.drop(columns=internal)
    truncated, image_columns, is_truncated = _truncate_cells(visible)
    shown, caption = _page(card, truncated)
    is_read_afar = card.is_presented and not window.is_narrow()
    if is_read_afar and not image_columns and _is_small(shown):
        st.table(_as_text(shown), hide_index=True, alt="Table")
    else:
        st.dataframe(
            shown,
            hide_index=True,
            height=MAX_HEIGHT if len(shown) > MAX_ROWS_UNSCROLLED else "content",
            placeholder="",
            alt="Table",
            column_config={name: st.column_config.ImageColumn() for name in image_columns},
        )
    if is_truncated:
        caption += f" Cells show {MAX_CELL_LENGTH:,} characters; downloads contain the full text."
    if caption:
        st.caption(caption)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        rows, columns = table.shape
        size = f"{format_count(rows, 'row')} × {format_count(columns, 'column')}"
        st.caption(size, width="content")
        if internal:
            card.internal_checkbox("column", len(internal))
        if visible.size <= MAX_COPIED_CELLS:
            card.copy_button(lambda: tab_separated(_visible_rows(card)))
        else:
            draw_too_long()
        card.save_button("CSV", lambda: csv_bytes(card.output.value), "csv", "text/csv")
        if not card.is_presented:
            mime = "application/vnd.apache.parquet"
            card.save_button("Parquet", lambda: table.to_parquet(index=False), "parquet", mime)


def _visible_rows(card: OutputCard) -> list[JsonObject]:
    """Return all rows, with the columns that are shown."""
    rows: list[JsonObject] = card.output.value
    return rows if card.shows_internal() else without_internals(rows)


def _is_small(table: pd.DataFrame) -> bool:
    """Return whether a table is read at a glance, without sorting and scrolling."""
    rows, columns = table.shape
    if rows > MAX_TEXT_ROWS or columns > MAX_TEXT_COLUMNS:
        return False
    texts = [[str(name), *map(str, table[name])] for name in table.columns]
    if any(len(text) > MAX_TEXT_CELL for column in texts for text in column):
        return False
    words = [max(map(len, " ".join(column).split()), default=0) for column in texts]
    return sum(words) <= MAX_TEXT_WORDS


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return the cells as text that `st.table`, which reads Markdown, shows line by line.

    The browser draws a data frame at a size of its own, too small to read from afar.
    """
    shown: dict[str, pd.Series] = {}
    for name in table.columns:
        shown[unused_name(escape(name), shown)] = table[name].map(_cell_text)
    return pd.DataFrame(shown)


def _cell_text(cell: object) -> str:
    if cell is None or cell != cell:
        return ""
    return escape_lines(_number_text(cell) if isinstance(cell, float) else str(cell))


def _number_text(number: float) -> str:
    """Return a number with all its digits.

    Those of a column with an empty cell are floats, ids as well. Decimal fractions have at most 15
    reliable digits: 0.1 + 0.2 is shown as 0.3.
    """
    is_exact = number.is_integer() and abs(number) < 2**53
    return str(int(number)) if is_exact else f"{number:.15g}"


def _page(card: OutputCard, table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the rows of the chosen page and a caption, or all rows if they fit on one page."""
    row_bytes = int(table.memory_usage(index=False, deep=True).sum()) // len(table) + 1
    page_rows = min(MAX_PAGE_ROWS, MAX_PAGE_CELLS // table.shape[1], MAX_PAGE_BYTES // row_bytes)
    page_rows = max(page_rows, 1)
    if len(table) <= page_rows:
        return table, ""
    number = st.pagination(-(-len(table) // page_rows), key=card.widget_key("page"))
    start = (number - 1) * page_rows
    shown = table.iloc[start : start + page_rows]
    return shown, (
        f"Rows {start + 1:,} to {start + len(shown):,} of {len(table):,}. Sort and search apply to "
        "this page; downloads contain all rows."
    )


def _truncate_cells(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str], bool]:
    """Return the table with long cells truncated, its image columns, and if any cell was cut."""
    image_columns, is_truncated = [], False
    shown = table.copy(deep=False)
    for name, dtype in table.dtypes.items():
        if dtype.kind != "O":
            continue
        column = table[name]
        first = column.first_valid_index()
        if first is None or not isinstance(column[first], str):
            continue
        # a single remote address among the images would make the browser load it
        if _are_drawable_images(column.dropna().astype(str)):
            image_columns.append(str(name))
        elif column.str.len().max() > MAX_CELL_LENGTH:
            shown[name] = column.str.slice(0, MAX_CELL_LENGTH)
            is_truncated = True
    return shown, image_columns, is_truncated


def _are_drawable_images(column: pd.Series) -> bool:
    are_embedded = bool(column.str.startswith("data:image/").all())
    return are_embedded and not any(undrawable_reason(image_bytes(source)) for source in column)


def _draw_statistics(card: OutputCard, table: pd.DataFrame) -> None:
    with st.spinner("Reading the columns…"):
        statistics = card.cached("statistics", lambda: column_stats.statistics(table))
    st.dataframe(
        statistics,
        hide_index=True,
        placeholder="",
        alt="Column statistics",
        column_config={
            name: st.column_config.Column(alignment="right", width=_column_width(statistics[name]))
            for name in column_stats.NUMERIC_STATISTICS
        },
    )
    if table.shape[1] > column_stats.MAX_COLUMNS:
        st.caption(f"Shows the first {column_stats.MAX_COLUMNS} of {table.shape[1]:,} columns.")


def _column_width(column: pd.Series) -> int:
    """Return the pixels that fit the longest value, such as a date with a time."""
    return 20 + 8 * max(len(str(value)) for value in [column.name, *column.dropna()])


def estimate_width(rows: list[JsonObject], limit: int) -> int:
    """Return a table's width in pixels by its first rows, without internal columns.

    Columns that are certainly beyond `limit` pixels are not measured.
    """
    widths: dict[str, int] = {}
    for row in rows[:MAX_TEXT_ROWS]:
        for name, cell in islice(row.items(), limit // _CELL_PADDING):
            text = cell if isinstance(cell, str) else reprlib.repr(cell)
            width = _CELL_PADDING + _LETTER_WIDTH * max(len(str(name)), len(text))
            widths[name] = max(widths.get(name, 0), min(width, _MAX_COLUMN_WIDTH))
    return sum(widths.values()) - sum(widths[name] for name in internal_names(widths))
