"""Tables: sorted and searched in the browser, saved as CSV and Parquet."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages._ui import export, state
from pages._ui.outputs.block import Block

HIGHEST = 420


def draw(block: Block) -> None:
    """The rows, how many they are, and their downloads."""
    rows = block.output.value
    if not rows:
        st.caption("A table without rows.")
        return
    table = state.kept(block.session_key("table"), lambda: export.frame(rows))
    tall = len(table) > 10
    st.dataframe(
        table, hide_index=True, height=HIGHEST if tall else "auto", placeholder="", alt="Table"
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_size(table), width="content")
        block.save("CSV", lambda: export.csv(table), "csv", "text/csv")
        block.save(
            "Parquet",
            lambda: export.parquet(table),
            "parquet",
            "application/vnd.apache.parquet",
        )


def _size(table: pd.DataFrame) -> str:
    rows, columns = table.shape
    return f"{rows:,} row{'s' * (rows != 1)} × {columns:,} column{'s' * (columns != 1)}"
