"""What is wrong with overrides, before a server sees them.

Servers ignore an override of an unknown component or parameter without a word, and drop or
garble values of the wrong type.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from lfclient.common.redaction import (
    Redactor,
    collect_texts,
    find_named_secrets,
    is_secret_name,
    replace_secrets,
)
from lfclient.errors import InvalidRequest
from lfclient.flows import file_fields
from lfclient.flows.encoding import ServerRelease, sends_bare_values, unsupported_reason
from lfclient.flows.field import Field, FieldKind, Problem, Variable
from lfclient.flows.field_extraction import locked_reason
from lfclient.flows.field_kinds import KIND_HANDLERS
from lfclient.flows.model import Flow


class SecretMask(str):
    """Tells a mask from the same words, typed by a person, as long as it was not written down."""

    __slots__ = ()


SECRET_MASK = SecretMask("was set")  # stands in records for a secret that was sent
REQUIRED_MESSAGE = "This is required."
_NUMBER_KINDS = frozenset({FieldKind.INTEGER, FieldKind.DECIMAL, FieldKind.SLIDER})
_TEXT_KINDS = frozenset(
    {FieldKind.TEXT, FieldKind.MULTILINE, FieldKind.TEXT_LIST, FieldKind.UNKNOWN}
)
_CHOICE_KINDS = frozenset({FieldKind.SELECT, FieldKind.MULTISELECT, FieldKind.ORDERED_LIST})


def check_value(field: Field, value: Any) -> list[Problem]:
    """What is wrong with one value, whatever the mode."""
    if value is None:
        return [_error(field, "A value is needed; leave the parameter out to keep the flow's.")]
    if isinstance(value, Variable):
        if not field.takes_variable:
            return [_error(field, "This parameter can't be taken from a server variable.")]
        return [] if value.name else [_error(field, "The variable's name is missing.")]
    if not is_changed(field, value):
        return _check_required(field, value)
    kind = KIND_HANDLERS[field.kind]
    wrong = [_error(field, sentence) for sentence in kind.check(field, value)]
    if wrong:
        return wrong
    return [*_check_required(field, value), *_check_ranges_and_options(field, value)]


def check_overrides(
    flow: Flow,
    overrides: Mapping[str, Any],
    mode: str = "background",
    server: ServerRelease | None = None,
) -> list[Problem]:
    """What is wrong with the overrides of a run: each value, what is unknown, what is missing."""
    known = flow.fields_by_key
    problems: list[Problem] = []
    for key, value in overrides.items():
        field = known.get(key)
        if field is None:
            problems.append(Problem(key, "error", _unknown_key_message(flow, key)))
            continue
        problems += check_value(field, value)
        reason = unsupported_reason(field, value, mode, server)
        if reason:
            problems.append(_error(field, reason))
    for field in flow.fields:
        if field.required and field.key not in overrides:
            problems += _check_required(field, field.default)
    problems += _check_parsers(flow, overrides)
    return problems + _check_chat_inputs(flow, mode, server)


def raise_errors(problems: Iterable[Problem]) -> None:
    """Raise `InvalidRequest` for the first error, if there is one, naming the others."""
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        lines = [f"{problem.key}: {problem.message}" for problem in errors[:5]]
        if len(errors) > len(lines):
            lines.append(f"… and {len(errors) - len(lines)} more.")
        raise InvalidRequest("\n".join(lines), field=errors[0].key)


def is_changed(field: Field, value: Any) -> bool:
    """Whether a value differs from the flow's own; None stands for that."""
    if value is None:
        return False
    if field.secret and field.has_stored_value and value == "":
        return False
    if isinstance(value, (int, float)) and isinstance(field.default, (int, float)):
        same_type = isinstance(value, bool) == isinstance(field.default, bool)
        return not same_type or value != field.default
    return type(value) is not type(field.default) or value != field.default


def value_to_text(field: Field, value: Any) -> str:
    """A value as text that its kind's `parse` reads back."""
    return KIND_HANDLERS[field.kind].write(field, value)


def is_secret_field(field: Field) -> bool:
    """Whether a value is to be hidden: declared as a secret, or named like one."""
    return field.secret or (field.kind in _TEXT_KINDS and is_secret_name(field.parameter))


def is_secret_override(key: str, field: Field | None) -> bool:
    """Whether the override `key` is to be hidden; the flow may not know its field."""
    return is_secret_field(field) if field else is_secret_name(key.rpartition(".")[2])


def collect_secrets(flow: Flow, overrides: Mapping[str, Any]) -> set[str]:
    """What these overrides send in secret parameters, however deep."""
    known = flow.fields_by_key if overrides else {}
    found: set[str] = set()
    for key, value in overrides.items():
        if not isinstance(value, Variable):
            found |= (
                collect_texts(value)
                if is_secret_override(key, known.get(key))
                else find_named_secrets(value)
            )
    return found


def mask_secrets(flow: Flow, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides fit to be kept: for each secret, that it was set. Where its text stands elsewhere,
    too, that is blotted out (`lfclient.common.redaction.is_redacted`), unless it is very short.
    """
    known = flow.fields_by_key
    redactor = Redactor(collect_secrets(flow, overrides) - {SECRET_MASK})
    return {
        key: SECRET_MASK
        if is_secret_override(key, known.get(key)) and not isinstance(value, Variable)
        else replace_secrets(redactor.redact_value(value), lambda secret: SECRET_MASK)
        for key, value in overrides.items()
    }


def _check_ranges_and_options(field: Field, value: Any) -> Iterable[Problem]:
    if field.kind is FieldKind.FILE:
        yield from file_fields.check_paths(field, value)
    if field.kind in _NUMBER_KINDS and field.range:
        low, high = field.range.min, field.range.max
        if (low is not None and value < low) or (high is not None and value > high):
            span = " ".join(
                part
                for part in (
                    "" if low is None else f"from {low:g}",
                    "" if high is None else f"to {high:g}",
                )
                if part
            )
            yield Problem(field.key, "warning", f"Outside the range that the flow gives: {span}.")
    if field.kind in _CHOICE_KINDS and field.free_text and field.options:
        given = value if isinstance(value, list) else [value]
        names = [item["name"] if isinstance(item, dict) else item for item in given]
        other = [name for name in names if name and name not in field.options]
        if other:
            yield Problem(field.key, "note", f"Not in the flow's list: {', '.join(other)}.")


def _check_required(field: Field, value: Any) -> list[Problem]:
    if not field.required or (field.has_stored_value and value in ("", None)):
        return []
    if value is None or (
        not isinstance(value, Variable) and KIND_HANDLERS[field.kind].is_empty(value)
    ):
        return [_error(field, REQUIRED_MESSAGE)]
    return []


def _check_parsers(flow: Flow, overrides: Mapping[str, Any]) -> Iterable[Problem]:
    name = file_fields.PARSER_SWITCH
    switches = {c.id: c.template[name] for c in flow.components if name in c.template}
    for field in flow.fields:
        if field.kind is FieldKind.FILE and field.component in switches:
            switch = switches[field.component]
            on = overrides.get(f"{field.component}.{name}", switch.get("value"))
            value = overrides.get(field.key, field.default)
            yield from file_fields.check_parser(field, value, switch, on=on)


def _check_chat_inputs(flow: Flow, mode: str, server: ServerRelease | None) -> list[Problem]:
    texts = [field for field in flow.fields if field.chat_input]
    if len(texts) < 2 or not sends_bare_values(mode, server):
        return []
    kind = "streamed call" if mode == "stream" else "background run"
    sentence = (
        f"This flow has several chat inputs, which a {kind} can't have: "
        "choose “Wait for the result”."
    )
    return [_error(texts[0], sentence)]


def _unknown_key_message(flow: Flow, key: str) -> str:
    owners = [c for c in flow.components if key.startswith(f"{c.id}.")]
    if not owners:
        ids = [component.id for component in flow.components]
        near = difflib.get_close_matches(key.rpartition(".")[0] or key, ids, 1, 0.6)
        meant = f" Did you mean {near[0]}?" if near else ""
        shape = "" if "." in key else " Overrides are named Component.parameter."
        return f"This flow has no such component.{shape}{meant}"
    owner = max(owners, key=lambda component: len(component.id))
    parameter = key[len(owner.id) + 1 :]
    wired = any(e.target == owner.id and e.target_parameter == parameter for e in flow.edges)
    if parameter not in owner.template:
        names = [field.parameter for field in flow.fields if field.component == owner.id]
        near = difflib.get_close_matches(parameter, names, 1, 0.6)
        meant = f" Did you mean {near[0]}?" if near else ""
        return f"{owner.display_name} has no such parameter.{meant}"
    return locked_reason(owner, parameter, wired=wired) or "It can't be changed by a run."


def _error(field: Field, message: str) -> Problem:
    return Problem(field.key, "error", message)
