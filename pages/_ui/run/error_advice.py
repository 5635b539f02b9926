"""What a run's error means, and which part of the form fixes it, by the error's cause."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from lfclient.common.coerce import as_str
from lfclient.common.formatting import clip, list_names, without_codes
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.graph_gaps import describe_gaps
from lfclient.console.wording.hints import UPDATE, error_hint
from lfclient.errors import LangflowError
from lfclient.flows.field import Field, FieldKind, Variable
from lfclient.flows.graph_gaps import is_before_1_0
from lfclient.flows.model import Flow
from lfclient.flows.needs import find_needs
from lfclient.flows.outdated import describe_replacement, find_outdated
from lfclient.flows.prompts import explain_unknown, unknown_variables
from lfclient.flows.provider_needs import takes_setting
from lfclient.resources.models import chosen_model
from lfclient.resources.server_resources import ServerResources
from lfclient.runs.cause_codes import GRAPH_CAUSES, CauseCode
from lfclient.runs.components import RunError
from lfclient.runs.error_causes import (
    CHECK_SERVICE,
    ErrorCause,
    explain_error,
    explain_missing_variable,
)
from lfclient.runs.error_sources import find_sources
from lfclient.wire.modes import MODES, Mode
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import provider_actions
from pages._ui.outputs.message import MAX_ERROR_LENGTH
from pages._ui.state import run_options
from pages._ui.state.run_page import SHOWN_FIELD, SHOWN_SETTINGS, ShownSettings

_MAX_SOURCES = 3  # components that an error may mean
_LABELS = {"model": "Choose a model", "api_key": "Enter the key", "path": "Choose a file"}
_ONLY_OPERATOR = "Only the operator of this console can change the address of {}."


@dataclass(frozen=True)
class FixButton:
    """A button that shows a part of the form, or changes the form, by a call of `on_click`."""

    label: str
    on_click: Callable[[], None]


@dataclass(frozen=True)
class Advice:
    """Why a component failed, what to do, and the button that leads there.

    `hint` is "" and `button` is None if the console can't help.
    """

    reason: str
    hint: str = ""
    button: FixButton | None = None


@dataclass(frozen=True)
class _Failure:
    """An error of a run with a known cause, and the run's flow if it is loaded."""

    server: ServerSession
    record: RunRecord
    flow: Flow | None
    error: RunError
    cause: ErrorCause


def needs_flow(error: RunError) -> bool:
    """Return whether the advice on an error depends on the run's flow."""
    cause = explain_error(error.message)
    if cause is None:
        return error.component_id is not None
    return bool(cause.parameter or cause.variable or cause.code in _NEEDS_FLOW)


def advise(server: ServerSession, record: RunRecord, flow: Flow | None, error: RunError) -> Advice:
    """Return the advice on an error: its text as the reason if the cause is unknown."""
    cause = explain_error(error.message)
    if cause is None:
        return _advise_unknown(server, record, flow, error)
    advise_cause = _ADVISERS.get(cause.code, _advise_field)
    return advise_cause(_Failure(server, record, flow, error, cause))


def name_sources(message: str, flow: Flow | None) -> str:
    """Return the labels of the components that an error means without naming them, or ""."""
    if flow is None:
        return ""
    labels = [flow.component_label(leaf.id, 80) for leaf in find_sources(message, flow)]
    return list_names(labels, _MAX_SOURCES)


def _advise_unknown(
    server: ServerSession, record: RunRecord, flow: Flow | None, error: RunError
) -> Advice:
    advice = Advice(clip(without_codes(error.message), MAX_ERROR_LENGTH))
    if flow is None or error.component_id is None:
        return advice
    prompt = _advise_prompt(flow, record, error)
    return prompt or _with_update(advice, server, flow, [error.component_id])


def _advise_prompt(flow: Flow, record: RunRecord, error: RunError) -> Advice | None:
    """Return the advice on a prompt whose unknown variable is the error's text, perhaps quoted."""
    for field in flow.fields:
        if field.kind is FieldKind.PROMPT and field.target[0] == error.component_id:
            text = str(record.overrides.get(field.key, field.default or ""))
            with suppress(ValueError):
                for name in unknown_variables(field, text):
                    if error.message in (name, repr(name)):
                        return Advice(*explain_unknown(field, name), _field_button(field))
    return None


def _advise_field(failure: _Failure) -> Advice:
    """Return a cause's own advice, with a button that leads to the field that caused the error."""
    flow, cause = failure.flow, failure.cause
    is_broken = cause.code is CauseCode.GRAPH_INCOMPLETE
    is_old = flow and cause.code in GRAPH_CAUSES and is_before_1_0(flow)
    gaps = describe_gaps(flow) if flow and (is_broken or is_old) else ""
    if gaps:  # no server runs the flow
        return Advice(gaps)
    field = _find_field(failure, flow) if flow else None
    button = _field_button(field, cause.parameter) if field else None
    return Advice(cause.message, error_hint(cause), button)


def _advise_missing_value(failure: _Failure) -> Advice:
    """Return the advice on a value that is missing, which may be a variable that a field names."""
    name = _find_missing_variable(failure, failure.flow) if failure.flow else ""
    cause = explain_missing_variable(name) if name else failure.cause
    return _advise_field(replace(failure, cause=cause))


def _advise_key(failure: _Failure) -> Advice:
    """Return the advice on a missing key, or on a provider that the server doesn't have.

    Langflow's error is the same for both.
    """
    name = failure.cause.name
    resources = _read_resources(failure.server, failure.flow)
    if name and resources.providers and resources.provider(name) is None:
        cause = ErrorCause(CauseCode.PROVIDER_UNKNOWN, name, parameter="model")
        return _advise_field(replace(failure, cause=cause))
    return _advise_field(failure)


def _advise_old_code(failure: _Failure) -> Advice:
    """Return the advice on code that doesn't fit the server, which an update may replace."""
    advice, flow = _advise_field(failure), failure.flow
    if flow is None or not advice.hint:
        return advice
    ids = [failure.error.component_id or ""]
    if not failure.error.component_id:
        ids = [leaf.id for leaf in find_sources(failure.error.message, flow)]
    current = replace(advice, hint=error_hint(failure.cause, can_update=False))
    return _with_update(advice, failure.server, flow, ids, current)


def _advise_several_inputs(failure: _Failure) -> Advice:
    """Return the advice on several chat inputs, with a button that selects synchronous mode."""
    advice, record = _advise_field(failure), failure.record
    select = partial(run_options.set_flow_mode, failure.server.owner, record.flow_id, Mode.SYNC)
    button = FixButton(f"Use {MODES[Mode.SYNC].label.lower()} mode", select)
    return replace(advice, button=None if record.mode == Mode.SYNC else button)


def _advise_unreachable(failure: _Failure) -> Advice:
    """Return the advice on a service without a response.

    The button leads to the address of the model's provider if this visitor can enter one there.
    While the server's providers are not known, any visitor may be able to.
    """
    server, record, flow, error = failure.server, failure.record, failure.flow, failure.error
    name = _find_provider(failure)
    cause = ErrorCause(CauseCode.PROVIDER_UNREACHABLE, name) if name else failure.cause
    button = _settings_button("Provider settings", ShownSettings(name, at_address=True))
    if flow is None or not name:
        return Advice(cause.message, cause.hint)
    try:
        provider = server.resources(flow).value.provider(name)
    except LangflowError:  # its settings are not known yet
        return Advice(cause.message, cause.hint, button)
    settings = provider.settings if provider else ()
    addresses = [setting for setting in settings if setting.is_address]
    if not addresses:
        return Advice(cause.message, CHECK_SERVICE)
    component = error.component_id or ""
    if not (server.may_change or any(takes_setting(flow, component, one) for one in addresses)):
        return Advice(cause.message, f"{CHECK_SERVICE} {_ONLY_OPERATOR.format(name)}")
    own = flow.fields_by_target.get((component, addresses[0].parameter))
    key = own.key if own else f"{component}.{addresses[0].parameter}"
    has_own = bool(record.overrides.get(key, own.default if own else None))
    address = "" if has_own else provider_actions.saved_text(addresses[0], server)
    hint = f"The saved address is {address} now. {cause.hint}" if address else cause.hint
    return Advice(cause.message, hint, button)


_ADVISERS: dict[CauseCode, Callable[[_Failure], Advice]] = {
    CauseCode.UNREACHABLE: _advise_unreachable,
    CauseCode.KEY_MISSING: _advise_key,
    CauseCode.VALUE_MISSING: _advise_missing_value,
    CauseCode.COMPONENT_OUTDATED: _advise_old_code,
    CauseCode.CONNECTION_INVALID: _advise_old_code,
    CauseCode.VALUE_REFUSED: _advise_old_code,
    CauseCode.SEVERAL_CHAT_INPUTS: _advise_several_inputs,
}
_NEEDS_FLOW = (*_ADVISERS, *GRAPH_CAUSES)


def _with_update(
    advice: Advice,
    server: ServerSession,
    flow: Flow,
    ids: Collection[str],
    current: Advice | None = None,
) -> Advice:
    """Return an advice with what to do about a component whose code differs from the server's.

    `ids` are the components that may have failed, empty if unknown. If none of them differs, return
    `current` where it is given.
    """
    catalogue = _read_resources(server, flow).catalogue
    outdated = find_outdated(flow, catalogue) if catalogue else []
    found = [component for component in outdated if not ids or component.id in ids]
    if any(component.can_update for component in found):
        setup = _settings_button("Go to Setup", ShownSettings(""))
        return replace(advice, hint=UPDATE, button=advice.button or setup)
    if ids and found:
        return replace(advice, hint=describe_replacement(found[0]))
    return current if current and catalogue else advice


def _field_button(field: Field, parameter: str = "") -> FixButton:
    label = _LABELS.get(parameter, "Go to the field")
    return FixButton(label, partial(SHOWN_FIELD.set, field.key))


def _settings_button(label: str, shown: ShownSettings) -> FixButton:
    return FixButton(label, partial(SHOWN_SETTINGS.set, shown))


def _read_resources(server: ServerSession, flow: Flow | None) -> ServerResources:
    """Return what the server has for a flow, empty while that is unknown."""
    with suppress(LangflowError):
        return server.resources(flow).value if flow else ServerResources()
    return ServerResources()


def _find_provider(failure: _Failure) -> str:
    """Return the provider of the model of the component that failed, or ""."""
    flow, id = failure.flow, failure.error.component_id
    field = flow.fields_by_target.get((id or "", "model")) if flow else None
    key = field.key if field else f"{id}.model"
    overrides = failure.record.overrides
    model = chosen_model(overrides.get(key, field.default if field else None))
    return as_str(model.get("provider")) if model else ""


def _find_missing_variable(failure: _Failure, flow: Flow) -> str:
    """Return the only variable that the run names and the server lacks; "" if several may be it.

    A key that names one counts only if no other field does: a synchronous run does without it.
    """
    known = _read_resources(failure.server, flow).variables
    if known is None:
        return ""
    lacking: dict[bool, set[str]] = {False: set(), True: set()}
    for field in flow.fields:
        value = failure.record.overrides.get(field.key, field.default)
        if field.runs and isinstance(value, Variable) and value.name not in known:
            lacking[field.secret].add(value.name)
    names = lacking[False] or lacking[True]
    return names.pop() if len(names) == 1 else ""


def _find_field(failure: _Failure, flow: Flow) -> Field | None:
    """Return the field that caused an error, by its name or by the variable that it names."""
    parameter, variable = failure.cause.parameter, failure.cause.variable
    if parameter and failure.error.component_id:
        return flow.fields_by_target.get((failure.error.component_id, parameter))
    if parameter:
        return _find_only_field(failure, flow)
    overrides = failure.record.overrides
    named = (
        field
        for field in flow.fields
        if field.runs and overrides.get(field.key, field.default) == Variable(variable)
    )
    return next(named, None) if variable else None


def _find_only_field(failure: _Failure, flow: Flow) -> Field | None:
    """Return the only field of a parameter that may have caused an error without a component's id.

    Of several fields, it is the only field that lacks something.
    """
    name = failure.error.component
    ids = {leaf.id for leaf in flow.leaves if name in (None, leaf.display_name)}
    targets = {(id, failure.cause.parameter) for id in ids}
    fields = [field for field in flow.fields if field.runs and field.target in targets]
    if len(fields) > 1:
        resources = _read_resources(failure.server, flow)
        needs = find_needs(flow, failure.record.overrides, resources)
        lacking = {key for need in needs if not need.is_met for key in need.keys}
        fields = [field for field in fields if field.key in lacking]
    return fields[0] if len(fields) == 1 else None
