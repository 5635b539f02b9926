"""What a run was given, held against its flow as it is now: what can be given again, what not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lfclient.common.formatting import with_id
from lfclient.common.redaction import find_named_secrets, is_redacted, replace_secrets
from lfclient.flows.encoding import ServerRelease
from lfclient.flows.field import Field, FieldKind
from lfclient.flows.file_fields import file_paths
from lfclient.flows.model import Flow
from lfclient.flows.validation import SECRET_MASK, check_overrides, is_secret_override


@dataclass(frozen=True)
class InputValue:
    """One value that a run was given, as its record has it.

    `component` is the name of its component, or its id where the flow has it no longer;
    `component_id` the id where others have that name. `field` is None where a run can no longer set
    it. `usable` is what can be given again: the value, what is
    left of it, or None. `problem` says why that is not all of it. `secret`: it was a secret, or
    holds one, which no record keeps.
    """

    key: str
    value: Any
    label: str
    component: str
    field: Field | None = None
    usable: Any = None
    problem: str = ""
    secret: bool = False
    component_id: str = ""

    @property
    def name(self) -> str:
        """Its label and component, for a sentence."""
        return f"{self.label} ({self.where()})"

    def where(self, most: int | None = None) -> str:
        """Its component, told apart from others; of its name at most `most` characters."""
        return with_id(self.component, self.component_id, most)


@dataclass(frozen=True)
class RunInputs:
    """All that a run was given, in the flow's order; what the flow no longer has comes last.

    `missing` says what the flow asks for by now that the run was not given, or what keeps its
    values from being run in this mode at all.
    """

    given: tuple[InputValue, ...]
    missing: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The overrides that can be given again."""
        return {one.key: one.usable for one in self.given if one.usable is not None}

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why the run can't be repeated as it was, a sentence each; empty if it can."""
        return (*(f"{one.name}: {one.problem}" for one in self.given if one.problem), *self.missing)


def check_rerun(
    overrides: Mapping[str, Any],
    flow: Flow,
    *,
    mode: str,
    server: ServerRelease | None = None,
    files: Collection[str] | None = None,
) -> RunInputs:
    """The overrides of a record, with what stands in the way of giving each again.

    `mode` and `server` are those of the run that is to come. `files` are the paths of the user's
    files on the server; None if they are not known, and then none is missed.
    """
    known = flow.fields_by_key
    sent = {
        key: value
        for key, value in overrides.items()
        if value != SECRET_MASK or not is_secret_override(key, known.get(key))
    }
    said: dict[str, str] = {}
    for problem in check_overrides(flow, sent, mode, server):
        if problem.level == "error":
            said.setdefault(problem.key, problem.message)
    given = [
        _check(one, flow, said.get(one.key, "") if one.key in sent else "", files)
        for one in describe_overrides(overrides, flow)
    ]
    if any(one.secret for one in given):
        given = [_check_redaction(one) for one in given]
    order = {key: place for place, key in enumerate(known)}
    given.sort(key=lambda one: order.get(one.key, len(order)))
    others = [f"{qualified_label(known[key])}: {said[key]}" for key in said if key not in overrides]
    return RunInputs(tuple(given), tuple(others))


def describe_overrides(overrides: Mapping[str, Any], flow: Flow | None) -> list[InputValue]:
    """The values by the names that the flow has for them, if the flow is at hand."""
    fields = flow.fields_by_key if flow else {}
    return [_describe(key, value, flow, fields.get(key)) for key, value in overrides.items()]


def _describe(key: str, value: Any, flow: Flow | None, field: Field | None) -> InputValue:
    secret = _contains_masked_secret(key, value, field)
    if field:
        named = field_label(field), field.component_name
        return InputValue(key, value, *named, field, secret=secret, component_id=field.component_id)
    owner, _, parameter = key.rpartition(".")
    told_by = ""
    for component in flow.components if flow else ():
        if key.startswith(f"{component.id}."):
            owner, parameter = component.display_name, key[len(component.id) + 1 :]
            told_by = component.id if flow and owner in flow.shared_names else ""
            entry = component.template.get(parameter, {})
            label = entry.get("display_name")
            parameter = label if isinstance(label, str) and label else parameter
    where = owner or "no component"
    return InputValue(key, value, parameter, where, secret=secret, component_id=told_by)


def _check(one: InputValue, flow: Flow, problem: str, files: Collection[str] | None) -> InputValue:
    if one.field is None or problem:
        return replace(one, problem=problem or "It can't be changed by a run.")
    if one.secret:
        if one.value == SECRET_MASK:
            return replace(one, problem="A secret was set, which is not kept: enter it again.")
        left = replace_secrets(one.value, lambda secret: "" if secret == SECRET_MASK else secret)
        problem = "It held secrets, which are not kept: enter them again."
        return replace(one, usable=left, problem=problem)
    if one.field.kind is FieldKind.FILE and files is not None:
        return _check_files(one, flow, files)
    return replace(one, usable=one.value)


def _check_redaction(one: InputValue) -> InputValue:
    """A value in which the text of one of the run's secrets stood, too."""
    if one.usable is None or one.problem or not is_redacted(one.usable):
        return one
    return replace(one, problem="Where it has ••••, the text of a secret stood, which is not kept.")


def _check_files(one: InputValue, flow: Flow, files: Collection[str]) -> InputValue:
    """What is kept beside a flow is in no list of the server's, so it is not missed."""
    beside = f"{flow.id}/"
    there = [each for each in file_paths(one.value) if each in files or each.startswith(beside)]
    gone = [each.rpartition("/")[2] for each in file_paths(one.value) if each not in there]
    if not gone:
        return replace(one, usable=one.value)
    names = ", ".join(f"“{name}”" for name in gone)
    left = there if isinstance(one.value, list) and there else None
    return replace(one, usable=left, problem=f"The server no longer has {names}.")


def _contains_masked_secret(key: str, value: Any, field: Field | None) -> bool:
    """Whether a secret stood here or within; a person may have typed its mask as a plain text."""
    if value == SECRET_MASK:
        return is_secret_override(key, field)
    return SECRET_MASK in find_named_secrets(value)


def qualified_label(field: Field) -> str:
    """Label and component of a parameter, for a sentence."""
    return f"{field_label(field)} ({field.where()})"


def qualified_label_for_key(fields: Mapping[str, Field], key: str) -> str:
    """The label and component of the parameter with a key; the key if there is none."""
    field = fields.get(key)
    return qualified_label(field) if field else key


def field_label(field: Field) -> str:
    """What a parameter is called where a person reads of it."""
    return "Message" if field.chat_input else field.label
