"""Which preset a form goes by, and what is to be said about it."""

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

_MAX_LINES = 8  # that are said of many
SECRET_HINT = "Enter it yourself: secrets are not kept."


@dataclass(frozen=True)
class Banner:
    """Something to be said above the form until it is dismissed. `wrong`: it needs attention."""

    heading: str
    lines: tuple[str, ...] = ()
    is_warning: bool = False


@dataclass(frozen=True)
class FormSnapshot:
    """What a form holds, as it is kept: secrets masked; `left_out` says what makes no value."""

    fit: FittedValues
    left_out: tuple[str, ...]


def link_preset(server: ServerSession, flow: Flow, new: PresetLink) -> None:
    """Let the form go by a preset, or by none; a reload finds it again."""
    form_state(server.owner, flow).entries.preset_link = new


def set_banner(owner: str, flow_id: str, told: Banner | None) -> None:
    """Have something said above the form, or no longer."""
    st.session_state[preset_keys.preset_key("told", owner, flow_id)] = told


def current_banner(owner: str, flow_id: str) -> Banner | None:
    """What is to be said."""
    return st.session_state.get(preset_keys.preset_key("told", owner, flow_id))


def is_untouched(server: ServerSession, flow: Flow) -> bool:
    """Whether nothing was entered into the form, nor decided about it, in this browser."""
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
    """A preset's values, `MASK` for each secret."""
    return {**preset.values, **dict.fromkeys(preset.secrets, SECRET_MASK)}


def fill_form(
    server: ServerSession, flow: Flow, values: Mapping[str, Any], source: str
) -> FittedValues:
    """Fill the form with values from elsewhere, secrets masked; what fits of them.

    There is a way back to what was typed; `source` says where they come from.
    """
    found = fit_values(flow, values)
    fields = flow.fields_by_key
    secrets = [
        key for key in found.secrets if is_secret_field(fields[key])
    ]  # those that are there stay
    overrides = {**found.values, **dict.fromkeys(secrets, SECRET_MASK)}
    load_overrides(server.owner, flow, overrides, source, dict.fromkeys(found.secrets, SECRET_HINT))
    return found


def snapshot_form(server: ServerSession, flow: Flow) -> FormSnapshot:
    """What the form holds now, fit to be kept. To be called from a callback, too.

    Raises `InvalidRequest` if an edit of the overrides as JSON cannot be taken up.
    """
    form = form_state(server.owner, flow)
    fields = flow.fields_by_key
    form.read_widgets(fields)
    form.collect_uploads(fields)
    apply_json_edits(server.owner, flow)
    if form.json_error:
        raise InvalidRequest(form.json_error, hint="Correct the text, or discard it.")
    found = fit_values(flow, mask_secrets(flow, form.overrides(fields)))
    left_out = [
        f"{qualified_label_for_key(fields, key)}: {text}"
        for key, text in form.entries.errors.items()
    ]
    left_out += [
        f"{qualified_label_for_key(fields, one.key)}: {one.reason}" for one in found.rejected
    ]
    return FormSnapshot(found, tuple(left_out))


def with_pending_secrets(flow: Flow, what: FittedValues, chosen: Preset | None) -> FittedValues:
    """Values to be kept, also asking for what their preset asks and nobody has entered yet."""
    known = {field.key for field in flow.fields} - what.values.keys()
    asked = [key for key in chosen.secrets if key in known] if chosen else ()
    return replace(what, secrets=tuple(dict.fromkeys([*what.secrets, *asked])))


def secret_warning(fields: Mapping[str, Field], what: FittedValues) -> str:
    """That values which are about to be shown to others may hold secrets; "" if none seems to."""
    keys = [key for key, value in what.values.items() if looks_like_secret(value)]
    if not keys:
        return ""
    names = field_names(fields, keys)
    return f"May hold a password or a key, which others will read: {names}. Take it out first."


def save_preset(
    server: ServerSession, flow: Flow, name: str, what: FittedValues, same: PresetSummary | None
) -> Preset:
    """Keep values under a name, in place of `same` as it was drawn, and let the form go by them.

    Raises `LangflowError`: the name is taken, or somebody changed `same` meanwhile.
    """
    check_size(flow, what.masked)
    presets = app_context().runner.store.presets
    made = Preset(
        id=same.id if same else uuid.uuid4().hex,
        owner=server.owner,
        flow_id=flow.id,
        flow_name=flow.name,
        name=name,
        values=what.values,
        secrets=what.secrets,
        version=same.version if same else 1,
    )
    made = presets.update(made) if same else presets.create(made)
    link_preset(server, flow, PresetLink(made.id, made.version))
    return made


def missing_secrets(form: FormState, keys: Iterable[str]) -> list[str]:
    """Which of these secrets have not been entered."""
    return [key for key in keys if key not in form.entries.values]


def field_names(fields: Mapping[str, Field], keys: Iterable[str]) -> str:
    """Several of them, and how many more there are."""
    names = [qualified_label_for_key(fields, key) for key in dict.fromkeys(keys)]
    more = f" and {len(names) - _MAX_LINES} more" if len(names) > _MAX_LINES else ""
    return ", ".join(names[:_MAX_LINES]) + more


def mismatch_banner(beginning: str, flow: Flow, found: FittedValues) -> Banner:
    """Which values were left out, and why; the others were taken."""
    fields = flow.fields_by_key
    lines = [
        f"{qualified_label_for_key(fields, clip(one.key, 80))}: {one.reason}"
        for one in found.rejected
    ]
    more = len(lines) - _MAX_LINES
    if more > 0:
        lines[_MAX_LINES:] = [f"… and {more} more."]
    given = len(found.values) + len({one.key for one in found.rejected} | set(found.secrets))
    heading = f"{beginning}, {len(found.values)} of {given} fit. Not taken:"
    return Banner(heading, tuple(lines), is_warning=True)


def report_saved(
    server: ServerSession, flow: Flow, how: str, preset: Preset, now: FormSnapshot
) -> None:
    """Say that a preset holds what the form held, and what was left out of it."""
    clear_source(form_state(server.owner, flow))
    if now.left_out:
        heading = f"{how} “{preset.name}” without what needs a correction:"
        set_banner(
            server.owner, flow.id, Banner(heading, now.left_out[:_MAX_LINES], is_warning=True)
        )
    else:
        set_banner(server.owner, flow.id, None)
        st.toast(f"{how} “{escape(preset.name)}”.")


@contextmanager
def menu_errors(server: ServerSession, flow: Flow) -> Iterator[None]:
    """A press in an open menu: what goes wrong is said in it, and it stays open."""
    key = preset_keys.preset_key("problem", server.owner, flow.id)
    try:
        yield
    except LangflowError as error:
        st.session_state[key] = (alerts.title(error), error.message, error.hint)


def show_menu_error(server: ServerSession, flow: Flow) -> None:
    """What `attempt` left to be said, once."""
    left = st.session_state.pop(preset_keys.preset_key("problem", server.owner, flow.id), None)
    if left:
        alerts.show_message(*left)


def close_menu(server: ServerSession, flow: Flow, part: str) -> None:
    """Close an open menu; to be called from a callback."""
    st.session_state[preset_keys.preset_key(part, server.owner, flow.id)] = False
