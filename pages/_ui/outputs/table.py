"""Tables: their rows, sorted and searched in the browser; a chart; what the columns hold."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lfclient.console.content.csv_writer import csv_bytes
from lfclient.outputs.tables import is_rows
from pages._ui.outputs import chart, column_stats, json_viewer
from pages._ui.outputs.card import OutputCard
from pages._ui.widgets import downloads

MAX_HEIGHT = 420
# what a browser takes in one piece within a second; larger tables have pages
MAX_PAGE_ROWS = 100_000
MAX_PAGE_CELLS = 2_000_000
MAX_PAGE_BYTES = 20_000_000
MAX_CELL_LENGTH = 5_000  # characters


def draw(card: OutputCard) -> None:
    """The rows, how many they are, and their downloads; chart and statistics once opened."""
    rows = card.output.value
    if not is_rows(rows):
        json_viewer.draw(card)
        return
    if not rows:
        st.caption("A table without rows.")
        return
    table = card.cached("table", lambda: downloads.to_dataframe(rows))
    if not table.size:
        st.caption(f"{_row_count_text(len(rows))} without columns.")
        return
    for _, label in card.tabs("table", ("Rows", "Chart", "Columns")):
        if label == "Rows":
            _draw_rows(card, table)
        elif label == "Chart":
            chart.draw(card, table)
        else:
            _draw_statistics(card, table)


def _draw_rows(card: OutputCard, table: pd.DataFrame) -> None:
    bounded, pictures, cut = _truncate_cells(table)
    shown, said = _page(card, bounded)
    st.dataframe(
        shown,
        hide_index=True,
        height=MAX_HEIGHT if len(shown) > 10 else "auto",
        placeholder="",
        alt="Table",
        column_config={name: st.column_config.ImageColumn() for name in pictures},
    )
    if cut:
        said += f" Cells are cut at {MAX_CELL_LENGTH:,} characters; the downloads have them whole."
    if said:
        st.caption(said)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_size_text(table), width="content")
        card.save_button("CSV", lambda: csv_bytes(card.output.value), "csv", "text/csv")
        card.save_button(
            "Parquet",
            lambda: downloads.to_parquet(table),
            "parquet",
            "application/vnd.apache.parquet",
        )


def _page(card: OutputCard, table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of the chosen page, and what to say of it; all rows where they fit on one."""
    size = int(table.memory_usage(index=False, deep=True).sum()) // len(table) + 1
    many = min(MAX_PAGE_ROWS, MAX_PAGE_CELLS // table.shape[1], MAX_PAGE_BYTES // size)
    many = max(many, 1)
    if len(table) <= many:
        return table, ""
    number = st.pagination(-(-len(table) // many), key=card.widget_key("page"))
    shown = table.iloc[(number - 1) * many : number * many]
    first = (number - 1) * many + 1
    return shown, (
        f"Rows {first:,} to {first + len(shown) - 1:,} of {len(table):,}. Sorting and searching "
        "look at this page; the downloads have all rows."
    )


def _truncate_cells(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str], bool]:
    """The rows with long cells cut, the columns that hold images, and whether any was cut."""
    pictures, changed = [], {}
    for name, kind in table.dtypes.items():
        if kind.kind != "O":
            continue
        column = table[name]
        first = column.first_valid_index()
        if first is None or not isinstance(column[first], str):
            continue
        # one cell with an address would have the browser ask for it
        if column.dropna().astype(str).str.startswith("data:image/").all():
            pictures.append(str(name))
        elif column.str.len().max() > MAX_CELL_LENGTH:
            changed[name] = column.str.slice(0, MAX_CELL_LENGTH)
    return table.assign(**changed), pictures, bool(changed)


def _draw_statistics(card: OutputCard, table: pd.DataFrame) -> None:
    with st.spinner("Reading the columns…"):
        found = card.cached("statistics", lambda: column_stats.statistics(table))
    st.dataframe(
        found,
        hide_index=True,
        placeholder="",
        alt="What the columns hold",
        column_config={
            name: st.column_config.Column(alignment="right", width=_column_width(found[name]))
            for name in column_stats.NUMERIC_STATISTICS
        },
    )
    if table.shape[1] > column_stats.MAX_COLUMNS:
        st.caption(f"The first {column_stats.MAX_COLUMNS} of {table.shape[1]:,} columns.")


def _column_width(column: pd.Series) -> int:
    """In pixels, for the longest value, which may be a date with its time."""
    return 20 + 8 * max(len(str(value)) for value in [column.name, *column.dropna()])


def _size_text(table: pd.DataFrame) -> str:
    rows, wide = table.shape
    return f"{_row_count_text(rows)} × {wide:,} column{'s' * (wide != 1)}"


def _row_count_text(rows: int) -> str:
    return f"{rows:,} row{'s' * (rows != 1)}"
