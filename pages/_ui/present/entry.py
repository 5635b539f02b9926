"""The way from the Run page to the Present view, and back."""

import streamlit as st

from lfclient.flows.model import Flow
from pages._ui.form.entries import PresetLink
from pages._ui.form.flow_form import FlowForm
from pages._ui.state import query_params
from pages._ui.state.present import EDITED, set_presenter


def draw_button(flow: Flow, form: FlowForm | None) -> None:
    """Draw the button of the Run page that presents a flow, with the preset of the form."""
    st.button(
        "Present",
        key="present-flow",
        on_click=_enter,
        args=(flow.id, form.state.entries.preset_link if form else None),
        shortcut="Alt+P",
        help="Show this flow to an audience",
    )


def _enter(flow_id: str, link: PresetLink | None) -> None:
    set_presenter(flow_id, True)
    edited = EDITED.get()
    if edited and edited.flow_id != flow_id:
        EDITED.clear()  # left by the browser's Back button
    preset = {query_params.PRESET: link.preset} if link and link.preset else {}
    st.query_params.from_dict({query_params.VIEW: "present", query_params.FLOW: flow_id, **preset})


def leave(flow_id: str) -> None:
    """Return to the Run page, with the shown run; a callback. Unsaved settings are kept."""
    set_presenter(flow_id, False)
    EDITED.clear()
    address = {query_params.FLOW: flow_id, query_params.RUN: st.query_params.get(query_params.RUN)}
    st.query_params.from_dict({name: text for name, text in address.items() if text})
