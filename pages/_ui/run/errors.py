"""Why a run's components failed: in words where the cause is known, with a way to the field."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from typing import Literal, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.coerce import as_str
from lfclient.common.formatting import clip, list_names, without_codes
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.graph_gaps import describe_gaps
from lfclient.console.wording.hints import error_hint
from lfclient.errors import LangflowError
from lfclient.flows.field import Field, FieldKind, Variable
from lfclient.flows.graph_gaps import is_before_1_0
from lfclient.flows.model import Flow
from lfclient.flows.needs import find_needs
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
from lfclient.runs.model import Run
from pages._ui.connection import local_panel
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import provider_actions
from pages._ui.outputs.message import MAX_ERROR_LENGTH
from pages._ui.run import outdated_components
from pages._ui.state.notices import notify_errors
from pages._ui.state.run_page import SHOWN_FIELD, SHOWN_SETTINGS, ShownSettings
from pages._ui.state.slot import Slot
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape, escape_message

T = TypeVar("T")

_FIXED_IN_SETUP = (
    CauseCode.COMPONENT_OUTDATED,
    CauseCode.CONNECTION_INVALID,
    CauseCode.VALUE_REFUSED,
)
_NEEDS_FLOW = (
    CauseCode.UNREACHABLE,
    CauseCode.VALUE_MISSING,
    CauseCode.PACKAGE_MISSING,
    CauseCode.GRAPH_INCOMPLETE,
    *_FIXED_IN_SETUP,
)
_MAX_SOURCES = 3  # components that an error may mean
_ONLY_OPERATOR = "Only the operator of this console can change the address of {}."
_BUTTONS = {"model": "Choose a model", "api_key": "Enter the key", "path": "Choose a file"}


def draw(
    server: ServerSession,
    record: RunRecord,
    run: Run,
    *,
    show_form: Callable[[], None] | None = None,
    buttons: DeltaGenerator | None = None,
) -> None:
    """Draw a run's errors, each with a button that leads to its field or provider.

    The buttons are in the place `buttons`, by default below their errors. They call `show_form`
    first, where the form may be closed.
    """
    causes = [explain_error(error.message) for error in run.errors]
    needs_flow = any(
        cause.parameter or cause.variable or cause.code in _NEEDS_FLOW
        if cause
        else error.component_id is not None
        for error, cause in zip(run.errors, causes, strict=True)
    )
    flow = server.cached_flow(record.flow_id, max_wait=None if needs_flow else 0)
    names = ComponentNames(flow, run.components, run.outputs)
    for number, (error, cause) in enumerate(zip(run.errors, causes, strict=True)):
        key = f"{record.id}-{number}"
        settings: ShownSettings | None = None
        field: Field | None = None
        words: tuple[str, str] | None = None
        if cause and cause.code is CauseCode.UNREACHABLE:
            reason, hint, settings = _explain_unreachable(server, flow, record, error)
            words = reason, hint
        elif cause:
            if cause.code is CauseCode.VALUE_MISSING and flow:
                variable = _find_missing_variable(server, flow, record)
                cause = explain_missing_variable(variable) if variable else cause
            words = _explain_graph(cause, flow)
            field = _find_field(server, flow, record, error, cause) if flow else None
        elif flow:
            field, words = _explain_prompt(flow, record, error)
        in_setup = False
        if flow and (cause.code in _FIXED_IN_SETUP if cause else not words):
            reason = words[0] if words else clip(without_codes(error.message), MAX_ERROR_LENGTH)
            hint, in_setup = _advise_update(server, flow, error)
            words = (reason, hint) if hint and (words is None or words[1]) else words
        source = names.error_source(error)
        if flow and not source:
            source = _name_sources(error.message, flow)
        _draw_error(error, source, words, key)
        if flow and words:
            with nullcontext() if buttons is None else buttons:
                if settings:
                    _draw_button("Provider settings", SHOWN_SETTINGS, settings, key, show_form)
                elif field:
                    label = _BUTTONS.get(cause.parameter if cause else "", "Go to the field")
                    _draw_button(label, SHOWN_FIELD, field.key, key, show_form)
                elif in_setup:
                    _draw_setup_button(key, show_form)


def _explain_prompt(
    flow: Flow, record: RunRecord, error: RunError
) -> tuple[Field | None, tuple[str, str] | None]:
    """Return the prompt whose unknown variable is the error's text, with a reason and a hint.

    The text may be in quotes. Both results are None for other errors.
    """
    for field in flow.fields:
        if field.kind is FieldKind.PROMPT and field.target[0] == error.component_id:
            text = str(record.overrides.get(field.key, field.default or ""))
            with suppress(ValueError):
                for name in unknown_variables(field, text):
                    if error.message in (name, repr(name)):
                        return field, explain_unknown(field, name)
    return None, None


def _explain_unreachable(
    server: ServerSession, flow: Flow | None, record: RunRecord, error: RunError
) -> tuple[str, str, ShownSettings | None]:
    """Return a reason, a hint, and the settings if this visitor can enter an address there.

    While the server's providers are not known, any visitor may be able to.
    """
    name = _find_provider(error, flow, record)
    code = CauseCode.PROVIDER_UNREACHABLE if name else CauseCode.UNREACHABLE
    cause = ErrorCause(code, name)
    if flow is None or not name:
        return cause.message, cause.hint, None
    try:
        provider = server.resources(flow).value.provider(name)
    except LangflowError:  # its settings are not known yet
        return cause.message, cause.hint, ShownSettings(name, at_address=True)
    settings = provider.settings if provider else ()
    addresses = [setting for setting in settings if setting.is_address]
    if not addresses:
        return cause.message, CHECK_SERVICE, None
    component = error.component_id or ""
    if not (server.may_change or any(takes_setting(flow, component, one) for one in addresses)):
        return cause.message, f"{CHECK_SERVICE} {_ONLY_OPERATOR.format(name)}", None
    own = flow.fields_by_target.get((component, addresses[0].parameter))
    key = own.key if own else f"{component}.{addresses[0].parameter}"
    has_own = bool(record.overrides.get(key, own.default if own else None))
    address = "" if has_own else provider_actions.saved_text(addresses[0], server)
    hint = f"The saved address is {address}. {cause.hint}" if address else cause.hint
    return cause.message, hint, ShownSettings(name, at_address=True)


def _find_provider(error: RunError, flow: Flow | None, record: RunRecord) -> str:
    """Return the provider of the model of the component that failed, or ""."""
    field = flow.fields_by_target.get((error.component_id or "", "model")) if flow else None
    key = field.key if field else f"{error.component_id}.model"
    model = chosen_model(record.overrides.get(key, field.default if field else None))
    return as_str(model.get("provider")) if model else ""


def _find_missing_variable(server: ServerSession, flow: Flow, record: RunRecord) -> str:
    """Return the only variable that the run names and the server lacks; "" if several may be it.

    A key that names one counts only if no other field does: a synchronous run does without it.
    """
    known = None
    with suppress(LangflowError):
        known = server.resources(flow).value.variables
    if known is None:
        return ""
    lacking: dict[bool, set[str]] = {False: set(), True: set()}
    for field in flow.fields:
        value = record.overrides.get(field.key, field.default)
        if field.runs and isinstance(value, Variable) and value.name not in known:
            lacking[field.secret].add(value.name)
    names = lacking[False] or lacking[True]
    return names.pop() if len(names) == 1 else ""


def draw_problem(
    server: ServerSession,
    record: RunRecord,
    heading: str,
    *,
    warning: bool,
    show_form: Callable[[], None] | None = None,
) -> None:
    """Draw why the console could not start a run or tell its outcome.

    The components that the server's text means are named instead of `heading`.
    """
    problem = record.problem
    if problem is None:
        return
    cause = problem.cause
    if cause is None:
        alerts.show_message(heading, problem.message, problem.hint, warning=warning)
        return
    flow = server.cached_flow(record.flow_id, max_wait=None)
    source = _name_sources(problem.message, flow) if flow else ""
    reason, hint = _explain_graph(cause, flow)
    in_setup = False
    if flow and cause.code in _FIXED_IN_SETUP:
        advice, in_setup = _advise_update(server, flow, RunError(problem.message))
        hint = hint and (advice or hint)
    alerts.show_message(f"{source} failed" if source else heading, reason, hint, warning=warning)
    _draw_details("Details", problem.message, f"problem-{record.id}", "content")
    if in_setup:
        _draw_setup_button(record.id, show_form)


def _advise_update(server: ServerSession, flow: Flow, error: RunError) -> tuple[str, bool]:
    """Return what to do about an outdated component that failed, and whether Setup does it."""
    ids = [leaf.id for leaf in find_sources(error.message, flow)]
    ids = [error.component_id] if error.component_id else ids
    is_known = ids or explain_error(error.message)
    return outdated_components.advise(server, flow, ids) if is_known else ("", False)


def _explain_graph(cause: ErrorCause, flow: Flow | None) -> tuple[str, str]:
    """Return a cause's reason and hint. For a graph that no server runs, the reason is enough."""
    is_broken = cause.code is CauseCode.GRAPH_INCOMPLETE
    is_old = flow and cause.code in GRAPH_CAUSES and is_before_1_0(flow)
    gaps = describe_gaps(flow) if flow and (is_broken or is_old) else ""
    return (gaps, "") if gaps else (cause.message, error_hint(cause))


def _name_sources(message: str, flow: Flow) -> str:
    """Return the labels of the components that an error means without naming them, or ""."""
    labels = [flow.component_label(leaf.id, 80) for leaf in find_sources(message, flow)]
    return list_names(labels, _MAX_SOURCES)


def draw_packages(server: ServerSession, record: RunRecord) -> None:
    """Draw a button for each package that the local Langflow lacked, by the run's errors."""
    messages = [record.problem.message] if record.problem else []
    messages += [error.message for error in record.run.errors] if record.run else []
    causes = [cause for cause in map(explain_error, messages) if cause]
    modules = [cause.package for cause in causes]
    local_panel.draw_install_buttons(server.connection, modules, "run")


def _draw_error(error: RunError, source: str, words: tuple[str, str] | None, key: str) -> None:
    heading = f"**{escape(source)}** failed" if source else "**The flow failed**"
    shown = words[0] if words else clip(without_codes(error.message), MAX_ERROR_LENGTH)
    lines = [heading, escape_message(shown)]
    if words and words[1]:
        lines.append(f":material/arrow_forward: {escape_message(words[1])}")
    st.error("\n\n".join(lines), icon=":material/error:")
    is_whole = shown == error.message
    details = "\n\n".join(filter(None, ["" if is_whole else error.message, error.traceback]))
    if details:
        height: int | Literal["content"] = 320 if error.traceback else "content"
        _draw_details("Traceback" if is_whole else "Details", details, f"traceback-{key}", height)


def _draw_details(label: str, text: str, key: str, height: int | Literal["content"]) -> None:
    draw = partial(st.code, text, language=None, height=height)
    st.fragment(controls.lazy_expander)(label, key, draw)


def _find_field(
    server: ServerSession, flow: Flow, record: RunRecord, error: RunError, cause: ErrorCause
) -> Field | None:
    """Return the field that caused an error, by its name or by the variable that it names."""
    if cause.parameter and error.component_id:
        return flow.fields_by_target.get((error.component_id, cause.parameter))
    if cause.parameter:
        return _find_only_field(server, flow, record, error, cause.parameter)
    named = (
        field
        for field in flow.fields
        if field.runs and record.overrides.get(field.key, field.default) == Variable(cause.variable)
    )
    return next(named, None) if cause.variable else None


def _find_only_field(
    server: ServerSession, flow: Flow, record: RunRecord, error: RunError, parameter: str
) -> Field | None:
    """Return the only field of this name that may have caused an error without a component's id.

    Of several, it is the one that lacks something; None if others do as well.
    """
    ids = {leaf.id for leaf in flow.leaves if error.component in (None, leaf.display_name)}
    targets = {(id, parameter) for id in ids}
    fields = [field for field in flow.fields if field.runs and field.target in targets]
    if len(fields) > 1:
        resources = ServerResources()
        with suppress(LangflowError):
            resources = server.resources(flow).value
        needs = find_needs(flow, record.overrides, resources)
        lacking = {key for need in needs if not need.is_met for key in need.keys}
        fields = [field for field in fields if field.key in lacking]
    return fields[0] if len(fields) == 1 else None


def _draw_setup_button(key: str, show_form: Callable[[], None] | None) -> None:
    _draw_button("Go to Setup", SHOWN_SETTINGS, ShownSettings(""), key, show_form)


def _draw_button(
    label: str, slot: Slot[T], shown: T, key: str, show_form: Callable[[], None] | None
) -> None:
    """Draw a button that leads to a part of the form, which `slot` tells it to show."""
    st.button(
        label,
        key=f"fix-{key}",
        icon=":material/build:",
        on_click=_show_part,
        args=(slot, shown, show_form),
    )


@notify_errors()
def _show_part(slot: Slot[T], shown: T, show_form: Callable[[], None] | None) -> None:
    if show_form:
        show_form()
    slot.set(shown)
