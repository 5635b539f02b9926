"""The choice of a knowledge base or memory base among those that the server has."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lfclient.common.formatting import format_count
from lfclient.flows.field import Field
from lfclient.flows.need import Need
from lfclient.resources.knowledge import KnowledgeBase
from pages._ui.form import knowledge_dialog
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.widgets import Widget, WidgetSpec, WidgetStates
from pages._ui.widgets.markdown import escape


class ResourcePicker(Widget):
    """A choice by `labels`, which are by the value that a run sends."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": value or None}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return states[""] or ""

    def draw(self, spec: WidgetSpec) -> None:
        options = spec.options(self.labels)
        st.selectbox(
            spec.label,
            options,
            index=None,
            format_func=lambda value: self.labels.get(value, f"{value} (not on this server)"),
            placeholder="Choose" if options else "None yet",
            **spec.hidden,
        )


def choose_resource_widget(field: Field, form: FlowForm) -> Widget:
    """Return the widget for a field that names a base; a text box if they can't be listed."""
    if field.resource == "knowledge_base":
        bases = form.resources.knowledge_bases
        if bases is None:
            return Widget()
        return ResourcePicker({base.dir_name: _label(base) for base in bases})
    memories = form.resources.memory_bases
    if memories is None:
        return Widget()
    return ResourcePicker(
        {base.name: base.name for base in memories if base.flow_id == form.flow.id}
    )


def draw_need(need: Need, field: Field, form: FlowForm) -> None:
    """Draw what is wrong with a choice, and the button that makes a knowledge base."""
    if not need.is_met and form.state.value(field):
        st.caption(f":orange[:material/warning:] {escape(need.message)}")
        for base in form.resources.knowledge_bases or ():
            if field.resource == "knowledge_base" and base.dir_name == form.state.value(field):
                knowledge_dialog.draw_failure(base)
    if need.note:
        st.caption(f":orange[:material/warning:] {escape(need.note)}")
    if field.resource != "knowledge_base" or not form.server.may_change:
        return
    if form.server_info.capabilities.ingestion:
        st.button(
            "New knowledge base",
            key=f"new-knowledge-{field.key}",
            icon=":material/library_add:",
            on_click=knowledge_dialog.OPEN_FOR.set,
            args=(field.key,),
        )
        if knowledge_dialog.OPEN_FOR.get() == field.key:
            knowledge_dialog.show(field, form)
    elif not need.is_met:
        version = form.server_info.version
        st.caption(
            f"Langflow {version} can't add files from here. Make a knowledge base in its editor."
        )


def _label(base: KnowledgeBase) -> str:
    if base.is_ready:
        return f"{base.name} · {format_count(base.chunks, 'chunk')}"
    return f"{base.name} ({base.status or 'not ready'})"
