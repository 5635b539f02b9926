"""The components of a run as a person prefers them: as a graph or as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun
from pages._ui.components import graph
from pages._ui.components import table as components_table
from pages._ui.state import run_page
from pages._ui.widgets import controls

VIEWS = {"Graph": ":material/account_tree:", "Table": ":material/table_rows:"}


def choose_view() -> str:
    """The switch between the two; returns the one that is chosen, for the rest of the session."""
    return controls.view_switch(
        "Components as",
        list(VIEWS),
        run_page.COMPONENTS_VIEW,
        format_func=lambda view: f"{VIEWS[view]} {view}",
        persist_state="session",
    )


def draw(
    flow: Flow,
    components: Mapping[str, ComponentRun],
    *,
    view: str,
    ended: bool,
    key: str,
    choose: Callable[[str], None] | None = None,
) -> graph.FlowGraph | None:
    """The components in that view, once per run of the script or fragment. A graph is returned,
    which can be shown anew until the next.
    """
    if view == "Table":
        components_table.draw(flow, components, ended=ended)
        return None
    return graph.FlowGraph(flow, components, ended=ended, key=key, choose=choose)
