"""Try, save, use and remove a provider's settings."""

from collections.abc import Callable, Iterable, Mapping

import streamlit as st

from lfclient.common.formatting import strip_credentials
from lfclient.errors import AddressRefused, InvalidRequest, LangflowError
from lfclient.flows.encoding import unsupported_reason
from lfclient.flows.need import Need
from lfclient.flows.provider_needs import setting_keys
from lfclient.resources.models import Provider, ProviderSetting
from lfclient.wire.addresses import check_resolved_address, normalize_address
from lfclient.wire.modes import Mode
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import refusals
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.model_picker import choose_models
from pages._ui.state.tab_choices import given_settings
from pages._ui.widgets.markdown import escape


def open_settings(provider: Provider, form: FlowForm) -> None:
    """Show the settings, and close the settings of other providers in which nothing was entered.

    Hidden boxes are filled again, because their values may have been saved since. A saved value,
    such as an address, is in its box, unless a part of it may be a password.
    """
    if is_open(provider, form):
        return
    _close_unchanged(form)
    for setting in (one for one in provider.settings if one.is_set):
        _empty([setting], form)
        text = saved_text(setting, form.server)
        if text and text == setting.value and not setting.options:
            st.session_state[box_key(setting, form)] = text
            st.session_state[_filled_key(setting, form)] = text
    _open(provider, form)


def saved_text(setting: ProviderSetting, server: ServerSession) -> str:
    """Return what the server has, without a password; "" for visitors, who are not told it."""
    return strip_credentials(setting.value) if server.may_change else ""


def _open(provider: Provider, form: FlowForm) -> None:
    st.session_state[_open_key(provider, form)] = True


def cancel(provider: Provider, form: FlowForm) -> None:
    """Hide the settings, and forget what was typed into them."""
    _empty(provider.settings, form)
    _close(provider, form)


def _close_unchanged(form: FlowForm) -> None:
    """Hide the settings of all providers in which nothing was entered."""
    for provider in form.resources.providers:
        if not unsaved(provider.settings, form):
            _close(provider, form)


def _close(provider: Provider, form: FlowForm) -> None:
    """Hide the settings, and the error of the last attempt."""
    st.session_state.pop(_open_key(provider, form), None)
    refusals.forget(container_key(provider.name), form)


def is_open(provider: Provider, form: FlowForm) -> bool:
    """Return whether a person has opened the settings."""
    return bool(st.session_state.get(_open_key(provider, form)))


def is_shown(need: Need, provider: Provider, form: FlowForm) -> bool:
    """Return whether the settings of a need's provider are shown: opened, missing or entered."""
    is_another_open = any(is_open(each, form) for each in form.resources.providers)
    is_asked_for = need.missing and (not is_another_open or unsaved(provider.settings, form))
    return bool(is_asked_for) or is_open(provider, form)


def _open_key(provider: Provider, form: FlowForm) -> str:
    return f"{form.state.key('provider-open')}-{provider.name}"


def is_given(setting: ProviderSetting, form: FlowForm) -> bool:
    """Return whether the setting was entered for the runs of this tab."""
    return setting.name in given_settings(form.server.owner)


def box_key(setting: ProviderSetting, form: FlowForm) -> str:
    """Return the key of the setting's box."""
    return f"{form.state.key('provider-box')}-{setting.name}"


def _filled_key(setting: ProviderSetting, form: FlowForm) -> str:
    """Return the key of the saved value that was put into the setting's box."""
    return f"{form.state.key('provider-filled')}-{setting.name}"


def container_key(provider: str) -> str:
    """Return the key of the container of a provider's line."""
    return f"provider-{provider}"


def entered(settings: Iterable[ProviderSetting], form: FlowForm) -> dict[str, str]:
    """Return what is in the boxes of settings, by name, without empty ones."""
    boxes = {each.name: st.session_state.get(box_key(each, form)) or "" for each in settings}
    return {name: text.strip() for name, text in boxes.items() if text.strip()}


def unsaved(settings: Iterable[ProviderSetting], form: FlowForm) -> list[ProviderSetting]:
    """Return the settings whose boxes have another value than the server.

    A saved value that a box was filled with is none, also if the server has another one by now.
    """
    shown = tuple(settings)
    texts = entered(shown, form)
    return [
        each
        for each in shown
        if texts.get(each.name, each.value) != each.value
        and not (each.is_set and _is_as_filled(each, form))
    ]


def _is_as_filled(setting: ProviderSetting, form: FlowForm) -> bool:
    filled = st.session_state.get(_filled_key(setting, form))
    return filled is not None and st.session_state.get(box_key(setting, form)) == filled


def why_not_for_runs(
    settings: Iterable[ProviderSetting], need: Need, form: FlowForm, mode: Mode
) -> str:
    """Return why these settings can't be sent with a run in this mode, as a sentence, or "".

    An optional one that is empty, or as on the server, need not be sent.
    """
    fields = form.flow.fields_by_key
    shown = tuple(settings)
    changed = unsaved(shown, form)
    for setting in (one for one in shown if one.is_required or one in changed):
        own = setting_keys(form.flow, need, setting)
        if not own:
            or_clear = "" if setting.is_required else ", or clear it"
            unsent = f"The {escape(setting.label)} can't be sent with a run"
            if need.provider and need.provider.name in form.unused_providers and setting.parameter:
                unsent += f", because no component uses {escape(need.provider.name)}"
            return f"{unsent}. Save it on the server{or_clear}."
        for key in own:
            reason = unsupported_reason(fields[key], "sk-", mode, form.server_info)
            if reason:
                return escape(f"{reason} Or save it on the server.")
    return ""


def use(need: Need, settings: tuple[ProviderSetting, ...], form: FlowForm) -> None:
    """Let the server try the settings, then use them for the runs of this tab.

    If a run can't send one of them, only show why: a key must not go to the provider's own
    address because the address entered with it is left out.
    """
    provider = need.provider
    assert provider
    # a browser sends the last text together with the click
    if why_not_for_runs(settings, need, form, form.mode):
        refusals.show(container_key(provider.name))
        return

    def check(values: dict[str, str]) -> None:
        with form.server.open_client() as api:
            api.settings.check_provider(provider.name, values)
        given_settings(form.server.owner).update(values)
        choose_models(provider, form, form.resources)

    sent = tuple(each for each in settings if setting_keys(form.flow, need, each))
    _apply(provider, sent, form, check)


def save(provider: Provider, settings: tuple[ProviderSetting, ...], form: FlowForm) -> None:
    """Save the settings as variables on the server, which tries a key first.

    It tries the key at the address that it has, so an address is saved before its key, and only
    after both were tried together: a refused key leaves no address behind. An address that the
    provider requires is tried alone. What the server has already is saved again only if nothing
    else was entered. The settings of the tab make way for the saved ones.
    """

    def store(values: dict[str, str]) -> None:
        form.server.require_change()
        addresses = (one for one in settings if one.is_required and not one.is_secret)
        with form.server.open_client() as api:
            if len(values) > 1 or any(one.name in values for one in addresses):
                api.settings.check_provider(provider.name, values)
            for setting in sorted(settings, key=lambda one: one.is_secret):
                if setting.name in values:
                    api.settings.save_variable(
                        setting.name, values[setting.name], setting.is_secret
                    )
                    given_settings(form.server.owner).pop(setting.name, None)
        resources = form.server.reload_resources(form.flow)
        if resources:
            choose_models(provider, form, resources)
        st.toast(f"Saved the settings of {escape(provider.name)}.", icon=":material/check:")

    _apply(provider, settings, form, store, repeats=True)


def remove(provider: Provider, setting: ProviderSetting, form: FlowForm) -> None:
    """Delete the variable of a setting from the server."""

    def delete() -> None:
        form.server.require_change()
        with form.server.open_client() as api:
            for variable in api.variables():
                if variable.name == setting.name:
                    api.settings.delete_variable(variable)
        if not unsaved([setting], form):
            _empty([setting], form)
        form.server.reload_resources(form.flow)
        st.toast(f"Removed the {escape(setting.label)}.", icon=":material/check:")

    _attempt(provider, form, delete)
    if any(one.is_set for one in provider.settings if one != setting):
        _open(provider, form)  # the others may be removed as well


def _empty(settings: Iterable[ProviderSetting], form: FlowForm) -> None:
    for setting in settings:
        st.session_state[box_key(setting, form)] = None if setting.options else ""
        st.session_state.pop(_filled_key(setting, form), None)


def _apply(
    provider: Provider,
    settings: tuple[ProviderSetting, ...],
    form: FlowForm,
    apply: Callable[[dict[str, str]], None],
    *,
    repeats: bool = False,
) -> None:
    """Call `apply` with what was changed and then empty the boxes, or keep them and the error.

    With `repeats`, what the server has in these boxes is applied again if nothing was changed.
    """

    def apply_changed() -> None:
        texts = entered(settings, form)
        values = {each.name: texts[each.name] for each in unsaved(settings, form)}
        if repeats and not values:
            values = {each.name: each.value for each in settings if each.name in texts}
        if not values:
            required = [setting for setting in settings if setting.is_required] or settings
            labels = " and ".join(setting.label for setting in required)
            verb = "Change" if entered(required, form) else "Enter"
            raise LangflowError(f"{verb} the {labels} first.")
        try:
            _check_addresses(settings, values)
            apply(values)
        except InvalidRequest as error:
            error.hint = f"{error.hint} {_what_stays(settings, form)}".strip()
            raise
        _empty(provider.settings, form)

    _attempt(provider, form, apply_changed)


def _check_addresses(settings: Iterable[ProviderSetting], values: Mapping[str, str]) -> None:
    """Raise `InvalidRequest` for an address that no server may have."""
    for setting in settings:
        if setting.is_address and setting.name in values:
            check_provider_address(setting.label, values[setting.name])


def check_provider_address(label: str, address: str) -> None:
    """Check what Langflow would connect to, as a server's address is checked.

    The address may contain a user name and a password. Raises `InvalidRequest`.
    """
    try:
        check_resolved_address(normalize_address(strip_credentials(address) or address))
    except AddressRefused as error:
        raise InvalidRequest(f"{label}: {error}", hint="Correct the address.") from error


def _what_stays(settings: Iterable[ProviderSetting], form: FlowForm) -> str:
    """Return which saved settings a refused change leaves in their place, as a sentence, or "".

    An address may have been saved before its key was refused.
    """
    changed = unsaved(settings, form)
    kept = [one for one in changed if one.is_set and (one.is_secret or len(changed) == 1)]
    labels = " and ".join(one.label for one in kept)
    return f"The saved {labels} {'stays' if len(kept) == 1 else 'stay'}." if kept else ""


def _attempt(provider: Provider, form: FlowForm, change: Callable[[], None]) -> None:
    """Call `change` and close the settings, or keep them open with its error.

    The clicked button shows that it works (page.css): what a callback draws moves the page.
    """
    try:
        change()
    except LangflowError as error:
        values = entered(provider.settings, form)
        refusals.refuse(container_key(provider.name), values, form, error)
        return
    _close(provider, form)
    _close_unchanged(form)


def forget(provider: Provider, owner: str) -> None:
    """Use the provider's settings no longer for the runs of this tab."""
    for setting in provider.settings:
        given_settings(owner).pop(setting.name, None)
