"""Provider settings and models of this tab's runs, in memory only: most settings are secrets."""

from collections.abc import Mapping
from typing import Any, get_args

import streamlit as st

from lfclient.flows.model import Flow
from lfclient.resources.models import ModelKind
from lfclient.resources.server_resources import ResourceKind

_SETTINGS = "given-settings"
_MODELS = "last-models"


def given_settings(owner: str) -> dict[str, str]:
    """Return the entered settings of an owner's server, by name."""
    by_owner: dict[str, dict[str, str]] = st.session_state.setdefault(_SETTINGS, {})
    return by_owner.setdefault(owner, {})


def last_models(owner: str) -> dict[ResourceKind | None, Any]:
    """Return the values of the models that an owner's flows ran with last, by kind."""
    by_owner: dict[str, dict[ResourceKind | None, Any]] = st.session_state.setdefault(_MODELS, {})
    return by_owner.setdefault(owner, {})


def remember_models(owner: str, flow: Flow, overrides: Mapping[str, Any]) -> None:
    """Remember the models that were chosen for a run, the form's first of each kind."""
    chosen: dict[ResourceKind | None, Any] = {
        field.resource: overrides[field.key]
        for field in reversed(flow.fields)
        if field.resource in get_args(ModelKind) and overrides.get(field.key)
    }
    last_models(owner).update(chosen)
