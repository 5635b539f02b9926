"""The components of a run as a graph or a table, as the person prefers."""

from collections.abc import Callable, Mapping

from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun
from pages._ui.components import graph
from pages._ui.components import table as components_table
from pages._ui.state import run_page
from pages._ui.widgets import controls

_VIEWS = {"Graph": ":material/account_tree:", "Table": ":material/table_rows:"}


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
        components_table.draw(flow, components, ended=ended)
        return None
    return graph.FlowGraph(flow, components, ended=ended, key=key, on_choose=on_choose)
