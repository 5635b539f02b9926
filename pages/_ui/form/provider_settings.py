"""The settings of models' providers, such as keys: for the runs of this tab, or on the server."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from urllib.parse import quote

import streamlit as st

from lfclient.flows.need import Need, NeedKind
from lfclient.flows.provider_needs import setting_keys, unused_provider_need
from lfclient.resources.models import (
    LISTING_ADDRESS,
    OPENAI_COMPATIBLE,
    Provider,
    ProviderSetting,
    find_compatible,
)
from lfclient.runs.error_causes import CHECK_ADDRESS, CHECK_ADDRESS_AND_KEY
from pages._ui.form import provider_actions as actions
from pages._ui.form import refusals
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.model_picker import fields_without_model
from pages._ui.form.widgets import PERSIST
from pages._ui.state.run_page import ShownSettings
from pages._ui.widgets import controls
from pages._ui.widgets.alerts import NOT_STARTED, UnusedSetting
from pages._ui.widgets.markdown import escape, inline_code

_EXAMPLES = {  # by the setting's name
    "OLLAMA_BASE_URL": "http://localhost:11434",
    "OPENAI_BASE_URL": "http://localhost:1234/v1",
    "OPENAI_COMPATIBLE_BASE_URL": "http://localhost:1234/v1",
}

_COMPATIBLE = "OpenAI-compatible (LM Studio, vLLM, llama.cpp)"
UNUSED_CHANGE = "Change not used yet"  # of a provider that is set up


def draw_menu(form: FlowForm) -> ShownSettings | None:
    """Draw the menu of the providers that have settings, and return the chosen settings or None.

    Some, such as OpenAI Compatible, have no model to choose before the server has their address.
    """
    takes_model = any(need.kind is NeedKind.MODEL for need in form.needs)
    if not (takes_model and form.server.may_change):
        return None
    providers = {each.name: each for each in form.resources.providers if each.settings}
    return draw_choice(providers, form.state.key("provider-menu"))


def draw_choice(providers: Mapping[str, Provider], key: str) -> ShownSettings | None:
    """Draw a menu of providers, by name, and return the chosen settings or None.

    One entry is for servers with OpenAI's API, which most people run on their own machine.
    """
    if not providers:
        return None
    entries = {name: each for name, each in providers.items() if name != OPENAI_COMPATIBLE}
    compatible = find_compatible(providers)
    if compatible:
        entries[_COMPATIBLE] = compatible

    def label(name: str) -> str:
        needs_address = name == _COMPATIBLE
        settings = (one.is_address and one.is_set for one in entries[name].settings)
        is_set_up = entries[name].is_ready and (not needs_address or any(settings))
        return escape(name) + (" · set up" if is_set_up else "")

    chosen = st.menu_button(
        "Model providers",
        sorted(entries, key=str.casefold),
        key=key,
        type="tertiary",
        format_func=label,
    )
    return ShownSettings(entries[chosen].name, chosen == _COMPATIBLE) if chosen else None


def draw_opened(form: FlowForm) -> None:
    """Draw the lines of the providers that the menu has opened, or whose address is silent."""
    for need in opened(form):
        draw(need, form)


def opened(form: FlowForm) -> list[Need]:
    """Return the needs of providers that the menu has opened.

    Also of one with a silent address while a model is missing: it may be that provider's.
    """
    is_choosing = any(need.kind is NeedKind.MODEL and not need.is_met for need in form.needs)
    return [
        unused_provider_need(provider, form.flow, fields_without_model(form))
        for provider in form.unused_providers.values()
        if actions.is_open(provider, form) or (is_choosing and provider.has_silent_address)
    ]


def draw(need: Need, form: FlowForm) -> None:
    """Draw a provider's line, with its settings where one is missing or to be changed."""
    provider = need.provider
    assert provider
    with st.container(key=actions.container_key(provider.name), gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{escape(provider.name)}**", width="content")
            is_given = any(actions.is_given(setting, form) for setting in provider.settings)
            if need.missing:
                labels = escape(" and ".join(setting.label for setting in need.missing))
                st.badge(f"No {labels} yet", color="orange")
            elif is_given:
                st.badge("Used for your runs in this tab", color="green")
            elif provider.has_silent_address:
                st.badge("Address not confirmed", color="orange")
            else:
                st.badge("Set up", color="green", icon=":material/check:")
            settings = _shown_settings(need, form)
            if not need.missing and actions.unsaved(settings, form):
                st.badge(UNUSED_CHANGE, color="orange")
            if is_given:
                st.button(
                    "Forget",
                    key=f"provider-forget-{provider.name}",
                    type="tertiary",
                    on_click=actions.forget,
                    args=(provider, form.server.owner),
                )
            is_open = actions.is_open(provider, form)
            if is_open or not settings:
                st.button(
                    "Cancel" if is_open else "Change",
                    key=f"provider-change-{provider.name}",
                    type="tertiary",
                    on_click=actions.cancel if is_open else actions.open_settings,
                    args=(provider, form),
                )
        if provider.has_silent_address:
            st.caption(f":orange[:material/warning:] {_silence(provider, form)}")
        if settings:
            _draw_settings(settings, need, form)
        for key in need.keys:
            for problem in form.problems.get(key, ()):
                if problem.level == "error":
                    st.caption(f":red[:material/error: {escape(problem.message)}]")
        wrong = (key for key in need.keys if form.has_error(key) and not settings)
        form.draw_mode_button(provider.name, form.better_modes.get(next(wrong, "")))


def _silence(provider: Provider, form: FlowForm) -> str:
    """Return what is wrong with an address that Langflow accepts without any response from it."""
    setting = next(one for one in provider.settings if one.name == LISTING_ADDRESS)
    address = actions.saved_text(setting, form.server)
    place = inline_code(address) if address else "the saved address"
    has_usual_end = not address or address.rstrip("/").endswith("/v1")
    hint = "" if has_usual_end else " Most such addresses end with `/v1`."
    has_key = any(one.is_secret and one.is_set for one in provider.settings)
    advice = CHECK_ADDRESS_AND_KEY if has_key else CHECK_ADDRESS  # it may have refused the key
    return f"Langflow got no list of models from {place}.{hint} {advice}"


def find_need(key: str, form: FlowForm) -> Need | None:
    """Return the need of the provider whose setting a run takes for this parameter."""
    if form.state.is_modified(key):  # the component has a value of its own
        return None
    needs = [need for need in form.needs if key in need.keys]
    return needs[0] if needs and all(need.provider for need in needs) else None


def find_address_box(provider: str, form: FlowForm) -> str:
    """Return the key of the first box of a provider's address that is drawn, or ""."""
    needs = [*form.needs, *opened(form)]
    own = (need for need in needs if need.provider and need.provider.name == provider)
    addresses = (one for need in own for one in _shown_settings(need, form) if one.is_address)
    return next((actions.box_key(one, form) for one in addresses), "")


def _unconfirmed(form: FlowForm) -> Iterator[tuple[Need, Provider, ProviderSetting]]:
    """Yield the first setting of each provider that was entered and neither used nor saved."""
    for need in [*form.needs, *opened(form)]:
        unsaved = actions.unsaved(_shown_settings(need, form), form)
        if need.provider and unsaved:
            yield need, need.provider, unsaved[0]


def has_unconfirmed(form: FlowForm) -> bool:
    """Return whether a setting was entered that holds up a run until it is used, or cleared."""
    return any(_unconfirmed(form))


def require_confirmed(form: FlowForm) -> None:
    """Raise `UnusedSetting` if a setting was entered and not confirmed, and say so beside it."""
    for need, provider, setting in _unconfirmed(form):
        unused = UnusedSetting(
            f"{NOT_STARTED} The {setting.label} is entered but not used yet.",
            hint=_how_to_confirm(need, provider, form),
        )
        container = actions.container_key(provider.name)
        entered = actions.entered(provider.settings, form)
        refusals.refuse_run(container, entered, form, setting.label, unused)


def _how_to_confirm(need: Need, provider: Provider, form: FlowForm) -> str:
    shown = _shown_settings(need, form)
    buttons = {
        "Use for my runs": not actions.why_not_for_runs(shown, need, form, form.mode),
        "Save on the server": form.server.may_change,
    }
    names = " or ".join(name for name, works in buttons.items() if works)
    return f"Click {names}, or clear the box." if names else "Clear the box."


def _shown_settings(need: Need, form: FlowForm) -> tuple[ProviderSetting, ...]:
    """Return the settings of a need's provider to enter: the missing ones, or those to change.

    Optional ones, such as the address of an OpenAI-compatible server, stand beside missing ones:
    the server tries a key at the address that it has. Those of a visitor who may not save others
    are the ones that a run can send. While another provider is open, empty boxes are hidden.
    """
    provider = need.provider
    if provider is None or not actions.is_shown(need, provider, form):
        return ()
    if need.missing:
        may_save = form.server.may_change
        return tuple(
            one
            for one in provider.settings
            if one in need.missing or (may_save and not one.is_required)
        )
    if form.server.may_change:
        return provider.settings
    sent = tuple(one for one in provider.settings if setting_keys(form.flow, need, one))
    return sent or provider.settings


def _draw_settings(settings: Iterable[ProviderSetting], need: Need, form: FlowForm) -> None:
    provider = need.provider
    assert provider
    shown = tuple(settings)
    required = [setting for setting in shown if setting.is_required]
    can_be_used = not actions.why_not_for_runs(required, need, form, form.mode)
    sent = [setting for setting in shown if setting_keys(form.flow, need, setting)]
    for setting in shown:
        label = escape(setting.label)
        if not setting.is_required:
            is_saved_only = can_be_used and setting not in sent
            label += " (optional, must be saved)" if is_saved_only else " (optional)"
        if setting.options:
            st.selectbox(
                label,
                setting.options,
                index=None,
                accept_new_options=True,
                key=actions.box_key(setting, form),
                placeholder=_placeholder(setting, form) or "Choose or type",
                **PERSIST,
            )
        else:
            st.text_input(
                label,
                type="password" if setting.is_secret else "default",
                autocomplete="off",
                live=True,
                key=actions.box_key(setting, form),
                help=escape(setting.help) or None,
                placeholder=_placeholder(setting, form),
                **PERSIST,
            )
        if setting.name == LISTING_ADDRESS and not provider.is_ready:
            st.caption(
                "The URL of LM Studio, vLLM, llama.cpp or another server with OpenAI's API. "
                "If it needs no key, enter any text as the key."
            )
    reason = actions.why_not_for_runs(shown, need, form, form.mode)
    may_save = form.server.may_change
    with st.container(horizontal=True, vertical_alignment="center"):
        if can_be_used:
            st.button(
                "Use for my runs",
                # what is entered does not remove it: the next button would come under the finger
                disabled=bool(reason),
                key=f"provider-use-{provider.name}",
                on_click=actions.use,
                args=(need, shown, form),
            )
        if may_save:
            st.button(
                "Save on the server",
                key=f"provider-save-{provider.name}",
                on_click=actions.save,
                args=(provider, shown, form),
            )
            _draw_remove(provider, [one for one in shown if one.is_set], form)
    container, entered = (
        actions.container_key(provider.name),
        actions.entered(provider.settings, form),
    )
    with refusals.draw(container, entered, form):
        if reason:
            st.caption(f":material/info: {reason}")
            modes = (
                mode for mode in form.modes if not actions.why_not_for_runs(shown, need, form, mode)
            )
            form.draw_mode_button(provider.name, next(modes, None))
    if can_be_used and sent:
        st.caption(
            f"*Use for my runs* keeps {_names(sent)} in this tab until you reload or close it, and "
            f"sends {'it' if len(sent) == 1 else 'them'} with the runs of flows that use "
            f"{escape(provider.name)}."
        )
    if may_save:
        kept = " Fields left empty stay as saved." if any(each.is_set for each in shown) else ""
        st.caption(
            f"*Save on the server* stores {_names(shown)} in Langflow, for all flows of the "
            f"connected account.{kept}"
        )
    elif reason:
        st.caption("Only the operator of this console can save settings on the server.")
    needs_key = any(setting.is_secret and setting.is_required for setting in shown)
    if needs_key and provider.docs_url.startswith("https://"):
        url = quote(provider.docs_url, safe=":/?#=&%")
        st.caption(f"[Get a key from {escape(provider.name)}]({url})")


def _names(settings: Iterable[ProviderSetting]) -> str:
    return ", ".join(inline_code(setting.name) for setting in settings)


def _draw_remove(provider: Provider, saved: Collection[ProviderSetting], form: FlowForm) -> None:
    """Draw a menu that removes settings from the server, and says for whom."""
    if not saved:
        return
    # another key once one is removed: the menu is closed then
    with st.popover(
        "Remove…", type="tertiary", key=f"provider-remove-{provider.name}-{len(saved)}"
    ):
        st.markdown(
            "What you remove is gone for everyone who uses the connected account of Langflow."
        )
        for setting in saved:
            controls.danger_button(
                f"Remove {escape(setting.label)}",
                key=f"provider-remove-{setting.name}",
                on_click=actions.remove,
                args=(provider, setting, form),
            )


def _placeholder(setting: ProviderSetting, form: FlowForm) -> str | None:
    """Return what the server has, or an example."""
    if not setting.is_set:
        return _EXAMPLES.get(setting.name)
    value = actions.saved_text(setting, form.server)
    return f"Saved: {value}" if value else "Saved. Enter a new one to replace it"
