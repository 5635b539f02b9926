"""Fill a form with a preset, save its values as a preset, and report values that don't fit."""

import uuid
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, escape_invisible, list_names
from lfclient.common.redaction import looks_like_secret
from lfclient.console.form.entries import PresetLink
from lfclient.console.presets.fitting import FittedValues, fit_values
from lfclient.console.presets.preset_file import check_size
from lfclient.console.store.presets import Preset, PresetSummary
from lfclient.console.wording.input_values import full_text
from lfclient.errors import InvalidRequest, LangflowError
from lfclient.flows.field import Field, FieldKind
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import SECRET_HINT, describe_inputs, qualified_label_for_key
from lfclient.flows.validation import SECRET_MASK, is_secret_field
from pages._ui.connection.app_context import app_context
from pages._ui.connection.servers import require_access
from pages._ui.form import json_editor, prefill
from pages._ui.form.choices import show_fields_of
from pages._ui.form.form_state import FormState
from pages._ui.state.slot import Slot
from pages._ui.widgets.markdown import escape

_MAX_LINES = 8  # items listed in a message
_MAX_UNSCROLLED = 600  # characters of values
_SCROLLED_HEIGHT = 240  # pixels


def banner(state: FormState) -> Slot[tuple[str, Sequence[str]]]:
    """Return the slot of the warning above the form: its heading and lines."""
    return Slot(state.key("preset-told"))


def draw_banner(state: FormState) -> None:
    """Draw the warning above the form, if there is one."""
    warning = banner(state).get()
    if warning is None:
        return
    with st.container(key="preset-told", gap="xxsmall"):
        draw_warning(*warning)
        key = state.key("preset-told-ok")
        st.button("OK", key=key, type="tertiary", on_click=banner(state).clear)


def draw_warning(heading: str, lines: Iterable[str]) -> None:
    """Draw a heading and lines as a warning."""
    words = "  \n".join([f"**{escape(heading)}**", *map(escape, filter(None, lines))])
    st.warning(words, icon=":material/warning:")


def masked_values(preset: Preset) -> dict[str, Any]:
    """Return a preset's values, with `SECRET_MASK` for each secret."""
    return {**preset.values, **dict.fromkeys(preset.secrets, SECRET_MASK)}


def draw_values(flow: Flow, values: Mapping[str, Any]) -> None:
    """Draw values in full, with invisible characters escaped, so that no URL is hidden."""
    inputs = describe_inputs(values, None, flow)
    lines = [escape_invisible(f"{each.qualified_label}: {full_text(each)}") for each in inputs]
    text = "\n".join(lines)
    height = None if len(text) < _MAX_UNSCROLLED else _SCROLLED_HEIGHT
    st.code(text, language=None, wrap_lines=True, height=height)


def fill_form(state: FormState, fitted: FittedValues, source: str) -> None:
    """Fill the form with the values that fit. The earlier entries can be restored.

    `source` is a sentence about their origin.
    """
    # an entered secret stays
    secrets = [key for key in fitted.secrets if is_secret_field(state.fields[key])]
    overrides = {**fitted.values, **dict.fromkeys(secrets, SECRET_MASK)}
    prefill.fill(state, overrides, source, dict.fromkeys(fitted.secrets, SECRET_HINT))


def report_mismatch(state: FormState, fitted: FittedValues, beginning: str) -> None:
    """Show a banner about the values that do not fit the flow, or hide it if all fit."""
    if fitted.rejected:
        banner(state).set(describe_mismatch(state, fitted, beginning))
    else:
        banner(state).clear()


def apply_preset(
    state: FormState,
    preset: Preset,
    source: str,
    omit: Container[str] = (),
    *,
    opened: bool = False,
) -> None:
    """Fill the form with a preset, without the keys to `omit`, and link both.

    `opened` is as in `PresetLink`.
    """
    values = {key: each for key, each in masked_values(preset).items() if key not in omit}
    show_fields_of(state, values)
    fitted = fit_values(state.flow, values)
    fill_form(state, fitted, source)
    state.entries.preset_link = PresetLink(preset.id, preset.version, opened)
    report_mismatch(state, fitted, f"Of “{preset.name}”")


def fit_current(state: FormState) -> FittedValues:
    """Return the form's values, with secrets masked."""
    return fit_values(state.flow, state.masked_overrides())


def save_form(
    state: FormState,
    name: str,
    action: str,
    chosen: Preset | None,
    same: Preset | PresetSummary | None,
) -> None:
    """Save the form's values as a preset, as `save_preset` does, and report the `action`.

    The preset also asks for `chosen`'s secrets that were not entered. Raise `InvalidRequest` if
    pending JSON edits cannot be applied.
    """
    state.read_widgets()
    state.collect_uploads()
    json_editor.apply_pending(state)
    if state.json_error:
        raise InvalidRequest(state.json_error, hint="Correct the text, or discard it.")
    fields, fitted = state.fields, fit_current(state)
    asked = chosen.secrets if chosen else ()
    pending = [key for key in asked if key in fields and key not in fitted.values]
    secrets = tuple(dict.fromkeys([*fitted.secrets, *pending]))
    preset = save_preset(state, name, replace(fitted, secrets=secrets), same)
    prefill.clear_source(state)
    errors = {key: each.error for key, each in state.entries.invalid.items()}
    omitted = _reasons(fields, [*errors.items(), *fitted.rejected.items()])
    if omitted:
        heading = f"{action} “{preset.name}” without the invalid fields:"
        banner(state).set((heading, omitted[:_MAX_LINES]))
    else:
        banner(state).clear()
        st.toast(f"{action} “{escape(preset.name)}”.")


def save_preset(
    state: FormState, name: str, fitted: FittedValues, same: Preset | PresetSummary | None
) -> Preset:
    """Save values as a preset, replacing `same`, and link the form to it.

    Raise `LangflowError` if the name is taken or `same` was changed since it was drawn.
    """
    saved = store_preset(state, name, fitted, same)
    state.entries.preset_link = PresetLink(saved.id, saved.version)
    return saved


def store_preset(
    state: FormState, name: str, fitted: FittedValues, same: Preset | PresetSummary | None = None
) -> Preset:
    """Save values as `save_preset` does, without linking the form to them."""
    require_access(state.owner)
    check_size(state.flow, fitted.masked)
    presets = app_context().runner.store.presets
    preset = Preset(
        id=same.id if same else uuid.uuid4().hex,
        owner=state.owner,
        flow_id=state.flow.id,
        flow_name=state.flow.name,
        name=name,
        values=fitted.values,
        secrets=fitted.secrets,
        version=same.version if same else 1,
    )
    return presets.update(preset) if same else presets.create(preset)


def draw_notes(state: FormState, fitted: FittedValues, verb: str) -> None:
    """Draw notes on secrets and files among values that are "saved" or "included"."""
    exposed = [key for key, value in fitted.values.items() if looks_like_secret(value)]
    if exposed:
        names = field_names(state, exposed)
        warning = f"Others can read these values, which look like passwords or keys: {names}."
        st.warning(warning, icon=":material/warning:")
    if fitted.secrets:
        names = field_names(state, fitted.secrets)
        st.caption(f"Secrets are not {verb} and must be entered again: {names}.")
    if any(state.fields[key].kind is FieldKind.FILE for key in fitted.values):
        st.caption(f"Files are {verb} as paths on the server.")


def field_names(state: FormState, keys: Iterable[str]) -> str:
    """Return the labels of fields as Markdown, shortened to `_MAX_LINES` and a count."""
    names = [qualified_label_for_key(state.fields, key) for key in dict.fromkeys(keys)]
    return escape(list_names(names, _MAX_LINES))


def describe_mismatch(
    state: FormState, fitted: FittedValues, beginning: str
) -> tuple[str, list[str]]:
    """Return a heading and lines about the values that do not fit the flow."""
    rejected = [(clip(key, 80), reason) for key, reason in fitted.rejected.items()]
    lines = _reasons(state.fields, rejected)
    more = len(lines) - _MAX_LINES
    if more > 0:
        lines[_MAX_LINES:] = [f"… and {more} more."]
    total = len(fitted.values) + len({*fitted.rejected, *fitted.secrets})
    return f"{beginning}, {len(fitted.values)} of {total} fit. Omitted:", lines


def _reasons(fields: Mapping[str, Field], reasons: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{qualified_label_for_key(fields, key)}: {reason}" for key, reason in reasons]


def menu_error(state: FormState) -> Slot[LangflowError]:
    """Return the slot for the error of a menu's callback. The open menu shows the error once."""
    return Slot(state.key("preset-problem"))


def close_menu(state: FormState, part: str) -> None:
    """Close an open menu. Call this in a callback."""
    st.session_state[state.key(f"preset-{part}")] = False
