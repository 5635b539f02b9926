"""The models that were last chosen in this tab."""

from typing import Any

import streamlit as st

from lfclient.resources.server_resources import ResourceKind

_MODELS = "last-models"


def last_models(owner: str) -> dict[ResourceKind | None, Any]:
    """Return the values last chosen for an owner's flows, by the kind of model."""
    by_owner: dict[str, dict[ResourceKind | None, Any]] = st.session_state.setdefault(_MODELS, {})
    return by_owner.setdefault(owner, {})
