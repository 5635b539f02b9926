"""A JSON editor for the overrides: view, copy and paste them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lfclient.common.json_text import from_json, to_json
from lfclient.flows.field import Problem, Variable, value_from_json, value_to_json
from lfclient.flows.model import Flow
from lfclient.flows.validation import SECRET_MASK, check_overrides, is_secret_field
from pages._ui.form.form_state import FormState
from pages._ui.widgets.markdown import escape


def draw(form: FormState) -> None:
    """Draw an expander with the overrides as text; “Apply” copies edits into the form."""
    key, text_key = form.key("form-json"), _text_key(form)
    opened = st.expander(
        "Overrides as JSON", key=f"{key}-panel", icon=":material/data_object:", on_change="rerun"
    )
    _read_text(form)
    if not opened.open:
        return
    shown = _overrides_text(form)
    if not _has_edits(form):
        if shown != st.session_state.get(text_key):
            st.session_state[text_key] = shown
        form.json_text = form.json_seed = shown
    st.session_state.setdefault(text_key, form.json_text)
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
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Apply", key=f"{key}-apply", on_click=_apply, args=(form,))
            st.button(
                "Discard edits",
                key=f"{key}-discard",
                type="tertiary",
                disabled=not _has_edits(form),
                on_click=_discard,
                args=(form,),
            )
            if _has_edits(form) and form.json_seed != shown:
                st.caption("The form has changed. Apply replaces its values with this text.")


def apply_pending(form: FormState) -> None:
    """Apply edits that were not applied yet, as Run does.

    Sets `form.json_error` if they cannot be applied.
    """
    _read_text(form)
    if not _has_edits(form):
        return
    if form.json_seed == _overrides_text(form):
        _apply(form)
    else:
        form.json_error = (
            "This text has unapplied edits, and the form has changed since. Apply or discard them."
        )


def _overrides_text(form: FormState) -> str:
    """Return the overrides as JSON text, with secrets masked."""
    fields = form.fields
    return to_json(
        {
            key: SECRET_MASK
            if is_secret_field(fields[key]) and not isinstance(value, Variable)
            else value_to_json(value)
            for key, value in form.overrides().items()
        }
    )


def _parse(flow: Flow, text: str) -> dict[str, Any]:
    """Return the overrides from JSON text; raise `ValueError` with the reason and place."""
    parsed = from_json(text) if text.strip() else {}
    if not isinstance(parsed, dict):
        raise ValueError('Enter an object: {"Component.parameter": value}.')
    overrides = {key: value_from_json(value) for key, value in parsed.items()}
    secrets = {field.key for field in flow.fields if is_secret_field(field)}
    entered = {
        key: value for key, value in overrides.items() if value != SECRET_MASK or key not in secrets
    }
    # values missing or unsupported in the current mode are reported at their fields
    problems = check_overrides(flow, entered, mode="sync")
    errors = [each for each in problems if each.level == "error" and each.key in entered]
    if errors:
        raise ValueError(" ".join(map(_describe, errors[:3])))
    return overrides


def _describe(problem: Problem) -> str:
    component = problem.key.rpartition(".")[0] or problem.key
    is_named = f"“{component}”" in problem.message
    return problem.message if is_named else f"{problem.key}: {problem.message}"


def _text_key(form: FormState) -> str:
    return f"{form.key('form-json')}-text"


def _has_edits(form: FormState) -> bool:
    return form.json_text is not None and form.json_text != form.json_seed


def _read_text(form: FormState) -> None:
    if form.json_text is not None:
        form.json_text = st.session_state.get(_text_key(form), form.json_text)


def _apply(form: FormState) -> None:
    _read_text(form)
    text = form.json_text or ""
    try:
        overrides = _parse(form.flow, text)
    except ValueError as error:
        form.json_error = str(error)
        return
    form.load_values(overrides)
    form.json_error = ""
    form.json_seed = text


def _discard(form: FormState) -> None:
    form.json_text = None
    form.json_error = ""
    st.session_state.pop(_text_key(form), None)
