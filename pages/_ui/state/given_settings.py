"""Settings of models' providers, such as keys, that were entered for the runs of this tab."""

import streamlit as st

_SETTINGS = "given-settings"  # in memory only: most are secrets


def given_settings(owner: str) -> dict[str, str]:
    """Return the entered settings of an owner's server, by name."""
    by_owner: dict[str, dict[str, str]] = st.session_state.setdefault(_SETTINGS, {})
    return by_owner.setdefault(owner, {})
