"""Links that open a form with values: creating links, and applying opened links."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial

import streamlit as st

from lfclient.common.formatting import clip, format_count
from lfclient.common.json_types import JsonObject
from lfclient.console.presets.fitting import changed_keys, fit_values
from lfclient.console.presets.share_links import (
    MAX_URL_LENGTH,
    decode_values,
    encode_values,
    page_url,
)
from lfclient.console.presets.sources import Source
from lfclient.console.store.presets import Preset
from lfclient.errors import LangflowError
from lfclient.flows.refreshing import looked_up
from pages._ui.app import window
from pages._ui.connection.app_context import app_context
from pages._ui.form.choices import show_fields_of
from pages._ui.form.form_state import FormState
from pages._ui.form.prefill import clear_source
from pages._ui.presets.offer import offer, pending
from pages._ui.presets.preset_state import (
    apply_preset,
    banner,
    draw_notes,
    field_names,
    fill_form,
    fit_current,
    masked_values,
    report_mismatch,
)
from pages._ui.state import query_params
from pages._ui.widgets import copy_button
from pages._ui.widgets.markdown import escape

_LINK = "shared-values"


@dataclass
class SharedLink:
    """A link's content: a preset's ID or encoded values."""

    flow_id: str
    preset: str
    values: str
    done: bool = False


def read_address() -> None:
    """Read the link from the URL before anything else changes the URL."""
    names = (query_params.FLOW, query_params.PRESET, query_params.VALUES)
    flow_id, preset, values = (st.query_params.get(name, "") for name in names)
    if not (preset or values):
        return
    link: SharedLink | None = st.session_state.get(_LINK)
    if link is None or (link.preset, link.values) != (preset, values):
        st.session_state[_LINK] = SharedLink(flow_id, preset, values)
    elif link.done:
        _clear_address()  # the browser's Back button returned to it


def apply_shared_link(state: FormState) -> bool:
    """Fill the form from the link, and remove the link from the URL.

    Return whether there was a link, or a question about a link is open. Without the removal, a
    reload would overwrite later edits.
    """
    link = take_link()
    if link is None:
        return pending(state).get() is not None
    # hide the messages about an earlier link
    clear_source(state)
    banner(state).clear()
    pending(state).clear()
    if link.flow_id != state.flow.id:
        name = clip(link.flow_id, 60)
        heading = f"The link's flow {name} was not found." if name else "The link has no flow."
        hint = "Connect with the server and key that the link was created with."
        banner(state).set((heading, [f"The form is unchanged. {hint}"]))
        return True
    try:
        if link.preset:
            _apply_preset(state, link.preset)
        if link.values:
            _apply_values(state, link.values)
    except LangflowError as error:
        banner(state).set((error.message, ["The form is unchanged.", error.hint]))
    return True


def take_link() -> SharedLink | None:
    """Return the link and remove it from the URL. Return None if there is none."""
    link: SharedLink | None = st.session_state.get(_LINK)
    if link is None or link.done:
        return None
    link.done = True
    _clear_address()
    return link


def _clear_address() -> None:
    """Remove both parameters at once, because each change of the URL adds a step to Back."""
    gone = (query_params.PRESET, query_params.VALUES)
    params = {name: text for name, text in st.query_params.to_dict().items() if name not in gone}
    st.query_params.from_dict(params)


def _apply_preset(state: FormState, preset_id: str) -> None:
    preset = app_context().runner.store.presets.get(state.owner, preset_id)
    if preset is None or preset.flow_id != state.flow.id:
        raise LangflowError(
            "The link's preset was not found for this server and key.",
            hint="It may have been deleted, or belong to another user.",
        )
    source = f"Filled with the preset “{preset.name}”."
    fill = partial(apply_preset, state, preset, source)
    offer(state, masked_values(preset), Source.OUTSIDE, "the link", fill)


def _apply_values(state: FormState, text: str) -> None:
    values, flow = decode_values(text), state.flow.stored
    fits = fit_values(flow, values).masked.keys() | looked_up(flow, values).keys()
    usable = {key: value for key, value in values.items() if key in fits}
    offer(state, usable, Source.OUTSIDE, "the link", partial(_fill_form, state, values))


def _fill_form(state: FormState, values: JsonObject, omit: Container[str]) -> None:
    values = {key: value for key, value in values.items() if key not in omit}
    show_fields_of(state, values)
    fitted = fit_values(state.flow, values)
    if fitted.masked:
        count = format_count(len(fitted.values), "value")
        source = f"Filled with {count} from the link. Check the marked fields before you run."
        fill_form(state, fitted, source)
    report_mismatch(state, fitted, "Of the values in the link")


def draw(
    state: FormState, chosen: Preset | None, draw_more: Callable[[], object] | None = None
) -> None:
    """Draw the Share menu. `draw_more` draws further parts."""
    words = "Link to this form, or to its result" if draw_more else "Link to this form"
    parts = [draw_more] if draw_more else []
    draw_menu(state.key("preset-share"), words, *parts, lambda: _draw_popover(state, chosen))


def draw_menu(key: str, purpose: str, *parts: Callable[[], object]) -> None:
    """Draw the Share menu's parts. In narrow windows they are in the flow's menu."""
    menu = (
        st.expander("Share", key=key, on_change="rerun")
        if window.is_narrow()
        else st.popover("Share", help=purpose, key=key, on_change="rerun")
    )
    if menu.open:
        with menu:
            for draw_part in parts:
                draw_part()


def _draw_popover(state: FormState, chosen: Preset | None) -> None:
    fitted, page, flow_id = fit_current(state), st.context.url or "", state.flow.id
    invalid = [*state.entries.invalid, *fitted.rejected]
    st.markdown("**Link to this form**")
    if (
        chosen
        and not state.entries.invalid
        and not changed_keys(state.flow, masked_values(chosen), state.overrides())
    ):
        st.caption(f"With the preset “{escape(chosen.name)}” at the time of opening")
        with_preset = page_url(page, flow=flow_id, preset=chosen.id)
        copy_button.draw_address(state.key("share-copy-preset"), with_preset, with_note=False)
        st.caption("With the current values")
    values = {"values": encode_values(fitted.masked)} if fitted.masked else {}
    address = page_url(page, flow=flow_id, **values)
    if len(address) <= MAX_URL_LENGTH:
        copy_button.draw_address(state.key("share-copy"), address)
    else:
        st.warning(
            f"The link is too long: {len(address):,} characters; browsers and chat apps allow "
            f"about {MAX_URL_LENGTH:,}. Save the values as a preset and share that, or export them "
            "as JSON.",
            icon=":material/warning:",
        )
    st.caption(
        "For anyone with the same server and key. Opening it starts no run and discards no input."
    )
    draw_notes(state, fitted, "included")
    if invalid:
        st.caption(f"Omitted because they are invalid: {field_names(state, invalid)}.")
