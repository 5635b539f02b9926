"""The preset a form is linked to, and the messages about it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.common.redaction import looks_like_secret
from lfclient.console.presets.fitting import FittedValues, fit_values
from lfclient.console.presets.preset_file import check_size
from lfclient.console.store.presets import Preset, PresetSummary
from lfclient.errors import InvalidRequest, LangflowError
from lfclient.flows.field import Field
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import qualified_label_for_key
from lfclient.flows.validation import SECRET_MASK, is_secret_field, mask_secrets
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.entries import PresetLink
from pages._ui.form.form import apply_json_edits, load_overrides
from pages._ui.form.form_state import FormState, form_state
from pages._ui.form.prefill import clear_source
from pages._ui.state import preset_keys
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

_MAX_LINES = 8  # items listed in a message
SECRET_HINT = "Enter this value: secrets are not saved."


@dataclass(frozen=True)
class Banner:
    """A message above the form until it is dismissed."""

    heading: str
    lines: tuple[str, ...] = ()
    is_warning: bool = False


@dataclass(frozen=True)
class FormSnapshot:
    """The form's values with secrets masked; `left_out` lists the fields that have no valid one."""

    fit: FittedValues
    left_out: tuple[str, ...]


def link_preset(server: ServerSession, flow: Flow, new: PresetLink) -> None:
    """Link the form to a preset or to none; the link survives a reload."""
    form_state(server.owner, flow).entries.preset_link = new


def set_banner(owner: str, flow_id: str, banner: Banner | None) -> None:
    """Show a message above the form, or remove it with None."""
    st.session_state[preset_keys.preset_key("told", owner, flow_id)] = banner


def current_banner(owner: str, flow_id: str) -> Banner | None:
    """Return the message above the form, or None."""
    return st.session_state.get(preset_keys.preset_key("told", owner, flow_id))


def is_untouched(server: ServerSession, flow: Flow) -> bool:
    """Return whether this browser has neither entered values nor chosen a preset."""
    form = form_state(server.owner, flow)
    entered = (
        form.entries.values
        or form.entries.invalid
        or form.entries.uploads
        or form.json_text
        or form.prefill
    )
    return not entered and form.entries.preset_link is None


def masked_values(preset: Preset) -> dict[str, Any]:
    """Return a preset's values, with `SECRET_MASK` for each secret."""
    return {**preset.values, **dict.fromkeys(preset.secrets, SECRET_MASK)}


def fill_form(
    server: ServerSession, flow: Flow, values: Mapping[str, Any], source: str
) -> FittedValues:
    """Fill the form with values whose secrets are masked, and return how they fit the flow.

    `source` is a sentence about their origin. The earlier entries can be restored.
    """
    fitted = fit_values(flow, values)
    fields = flow.fields_by_key
    secrets = [
        key for key in fitted.secrets if is_secret_field(fields[key])
    ]  # those that are there stay
    overrides = {**fitted.values, **dict.fromkeys(secrets, SECRET_MASK)}
    load_overrides(
        server.owner, flow, overrides, source, dict.fromkeys(fitted.secrets, SECRET_HINT)
    )
    return fitted


def snapshot_form(server: ServerSession, flow: Flow) -> FormSnapshot:
    """Return the form's current values, ready to be saved; callbacks may call it.

    Raises `InvalidRequest` if pending JSON edits cannot be applied.
    """
    form = form_state(server.owner, flow)
    fields = flow.fields_by_key
    form.read_widgets(fields)
    form.collect_uploads(fields)
    apply_json_edits(server.owner, flow)
    if form.json_error:
        raise InvalidRequest(form.json_error, hint="Correct the text, or discard it.")
    fitted = fit_values(flow, mask_secrets(flow, form.overrides(fields)))
    left_out = [
        f"{qualified_label_for_key(fields, key)}: {text}"
        for key, text in form.entries.errors.items()
    ]
    left_out += [
        f"{qualified_label_for_key(fields, one.key)}: {one.reason}" for one in fitted.rejected
    ]
    return FormSnapshot(fitted, tuple(left_out))


def with_pending_secrets(
    flow: Flow, values_to_save: FittedValues, chosen: Preset | None
) -> FittedValues:
    """Return the values, also asking for the secrets of `chosen` that were not entered."""
    known = {field.key for field in flow.fields} - values_to_save.values.keys()
    asked = [key for key in chosen.secrets if key in known] if chosen else ()
    return replace(values_to_save, secrets=tuple(dict.fromkeys([*values_to_save.secrets, *asked])))


def secret_warning(fields: Mapping[str, Field], values_to_save: FittedValues) -> str:
    """Return a warning if values to be shared look like secrets, or ""."""
    keys = [key for key, value in values_to_save.values.items() if looks_like_secret(value)]
    if not keys:
        return ""
    names = field_names(fields, keys)
    return f"Others can read these values, which look like passwords or keys: {names}."


def save_preset(
    server: ServerSession,
    flow: Flow,
    name: str,
    values_to_save: FittedValues,
    same: PresetSummary | None,
) -> Preset:
    """Save values as a preset, replacing `same`, and link the form to it.

    Raises `LangflowError` if the name is taken or `same` was changed since it was drawn.
    """
    check_size(flow, values_to_save.masked)
    presets = app_context().runner.store.presets
    made = Preset(
        id=same.id if same else uuid.uuid4().hex,
        owner=server.owner,
        flow_id=flow.id,
        flow_name=flow.name,
        name=name,
        values=values_to_save.values,
        secrets=values_to_save.secrets,
        version=same.version if same else 1,
    )
    made = presets.update(made) if same else presets.create(made)
    link_preset(server, flow, PresetLink(made.id, made.version))
    return made


def missing_secrets(form: FormState, keys: Iterable[str]) -> list[str]:
    """Return the secrets that have not been entered."""
    return [key for key in keys if key not in form.entries.values]


def field_names(fields: Mapping[str, Field], keys: Iterable[str]) -> str:
    """Return the labels of fields, shortened to `_MAX_LINES` and a count."""
    names = [qualified_label_for_key(fields, key) for key in dict.fromkeys(keys)]
    more = f" and {len(names) - _MAX_LINES} more" if len(names) > _MAX_LINES else ""
    return ", ".join(names[:_MAX_LINES]) + more


def mismatch_banner(beginning: str, flow: Flow, fitted: FittedValues) -> Banner:
    """Return a message about the values that do not fit the flow, with the reasons."""
    fields = flow.fields_by_key
    lines = [
        f"{qualified_label_for_key(fields, clip(one.key, 80))}: {one.reason}"
        for one in fitted.rejected
    ]
    more = len(lines) - _MAX_LINES
    if more > 0:
        lines[_MAX_LINES:] = [f"… and {more} more."]
    total = len(fitted.values) + len({one.key for one in fitted.rejected} | set(fitted.secrets))
    heading = f"{beginning}, {len(fitted.values)} of {total} fit. Left out:"
    return Banner(heading, tuple(lines), is_warning=True)


def report_saved(
    server: ServerSession, flow: Flow, how: str, preset: Preset, now: FormSnapshot
) -> None:
    """Report that a preset was saved, and what was left out of it."""
    clear_source(form_state(server.owner, flow))
    if now.left_out:
        heading = f"{how} “{preset.name}” without the invalid fields:"
        set_banner(
            server.owner, flow.id, Banner(heading, now.left_out[:_MAX_LINES], is_warning=True)
        )
    else:
        set_banner(server.owner, flow.id, None)
        st.toast(f"{how} “{escape(preset.name)}”.")


@contextmanager
def menu_errors(server: ServerSession, flow: Flow) -> Iterator[None]:
    """Show errors of a menu's callback in the menu, which stays open."""
    key = preset_keys.preset_key("problem", server.owner, flow.id)
    try:
        yield
    except LangflowError as error:
        st.session_state[key] = (alerts.title(error), error.message, error.hint)


def show_menu_error(server: ServerSession, flow: Flow) -> None:
    """Draw the error that `menu_errors` caught, once."""
    left = st.session_state.pop(preset_keys.preset_key("problem", server.owner, flow.id), None)
    if left:
        alerts.show_message(*left)


def close_menu(server: ServerSession, flow: Flow, part: str) -> None:
    """Close an open menu; call it from a callback."""
    st.session_state[preset_keys.preset_key(part, server.owner, flow.id)] = False
