"""A run's flow as a graph, with the state of each component."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

import streamlit as st

from lfclient.common.formatting import clip, format_count
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun
from pages._ui.app.navigation import ASSETS
from pages._ui.components.graph_layout import CARD_SIZE, layout_flow, route_edges
from pages._ui.components.states import ComponentStatus, component_status, state_counts_text

MAX_NAME_LENGTH = 80  # characters
MAX_ERROR_LENGTH = 300
NO_COMPONENTS = "This flow has no components."

# A custom component, because Streamlit's ECharts and Mermaid charts are rebuilt at every change and
# lose the user's zoom, Graphviz stays white in dark mode, and wrappers of React Flow and Cytoscape
# use iframes, which our security policy blocks.
_graph_component = st.components.v2.component(
    "flow_graph",
    css=(ASSETS / "graph.css").read_text(encoding="utf-8"),
    js=(ASSETS / "graph.js").read_text(encoding="utf-8"),
)


class FlowGraph:
    """Draws the flow as a graph. `ended` means that the run's states no longer change.

    `on_choose` is called with the id of a clicked component or group if it is finished, before the
    script or fragment reruns.

    Drawing again with the same `key` changes the graph in place and keeps its zoom and scroll, but
    Streamlit takes a key only once per rerun. Until the next one, call `update`.
    """

    def __init__(
        self,
        flow: Flow,
        components: Mapping[str, ComponentRun],
        *,
        ended: bool,
        key: str,
        on_choose: Callable[[str], None] | None = None,
    ) -> None:
        def on_chosen_change() -> None:
            # None after a click on a graph that was replaced meanwhile, as at the end of a run
            component_id = getattr(st.session_state.get(key), "chosen", None)
            if on_choose and isinstance(component_id, str):
                on_choose(component_id)

        self._flow, self._ended = flow, ended
        if not flow.components:
            st.caption(NO_COMPONENTS)
            return
        data = graph_data(flow, components, ended=ended)
        self._states = data["states"]
        self._checksum = crc32(json.dumps(self._states).encode())
        with st.container(key=f"drawing-{key}", gap=None):
            _graph_component(
                key=key, data={**data, "mark": self._checksum}, on_chosen_change=on_chosen_change
            )
            self._hidden_text = st.empty()

    def update(self, components: Mapping[str, ComponentRun]) -> None:
        """Send new states through a hidden text element that the graph reads.

        A text element has no key, so it can be redrawn at any time.
        """
        if not self._flow.components:
            return
        data = _state_data(self._flow, components, ended=self._ended)
        if data["states"] != self._states:
            self._states = data["states"]
            # with the checksum the browser ignores a text older than the graph
            self._hidden_text.text(json.dumps({**data, "mark": self._checksum}))


def draw_plan(flow: Flow, key: str) -> None:
    """Draw a flow's graph with the types of its components, without a run."""
    if not flow.components:
        st.caption(NO_COMPONENTS)
        return
    data = graph_data(flow, {}, ended=False)
    data["states"] = [["unknown gray", "", component.type, ""] for component in flow.components]
    data["alt"] = f"Graph of {format_count(len(flow.components), 'component')}"
    _graph_component(key=key, data={**data, "mark": 0})


def graph_data(
    flow: Flow, components: Mapping[str, ComponentRun], *, ended: bool
) -> dict[str, Any]:
    """Return the data that the browser draws: the constant plan and the changing states.

    Names are not escaped: the browser sets them as text only.
    """
    index = {component.id: number for number, component in enumerate(flow.components)}
    positions = layout_flow(flow)
    routes = route_edges(flow, positions)
    rightmost, lowest = map(max, zip(*positions.values(), strict=True))
    return {
        "plan": {
            "size": [rightmost + CARD_SIZE[0], lowest + CARD_SIZE[1]],
            "card": list(CARD_SIZE),
            "nodes": [
                [
                    *positions[component.id],
                    flow.component_label(component.id, MAX_NAME_LENGTH),
                    component.id,
                ]
                for component in flow.components
            ],
            "edges": [
                [index[source], index[target], height]
                for (source, target), height in routes.items()
            ],
        },
        **_state_data(flow, components, ended=ended),
    }


def _state_data(
    flow: Flow, components: Mapping[str, ComponentRun], *, ended: bool
) -> dict[str, Any]:
    statuses = [component_status(each, components, ended=ended) for each in flow.components]
    return {
        "states": [_state_cells(status) for status in statuses],
        "alt": f"Graph of {len(statuses)} components: {state_counts_text(statuses)}",
    }


def _state_cells(status: ComponentStatus) -> list[str]:
    css = f"{status.state.value} {status.style.color}" if status.is_connected else "apart gray"
    icon = status.style.icon.strip(":").removeprefix("material/")
    text = f"{status.word} · {status.detail}" if status.detail else status.word
    return [css, icon, text, clip(status.error, MAX_ERROR_LENGTH)]
