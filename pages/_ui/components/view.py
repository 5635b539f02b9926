"""The components of a run as a graph or a table, as the person prefers."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.config.prices import PriceTable
from lfclient.console.content.output_kinds import handler_for
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.tokens import component_usage_text
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output
from lfclient.runs.components import ComponentRun
from pages._ui.components import graph
from pages._ui.components.states import leaf_runs, leaf_status
from pages._ui.connection.app_context import app_context
from pages._ui.state import run_page
from pages._ui.widgets import controls
from pages._ui.widgets.markdown import escape

_VIEWS = {"Graph": ":material/account_tree:", "Table": ":material/table_rows:"}
MAX_NAME_LENGTH = 80
MAX_RESULT_LENGTH = 100
MAX_HEIGHT = 420  # pixels; in a taller table the rows scroll
MAX_ROWS_UNSCROLLED = 10
HEADERS = ("Component", "State", "Duration", "Tokens", "Result")
_LAST = datetime.max.replace(tzinfo=UTC)
_TOKENS = HEADERS.index("Tokens")


def draw(
    flow: Flow,
    components: Mapping[str, ComponentRun],
    *,
    ended: bool,
    key: str,
    on_choose: Callable[[str], None] | None = None,
) -> graph.FlowGraph | None:
    """Draw a switch and the view that it shows, once per rerun.

    Return the graph, if drawn, for updates until the next rerun.
    """
    view = controls.view_switch(
        "Components as",
        list(_VIEWS),
        run_page.COMPONENTS_VIEW,
        format_func=lambda view: f"{_VIEWS[view]} {view}",
        persist_state="session",
    )
    if view == "Table":
        draw_table(flow, components, ended=ended)
        return None
    return graph.FlowGraph(flow, components, ended=ended, key=key, on_choose=on_choose)


def draw_table(flow: Flow, components: Mapping[str, ComponentRun], *, ended: bool) -> None:
    """Draw a row per component that runs. `ended` means that their states no longer change."""
    has_tokens = any(run.usage for run in components.values())
    prices = app_context().settings.prices if has_tokens else None
    rows = table_rows(flow, components, ended=ended, prices=prices)
    if not rows:
        st.caption("This flow has no components.")
        return
    # Markdown becomes a real table; `st.dataframe` is a canvas
    headers: tuple[str, ...] = HEADERS
    if not any(row[_TOKENS] for row in rows):
        headers, *rows = [(*row[:_TOKENS], *row[_TOKENS + 1 :]) for row in (HEADERS, *rows)]
    rule = "|".join("---" for _ in headers)
    lines = [f"|{'|'.join(headers)}|", f"|{rule}|", *(f"|{'|'.join(row)}|" for row in rows)]
    is_scrolled = len(rows) > MAX_ROWS_UNSCROLLED
    with st.container(height=MAX_HEIGHT if is_scrolled else "content", border=False):
        st.markdown("\n".join(lines))


def table_rows(
    flow: Flow,
    components: Mapping[str, ComponentRun],
    *,
    ended: bool,
    prices: PriceTable | None = None,
) -> list[tuple[str, ...]]:
    """Return the cells as Markdown, with all text from servers escaped.

    The rows are in the order in which the components started; the others follow in the flow's.
    """
    names = ComponentNames(flow, components)
    rows: list[tuple[str, ...]] = []
    for name, run, component in sorted(
        leaf_runs(flow, components, ended=ended), key=lambda leaf: leaf[1].started_at or _LAST
    ):
        label = names.label(run.component_id, name, MAX_NAME_LENGTH)
        status = leaf_status(run, component, ended=ended)
        duration = status.detail.replace(" ", "\u00a0")
        badge = status.style.badge(status.word)
        tokens = escape(component_usage_text(run, prices))
        rows.append((escape(label), badge, duration, tokens, escape(result_text(run))))
    return rows


def result_text(run: ComponentRun) -> str:
    """Return one line about the component's error or output."""
    if run.error:
        return clip(_first_line(run.error.message), MAX_RESULT_LENGTH)
    return clip(_output_text(run.output), MAX_RESULT_LENGTH) if run.output else ""


def _output_text(output: Output) -> str:
    return output.note if output.value is None else handler_for(output).summarize(output)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
