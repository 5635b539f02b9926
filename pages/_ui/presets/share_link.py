"""Links that open a form with values: create one, and apply one that was opened."""

from __future__ import annotations

from collections.abc import Mapping
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
    """The contents of a link: a preset's id or encoded values."""

    flow_id: str
    preset: str
    values: str
    done: bool = False


def read_address() -> None:
    """Read the link from the address before anything else changes the address."""
    preset, values = (
        st.query_params.get(query_params.PRESET, ""),
        st.query_params.get(query_params.VALUES, ""),
    )
    if not (preset or values):
        return
    fitted: SharedLink | None = st.session_state.get(preset_keys.SHARED)
    if fitted is None or (fitted.preset, fitted.values) != (preset, values):
        flow_id = st.query_params.get(query_params.FLOW, "")
        st.session_state[preset_keys.SHARED] = SharedLink(flow_id, preset, values)
    elif fitted.done:
        _clear_address()  # the browser's Back button returned to it


def apply_shared_link(server: ServerSession, flow: Flow) -> bool:
    """Fill the form from the link; return whether there was one.

    Removes it from the address, so that a reload does not overwrite later edits.
    """
    link: SharedLink | None = st.session_state.get(preset_keys.SHARED)
    if link is None or link.done:
        return False
    link.done = True
    _clear_address()
    # clear the messages about an earlier link
    clear_source(form_state(server.owner, flow))
    set_banner(server.owner, flow.id, None)
    if link.flow_id != flow.id:
        set_banner(server.owner, flow.id, _unknown_flow_banner(link.flow_id))
        return True
    try:
        if link.preset:
            _apply_preset(server, flow, link.preset)
        if link.values:
            _apply_values(server, flow, link.values)
    except LangflowError as error:
        lines = ("The form is unchanged.", error.hint)
        set_banner(server.owner, flow.id, Banner(error.message, lines, is_warning=True))
    return True


def discard_shared_link() -> None:
    """Discard the link: its flow is missing."""
    link: SharedLink | None = st.session_state.get(preset_keys.SHARED)
    if link and not link.done:
        link.done = True
        _clear_address()


def _clear_address() -> None:
    """Remove both parameters at once: each change of the address adds a step to Back."""
    gone = (query_params.PRESET, query_params.VALUES)
    params = {name: text for name, text in st.query_params.to_dict().items() if name not in gone}
    st.query_params.from_dict(params)


def _unknown_flow_banner(flow_id: str) -> Banner:
    heading = (
        f"The link's flow {clip(flow_id, 60)} was not found."
        if flow_id
        else "The link has no flow."
    )
    return Banner(
        heading,
        ("The form is unchanged. Connect with the server and key that the link was created with.",),
        is_warning=True,
    )


def _apply_preset(server: ServerSession, flow: Flow, preset_id: str) -> None:
    preset = app_context().runner.store.presets.get(server.owner, preset_id)
    if preset is None or preset.flow_id != flow.id:
        raise LangflowError(
            "The link's preset was not found for this server and key.",
            hint="It may have been deleted, or created with a different key.",
        )
    fitted = fill_form(
        server, flow, masked_values(preset), f"Filled with the preset “{preset.name}”."
    )
    link_preset(server, flow, PresetLink(preset.id, preset.version))
    if fitted.rejected:
        set_banner(server.owner, flow.id, mismatch_banner(f"Of “{preset.name}”", flow, fitted))


def _apply_values(server: ServerSession, flow: Flow, text: str) -> None:
    fitted = fit_values(flow, decode_values(text))
    if fitted.masked:
        many = f"{len(fitted.values)} value{'' if len(fitted.values) == 1 else 's'}"
        source = f"Filled with {many} from the link. Check the marked fields before you run."
        fill_form(server, flow, fitted.masked, source)
        link_preset(server, flow, PresetLink())
    if fitted.rejected:
        set_banner(
            server.owner, flow.id, mismatch_banner("Of the values in the link", flow, fitted)
        )


def draw(server: ServerSession, flow: Flow, chosen: Preset | None) -> None:
    """Draw the Share menu."""
    opened = st.popover(
        "Share",
        help="Link to this form",
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
    fitted_now = fit_values(flow, mask_secrets(flow, overrides))
    page = st.context.url or ""
    st.markdown("**Link to this form**")
    if (
        chosen
        and not form.entries.invalid
        and not changed_keys(flow, masked_values(chosen), overrides)
    ):
        st.caption(f"With the preset “{escape(chosen.name)}” at the time of opening")
        _draw_address(page_url(page, flow=flow.id, preset=chosen.id))
        st.caption("With the current values")
    with_values = page_url(page, flow=flow.id, values=encode_values(fitted_now.masked))
    if not fitted_now.masked:
        with_values = page_url(page, flow=flow.id)
    if len(with_values) <= MAX_URL_LENGTH:
        _draw_address(with_values)
    else:
        st.warning(
            f"The link is too long: {len(with_values):,} characters; browsers and chat apps allow "
            f"about {MAX_URL_LENGTH:,}. Save the values as a preset and share that, or export them "
            "as JSON.",
            icon=":material/warning:",
        )
    st.caption(
        "Works for anyone with the same server and key. Opening it doesn't start a run or discard "
        "anything already typed."
    )
    warning = secret_warning(fields, fitted_now)
    if warning:
        st.warning(escape(warning), icon=":material/warning:")
    for line in _notes(fields, fitted_now, form.entries.invalid):
        st.caption(escape(line))


def _draw_address(text: str) -> None:
    st.code(text, language=None, wrap_lines=True)


def _notes(
    fields: dict[str, Field], fitted_now: FittedValues, wrong: Mapping[str, object]
) -> list[str]:
    lines = []
    if fitted_now.secrets:
        names = field_names(fields, fitted_now.secrets)
        lines.append(f"Secrets are not included and must be entered again: {names}.")
    if any(fields[key].kind is FieldKind.FILE for key in fitted_now.values):
        lines.append("Files are included as paths on the server.")
    left = [*wrong, *(one.key for one in fitted_now.rejected)]
    if left:
        lines.append(f"Left out because they are invalid: {field_names(fields, left)}.")
    return lines
