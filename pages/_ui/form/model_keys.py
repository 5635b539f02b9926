"""Use one provider key for all old components that take one, in the first one's line of Setup."""

import streamlit as st

from lfclient.flows.field import Field, Variable
from lfclient.flows.need import NeedKind
from lfclient.flows.provider_needs import key_provider
from pages._ui.form.flow_form import FlowForm
from pages._ui.widgets.markdown import escape

_KINDS = (NeedKind.VALUE, NeedKind.VARIABLE)


def draw(field: Field, form: FlowForm) -> None:
    """Offer the provider's saved key, or the key entered in the first field, for all fields."""
    provider = _provider_of(field, form)
    if not provider:
        return
    users = _users(provider, form)
    if field.key != users[0].key:
        return
    saved = _saved_key(provider, form)
    value = form.state.value(field)
    if saved and any(form.state.value(user) in (None, "") for user in users):
        purpose = f"for all {len(users)}" if len(users) > 1 else ""
        value, label = saved, f"Use the saved {escape(provider)} key {purpose}".strip()
    elif value and any(form.state.value(user) != value for user in users):
        label = f"Use this {escape(provider)} key for all {len(users)}"
    else:
        return
    st.button(
        label,
        key=f"use-key-{field.key}",
        icon=":material/key:",
        on_click=_set_all,
        args=(form, users, value),
    )


def _provider_of(field: Field, form: FlowForm) -> str:
    return key_provider(form.flow, field, form.result.overrides)


def _users(provider: str, form: FlowForm) -> list[Field]:
    """Return the fields of Setup that take a key of this provider."""
    keys = (need.keys[0] for need in form.needs if need.kind in _KINDS)
    fields = (form.state.fields[key] for key in keys if key in form.state.fields)
    return [field for field in fields if _provider_of(field, form) == provider]


def _saved_key(provider: str, form: FlowForm) -> Variable | None:
    """Return the variable of the provider's key, or None if the server has none.

    Old components don't look for the variable themselves.
    """
    known = form.resources.provider(provider)
    settings = known.settings if known else ()
    names = (setting.name for setting in settings if setting.is_secret and setting.is_set)
    return next(map(Variable, names), None)


def _set_all(form: FlowForm, fields: list[Field], value: object) -> None:
    for field in fields:
        form.state.set(field, value)
