"""The chosen flow."""

from __future__ import annotations

import streamlit as st

from pages._ui.state.query_params import FLOW, RUN

_REQUESTED_FLOW = "wanted-flow"


_REMEMBERED_FLOW = "known-flow"


_LOOKED_UP_FLOW = "looked-for-flow"


def flow_key(owner: str) -> str:
    """Key of the flow's select box, for one server."""
    return f"flow-choice-{owner[:12]}"


def flow_from_url() -> str | None:
    """The flow in the address, or None."""
    return st.query_params.get(FLOW) or None


def write_flow_to_url(flow_id: str) -> None:
    """Let a reload come back to this flow; where the address has a run, that leads to its own.

    Each change is one more page for the browser's Back button, which would never get past this.
    """
    if RUN not in st.query_params and st.query_params.get(FLOW) != flow_id:
        st.query_params[FLOW] = flow_id


def request_flow(flow_id: str) -> None:
    """Let the select box go to this flow when it is next drawn."""
    st.session_state[_REQUESTED_FLOW] = flow_id


def remember_flow(owner: str, flow_id: str, name: str) -> None:
    """Remember what the chosen flow is called, for when it is gone."""
    st.session_state[_REMEMBERED_FLOW] = (owner, flow_id, name)


def remembered_flow_name(owner: str, flow_id: str) -> str | None:
    """The name of the flow that was chosen last on that server, if it is this one."""
    *known, name = st.session_state.get(_REMEMBERED_FLOW, (None, None, None))
    return name if known == [owner, flow_id] else None


def is_first_lookup(flow_id: str) -> bool:
    """Whether this session looks for that flow for the first time."""
    first = st.session_state.get(_LOOKED_UP_FLOW) != flow_id
    st.session_state[_LOOKED_UP_FLOW] = flow_id
    return first


def take_requested_flow() -> str | None:
    """The flow that `want_flow` was called with, once."""
    return st.session_state.pop(_REQUESTED_FLOW, None)
