"""The address that opens a form filled in, and what is done when one is opened."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presets.presets import FittedValues, changed_keys, fit_values
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
from pages._ui.form.prefill import forget_source
from pages._ui.presets.preset_state import (
    Banner,
    masked,
    names_at,
    not_fitting,
    put_in,
    set_tie,
    tell,
    warning_of_secrets,
)
from pages._ui.state import preset_keys, query_params
from pages._ui.widgets.markdown import escape


@dataclass
class Shared:
    """What an address asks a form to be filled with: a preset's id, or values as it holds them."""

    flow_id: str
    preset: str
    values: str
    done: bool = False


def look() -> None:
    """Notice what the address asks for, before anything else changes it."""
    preset, values = (
        st.query_params.get(query_params.PRESET, ""),
        st.query_params.get(query_params.VALUES, ""),
    )
    if not (preset or values):
        return
    found: Shared | None = st.session_state.get(preset_keys.SHARED)
    if found is None or (found.preset, found.values) != (preset, values):
        flow_id = st.query_params.get(query_params.FLOW, "")
        st.session_state[preset_keys.SHARED] = Shared(flow_id, preset, values)
    elif found.done:
        _leave_address()  # the browser's Back led here again


def take_up(server: ServerSession, flow: Flow) -> bool:
    """Fill the form as the address asks; whether it asked for anything.

    What is asked for leaves the address, so that a reload does not do it again over edits.
    """
    asked: Shared | None = st.session_state.get(preset_keys.SHARED)
    if asked is None or asked.done:
        return False
    asked.done = True
    _leave_address()
    # what was said of an address before this one
    forget_source(form_state(server.owner, flow))
    tell(server.owner, flow.id, None)
    if asked.flow_id != flow.id:
        tell(server.owner, flow.id, _no_such_flow(asked.flow_id))
        return True
    try:
        if asked.preset:
            _take_preset(server, flow, asked.preset)
        if asked.values:
            _take_values(server, flow, asked.values)
    except LangflowError as error:
        lines = ("Nothing was filled in from it.", error.hint)
        tell(server.owner, flow.id, Banner(error.message, lines, wrong=True))
    return True


def drop() -> None:
    """Fill no form as the address asks: its flow is not there."""
    asked: Shared | None = st.session_state.get(preset_keys.SHARED)
    if asked and not asked.done:
        asked.done = True
        _leave_address()


def _leave_address() -> None:
    """Both parameters at once: each change of the address is a step of the browser's Back."""
    gone = (query_params.PRESET, query_params.VALUES)
    kept = {name: text for name, text in st.query_params.to_dict().items() if name not in gone}
    st.query_params.from_dict(kept)


def _no_such_flow(flow_id: str) -> Banner:
    named = f"the flow {clip(flow_id, 60)}" if flow_id else "no flow"
    return Banner(
        f"The address names {named}, which is not in sight here.",
        (
            "Nothing was filled in from it. It opens for whoever is connected with the server and "
            "key that it was made with.",
        ),
        wrong=True,
    )


def _take_preset(server: ServerSession, flow: Flow, preset_id: str) -> None:
    preset = app_context().runner.store.presets.get(server.owner, preset_id)
    if preset is None or preset.flow_id != flow.id:
        raise LangflowError(
            "The address names a preset that this flow does not have for this server and key.",
            hint="It may have been deleted, or made with another key.",
        )
    found = put_in(server, flow, masked(preset), f"Filled with the preset “{preset.name}”.")
    set_tie(server, flow, PresetLink(preset.id, preset.version))
    if found.rejected:
        tell(server.owner, flow.id, not_fitting(f"Of “{preset.name}”", flow, found))


def _take_values(server: ServerSession, flow: Flow, text: str) -> None:
    found = fit_values(flow, decode_values(text))
    if found.masked:
        many = f"{len(found.values)} value{'' if len(found.values) == 1 else 's'}"
        source = f"Filled with {many} from the address: look at what is marked before you run."
        put_in(server, flow, found.masked, source)
        set_tie(server, flow, PresetLink())
    if found.rejected:
        tell(server.owner, flow.id, not_fitting("Of the values in the address", flow, found))


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
            _inside(server, flow, chosen)


def _inside(server: ServerSession, flow: Flow, chosen: Preset | None) -> None:
    form = form_state(server.owner, flow)
    fields = flow.fields_by_key
    overrides = form.overrides(fields)
    now = fit_values(flow, mask_secrets(flow, overrides))
    page = st.context.url or ""
    st.markdown("**An address that opens this form filled in**")
    if chosen and not form.wrong and not changed_keys(flow, masked(chosen), overrides):
        st.caption(f"With the preset “{escape(chosen.name)}”, as it is when somebody opens it")
        _address(page_url(page, flow=flow.id, preset=chosen.id))
        st.caption("With the values as they are now")
    with_values = page_url(page, flow=flow.id, values=encode_values(now.masked))
    if not now.masked:
        with_values = page_url(page, flow=flow.id)
    if len(with_values) <= MAX_URL_LENGTH:
        _address(with_values)
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
    warning = warning_of_secrets(fields, now)
    if warning:
        st.warning(escape(warning), icon=":material/warning:")
    for line in _remarks(fields, now, form.wrong):
        st.caption(escape(line))


def _address(text: str) -> None:
    st.code(text, language=None, wrap_lines=True)


def _remarks(fields: dict[str, Field], now: FittedValues, wrong: dict) -> list[str]:
    lines = []
    if now.secrets:
        names = names_at(fields, now.secrets)
        lines.append(f"Secrets are not in it, they are entered anew: {names}.")
    if any(fields[key].kind is FieldKind.FILE for key in now.values):
        lines.append("Files go along as their paths on the server.")
    left = [*wrong, *(one.key for one in now.rejected)]
    if left:
        lines.append(f"Left out, as they need a correction: {names_at(fields, left)}.")
    return lines
