"""The address that opens a form filled in, and what is done when one is opened."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presets.fitting import FittedValues, changed_keys, fit_values
from lfclient.console.presets.share_links import (
    MAX_URL_LENGTH,
    decode_values,
    encode_values,
    page_url,
)
from lfclient.console.store.presets import Preset
from lfclient.errors import LangflowError
from lfclient.flows.field import Field, FieldKind
from lfclient.flows.model import Flow
from lfclient.flows.validation import mask_secrets
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.entries import PresetLink
from pages._ui.form.form_state import form_state
from pages._ui.form.prefill import clear_source
from pages._ui.presets.preset_state import (
    Banner,
    field_names,
    fill_form,
    link_preset,
    masked_values,
    mismatch_banner,
    secret_warning,
    set_banner,
)
from pages._ui.state import preset_keys, query_params
from pages._ui.widgets.markdown import escape


@dataclass
class SharedLink:
    """What an address asks a form to be filled with: a preset's id, or values as it holds them."""

    flow_id: str
    preset: str
    values: str
    done: bool = False


def read_address() -> None:
    """Notice what the address asks for, before anything else changes it."""
    preset, values = (
        st.query_params.get(query_params.PRESET, ""),
        st.query_params.get(query_params.VALUES, ""),
    )
    if not (preset or values):
        return
    found: SharedLink | None = st.session_state.get(preset_keys.SHARED)
    if found is None or (found.preset, found.values) != (preset, values):
        flow_id = st.query_params.get(query_params.FLOW, "")
        st.session_state[preset_keys.SHARED] = SharedLink(flow_id, preset, values)
    elif found.done:
        _clear_address()  # the browser's Back led here again


def apply_shared_link(server: ServerSession, flow: Flow) -> bool:
    """Fill the form as the address asks; whether it asked for anything.

    What is asked for leaves the address, so that a reload does not do it again over edits.
    """
    asked: SharedLink | None = st.session_state.get(preset_keys.SHARED)
    if asked is None or asked.done:
        return False
    asked.done = True
    _clear_address()
    # what was said of an address before this one
    clear_source(form_state(server.owner, flow))
    set_banner(server.owner, flow.id, None)
    if asked.flow_id != flow.id:
        set_banner(server.owner, flow.id, _unknown_flow_banner(asked.flow_id))
        return True
    try:
        if asked.preset:
            _apply_preset(server, flow, asked.preset)
        if asked.values:
            _apply_values(server, flow, asked.values)
    except LangflowError as error:
        lines = ("Nothing was filled in from it.", error.hint)
        set_banner(server.owner, flow.id, Banner(error.message, lines, is_warning=True))
    return True


def discard_shared_link() -> None:
    """Fill no form as the address asks: its flow is not there."""
    asked: SharedLink | None = st.session_state.get(preset_keys.SHARED)
    if asked and not asked.done:
        asked.done = True
        _clear_address()


def _clear_address() -> None:
    """Both parameters at once: each change of the address is a step of the browser's Back."""
    gone = (query_params.PRESET, query_params.VALUES)
    kept = {name: text for name, text in st.query_params.to_dict().items() if name not in gone}
    st.query_params.from_dict(kept)


def _unknown_flow_banner(flow_id: str) -> Banner:
    named = f"the flow {clip(flow_id, 60)}" if flow_id else "no flow"
    return Banner(
        f"The address names {named}, which is not in sight here.",
        (
            "Nothing was filled in from it. It opens for whoever is connected with the server and "
            "key that it was made with.",
        ),
        is_warning=True,
    )


def _apply_preset(server: ServerSession, flow: Flow, preset_id: str) -> None:
    preset = app_context().runner.store.presets.get(server.owner, preset_id)
    if preset is None or preset.flow_id != flow.id:
        raise LangflowError(
            "The address names a preset that this flow does not have for this server and key.",
            hint="It may have been deleted, or made with another key.",
        )
    found = fill_form(
        server, flow, masked_values(preset), f"Filled with the preset “{preset.name}”."
    )
    link_preset(server, flow, PresetLink(preset.id, preset.version))
    if found.rejected:
        set_banner(server.owner, flow.id, mismatch_banner(f"Of “{preset.name}”", flow, found))


def _apply_values(server: ServerSession, flow: Flow, text: str) -> None:
    found = fit_values(flow, decode_values(text))
    if found.masked:
        many = f"{len(found.values)} value{'' if len(found.values) == 1 else 's'}"
        source = f"Filled with {many} from the address: look at what is marked before you run."
        fill_form(server, flow, found.masked, source)
        link_preset(server, flow, PresetLink())
    if found.rejected:
        set_banner(
            server.owner, flow.id, mismatch_banner("Of the values in the address", flow, found)
        )


def draw(server: ServerSession, flow: Flow, chosen: Preset | None) -> None:
    """What opens to show the address."""
    opened = st.popover(
        "Share",
        help="An address that opens this form filled in",
        key=preset_keys.preset_key("share", server.owner, flow.id),
        on_change="rerun",
    )
    if opened.open:
        with opened:
            _draw_popover(server, flow, chosen)


def _draw_popover(server: ServerSession, flow: Flow, chosen: Preset | None) -> None:
    form = form_state(server.owner, flow)
    fields = flow.fields_by_key
    overrides = form.overrides(fields)
    now = fit_values(flow, mask_secrets(flow, overrides))
    page = st.context.url or ""
    st.markdown("**An address that opens this form filled in**")
    if (
        chosen
        and not form.entries.invalid
        and not changed_keys(flow, masked_values(chosen), overrides)
    ):
        st.caption(f"With the preset “{escape(chosen.name)}”, as it is when somebody opens it")
        _draw_address(page_url(page, flow=flow.id, preset=chosen.id))
        st.caption("With the values as they are now")
    with_values = page_url(page, flow=flow.id, values=encode_values(now.masked))
    if not now.masked:
        with_values = page_url(page, flow=flow.id)
    if len(with_values) <= MAX_URL_LENGTH:
        _draw_address(with_values)
    else:
        st.warning(
            f"With these values it has {len(with_values):,} characters, and browsers and chat "
            f"programs let about {MAX_URL_LENGTH:,} through. Save them as a preset and share its "
            "address, or export them as JSON.",
            icon=":material/warning:",
        )
    st.caption(
        "It opens for whoever is connected with the same server and key. Nothing runs by itself, "
        "and what they had typed is not lost."
    )
    warning = secret_warning(fields, now)
    if warning:
        st.warning(escape(warning), icon=":material/warning:")
    for line in _notes(fields, now, form.entries.invalid):
        st.caption(escape(line))


def _draw_address(text: str) -> None:
    st.code(text, language=None, wrap_lines=True)


def _notes(fields: dict[str, Field], now: FittedValues, wrong: dict) -> list[str]:
    lines = []
    if now.secrets:
        names = field_names(fields, now.secrets)
        lines.append(f"Secrets are not in it, they are entered anew: {names}.")
    if any(fields[key].kind is FieldKind.FILE for key in now.values):
        lines.append("Files go along as their paths on the server.")
    left = [*wrong, *(one.key for one in now.rejected)]
    if left:
        lines.append(f"Left out, as they need a correction: {field_names(fields, left)}.")
    return lines
