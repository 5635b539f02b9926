"""The columns of the run history, for the table and for cards: values, words and widths."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from lfclient.common.formatting import (
    FIRST_WIDE_CHARACTER,
    clean_text,
    clip,
    format_duration,
)
from lfclient.console.config.prices import PriceTable
from lfclient.console.store.text_search import FOUND, FOUND_END
from lfclient.console.wording.tokens import known_cost_text
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import MODES
from pages._ui.app.window import theme_color
from pages._ui.history import rows as list_rows
from pages._ui.history.rows import ListRow
from pages._ui.state.run_options import named_session
from pages._ui.widgets import status_badges
from pages._ui.widgets.times import format_time, timezone_name

MAX_NAME_LENGTH = 60
_TEXT_WIDTH = 280  # pixels
_MAX_FOUND_WIDTH = 440  # pixels; the words of most searches are in sight
_BRACKETS = str.maketrans({FOUND: "[", FOUND_END: "]"})  # cells are plain text


@dataclass(frozen=True)
class ListContext:
    """The list's state that cells and widths depend on. `with_server` shows the runs' server."""

    rows: Sequence[ListRow]
    with_server: bool = False
    prices: PriceTable | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Column:
    """A column. `read` returns a run's cell. `width` is in pixels.

    `options` returns more arguments of Streamlit's column `kind`. An optional column is left out if
    no run fills it. The other columns are always present. `in_card` is the template of the cell's
    text on a card. Columns without a template are not on cards.
    """

    name: str
    read: Callable[[ListRow, ListContext], Any]
    width: int | Callable[[ListContext], int]
    help: str | None = None
    kind: Callable[..., Any] = st.column_config.TextColumn
    options: Callable[[ListContext], dict[str, Any]] = lambda _: {}
    is_optional: bool = False
    in_card: str = ""

    def configure(self, context: ListContext) -> Any:
        """Return Streamlit's configuration of the column."""
        width = self.width if isinstance(self.width, int) else self.width(context)
        return self.kind(**{"width": width, "help": self.help, **self.options(context)})


def table_columns(context: ListContext) -> dict[str, list[Any]]:
    """Return the cells of the table's columns by column name."""
    columns = {column: [column.read(row, context) for row in context.rows] for column in COLUMNS}
    return {
        column.name: cells
        for column, cells in columns.items()
        if not column.is_optional or any(cell not in (None, "", []) for cell in cells)
    }


def card_facts(row: ListRow, context: ListContext) -> list[str]:
    """Return the run's cells for its card, as plain text."""
    cells = [(column.in_card, column.read(row, context)) for column in COLUMNS if column.in_card]
    return [template.format(cell) for template, cell in cells if cell]


def _flow(row: ListRow, _: ListContext) -> str:
    name = clip(clean_text(row.run.flow_name), MAX_NAME_LENGTH)
    return f"{list_rows.STAR} " * row.run.starred + name


def _status(row: ListRow, _: ListContext) -> list[str]:
    labels = [status_badges.status_text(row.run), list_rows.attempts_text(row.run)]
    return [label for label in (*labels, "Shared" * row.is_shared) if label]


def _status_options(context: ListContext) -> dict[str, Any]:
    runs = [row.run for row in context.rows]
    colors = {
        status_badges.status_text(run): status_badges.STATUS_STYLES[run.status].color
        for run in runs
    }
    return {"options": colors, "color": list(map(_background, colors.values()))}


def _status_width(context: ListContext) -> int:
    rows = context.rows
    if any(row.run.attempts > 1 or row.is_shared for row in rows):
        return 210
    if any(row.run.status is RunStatus.SUSPENDED for row in rows):
        return 175
    return 120 if all(row.run.status is RunStatus.COMPLETED for row in rows) else 145


def _background(color: str) -> str:
    return theme_color(f"{color}BackgroundColor") or color


def _started(row: ListRow, context: ListContext) -> str:
    return format_time(row.run.created_at, context.now, seconds=True)


def _duration(row: ListRow, _: ListContext) -> str:
    return "" if row.run.seconds is None else format_duration(row.run.seconds)


def _cost(row: ListRow, context: ListContext) -> str:
    return known_cost_text(row.run.usage_by_model or {}, context.prices)


def _fitted(
    read: Callable[[ListRow, ListContext], str], max_width: int, heading: str = ""
) -> Callable[[ListContext], int]:
    """Return a function for a column's width, which fits these texts and a star or an icon."""

    def width(context: ListContext) -> int:
        texts = [heading, *(read(row, context) for row in context.rows)]
        return min(max_width, 30 + max(map(_pixels, texts)))

    return width


def _pixels(text: str) -> int:
    # to look at each character takes 4 ms for a page
    may_be_wide = max(text, default="") >= FIRST_WIDE_CHARACTER
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text) if may_be_wide else 0
    return round(13 * wide + 5.75 * (len(text) - wide))


# in the order of the table
COLUMNS = (
    Column("Flow", _flow, _fitted(lambda row, _: row.run.flow_name, 180)),
    Column(
        "Status",
        _status,
        _status_width,
        kind=st.column_config.MultiselectColumn,
        options=_status_options,
    ),
    Column(
        "Started",
        _started,
        _fitted(_started, 140),
        options=lambda _: {"help": f"Time zone: {timezone_name()}"},
        in_card="{}",
    ),
    Column(
        "Duration",
        _duration,
        width=84,
        help="From the click on Run to the end",
        options=lambda _: {"alignment": "right"},
        in_card="{}",
    ),
    Column(
        "Found",
        lambda row, _: row.found.translate(_BRACKETS),
        _fitted(lambda row, _: row.found, _MAX_FOUND_WIDTH, "Found"),
        help="Where the inputs and outputs have the [words] of the search",
        is_optional=True,
    ),
    Column(
        "Output",
        lambda row, _: row.output,
        width=_TEXT_WIDTH,
        help="The beginning of the output",
    ),
    Column(
        "Image",
        lambda row, _: list_rows.image_url(row.run),
        width=72,
        kind=st.column_config.ImageColumn,
        is_optional=True,
    ),
    Column(
        "Inputs",
        lambda row, _: row.inputs,
        width=_TEXT_WIDTH,
        help="The message and the values that were changed. Those that differ come first.",
    ),
    Column(
        "Tokens",
        lambda row, _: row.run.tokens,
        width=88,
        help="Input and output tokens",
        kind=st.column_config.NumberColumn,
        options=lambda _: {"format": "localized"},
    ),
    Column(
        "Cost",
        _cost,
        width=110,
        help="By the configured prices. Empty if a model is unknown or has no price.",
        options=lambda _: {"alignment": "right"},
        is_optional=True,
    ),
    Column("Mode", lambda row, _: MODES[row.run.mode].label, width=110, in_card="{}"),
    Column(
        "Session",
        lambda row, _: clean_text(named_session(row.run.session_id)),
        width=170,
        is_optional=True,
    ),
    Column(
        "Server",
        lambda row, context: clean_text(row.run.server_name) if context.with_server else "",
        width=140,
        is_optional=True,
        in_card="{}",
    ),
)
