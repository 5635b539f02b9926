"""A JSON editor for the overrides: view, copy and paste them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lfclient.common.json_text import from_json, to_json
from lfclient.flows.field import Field, Problem, Variable, value_from_json, value_to_json
from lfclient.flows.model import Flow
from lfclient.flows.validation import SECRET_MASK, check_overrides, is_secret_field
from pages._ui.form.form_state import FormState, load_values
from pages._ui.widgets.markdown import escape


def draw(form: FormState, flow: Flow, fields: Mapping[str, Field]) -> None:
    """Draw an expander with the overrides as text; “Apply” copies edits into the form."""
    key = _key(form)
    opened = st.expander(
        "Overrides as JSON", key=f"{key}-panel", icon=":material/data_object:", on_change="rerun"
    )
    text_key = _text_key(form)
    _sync_text(form)
    if not opened.open:
        return
    shown = to_text(form.overrides(fields), fields)
    if form.json_text is None or form.json_text == form.json_seed:
        if shown != st.session_state.get(text_key):
            st.session_state[text_key] = shown
        form.json_text = form.json_seed = shown
    elif text_key not in st.session_state:
        st.session_state[text_key] = form.json_text
    with opened:
        st.caption(
            "Values that differ from the flow, by “Component.parameter”. "
            'Write a server variable as {"$variable": "NAME"}.'
        )
        st.text_area(
            "Overrides as JSON",
            key=text_key,
            height=220,
            label_visibility="collapsed",
            persist_state="session",
        )
        if form.json_error:
            st.error(escape(form.json_error), icon=":material/error:")
        edited = form.json_text != form.json_seed
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Apply",
                key=f"{key}-apply",
                on_click=_apply,
                args=(form, flow),
                type="secondary",
            )
            st.button(
                "Discard edits",
                key=f"{key}-discard",
                type="tertiary",
                disabled=not edited,
                on_click=_discard,
                args=(form,),
            )
            if edited and form.json_seed != shown:
                st.caption("The form has changed. Apply replaces its values with this text.")


def to_text(overrides: Mapping[str, Any], fields: Mapping[str, Field]) -> str:
    """Return the overrides as JSON text, with secrets masked."""
    return to_json(
        {
            key: SECRET_MASK
            if is_secret_field(fields[key]) and not isinstance(value, Variable)
            else value_to_json(value)
            for key, value in overrides.items()
        }
    )


def parse(flow: Flow, text: str) -> dict[str, Any]:
    """Return the overrides from JSON text; raise `ValueError` with the reason and place."""
    found = from_json(text) if text.strip() else {}
    if not isinstance(found, dict):
        raise ValueError('Enter an object: {"Component.parameter": value}.')
    overrides = {key: value_from_json(value) for key, value in found.items()}
    known = flow.fields_by_key
    kept = {
        key: value
        for key, value in overrides.items()
        if not (value == SECRET_MASK and key in known and is_secret_field(known[key]))
    }
    # values missing or unsupported in the current mode are reported at their fields
    wrong = [p for p in check_overrides(flow, kept, mode="sync") if _is_blocking(p, kept)]
    if wrong:
        raise ValueError(" ".join(map(_describe, wrong[:3])))
    return overrides


def _describe(problem: Problem) -> str:
    component = problem.key.rpartition(".")[0] or problem.key
    is_named = f"“{component}”" in problem.message
    return problem.message if is_named else f"{problem.key}: {problem.message}"


def _is_blocking(problem: Problem, overrides: Mapping[str, Any]) -> bool:
    return problem.level == "error" and problem.key in overrides


def apply_pending(form: FormState, flow: Flow) -> None:
    """Apply edits that were not applied yet, as Run does.

    Sets `form.json_error` if they cannot be applied.
    """
    _sync_text(form)
    if form.json_text is None or form.json_text == form.json_seed:
        return
    fields = flow.fields_by_key
    if form.json_seed != to_text(form.overrides(fields), fields):
        form.json_error = (
            "This text has unapplied edits, and the form has changed since. Apply or discard them."
        )
        return
    _apply(form, flow)


def _key(form: FormState) -> str:
    return f"form-json-{form.owner[:12]}-{form.name}"


def _text_key(form: FormState) -> str:
    return f"{_key(form)}-text"


def _sync_text(form: FormState) -> None:
    if _text_key(form) in st.session_state and form.json_text is not None:
        form.json_text = st.session_state[_text_key(form)]


def _apply(form: FormState, flow: Flow) -> None:
    _sync_text(form)
    text = form.json_text or ""
    try:
        overrides = parse(flow, text)
    except ValueError as error:
        form.json_error = str(error)
        return
    load_values(form, flow, overrides)
    form.json_error = ""
    form.json_seed = text


def _discard(form: FormState) -> None:
    form.json_text = None
    form.json_error = ""
    st.session_state.pop(_text_key(form), None)
