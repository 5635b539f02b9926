"""State of the chosen flow."""

import threading
from dataclasses import dataclass, field

import streamlit as st

from lfclient.flows.model import FlowSummary
from pages._ui.state.query_params import FLOW, RUN
from pages._ui.state.slot import Slot

REQUESTED: Slot[str] = Slot("wanted-flow")  # the flow to choose when the page is next drawn


@dataclass(eq=False)
class Addition:
    """The flows that a button has added. The callbacks of two clicks can run at the same time."""

    flows: list[FlowSummary] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


# set while the dialog that adds flows is open
ADDING: Slot[Addition] = Slot("adding-flow")
# the flow of the page when it was last drawn, and the one in its URL
_DRAWN: Slot[tuple[str, str | None]] = Slot("drawn-flow")
_REMEMBERED_FLOW = "known-flow"
_LOOKED_UP: Slot[str] = Slot("looked-up-flow")  # the flow that was missing last


def flow_key(owner: str) -> str:
    """Return the key of the flow's select box, by server."""
    return f"flow-choice-{owner[:12]}"


def flow_from_url() -> str | None:
    """Return the flow ID in the URL."""
    return st.query_params.get(FLOW) or None


def flow_of_navigation(owner: str) -> str | None:
    """Return the flow in the URL if Back, Forward or a link led there since the page was drawn.

    A choice in the select box since then is newer.
    """
    chosen, url_flow = _DRAWN.get() or (None, None)
    has_moved = flow_from_url() != url_flow and st.session_state.get(flow_key(owner)) == chosen
    return flow_from_url() if has_moved else None


def write_flow_to_url(flow_id: str) -> None:
    """Name the drawn flow in the URL, unless a run there leads to its own flow.

    Each change adds a page to the browser's history, so an unchanged one must not be written.
    """
    if RUN not in st.query_params and st.query_params.get(FLOW) != flow_id:
        st.query_params[FLOW] = flow_id
    _DRAWN.set((flow_id, flow_from_url()))


def remember_flow(owner: str, flow_id: str, name: str) -> None:
    """Save the name of the chosen flow, for when the flow has been deleted."""
    st.session_state[_REMEMBERED_FLOW] = (owner, flow_id, name)


def remembered_flow_name(owner: str, flow_id: str) -> str | None:
    """Return the saved name if it belongs to this flow."""
    *known, name = st.session_state.get(_REMEMBERED_FLOW, (None, None, None))
    return name if known == [owner, flow_id] else None


def forget_flow(owner: str, flow_id: str) -> None:
    """Choose no longer a flow that was deleted; call it from a callback."""
    if st.query_params.get(FLOW) == flow_id:
        del st.query_params[FLOW]
    st.session_state.pop(flow_key(owner), None)


def note_missing(flow_id: str) -> bool:
    """Note that the flow is not in the list; return False if it was the last one noted."""
    is_new = _LOOKED_UP.get() != flow_id
    _LOOKED_UP.set(flow_id)
    return is_new
