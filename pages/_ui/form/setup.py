"""Setup: what the flow needs before it can run, filled in right there."""

from functools import partial

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.wording.hints import describe_need
from lfclient.flows.field import Field, Variable
from lfclient.flows.need import Need, NeedKind
from lfclient.flows.provider_needs import key_provider
from pages._ui.connection import loading, local_panel
from pages._ui.form import (
    flow_update,
    missing_variables,
    provider_actions,
    provider_settings,
    resource_picker,
)
from pages._ui.form.fields import draw_field
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.model_picker import is_fitting, model_fields, model_text, unlisted_model
from pages._ui.state.run_page import SHOWN_SETTINGS, ShownSettings
from pages._ui.state.tab_choices import last_models
from pages._ui.widgets import controls, focus
from pages._ui.widgets.markdown import escape

# what a field names, which the server may lack
_ON_SERVER = (
    NeedKind.KNOWLEDGE_BASE,
    NeedKind.MEMORY_BASE,
    NeedKind.MCP_SERVER,
    NeedKind.VARIABLE,
)
_MAX_NEEDS = 24


def setup_fields(form: FlowForm) -> list[Field]:
    """Return the fields that Setup fills, in order."""
    needs = [need for need in _shown_needs(form) if need.kind is not NeedKind.PROVIDER]
    return [field for need in needs for field in _fields(need, form)]


def _fields(need: Need, form: FlowForm) -> list[Field]:
    fields = form.state.fields
    return [fields[key] for key in need.keys if key in fields]


def _shown_needs(form: FlowForm) -> list[Need]:
    """Return the first needs, and as many of the others that are not met.

    The fields of the rest are in their components.
    """
    others = [need for need in form.needs[_MAX_NEEDS:] if not need.is_met]
    return [*form.needs[:_MAX_NEEDS], *others[:_MAX_NEEDS]]


def draw(form: FlowForm) -> None:
    """Draw what the flow needs, and how much of it is missing.

    The page scrolls to the settings of the provider that a button or the menu leads to, and no
    longer to what a refused run or message lacked.
    """
    taken = SHOWN_SETTINGS.take()
    shown = taken or ShownSettings("")
    needs = [need for need in _shown_needs(form) if need.keys and not need.provider]
    form.state.followers = {need.keys[0]: need.keys[1:] for need in needs}
    if not (form.needs or provider_settings.opened(form) or flow_update.has_result(form)):
        return
    missing = sum(not need.is_met for need in form.needs)
    with st.container(border=True, key="setup", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**Setup**", width="content")
            if missing:
                st.badge(f"{missing} to do", color="orange")
            else:
                _draw_readiness(form)
            chosen = provider_settings.draw_menu(form)
            shown = chosen or shown
        provider = form.resources.provider(shown.provider)
        if provider:
            form.state.scroll_token = ""
            provider_actions.open_settings(provider, form)
        with controls.place_above_fields():
            if form.resources_error:
                request = partial(form.server.resources, form.flow)
                loading.show(form.server, form.resources_error, request, retry="retry-resources")
        flow_update.draw_result(form)
        for need in _shown_needs(form):
            _draw_need(need, form)
        provider_settings.draw_opened(form)
    if provider:
        box = provider_settings.find_address_box(provider.name, form) if shown.at_address else ""
        focus.lead_to(provider_actions.container_key(provider.name), box)
    elif taken:
        focus.lead_to("setup")


def _draw_readiness(form: FlowForm) -> None:
    """Draw whether a run can start, nothing being missing; no badge if that is not known."""
    is_unsure = any(need.provider and need.provider.has_silent_address for need in form.needs)
    is_unsure |= form.resources.catalogue is None and "component" in form.flow.resources
    is_unsure |= any(need.kind is NeedKind.COMPONENT for need in form.needs)
    if provider_settings.has_unconfirmed(form):
        st.badge(provider_settings.UNUSED_CHANGE, color="orange")
    elif any(unlisted_model(field, form) for field in model_fields(form)):
        st.badge("May fail", color="orange", icon=":material/warning:")
    elif form.hints:
        st.badge(f"{len(form.hints)} to check", color="orange")
    elif not (form.resources_error or is_unsure):
        st.badge("Ready", color="green", icon=":material/check:")


def _draw_need(need: Need, form: FlowForm) -> None:
    if need.kind is NeedKind.PROVIDER:
        provider_settings.draw(need, form)
        return
    if need.kind is NeedKind.OUTDATED:
        flow_update.draw(need, form)
        return
    if need.kind is NeedKind.COMPONENT:
        icon = ":gray[:material/info:]" if need.is_met else ":orange[:material/warning:]"
        st.markdown(f"{icon} {escape(need.message)}")
        return
    if need.package:
        st.markdown(f":orange[:material/warning:] {escape(describe_need(need))}")
        local_panel.draw_install_buttons(form.server.connection, need.package.modules, "setup")
        return
    fields = _fields(need, form)
    if not fields or fields[0].key in form.drawn:
        return
    field = fields[0]
    draw_field(
        field,
        form,
        with_component=True,
        is_needed=not need.is_met and need.kind is not NeedKind.PROMPT,  # its text is there
        followers=fields[1:],
        alternatives=need.alternatives,
    )
    if need.kind in _ON_SERVER:
        resource_picker.draw_need(need, field, form)
    if not need.is_met:
        _draw_use_saved_key(fields, form)
    if need.kind is NeedKind.VARIABLE:
        missing_variables.draw(field, form)
    if not need.is_met:
        form.draw_mode_button(field.key, form.better_modes.get(field.key))
    if need.kind is NeedKind.MODEL:
        _draw_use_last(field, form)
        _draw_use_for_all(field, form)


def _model_fields_like(field: Field, form: FlowForm) -> list[Field]:
    """Return the fields of the needed models of a field's kind."""
    return [each for each in model_fields(form) if each.resource == field.resource]


def _draw_use_saved_key(fields: list[Field], form: FlowForm) -> None:
    """Offer the server's key of a provider for old components that take the key themselves.

    They don't look for the server's variable.
    """
    name = key_provider(form.flow, fields[0], form.result.overrides)
    provider = form.resources.provider(name)
    settings = provider.settings if provider else ()
    saved = [setting.name for setting in settings if setting.is_secret and setting.is_set]
    purpose = f" for all {len(fields)}" if len(fields) > 1 else ""
    if saved:
        st.button(
            f"Use the saved {escape(name)} key{purpose}",
            key=f"use-key-{fields[0].key}",
            icon=":material/key:",
            on_click=_set_all,
            args=(form, fields, Variable(saved[0])),
        )


def _draw_use_last(field: Field, form: FlowForm) -> None:
    """Offer the model of the tab's last run if no component that takes its kind has one."""
    value = last_models(form.server.owner).get(field.resource)
    fields = _model_fields_like(field, form)
    if not value or field != fields[0] or any(map(form.state.value, fields)):
        return
    fitting = [each for each in fields if is_fitting(value, each, form.resources)]
    purpose = f"for all {len(fitting)} components" if len(fitting) > 1 else "again"
    if fitting:
        st.button(
            f"Use {escape(clip(model_text(value), 60))} {purpose}",
            key=f"use-last-{field.key}",
            icon=":material/history:",
            on_click=_set_all,
            args=(form, fitting, value),
        )


def _draw_use_for_all(field: Field, form: FlowForm) -> None:
    """Offer to use the first model of a kind for all components that take one."""
    same = _model_fields_like(field, form)
    value = form.state.value(field)
    others = [each for each in same if form.state.value(each) != value]
    fitting = [each for each in others if is_fitting(value, each, form.resources)]
    if same[0] != field or not value or not fitting:
        return
    st.button(
        f"Use for all {len(same) - len(others) + len(fitting)} components",
        key=f"use-for-all-{field.key}",
        icon=":material/done_all:",
        on_click=_set_all,
        args=(form, fitting, value),
    )


def _set_all(form: FlowForm, fields: list[Field], value: object) -> None:
    for field in fields:
        form.state.set(field, value)
