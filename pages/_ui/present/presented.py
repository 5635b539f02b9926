"""The presented flow: its settings, its preset, and its form."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from lfclient.common.formatting import replace_surrogates
from lfclient.common.json_types import JsonObject
from lfclient.console.form.entries import PresetLink
from lfclient.console.present.presentation import (
    MAX_INPUTS,
    MAX_TITLE,
    PURPOSE,
    Presentation,
    ShownInput,
    read_or_default,
)
from lfclient.console.presets.fitting import fit_values
from lfclient.console.store.presets import Preset, PresetSummary
from lfclient.console.store.run_record import RunRecord, explain_missing_inputs
from lfclient.errors import FlowNotFound, InvalidKey, InvalidRequest, LangflowError
from lfclient.flows.field import Field, Variable, value_from_json
from lfclient.flows.model import Flow
from lfclient.flows.need import Need
from lfclient.flows.needs import find_needs
from lfclient.flows.run_inputs import field_label
from lfclient.resources.server_resources import ServerResources
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.connection.request_cache import raise_copy
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import prefill
from pages._ui.form.choices import show_fields_of
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form import input_fields
from pages._ui.form.form_state import FormState, form_state
from pages._ui.present import editing
from pages._ui.present.problems import (
    ASK_FOR_LINK,
    TRY_AGAIN,
    NothingPresented,
    advise,
    own_key_error,
)
from pages._ui.presets.preset_state import fill_form, masked_values
from pages._ui.run import run_form
from pages._ui.state import query_params
from pages._ui.state.present import ENTERED, visitor_presents
from pages._ui.state.slot import Slot

# how Langflow's help of a file begins
_LISTS_EXTENSIONS = "Supported file extensions:"


@dataclass(frozen=True)
class Presented:
    """A flow of a server, and how it is presented.

    `preset` has the values that the form starts with: the preset of the address, the presentation's
    own values, without an id, or the default preset. `lacks_preset` if that of the address is gone.
    `refusal` is why the flow can't be loaded again, such as a refused key: it is that of the open
    form then.
    """

    server: ServerSession
    flow: Flow
    settings: Presentation
    preset: Preset | None
    lacks_preset: bool = False
    refusal: LangflowError | None = None

    @property
    def title(self) -> str:
        """The title, or the flow's name."""
        return self.settings.title or self.flow.name

    @property
    def description(self) -> str:
        """The description, or the flow's own, as untrusted Markdown."""
        return self.settings.description or self.flow.description


def load(flow_id: str) -> Presented:
    """Return the flow of the address with its presentation. Raise `LangflowError`."""
    if not flow_id:
        raise NothingPresented("The link is incomplete", hint=ASK_FOR_LINK)
    server, flow, refusal = _find_flow(flow_id)
    store = app_context().runner.store
    stored = store.flow_settings.get(server.owner, flow.id, PURPOSE)
    settings = None
    with suppress(InvalidRequest):  # the editor says why
        settings = editing.current(server.owner, flow.id)
    if settings is None:
        # whoever may edit invalid settings needs the page for that
        read = read_or_default if visitor_presents() else Presentation.from_json
        settings = read(stored.content)
    wanted = _wanted_preset()
    preset = store.presets.get(server.owner, wanted) if wanted else None
    preset = preset if preset and preset.flow_id == flow.id else None
    lacks_preset = bool(wanted) and preset is None
    if preset is None and settings.values is not None:
        values = {key: value_from_json(each) for key, each in settings.values.items()}
        name = "The presentation"
        preset = Preset("", server.owner, flow.id, flow.name, name, values, version=stored.version)
    if preset is None:
        preset = store.presets.default(server.owner, flow.id)
    return Presented(server, flow, settings, preset, lacks_preset, refusal)


def _find_flow(flow_id: str) -> tuple[ServerSession, Flow, LangflowError | None]:
    """Return the flow's server, the flow, and the error if it is that of the open form.

    The server in use comes first, then the others of this browser. If none has the flow, raise the
    error of one that failed or is slow, because it may have it, else `FlowNotFound`.
    """
    current = servers.current()
    if current is None:
        raise NothingPresented("Nothing is presented here yet", hint=advise(TRY_AGAIN))
    try:
        return current, *_load_flow(current, flow_id)
    except FlowNotFound as not_found:
        failure: LangflowError | None = None
        for connection in servers.available_connections():
            server = servers.attach(connection)
            try:
                return server, *_load_flow(server, flow_id)
            except FlowNotFound:
                continue
            except LangflowError as error:
                failure = failure or error
        raise failure or not_found from None


def _load_flow(server: ServerSession, flow_id: str) -> tuple[Flow, LangflowError | None]:
    try:
        flow, refusal = run_form.load_flow(server, flow_id)
    except InvalidKey:
        if server.takes_own_key:
            raise own_key_error(server) from None
        raise
    is_own = isinstance(refusal, InvalidKey) and server.takes_own_key
    return flow, own_key_error(server) if is_own else refusal


def prepare(
    presented: Presented, record: RunRecord | None
) -> tuple[FlowForm, LangflowError | None]:
    """Read the form, filled at first; return why it is incomplete, or None.

    It begins with the preset, and shows the inputs of `record`, the run on the page, if they are
    known. Raise `LangflowError` if there is no form.
    """
    server, flow = presented.server, presented.flow
    server_info = server.info().value
    server.prefetch_resources(flow)
    state = form_state(server.owner, flow, server.connection.secrets, use="present")
    _fill_once(state, presented, record)
    mode = run_form.supported_modes(server_info, flow)[0]
    form, problem = run_form.load(state, server, server_info, flow, mode, ())
    if any(field.resource for field, _, _ in shown_inputs(presented, form)):
        problem = problem or form.resources_error
    return form, presented.refusal or problem


def require(flow_id: str) -> None:
    """Raise the error that keeps the flow of the address from being shown in full."""
    _, problem = prepare(load(flow_id), None)
    if problem:
        raise_copy(problem)


def misfits(state: FormState) -> Slot[tuple[str, list[str]]]:
    """Return the slot with a preset's name and the keys of its values that don't fit the flow."""
    return Slot(state.key("present-misfits"))


def examples(presented: Presented) -> list[PresetSummary]:
    """Return the presets that are examples, in their order."""
    if not presented.settings.examples:
        return []
    presets = app_context().runner.store.presets
    listed = presets.list_for_flow(presented.server.owner, presented.flow.id)
    by_id = {each.id: each for each in listed}
    return [by_id[each] for each in presented.settings.examples if each in by_id]


def fill(state: FormState, preset: Preset | None) -> None:
    """Fill the form with a preset, or with the flow's own values."""
    _fill(state, preset, masked_values(preset) if preset else {}, {}, preset.name if preset else "")


def fill_example(presented: Presented, form: FlowForm, example: Preset) -> None:
    """Fill the shown inputs with the preset and an example on top; the others keep their values.

    These may be those of the Run page.
    """
    state, preset = form.state, presented.preset
    shown, own = shown_keys(presented, form), masked_values(preset) if preset else {}
    values = {key: value for key, value in own.items() if key in shown}
    hidden = {key: each for key, each in state.masked_overrides().items() if key not in shown}
    chosen = {key: hidden[key] for key in hidden.keys() & entered_keys(state)}
    chosen |= masked_values(example)
    _fill(state, preset, values | hidden | chosen, chosen, example.name)


def _fill(
    state: FormState,
    preset: Preset | None,
    values: Mapping[str, Any],
    chosen: Mapping[str, Any],
    name: str,
) -> None:
    """Fill the form with values under a name; a person chose some of them."""
    show_fields_of(state, values)
    fitted = fit_values(state.flow, values)
    fill_form(state, fitted, "")
    prefill.forget(state)  # an audience restores nothing
    state.edited = set(chosen)
    state.entries.preset_link = _link(preset)
    misfits(state).set((name, list(fitted.rejected)))


def _wanted_preset() -> str:
    return st.query_params.get(query_params.PRESET, "")


def _link(preset: Preset | None) -> PresetLink:
    if preset is None:
        return PresetLink()
    return PresetLink(preset.id, preset.version, opened=preset.id != _wanted_preset())


def _fill_once(state: FormState, presented: Presented, record: RunRecord | None) -> None:
    """Fill the form unless it was filled with this version of the preset.

    A presenter's form starts with the values of the Run page. If the form was never filled, the
    shown inputs of the run on the page replace the preset's. The others are the presenter's.

    What a person has entered stays if the preset was changed or deleted meanwhile, or another one
    became the default. A preset in the address replaces it, unless that is the one from before.
    """
    start = ENTERED.get()
    if start and start.flow_id == presented.flow.id and not start.is_used:
        ENTERED.set(replace(start, is_used=True))
        if start.overrides is None:
            fill(state, presented.preset)
        else:
            _fill(state, presented.preset, start.overrides, start.overrides, "The Run page")
        return
    link, filled = _link(presented.preset), state.entries.preset_link
    if filled == link:
        return
    if filled is None and record and not explain_missing_inputs(record):
        _fill_from_run(state, presented, record.inputs)
        return
    state.read_widgets()
    keys = entered_keys(state) if filled and _has_same_address(filled, presented) else set()
    entries = state.entries
    entered = {key: entries.invalid.get(key) or entries.values.get(key) for key in keys}
    uploads = {key: entries.uploads.pop(key, []) for key in keys}
    fill(state, presented.preset)
    for key, entry in entered.items():
        state.enter(key, entry)
    state.edited |= keys
    entries.uploads |= uploads


def _fill_from_run(state: FormState, presented: Presented, inputs: JsonObject) -> None:
    """Fill the inputs that are shown with a run's values, and the others with the preset."""
    values = masked_values(presented.preset) if presented.preset else {}
    show_fields_of(state, inputs)
    needs = find_needs(state.flow, inputs, ServerResources())
    shown = set[str]()
    for key in input_keys(presented.settings, state.flow, needs):
        field = state.fields.get(key)
        if field is None:
            continue
        both = values.get(key, field.default), inputs.get(key)
        if all(is_presentable(field, value) for value in both):
            shown.add(key)
    chosen = {key: value for key, value in inputs.items() if key in shown}
    hidden = {key: value for key, value in values.items() if key not in shown}
    _fill(state, presented.preset, hidden | chosen, chosen, "The run")


def _has_same_address(filled: PresetLink, presented: Presented) -> bool:
    """Return whether the address names the preset of the address that filled the form, or none as
    before.
    """
    wanted = _wanted_preset()
    if wanted == filled.preset:
        return True
    before = "" if filled.opened else filled.preset
    return before == ("" if presented.lacks_preset else wanted)


def entered_keys(state: FormState) -> set[str]:
    """Return the keys of what a person has entered since the form was filled."""
    return state.edited | {key for key, each in state.entries.uploads.items() if each}


def shown_keys(presented: Presented, form: FlowForm) -> set[str]:
    """Return the keys of the fields to show."""
    return {field.key for field, _, _ in shown_inputs(presented, form)}


def shown_inputs(presented: Presented, form: FlowForm) -> list[tuple[Field, str, str]]:
    """Return the fields to show, each with its label and help; never a secret's."""
    state, settings = form.state, presented.settings
    keys = input_keys(settings, state.flow, form.needs)
    fields = [state.fields[key] for key in keys if key in state.fields]
    fields = [field for field in fields if is_presentable(field, state.value(field))]
    labels = own_labels(fields)
    chosen = {each.key: each for each in settings.inputs or ()}
    inputs = [(field, chosen.get(field.key) or ShownInput(key=field.key)) for field in fields]
    return [
        (field, each.label or labels[field.key], each.help or own_help(field))
        for field, each in inputs
    ]


def input_keys(settings: Presentation, flow: Flow, needs: Iterable[Need]) -> list[str]:
    """Return the keys of the inputs to show, which the flow may lack; by default what it needs."""
    if settings.inputs is not None:
        return [each.key for each in settings.inputs]
    return [field.key for field in input_fields(flow, needs)[:MAX_INPUTS]]


def output_titles(
    record: RunRecord, flow: Flow | None, chosen: tuple[str, ...] | None
) -> dict[str, str]:
    """Return the titles of a run's `chosen` outputs by component id, all if that is None.

    Components of one name are numbered. A component that the flow lacks has no title.
    """
    if flow is None or record.run is None:
        return {}
    return {
        id: replace_surrogates(flow.component_label(id, MAX_TITLE))
        for id in record.run.outputs
        if flow.component(id) and (chosen is None or id in chosen)
    }


def own_labels(fields: Sequence[Field]) -> dict[str, str]:
    """Return the labels by field key.

    A label that several fields share is followed by its component's label, and by a number if those
    are equal.
    """
    labels = {field.key: field_label(field) for field in fields}
    counts = Counter(labels.values())
    for field in fields:
        if counts[labels[field.key]] > 1:
            labels[field.key] += f" · {field.component_label()}"
    seen: Counter[str] = Counter()
    counts = Counter(labels.values())
    for key, label in labels.items():
        if counts[label] > 1:
            seen[label] += 1
            labels[key] = f"{label} {seen[label]}"
    return labels


def own_help(field: Field) -> str:
    """Return a field's help, or "" if it is Langflow's own.

    That of a chat's message says nothing, and that of a file repeats what its box lists.
    """
    is_langflows = field.chat_input or field.chat_files or field.help.startswith(_LISTS_EXTENSIONS)
    return "" if is_langflows else field.help


def is_presentable(field: Field, value: object) -> bool:
    """Return whether an audience may fill in a field: no secret, no variable of the server."""
    return not field.secret and not isinstance(value, Variable)
