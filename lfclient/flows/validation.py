"""Check overrides before a server sees them, and mask their secrets.

Servers silently ignore an override of an unknown component or parameter, and drop or garble values
of the wrong type.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from lfclient.common.json_text import LONE_SURROGATE, has_lone_surrogate
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import (
    Redactor,
    collect_texts,
    find_named_secrets,
    is_secret_name,
    replace_secrets,
)
from lfclient.errors import InvalidRequest
from lfclient.flows import file_fields
from lfclient.flows.encoding import sends_bare_values, unsupported_reason
from lfclient.flows.field import Field, FieldKind, Problem, ProblemCode, Variable
from lfclient.flows.field_extraction import locked_reason
from lfclient.flows.field_kinds import KIND_HANDLERS
from lfclient.flows.model import Flow
from lfclient.flows.prompts import check_prompt
from lfclient.flows.refreshed_runs import check_graph_choice
from lfclient.resources.models import model_identity
from lfclient.wire.modes import MODES, Mode
from lfclient.wire.server_info import ServerInfo


class SecretMask(str):
    """Distinguishes the mask from the same words typed by a person, until it is serialized."""

    __slots__ = ()


SECRET_MASK = SecretMask("was set")  # replaces secrets in records
_OTHER_FLOW = (
    "Langflow finds the flow by its id, so a run can't name another one. "
    "Refresh the flow with this choice first."
)
_LOCKED_URL = "Its component sends stored credentials there, so only the operator can change it."
_MESSAGE_PARTS = (
    ("input_value", "message", "leave the message empty"),
    ("files", "attachments", "remove the attachments"),
)
_MAX_SUGGESTIONS = 20  # each compares a name with those of all components
_NUMBER_KINDS = frozenset({FieldKind.INTEGER, FieldKind.DECIMAL, FieldKind.SLIDER})
_TEXT_KINDS = frozenset(
    {FieldKind.TEXT, FieldKind.MULTILINE, FieldKind.TEXT_LIST, FieldKind.UNKNOWN}
)
_CHOICE_KINDS = frozenset({FieldKind.SELECT, FieldKind.MULTISELECT, FieldKind.ORDERED_LIST})


def check_value(field: Field, value: Json) -> list[Problem]:
    """Return the problems of one value in any run mode."""
    if value is None:
        message = "A value is required. Leave the parameter out to keep the flow's value."
        return [_error(field, message)]
    if has_lone_surrogate(value.name if isinstance(value, Variable) else value):
        return [_error(field, LONE_SURROGATE)]
    if isinstance(value, Variable):
        if not field.takes_variable:
            return [_error(field, "This parameter can't use a server variable.")]
        return [] if value.name else [_error(field, "Enter the variable's name.")]
    if not is_changed(field, value):
        return _check_required(field, value)
    errors = [_error(field, message) for message in KIND_HANDLERS[field.kind].check(field, value)]
    return errors or [*_check_required(field, value), *_check_ranges_and_options(field, value)]


def check_overrides(
    flow: Flow,
    overrides: Mapping[str, Json],
    mode: str | None = Mode.BACKGROUND,
    server: ServerInfo | None = None,
) -> list[Problem]:
    """Return the problems of a run's overrides, including unknown keys and missing values.

    A `mode` of None leaves out the limits of modes.
    """
    flow = flow.for_mode(mode, server)
    fields = flow.fields_by_key
    problems: list[Problem] = []
    suggestions = _MAX_SUGGESTIONS
    for key, value in overrides.items():
        field = fields.get(key)
        if field is None and flow.refreshed and key in flow.refreshed.choices:
            continue  # the editor alone offers it, and the server has accepted it
        if field is None:
            suggestions -= 1
            problems.append(_unknown_key(flow, key, with_suggestion=suggestions >= 0))
            continue
        problems += check_value(field, value)
        reason = unsupported_reason(field, value, mode, server) if mode else None
        if reason:
            problems.append(_error(field, reason))
        if is_changed(field, value) and field.component_type == "RunFlow" and field.refreshes:
            problems.append(_error(field, _OTHER_FLOW))
    for field in flow.fields:
        if field.key in overrides:
            continue
        if field.required:
            problems += _check_required(field, field.default)
        problems += (
            Problem(field.key, "warning", message) for message in check_stored_prompt(flow, field)
        )
    problems += _check_parsers(flow, overrides)
    if mode:
        problems += check_start(flow, overrides, mode, server)
    return problems


def refuse_locked_urls(flow: Flow, rows: Iterable[Mapping[str, Json]]) -> None:
    """Raise `InvalidRequest` for an override or choice that `flow.with_locked_urls` lacks."""
    locked = flow.with_locked_urls
    for key in chain(flow.choices, *rows):
        is_editors = key in flow.choices and not flow.takes_credentials(key)
        if key not in locked.fields_by_key and not is_editors:
            raise_errors([_unknown_key(locked, key, with_suggestion=False)])


def check_stored_prompt(flow: Flow, field: Field) -> list[str]:
    """Return why a run fails with the prompt template that the flow stores, as sentences.

    The editor adds a parameter for each variable, an import of an edited file does not. A text may
    name any parameter of its component. With double braces, a run leaves out what is missing.
    """
    if field.kind is not FieldKind.PROMPT or not field.runs or field.double_braces:
        return []
    component = flow.component(field.target[0])
    names = tuple(component.template) if component else ()
    return check_prompt(replace(field, variables=names), field.default or "")


def raise_errors(problems: Iterable[Problem]) -> None:
    """Raise `InvalidRequest` for the field of the first error, if any. Its message names five."""
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        lines = [str(problem) for problem in errors[:5]]
        if len(errors) > len(lines):
            lines.append(f"… and {len(errors) - len(lines)} more.")
        raise InvalidRequest("\n".join(lines), field=errors[0].key)


def error_messages(problems: Iterable[Problem]) -> dict[str, str]:
    """Return the message of the first error of each key."""
    messages: dict[str, str] = {}
    for problem in problems:
        if problem.level == "error":
            messages.setdefault(problem.key, problem.message)
    return messages


def is_changed(field: Field, value: Json) -> bool:
    """Return whether a value differs from the flow's. None means the flow's value."""
    if value is None:
        return False
    if field.secret and field.has_stored_value and value == "":
        return False
    default = field.default
    if field.kind is FieldKind.MODEL:  # the server adds the attributes
        value, default = model_identity(value), model_identity(default)
    types = {type(value), type(default)}
    return (len(types) > 1 and types != {int, float}) or bool(value != default)


def is_secret_field(field: Field) -> bool:
    """Return whether a field's value is a secret, by its kind or its name."""
    return field.secret or (field.kind in _TEXT_KINDS and is_secret_name(field.parameter))


def is_secret_override(key: str, field: Field | None) -> bool:
    """Return whether the override `key` is a secret. Its name decides if there is no field."""
    return is_secret_field(field) if field else is_secret_name(key.rpartition(".")[2])


def collect_secrets(flow: Flow, overrides: Mapping[str, Json]) -> set[str]:
    """Return the secret texts in these overrides, at any depth."""
    fields = flow.fields_by_key if overrides else {}
    secrets: set[str] = set()
    for key, value in overrides.items():
        if isinstance(value, Variable):
            continue
        if is_secret_override(key, fields.get(key)):
            secrets |= collect_texts(value)
        else:
            secrets |= find_named_secrets(value)
    return secrets


def mask_secrets(
    flow: Flow, overrides: Mapping[str, Json], others: Iterable[str] = ()
) -> JsonObject:
    """Return overrides for storage, with each secret replaced by `SECRET_MASK`.

    A secret's text within other values is redacted (`lfclient.common.redaction.Redactor`), as are
    `others`, such as the connection's key.
    """
    fields = flow.fields_by_key
    redactor = Redactor((collect_secrets(flow, overrides) - {SECRET_MASK}) | {*others})
    return {
        key: SECRET_MASK
        if is_secret_override(key, fields.get(key)) and not isinstance(value, Variable)
        else replace_secrets(redactor.redact_value(value), lambda secret: SECRET_MASK)
        for key, value in overrides.items()
    }


def _check_ranges_and_options(field: Field, value: Json) -> Iterable[Problem]:
    if field.kind is FieldKind.FILE:
        yield from file_fields.check_paths(field, value)
    if field.kind in _NUMBER_KINDS and field.range:
        low, high = field.range.min, field.range.max
        if (low is not None and value < low) or (high is not None and value > high):
            limits = [f"from {low:g}"] if low is not None else []
            limits += [f"to {high:g}"] if high is not None else []
            message = f"Outside the flow's range: {' '.join(limits)}."
            yield Problem(field.key, "warning", message)
    if field.kind in _CHOICE_KINDS and field.free_text and field.options:
        items = value if isinstance(value, list) else [value]
        names = [item["name"] if isinstance(item, dict) else item for item in items]
        unlisted = [name for name in names if name and name not in field.options]
        if unlisted:
            yield Problem(field.key, "note", f"Not in the flow's list: {', '.join(unlisted)}.")


def _check_required(field: Field, value: Json) -> list[Problem]:
    is_unknown = field.kind is FieldKind.UNKNOWN
    empty_values: list[Json] = [None] if is_unknown else [None, "", [], {}]
    is_missing = field.required and not field.has_stored_value and value in empty_values
    if not is_missing:
        return []
    return [Problem(field.key, "error", "This is required.", ProblemCode.REQUIRED)]


def _check_parsers(flow: Flow, overrides: Mapping[str, Json]) -> Iterable[Problem]:
    name = file_fields.PARSER_SWITCH
    switches = {c.id: c.template[name] for c in flow.components if name in c.template}
    for field in flow.fields:
        if field.kind is not FieldKind.FILE or field.component not in switches:
            continue
        switch = switches[field.component]
        if not overrides.get(f"{field.component}.{name}", switch.get("value")):
            value = overrides.get(field.key, field.default)
            label = switch.get("display_name") or name
            yield from file_fields.check_parser(field, value, label)


def check_start(
    flow: Flow, overrides: Mapping[str, Json], mode: str, server: ServerInfo | None
) -> list[Problem]:
    """Return why a run in this mode fails or ignores the message or a choice, as their problems."""
    problem = check_graph_choice(flow, overrides, mode, server)
    return [*([problem] if problem else []), *_check_message(flow, overrides, mode, server)]


def _check_message(
    flow: Flow, overrides: Mapping[str, Json], mode: str, server: ServerInfo | None
) -> list[Problem]:
    if not flow.for_mode(mode, server).reads_message:
        return list(_check_ignored(flow, overrides, server))
    text = flow.chat_field("input_value")
    if text and flow.has_several_chat_inputs and sends_bare_values(mode, server):
        others = [other for other in MODES if not sends_bare_values(other, server)]
        advice = "Use synchronous mode."
        if flow.needs_approval:
            advice = "Other modes don't wait for its approval. Remove all chat inputs but one."
        elif not any(flow.for_mode(other, server).reads_message for other in others):
            advice = "Remove all chat inputs but one."
        runs = f"{MODES[mode].label} runs"
        return [_error(text, f"{runs} of a flow with several chat inputs fail. {advice}")]
    return []


def _check_ignored(
    flow: Flow, overrides: Mapping[str, Json], server: ServerInfo | None
) -> Iterator[Problem]:
    """Yield the problems of a run that starts at a webhook and ignores the chat input.

    It may do so on purpose, so only what was entered there is an error.
    """
    starts_at_chat = any(sends_bare_values(mode, server) for mode in MODES)
    has_other = starts_at_chat and not flow.has_several_chat_inputs
    advice = "Use background mode" if has_other else "Remove the webhook from the flow"
    for parameter, name, other_advice in _MESSAGE_PARTS:
        field = flow.chat_field(parameter)
        if field is None:
            continue
        problem = f"This run starts at the webhook and ignores the {name}."
        value = overrides.get(field.key)
        if value and is_changed(field, value):
            yield _error(field, f"{problem} {advice}, or {other_advice}.")
        elif field.chat_input:
            yield Problem(field.key, "warning", problem)


def _unknown_key(flow: Flow, key: str, *, with_suggestion: bool) -> Problem:
    owner, parameter = flow.split_key(key)
    if owner is None:
        shape = "" if "." in key else " Overrides are named Component.parameter."
        component = key.rpartition(".")[0] or key
        ids = [component.id for component in flow.components] if with_suggestion else []
        suggestion = _suggestion(component, ids)
        message = f"This flow has no component “{component}”.{shape}{suggestion}"
        return Problem(key, "error", message, ProblemCode.UNKNOWN_COMPONENT)
    if parameter not in owner.template:
        fields = flow.fields if with_suggestion else []
        names = [field.parameter for field in fields if field.component == owner.id]
        component = flow.component_label(owner.id)
        message = f"{component} has no such parameter.{_suggestion(parameter, names)}"
    else:
        reason = locked_reason(owner, parameter, flow.connected_parameters)
        message = reason or _LOCKED_URL
    return Problem(key, "error", message)


def _suggestion(name: str, names: list[str]) -> str:
    matches = difflib.get_close_matches(name, names, 1, 0.6)
    return f" Did you mean {matches[0]}?" if matches else ""


def _error(field: Field, message: str) -> Problem:
    return Problem(field.key, "error", message)
