"""The choice of a model among those that the server offers."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import streamlit as st

from lfclient.common.coerce import as_str
from lfclient.flows.field import Field
from lfclient.flows.need import NeedKind
from lfclient.flows.provider_needs import missing_settings, unset_settings
from lfclient.resources.models import (
    ModelOption,
    Provider,
    chosen_model,
    find_model,
    model_label,
)
from lfclient.resources.server_resources import ServerResources
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.widgets import Widget, WidgetSpec, WidgetStates
from pages._ui.state.tab_choices import given_settings

_NOT_SET_UP, _NOT_HERE = " (not set up)", " (not on this server)"


class ModelPicker(Widget):
    """A searchable list of models, those of the `ready` providers first; others may be typed."""

    def __init__(
        self,
        options: Sequence[ModelOption],
        providers: Sequence[Provider],
        ready: Collection[str],
    ) -> None:
        known = [
            replace(each, is_ready=True) if each.provider in ready else each for each in options
        ]
        self.options = sorted(known, key=lambda option: not option.is_ready)
        self.providers, self.ready = providers, ready

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": model_text(value) or None}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        text = _without_mark(states[""])
        if not text or text == model_text(base):
            return base if text else None
        return [find_model(text, self.options, self.providers).value]

    def draw(self, spec: WidgetSpec) -> None:
        marks = {option.label: "" if option.is_ready else _NOT_SET_UP for option in self.options}
        of_flow = model_text(spec.field.default)
        if of_flow:
            marks.setdefault(of_flow, self._unlisted_mark(_provider_name(spec.field.default)))
        # a browser keeps the text with a mark that the option no longer has, unless it is set again
        entered, last_mark = st.session_state.get(spec.key), f"{spec.key}-mark"
        chosen = _without_mark(entered)
        if chosen != of_flow:
            chosen = full_label(chosen, self.options, self.providers)
        mark = marks.get(chosen or "", "")
        if chosen != entered or st.session_state.get(last_mark, mark) != mark:
            st.session_state[spec.key] = chosen
        st.session_state[last_mark] = mark
        st.selectbox(
            spec.label,
            spec.options(marks),
            index=None,
            accept_new_options=True,
            format_func=lambda label: label + marks.get(label, ""),
            filter_mode="contains",  # "fuzzy" would reorder them
            placeholder="Choose or type a model",
            **spec.hidden,
        )

    def _unlisted_mark(self, provider: str) -> str:
        """Return the mark of a provider's model that is not in the server's list."""
        if not any(one.has_unknown_models for one in self.providers if one.name == provider):
            return _NOT_HERE
        return "" if provider in self.ready else _NOT_SET_UP


def full_label(
    text: str | None, options: Sequence[ModelOption], providers: Sequence[Provider]
) -> str | None:
    """Return the label of the model that was typed by its name, or a part of it, alone.

    Streamlit's box takes what is typed, not the option that contains it.
    """
    text = _without_mark(text)
    with suppress(ValueError):
        return find_model(text, options, providers).label if text else None
    return text


def _without_mark(text: str | None) -> str | None:
    return text and text.strip().removesuffix(_NOT_SET_UP).removesuffix(_NOT_HERE)


def ready_providers(field: Field, form: FlowForm) -> set[str]:
    """Return the providers whose settings the server, the tab or a chosen model's component has."""
    given = given_settings(form.server.owner)
    ready = {
        provider.name
        for provider in form.resources.providers
        if all(setting.name in given for setting in unset_settings(provider))
    }
    provider = form.resources.provider(_provider_name(form.state.value(field)))
    overrides = form.result.overrides
    if provider and not missing_settings(form.flow, field, provider, overrides, form.resources):
        ready.add(provider.name)
    return ready


def model_fields(form: FlowForm) -> list[Field]:
    """Return the fields of the models that components need."""
    keys = (need.keys[0] for need in form.needs if need.kind is NeedKind.MODEL)
    return [form.state.fields[key] for key in keys if key in form.state.fields]


def fields_without_model(form: FlowForm) -> list[Field]:
    """Return the fields of `model_fields` that lack a model, or a setting of its provider."""
    return [
        field
        for field in model_fields(form)
        if _provider_name(form.state.value(field)) not in ready_providers(field, form)
    ]


def choose_models(provider: Provider, form: FlowForm, resources: ServerResources) -> None:
    """Choose the first model of a provider that was just set up for components that can use none.

    If a component uses the provider, models of other providers stay: their keys may come next.
    A model stays as well if Langflow did not list it before the provider's address was saved.
    """
    now = replace(form, resources=resources)
    for field in model_fields(form):
        used = _provider_name(form.state.value(field))
        if used == provider.name:
            is_usable = bool(unlisted_model(field, form)) or not unlisted_model(field, now)
        else:
            is_usable = used in ready_providers(field, now) or (
                bool(used) and provider.name not in form.unused_providers
            )
        offered = [one for one in offered_models(field, resources) if one.provider == provider.name]
        if offered and provider.name in ready_providers(field, now) and not is_usable:
            form.state.set(field, [offered[0].value])


def offered_models(field: Field, resources: ServerResources) -> Sequence[ModelOption]:
    """Return the server's models that a field takes; none if they are unknown."""
    return [
        option
        for option in resources.models.get(field.model_kind, ())
        if option.calls_tools is not False or not field.needs_tool_calls
    ]


def is_fitting(value: Any, field: Field, resources: ServerResources) -> bool:
    """Return whether a field takes a model, as far as the server's lists tell."""
    everything = (option for options in resources.models.values() for option in options)
    known = next((each for each in everything if each.label == model_text(value)), None)
    return known is None or not field.needs_tool_calls or known.calls_tools is not False


def model_hint(field: Field, form: FlowForm) -> str:
    """Return how to enter a model of a server that lists none, or ""."""
    if offered_models(field, form.resources):
        return ""
    return "Enter the model with its provider, such as “OpenAI: gpt-4o-mini”"


def unlisted_model(field: Field, form: FlowForm) -> str:
    """Return a warning if no list has the model in the field, or ""."""
    models = offered_models(field, form.resources)
    value = form.state.value(field)
    text = model_text(value)
    if not (models and text) or any(text == option.label for option in models):
        return ""
    provider = form.resources.provider(_provider_name(value))
    if provider and provider.has_unknown_models:
        return ""
    if value == field.default:
        return "The flow's model is not in this server's list. Choose one that is."
    if provider is None or all(option.provider != provider.name for option in models):
        return ""
    # without an address, most lists are Langflow's own
    if provider.has_listing_address:
        return f"The saved address of {provider.name} does not list this model. A run may fail."
    return f"Langflow does not list this model of {provider.name}. A run may fail."


def _provider_name(value: Any) -> str:
    return as_str((chosen_model(value) or {}).get("provider"))


def model_text(value: Any) -> str:
    """Return the label of the model in a model parameter's value, or ""."""
    first = next(iter(value), None) if isinstance(value, list) else value
    if isinstance(first, dict):
        return model_label(first)
    return first if isinstance(first, str) else ""
