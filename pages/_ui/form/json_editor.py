"""The overrides as JSON: to see what will be sent, to paste what was kept elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lfclient.flows.field import Field, Problem, Variable, value_from_json, value_to_json
from lfclient.flows.model import Flow
from lfclient.flows.structured_values import from_json, to_json
from lfclient.flows.validation import SECRET_MASK, check_overrides, is_secret_field
from pages._ui.form.form_state import FormState, load_values
from pages._ui.widgets.markdown import escape


def draw(form: FormState, flow: Flow, fields: Mapping[str, Field]) -> None:
    """A closed panel; open, it holds a text that only “Apply” brings into the form."""
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
            "What differs from the flow, as “Component.parameter” and value. "
            'A server variable is written {"$variable": "NAME"}.'
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
                "Discard my edits",
                key=f"{key}-discard",
                type="tertiary",
                disabled=not edited,
                on_click=_discard,
                args=(form,),
            )
            if edited and form.json_seed != shown:
                st.caption("The form has changed since; Apply puts this text in its place.")


def to_text(overrides: Mapping[str, Any], fields: Mapping[str, Field]) -> str:
    """Overrides as a person edits them; secrets are only said to be set."""
    return to_json(
        {
            key: SECRET_MASK
            if is_secret_field(fields[key]) and not isinstance(value, Variable)
            else value_to_json(value)
            for key, value in overrides.items()
        }
    )


def parse(flow: Flow, text: str) -> dict[str, Any]:
    """Overrides from such a text; raises `ValueError` saying what is wrong and where."""
    found = from_json(text) if text.strip() else {}
    if not isinstance(found, dict):
        raise ValueError('An object is needed: {"Component.parameter": value}.')
    overrides = {key: value_from_json(value) for key, value in found.items()}
    known = flow.fields_by_key
    kept = {
        key: value
        for key, value in overrides.items()
        if not (value == SECRET_MASK and key in known and is_secret_field(known[key]))
    }
    # what this mode can't take, and what is missing, is said at the fields
    wrong = [p for p in check_overrides(flow, kept, mode="sync") if _is_blocking(p, kept)]
    if wrong:
        raise ValueError("; ".join(f"{p.key}: {p.message}" for p in wrong[:3]))
    return overrides


def _is_blocking(problem: Problem, overrides: Mapping[str, Any]) -> bool:
    return problem.level == "error" and problem.key in overrides


def apply_pending(form: FormState, flow: Flow) -> None:
    """Apply a text that was edited and not applied yet: a press on Run means it, too.

    A text that cannot be applied leaves `form.json_fault`.
    """
    _sync_text(form)
    if form.json_text is None or form.json_text == form.json_seed:
        return
    fields = flow.fields_by_key
    if form.json_seed != to_text(form.overrides(fields), fields):
        form.json_error = (
            "This text has edits that were not applied, and the form has changed since: apply "
            "them, or discard them."
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
    try:
        overrides = parse(flow, form.json_text or "")
    except ValueError as error:
        form.json_error = f"Nothing was changed. {error}"
        return
    load_values(form, flow, overrides)
    form.json_error = ""
    form.json_seed = form.json_text


def _discard(form: FormState) -> None:
    form.json_text = None
    form.json_error = ""
    st.session_state.pop(_text_key(form), None)
