"""The flow of a run as a graph, each component with its state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun
from pages._ui.app.navigation import ASSETS
from pages._ui.components.graph_layout import CARD_SIZE, layout_flow
from pages._ui.components.states import ComponentStatus, component_status, state_counts_text

MAX_NAME_LENGTH = 80  # characters of a name that are sent
MAX_REASON_LENGTH = 300

# Streamlit's own custom components: its ECharts and Mermaid charts are made anew at every change,
# which loses a person's zoom; Graphviz stays white in the dark; wrappers of React Flow and
# Cytoscape come in frames, which our security policy refuses.
_graph_component = st.components.v2.component(
    "flow_graph",
    css=(ASSETS / "graph.css").read_text(encoding="utf-8"),
    js=(ASSETS / "graph.js").read_text(encoding="utf-8"),
)


class FlowGraph:
    """The flow as a graph at this point of the page; `ended`: nothing more comes of the run.

    `choose` is called before the next run of the script or fragment, with the id of the component
    that was pressed: one that is done or failed, or such a group.

    May be drawn again and again under the same `key` and then changes in place, zoom and scroll
    untouched; but only once per run of the script or fragment, since Streamlit takes a key once.
    Until the next one, `show` changes it.
    """

    def __init__(
        self,
        flow: Flow,
        components: Mapping[str, ComponentRun],
        *,
        ended: bool,
        key: str,
        choose: Callable[[str], None] | None = None,
    ) -> None:
        def chosen() -> None:
            pressed = st.session_state[key].chosen
            if choose and isinstance(pressed, str):
                choose(pressed)

        self._flow, self._ended = flow, ended
        if not flow.components:
            st.caption("This flow has no components.")
            return
        drawn = graph_data(flow, components, ended=ended)
        self._shown = drawn["states"]
        self._mark = _states_checksum(self._shown)
        with st.container(key=f"drawing-{key}", gap=None):
            _graph_component(key=key, data={**drawn, "mark": self._mark}, on_chosen_change=chosen)
            self._news = st.empty()

    def update(self, components: Mapping[str, ComponentRun]) -> None:
        """How the components stand now, told by a text beside the graph that nobody sees and the
        graph reads: what has no key can be drawn again at any time.
        """
        if not self._flow.components:
            return
        standings = _state_data(self._flow, components, ended=self._ended)
        if standings["states"] != self._shown:
            self._shown = standings["states"]
            # by the mark the browser knows a text that came before the graph was drawn anew
            self._news.text(json.dumps({**standings, "mark": self._mark}))


def graph_data(
    flow: Flow, components: Mapping[str, ComponentRun], *, ended: bool
) -> dict[str, Any]:
    """What the browser draws: what stays, and the states. Names are as they came: it sets them as
    texts and nothing else.
    """
    number = {component.id: place for place, component in enumerate(flow.components)}
    edges = ((number[edge.source], number[edge.target]) for edge in flow.edges)
    plan = layout_flow(flow)
    return {
        "plan": {
            "size": [plan.width, plan.height],
            "card": list(CARD_SIZE),
            "nodes": [
                [*plan.positions[one.id], clip(one.display_name, MAX_NAME_LENGTH), one.id]
                for one in flow.components
            ],
            "edges": [list(edge) for edge in dict.fromkeys(edges)],
        },
        **_state_data(flow, components, ended=ended),
    }


def _state_data(
    flow: Flow, components: Mapping[str, ComponentRun], *, ended: bool
) -> dict[str, Any]:
    """The states, in the flow's order, and all of them in words."""
    standings = [component_status(one, components, ended=ended) for one in flow.components]
    return {
        "states": [_state_cells(one) for one in standings],
        "alt": f"Graph of {len(standings)} components: {state_counts_text(standings)}",
    }


def _states_checksum(states: list[list[str]]) -> int:
    """A number that tells these states from others."""
    return crc32(json.dumps(states).encode())


def _state_cells(one: ComponentStatus) -> list[str]:
    """Kind, icon, line of words, reason."""
    kind = f"{one.state.value} {one.look.colour}" if one.connected else "apart gray"
    icon = one.look.icon.strip(":").removeprefix("material/")
    return [kind, icon, one.text, clip(one.reason, MAX_REASON_LENGTH)]
