"""A JSON editor for the overrides: view, copy and paste them."""

from typing import Any

import streamlit as st

from lfclient.common.json_text import from_json, to_json
from lfclient.flows.field import Problem, ProblemCode, Variable, value_from_json, value_to_json
from lfclient.flows.validation import SECRET_MASK, check_overrides, is_secret_field
from pages._ui.form.choices import show_fields_of
from pages._ui.form.form_state import FormState
from pages._ui.widgets.markdown import escape


def draw(state: FormState) -> None:
    """Draw an expander with the overrides as text; “Apply” copies edits into the form."""
    key, text_key = state.key("form-json"), _text_key(state)
    if _has_edits(state):  # a run needs them applied or discarded
        st.session_state.setdefault(f"{key}-panel", True)
    opened = st.expander("Overrides as JSON", key=f"{key}-panel", on_change="rerun")
    _read_text(state)
    if not opened.open:
        return
    shown = _overrides_text(state)
    if not _has_edits(state):
        if shown != st.session_state.get(text_key):
            st.session_state[text_key] = shown
        state.json_text = state.json_seed = shown
    st.session_state.setdefault(text_key, state.json_text)
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
        if state.json_error:
            st.error(escape(state.json_error), icon=":material/error:")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Apply", key=f"{key}-apply", on_click=_apply, args=(state,))
            st.button(
                "Discard edits",
                key=f"{key}-discard",
                type="tertiary",
                disabled=not _has_edits(state),
                on_click=_discard,
                args=(state,),
            )
            if _has_edits(state) and state.json_seed != shown:
                st.caption("The form has changed. Apply replaces its values with this text.")


def apply_pending(state: FormState) -> None:
    """Apply edits that were not applied yet, as Run does.

    Sets `state.json_error` if they cannot be applied.
    """
    _read_text(state)
    if not _has_edits(state):
        return
    if state.json_seed == _overrides_text(state):
        _apply(state)
    else:
        state.json_error = (
            "This text has unapplied edits, and the form has changed since. Apply or discard them."
        )


def _overrides_text(state: FormState) -> str:
    """Return the overrides as JSON text, with secrets masked."""
    fields = state.fields
    return to_json(
        {
            key: SECRET_MASK
            if is_secret_field(fields[key]) and not isinstance(value, Variable)
            else value_to_json(value)
            for key, value in state.overrides().items()
        }
    )


def _parse(state: FormState, text: str) -> dict[str, Any]:
    """Return the overrides from JSON text; raise `ValueError` with the reason and place."""
    parsed = from_json(text) if text.strip() else {}
    if not isinstance(parsed, dict):
        raise ValueError('Enter an object: {"Component.parameter": value}.')
    overrides = {key: value_from_json(value) for key, value in parsed.items()}
    show_fields_of(state, overrides)
    flow = state.flow
    for key in overrides:
        if key in flow.fields_by_key and key not in state.fields:
            raise ValueError(f"{key} is part of the message. Enter it in the message box.")
    secrets = {field.key for field in flow.fields if is_secret_field(field)}
    entered = {
        key: value for key, value in overrides.items() if value != SECRET_MASK or key not in secrets
    }
    # values missing or unsupported in the current mode are reported at their fields
    problems = check_overrides(flow, entered, mode=None)
    errors = [each for each in problems if each.level == "error" and each.key in entered]
    if errors:
        raise ValueError(" ".join(map(_describe, errors[:3])))
    return overrides


def _describe(problem: Problem) -> str:
    is_named = problem.code is ProblemCode.UNKNOWN_COMPONENT
    return problem.message if is_named else str(problem)


def _text_key(state: FormState) -> str:
    return f"{state.key('form-json')}-text"


def _has_edits(state: FormState) -> bool:
    return state.json_text is not None and state.json_text != state.json_seed


def _read_text(state: FormState) -> None:
    if state.json_text is not None:
        state.json_text = st.session_state.get(_text_key(state), state.json_text)


def _apply(state: FormState) -> None:
    _read_text(state)
    text = state.json_text or ""
    try:
        overrides = _parse(state, text)
    except ValueError as error:
        state.json_error = str(error)
        return
    state.load_values(overrides)
    state.json_error = ""
    state.json_seed = text


def _discard(state: FormState) -> None:
    state.json_text = None
    state.json_error = ""
    st.session_state.pop(_text_key(state), None)
