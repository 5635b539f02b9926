"""The settings of models' providers, such as keys: for the runs of this tab, or on the server."""

import uuid
from collections.abc import Callable, Iterable
from urllib.parse import quote

import streamlit as st

from lfclient.common.formatting import end_sentence, strip_credentials
from lfclient.errors import LangflowError
from lfclient.flows.encoding import unsupported_reason
from lfclient.flows.needs import Need, NeedKind, setting_keys, unused_provider_need
from lfclient.resources.models import Provider, ProviderSetting
from lfclient.runs.model import Mode
from pages._ui.connection.app_context import open_client
from pages._ui.form import mode_button
from pages._ui.form.flow_form import FlowForm
from pages._ui.state.given_settings import given_settings
from pages._ui.widgets import focus
from pages._ui.widgets.alerts import UnusedSetting
from pages._ui.widgets.markdown import escape, inline_code

_ERRORS = "provider-errors"
_REFUSED = "provider-refused"  # the name of the one whose settings were just refused
_EXAMPLES = {  # by the setting's name
    "OLLAMA_BASE_URL": "http://localhost:11434",
    "OPENAI_BASE_URL": "http://localhost:1234/v1",
    "OPENAI_COMPATIBLE_BASE_URL": "http://localhost:1234/v1",
}


def draw_menu(form: FlowForm) -> None:
    """Draw the menu that opens the settings of a provider that no component uses yet.

    Some, such as OpenAI Compatible, have no model to choose before the server has their address.
    """
    unused = form.unused_providers
    takes_model = any(need.kind is NeedKind.MODEL for need in form.needs)
    if takes_model and unused and form.server.may_change:
        chosen = st.menu_button(
            "Model providers",
            sorted(unused, key=str.casefold),
            key=form.state.key("provider-menu"),
            type="tertiary",
            format_func=escape,
        )
        if chosen:
            open_settings(unused[chosen], form)


def draw_opened(form: FlowForm) -> None:
    """Draw the lines of the providers that the menu has opened."""
    for need in _opened(form):
        draw(need, form)


def _opened(form: FlowForm) -> list[Need]:
    """Return what the providers that the menu has opened lack."""
    return [
        unused_provider_need(provider)
        for provider in form.unused_providers.values()
        if _is_open(provider, form)
    ]


def draw(need: Need, form: FlowForm) -> None:
    """Draw a provider's line, with its settings where one is missing or to be changed."""
    provider = need.provider
    assert provider
    with st.container(key=container_key(provider.name), gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{escape(provider.name)}**", width="content")
            is_given = any(_is_given(setting, form) for setting in provider.settings)
            if need.missing:
                labels = escape(" and ".join(setting.label for setting in need.missing))
                st.badge(f"No {labels} yet", color="orange")
            elif is_given:
                st.badge("Used for your runs in this tab", color="green")
            else:
                st.badge("Set up", color="green")
            if is_given:
                st.button(
                    "Forget",
                    key=f"provider-forget-{provider.name}",
                    type="tertiary",
                    on_click=_forget,
                    args=(provider, form.server.owner),
                )
            is_open = _is_open(provider, form)
            if is_open or not need.missing:
                st.button(
                    "Cancel" if is_open else "Change",
                    key=f"provider-change-{provider.name}",
                    type="tertiary",
                    on_click=_close_settings if is_open else open_settings,
                    args=(provider, form),
                )
        settings = _shown_settings(need, form)
        if settings:
            _draw_settings(settings, need, form)
        for key in need.keys:
            for problem in form.problems.get(key, ()):
                if problem.level == "error":
                    st.caption(f":red[:material/error: {escape(problem.message)}]")
        wrong = (key for key in need.keys if form.has_error(key) and not settings)
        mode_button.draw(provider.name, form.better_modes.get(next(wrong, "")), form)


def container_key(provider: str) -> str:
    """Return the key of the container of a provider's line."""
    return f"provider-{provider}"


def find_need(key: str, form: FlowForm) -> Need | None:
    """Return the need of the provider whose setting a run takes for this parameter."""
    if form.state.is_modified(key):  # the component has a value of its own
        return None
    needs = [need for need in form.needs if key in need.keys]
    return needs[0] if needs and all(need.provider for need in needs) else None


def open_settings(provider: Provider, form: FlowForm) -> None:
    """Show the settings of a provider that is set up."""
    st.session_state[_open_key(provider, form)] = True


def require_confirmed(form: FlowForm) -> None:
    """Raise `UnusedSetting` if a setting was entered and not confirmed."""
    for need in [*form.needs, *_opened(form)]:
        for setting in _shown_settings(need, form):
            if st.session_state.get(_box(setting, form)):
                raise UnusedSetting(
                    f"The run was not started. The {setting.label} is entered but not used yet.",
                    hint="Press Use for my runs or Save on the server, or clear the box.",
                )


def _shown_settings(need: Need, form: FlowForm) -> tuple[ProviderSetting, ...]:
    """Return the settings of a need's provider to enter: the missing ones, or those to change.

    Optional ones, such as the address of an OpenAI-compatible server, stand beside missing ones:
    the server tries a key at the address that it has. Settings used in the tab, and those of a
    visitor who may not save others, are the ones that a run can send.
    """
    provider = need.provider
    if provider is None:
        return ()
    if need.missing:
        may_save = form.server.may_change
        return tuple(
            one
            for one in provider.settings
            if one in need.missing or (may_save and not one.is_required)
        )
    if not _is_open(provider, form):
        return ()
    is_given = any(_is_given(setting, form) for setting in provider.settings)
    if form.server.may_change and not is_given:
        return provider.settings
    sent = tuple(one for one in provider.settings if setting_keys(form.flow, need, one))
    return sent or provider.settings


def _draw_settings(settings: Iterable[ProviderSetting], need: Need, form: FlowForm) -> None:
    provider = need.provider
    assert provider
    shown = tuple(settings)
    for setting in shown:
        label = escape(setting.label) + ("" if setting.is_required else " (optional)")
        if setting.options:
            st.selectbox(
                label,
                setting.options,
                index=None,
                accept_new_options=True,
                key=_box(setting, form),
                placeholder=_placeholder(setting, form) or "Choose or type",
            )
        else:
            st.text_input(
                label,
                type="password" if setting.is_secret else "default",
                autocomplete="off",
                live=True,
                key=_box(setting, form),
                help=escape(setting.help) or None,
                placeholder=_placeholder(setting, form),
            )
    is_used = provider.name not in form.unused_providers
    reason = _why_not_for_runs(shown, need, form, form.mode) if is_used else ""
    may_save = form.server.may_change
    names = ", ".join(inline_code(setting.name) for setting in shown)
    with st.container(horizontal=True, vertical_alignment="center"):
        if is_used and not reason:
            st.button(
                "Use for my runs",
                key=f"provider-use-{provider.name}",
                on_click=_use,
                args=(need, shown, form),
                help="Kept in this tab until you reload or close it, and sent with the runs of "
                f"flows that use {escape(provider.name)}.",
            )
        if may_save:
            st.button(
                "Save on the server",
                key=f"provider-save-{provider.name}",
                on_click=_save,
                args=(provider, shown, form),
            )
    with st.container(key=f"provider-problem-{provider.name}", gap="xsmall"):
        error = st.session_state.setdefault(_ERRORS, {}).get((form.server.owner, provider.name))
        if error:
            words = f"{end_sentence(error.message)} {error.hint}".strip()
            st.caption(f":red[:material/error: {escape(words)}]")
        if reason:
            st.caption(f":material/info: {reason}")
            modes = (mode for mode in form.modes if not _why_not_for_runs(shown, need, form, mode))
            mode_button.draw(provider.name, next(modes, None), form)
    if may_save:
        kept = " Fields left empty stay as saved." if any(each.is_set for each in shown) else ""
        st.caption(
            f"*Save on the server* stores {names} in Langflow, for all flows of the connected "
            f"account.{kept}"
        )
    elif reason:
        st.caption("Only the operator of this console can save settings on the server.")
    needs_key = any(setting.is_secret and setting.is_required for setting in shown)
    if needs_key and provider.docs_url.startswith("https://"):
        url = quote(provider.docs_url, safe=":/?#=&%")
        st.caption(f"[Get a key from {escape(provider.name)}]({url})")
    if st.session_state.get(_REFUSED) == provider.name:
        del st.session_state[_REFUSED]
        part = f"provider-problem-{provider.name}"
        focus.scroll_to(uuid.uuid4().hex, container_key(provider.name), part)


def _placeholder(setting: ProviderSetting, form: FlowForm) -> str | None:
    """Return what the server has, or an example. Visitors are not told its addresses."""
    if not setting.is_set:
        return _EXAMPLES.get(setting.name)
    value = strip_credentials(setting.value) if form.server.may_change else ""
    return f"Saved: {value}" if value else "Saved. Enter a new one to replace it"


def _why_not_for_runs(
    settings: Iterable[ProviderSetting], need: Need, form: FlowForm, mode: Mode
) -> str:
    """Return why these settings can't be sent with a run in this mode, as a sentence, or "".

    An optional one that is empty need not be sent.
    """
    fields = form.flow.fields_by_key
    shown = tuple(settings)
    entered = _entered(shown, form)
    for setting in (one for one in shown if one.is_required or one.name in entered):
        own = setting_keys(form.flow, need, setting)
        if not own:
            or_clear = "" if setting.is_required else ", or clear it"
            unsent = f"The {escape(setting.label)} can't be sent with a run."
            return f"{unsent} Save it on the server{or_clear}."
        for key in own:
            reason = unsupported_reason(fields[key], "sk-", mode, form.server_info)
            if reason:
                return escape(f"{reason} Or save it on the server.")
    return ""


def _is_given(setting: ProviderSetting, form: FlowForm) -> bool:
    return setting.name in given_settings(form.server.owner)


def _open_key(provider: Provider, form: FlowForm) -> str:
    return f"{form.state.key('provider-open')}-{provider.name}"


def _is_open(provider: Provider, form: FlowForm) -> bool:
    return bool(st.session_state.get(_open_key(provider, form)))


def _close_settings(provider: Provider, form: FlowForm) -> None:
    st.session_state.pop(_open_key(provider, form), None)
    st.session_state.get(_ERRORS, {}).pop((form.server.owner, provider.name), None)


def _box(setting: ProviderSetting, form: FlowForm) -> str:
    return f"{form.state.key('provider-box')}-{setting.name}"


def _forget(provider: Provider, owner: str) -> None:
    for setting in provider.settings:
        given_settings(owner).pop(setting.name, None)


def _entered(settings: Iterable[ProviderSetting], form: FlowForm) -> dict[str, str]:
    boxes = {each.name: st.session_state.get(_box(each, form)) or "" for each in settings}
    return {name: text.strip() for name, text in boxes.items() if text.strip()}


def _use(need: Need, settings: tuple[ProviderSetting, ...], form: FlowForm) -> None:
    """Let the server try the settings, then use them for the runs of this tab.

    Does nothing if a run can't send one, of which the page tells: a key must not go to the
    provider's own address because the address entered with it is left out.
    """
    provider = need.provider
    assert provider
    # a browser sends the last text together with the press
    if _why_not_for_runs(settings, need, form, form.mode):
        st.session_state[_REFUSED] = provider.name
        return

    def use(entered: dict[str, str]) -> None:
        with open_client(form.server.connection) as api:
            api.check_provider(provider.name, entered)
        given_settings(form.server.owner).update(entered)

    _apply(provider, settings, form, use)


def _save(provider: Provider, settings: tuple[ProviderSetting, ...], form: FlowForm) -> None:
    """Save the settings as variables on the server, which tries a key first.

    It tries the key at the address that it has, so an address is saved before its key, and only
    after both were tried together: a refused key leaves no address behind. An address that the
    provider requires is tried alone. The settings of the tab make way for the saved ones.
    """

    def save(entered: dict[str, str]) -> None:
        form.server.require_change()
        addresses = (one for one in settings if one.is_required and not one.is_secret)
        with open_client(form.server.connection) as api:
            if len(entered) > 1 or any(one.name in entered for one in addresses):
                api.check_provider(provider.name, entered)
            for setting in sorted(settings, key=lambda one: one.is_secret):
                if setting.name in entered:
                    api.save_variable(setting.name, entered[setting.name], setting.is_secret)
                    given_settings(form.server.owner).pop(setting.name, None)
        form.server.reload_resources(form.flow)
        st.toast(f"Saved the settings of {escape(provider.name)}.", icon=":material/check:")

    _apply(provider, settings, form, save)


def _apply(
    provider: Provider,
    settings: tuple[ProviderSetting, ...],
    form: FlowForm,
    apply: Callable[[dict[str, str]], None],
) -> None:
    """Call `apply` with what was entered; empty and close the boxes, or keep them and the error."""
    errors = st.session_state.setdefault(_ERRORS, {})
    place = (form.server.owner, provider.name)
    errors.pop(place, None)
    entered = _entered(settings, form)
    try:
        if not entered:
            required = [setting for setting in settings if setting.is_required] or settings
            labels = " and ".join(setting.label for setting in required)
            raise LangflowError(f"Enter the {labels} first.")
        with st.spinner(f"Checking with {escape(provider.name)}"):
            apply(entered)
    except LangflowError as error:
        errors[place] = error
        st.session_state[_REFUSED] = provider.name
        return
    for setting in settings:
        st.session_state[_box(setting, form)] = None if setting.options else ""
    _close_settings(provider, form)
