"""Tables: their rows, sorted and searched in the browser; a chart; what the columns hold."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lfclient.console.content.csv_writer import csv_bytes
from lfclient.outputs.tables import is_rows
from pages._ui.outputs import chart, column_stats, json_viewer
from pages._ui.outputs.card import Block
from pages._ui.widgets import downloads

HIGHEST = 420
# what a browser takes in one piece within a second; larger tables have pages
PAGE_ROWS = 100_000
PAGE_CELLS = 2_000_000
PAGE_BYTES = 20_000_000
LONGEST_CELL = 5_000  # characters


def draw(block: Block) -> None:
    """The rows, how many they are, and their downloads; chart and statistics once opened."""
    rows = block.output.value
    if not is_rows(rows):
        json_viewer.draw(block)
        return
    if not rows:
        st.caption("A table without rows.")
        return
    table = block.kept("table", lambda: downloads.frame(rows))
    if not table.size:
        st.caption(f"{_rows_words(len(rows))} without columns.")
        return
    for _, label in block.tabs("table", ("Rows", "Chart", "Columns")):
        if label == "Rows":
            _rows(block, table)
        elif label == "Chart":
            chart.draw(block, table)
        else:
            _columns(block, table)


def _rows(block: Block, table: pd.DataFrame) -> None:
    bounded, pictures, cut = _bounded(table)
    shown, said = _page(block, bounded)
    st.dataframe(
        shown,
        hide_index=True,
        height=HIGHEST if len(shown) > 10 else "auto",
        placeholder="",
        alt="Table",
        column_config={name: st.column_config.ImageColumn() for name in pictures},
    )
    if cut:
        said += f" Cells are cut at {LONGEST_CELL:,} characters; the downloads have them whole."
    if said:
        st.caption(said)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_size(table), width="content")
        block.save("CSV", lambda: csv_bytes(block.output.value), "csv", "text/csv")
        block.save(
            "Parquet",
            lambda: downloads.parquet(table),
            "parquet",
            "application/vnd.apache.parquet",
        )


def _page(block: Block, table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of the chosen page, and what to say of it; all rows where they fit on one."""
    size = int(table.memory_usage(index=False, deep=True).sum()) // len(table) + 1
    many = min(PAGE_ROWS, PAGE_CELLS // table.shape[1], PAGE_BYTES // size)
    many = max(many, 1)
    if len(table) <= many:
        return table, ""
    number = st.pagination(-(-len(table) // many), key=block.widget("page"))
    shown = table.iloc[(number - 1) * many : number * many]
    first = (number - 1) * many + 1
    return shown, (
        f"Rows {first:,} to {first + len(shown) - 1:,} of {len(table):,}. Sorting and searching "
        "look at this page; the downloads have all rows."
    )


def _bounded(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str], bool]:
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
        elif column.str.len().max() > LONGEST_CELL:
            changed[name] = column.str.slice(0, LONGEST_CELL)
    return table.assign(**changed), pictures, bool(changed)


def _columns(block: Block, table: pd.DataFrame) -> None:
    with st.spinner("Reading the columns…"):
        found = block.kept("statistics", lambda: column_stats.statistics(table))
    st.dataframe(
        found,
        hide_index=True,
        placeholder="",
        alt="What the columns hold",
        column_config={
            name: st.column_config.Column(alignment="right", width=_width(found[name]))
            for name in column_stats.FIGURES
        },
    )
    if table.shape[1] > column_stats.MOST_COLUMNS:
        st.caption(f"The first {column_stats.MOST_COLUMNS} of {table.shape[1]:,} columns.")


def _width(column: pd.Series) -> int:
    """In pixels, for the longest value, which may be a date with its time."""
    return 20 + 8 * max(len(str(value)) for value in [column.name, *column.dropna()])


def _size(table: pd.DataFrame) -> str:
    rows, wide = table.shape
    return f"{_rows_words(rows)} × {wide:,} column{'s' * (wide != 1)}"


def _rows_words(rows: int) -> str:
    return f"{rows:,} row{'s' * (rows != 1)}"
