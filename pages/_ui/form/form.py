"""The form of a flow's parameters."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from lfclient.common.formatting import list_names
from lfclient.flows.field import Field, Problem
from lfclient.flows.model import Flow
from lfclient.flows.need import Need, NeedKind
from lfclient.flows.run_inputs import MAX_TOP_FIELDS, exposed_fields
from pages._ui.form import (
    all_parameters,
    json_editor,
    prefill,
    provider_actions,
    provider_settings,
    setup,
)
from pages._ui.form.fields import draw_chat_files, draw_field
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form_state import FormState
from pages._ui.state.run_page import SHOWN_FIELD
from pages._ui.state.tab_choices import remember_models
from pages._ui.widgets import controls, focus
from pages._ui.widgets.markdown import escape, inline_code


def draw(form: FlowForm) -> None:
    """Draw the form."""
    state = form.state
    _request_shown_part(form)
    with controls.place_above_fields():
        prefill.draw(state, form.hints)
    _draw_fields(form)
    state.keys_to_open.clear()
    with st.container(key="overrides"):
        json_editor.draw(state)
    state.discard_undrawn(form.drawn)
    state.save()
    if state.scroll_token:
        _scroll_to_first_problem(form)
    _scroll_to_shown_part(form)


def mark_started(form: FlowForm, overrides: Mapping[str, Any]) -> None:
    """Clear the form's messages after a run has started, and remember its models."""
    prefill.clear_source(form.state)
    form.state.was_refused = False
    remember_models(form.server.owner, form.flow, overrides)


def mark_refused(form: FlowForm, problems: Sequence[Problem]) -> None:
    """Mark the form after a refused run: fields show their problems, and the page scrolls there."""
    form.state.was_refused, form.state.scroll_token = True, uuid.uuid4().hex
    form.state.keys_to_open.update(each.key for each in problems if each.level == "error")


def _request_shown_part(form: FlowForm) -> None:
    """Open the field that a button elsewhere on the page leads to.

    The page scrolls there, and no longer to what a refused run or message lacked.
    """
    if SHOWN_FIELD.get():
        form.state.scroll_token = ""
    field = form.state.fields.get(SHOWN_FIELD.get() or "")
    if field is None:
        return
    form.state.shown_key = field.key
    need = provider_settings.find_need(field.key, form)
    if need and need.provider:
        provider_actions.open_settings(need.provider, form)
    else:
        form.state.keys_to_open.add(field.key)


def input_fields(flow: Flow, needs: Iterable[Need]) -> list[Field]:
    """Return what a person brings to a run: message, files, and the fields that are exposed.

    Without the message's attachments, which most runs lack, and without the message of a chat input
    that no run includes.
    """
    fields = flow.fields_by_key
    needed = {
        key: need.kind
        for need in needs
        if need.kind not in (NeedKind.PROVIDER, NeedKind.PROMPT)
        for key in need.keys
    }
    brought = (NeedKind.FILE, NeedKind.VALUE)
    exposed = [field for field in exposed_fields(flow) if field.key not in needed]
    return [
        *(field for field in fields.values() if field.chat_input and field.runs),
        *(fields[key] for key, kind in needed.items() if kind in brought and key in fields),
        *exposed[:MAX_TOP_FIELDS],
    ]


def _scroll_to_first_problem(form: FlowForm) -> None:
    """Scroll to the first drawn field with an error."""
    mark, form.state.scroll_token = form.state.scroll_token, ""
    for key in form.drawn:
        if form.has_error(key):
            component, _, parameter = key.rpartition(".")
            part = f"param-{component}-{parameter}"
            focus.scroll_to(mark, part, part)
            focus.focus_input(mark, part)
            return


def _scroll_to_shown_part(form: FlowForm) -> None:
    """Scroll to the field that a button elsewhere on the page leads to, and focus it."""
    field = form.state.fields.get(SHOWN_FIELD.take() or "")
    if field:
        need = provider_settings.find_need(field.key, form)
        part = f"param-{field.component}-{field.parameter}"
        if need and need.provider:
            part = provider_actions.container_key(need.provider.name)
        focus.lead_to(part)


def _draw_fields(form: FlowForm) -> None:
    fields = form.state.fields
    is_chat = form.state.use == "chat"  # it has Setup beside the form
    if not fields:
        if not is_chat:
            setup.draw(form)  # a package may be missing
        st.caption(":material/info: This flow has no parameters.")
        return
    _draw_messages(form)
    if not is_chat:
        with controls.place_above_fields():
            setup.draw(form)
    for field in _top_fields(form):
        draw_field(field, form, with_component=True)
    _draw_dropped(form.state)
    all_parameters.draw(form)


def _draw_messages(form: FlowForm) -> None:
    """Draw the messages, each with its attachments, and name the chat inputs that don't run."""
    fields, flow = form.state.fields.values(), form.run_flow
    messages = [field for field in fields if field.chat_input]
    for field in messages:
        if not field.runs:
            continue
        draw_field(field, form, with_component=len(messages) > 1)
        for files in fields:
            if files.chat_files and files.target[0] == field.target[0]:
                draw_chat_files(files, form, with_component=len(messages) > 1)
    leaves = [leaf for leaf in flow.leaves_in_reading_order if leaf.has_type("ChatInput")]
    idle = [flow.component_label(leaf.id, 80) for leaf in leaves if not leaf.runs]
    if idle and len(leaves) > 1:
        followers = "what follows it" if len(idle) == 1 else "what follows them"
        st.caption(
            f":material/info: The run starts at {escape(flow.start_label)}. "
            f"{escape(', '.join(idle))} and {followers} do not run."
        )


def _top_fields(form: FlowForm) -> list[Field]:
    """Return the fields that are exposed and not in Setup."""
    above = [field.key for field in setup.setup_fields(form)]
    fields = form.state.fields  # which keep the stored flow's own values beside a choice
    exposed = (each.key for each in exposed_fields(form.state.flow))
    keys = [key for key in exposed if key in fields and key not in above]
    return [fields[key] for key in keys[:MAX_TOP_FIELDS]]


def draw_reset(state: FormState) -> None:
    """Draw a button that resets all fields, once any has changed."""
    changed = sum(map(state.is_modified, state.fields))
    if changed:
        st.button(
            f"Reset all ({changed})",
            key="reset-all-fields",
            type="tertiary",
            on_click=prefill.fill,
            args=(state, {}, "All values are the flow's own again.", {}),
        )


def _draw_dropped(state: FormState) -> None:
    if not state.dropped_keys:
        return
    names = list_names([inline_code(key) for key in state.dropped_keys], 10)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f":material/info: The flow has changed. These values were dropped: {names}",
            width="stretch",
        )
        st.button("OK", key="form-dropped", type="tertiary", on_click=state.dropped_keys.clear)
