"""The inputs of a run: what to record of them, and what a rerun with the current flow can use."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from lfclient.common.coerce import as_str
from lfclient.common.filenames import uploaded_name
from lfclient.common.formatting import humanize, with_number
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import find_named_secrets, is_redacted, replace_secrets
from lfclient.flows.field import Field, FieldKind, value_to_json
from lfclient.flows.file_fields import file_paths
from lfclient.flows.model import Flow
from lfclient.flows.prompts import ordered_variables
from lfclient.flows.validation import (
    SECRET_MASK,
    check_overrides,
    check_start,
    error_messages,
    is_changed,
    is_secret_field,
    is_secret_override,
)
from lfclient.wire.server_info import ServerInfo

MAX_TOP_FIELDS = 24  # fields at the top of a form; the others are in their components
MAX_DEFAULTS_LENGTH = 20_000  # characters of the defaults of a run in all

SECRET_HINT = "Enter this value: secrets are not saved."


@dataclass(frozen=True)
class InputValue:
    """One recorded override, or with `is_default` the flow's own value at that time.

    `component_name` falls back to the id if the flow no longer has the component;
    `component_number` tells it apart from other components of the name, and is 0 without any.
    `field` is None if a run can no longer set the parameter. `reusable_value` is the part of the
    value that a rerun can use, or None; `problem` says why that isn't all of it. `secret`: the
    value is or contains a secret, which records don't keep.
    """

    key: str
    value: Json
    label: str
    component_name: str
    component_number: int = 0
    field: Field | None = None
    reusable_value: Json = None
    problem: str = ""
    secret: bool = False
    is_default: bool = False

    @property
    def qualified_label(self) -> str:
        """Its label and component: "Name (Prompt)"."""
        return _qualify(self.label, self.component_label())

    def component_label(self, max_length: int | None = None) -> str:
        """Return the component's name, clipped to `max_length`, with its number if it has one."""
        return with_number(self.component_name, self.component_number, max_length)


@dataclass(frozen=True)
class RunInputs:
    """A run's inputs in the flow's order, those that the flow no longer has last.

    `flow_problems` are further obstacles to a rerun: parameters that have become required, or a
    run mode that this flow can't use.
    """

    input_values: tuple[InputValue, ...]
    flow_problems: tuple[str, ...] = ()

    @property
    def reusable_overrides(self) -> JsonObject:
        """The overrides for a rerun."""
        return {
            entry.key: entry.reusable_value
            for entry in self.input_values
            if entry.reusable_value is not None
        }

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the run can't be repeated unchanged, a sentence each; empty if it can."""
        value_problems = (
            f"{entry.qualified_label}: {entry.problem}"
            for entry in self.input_values
            if entry.problem
        )
        return (*value_problems, *self.flow_problems)


def check_rerun(
    overrides: Mapping[str, Json],
    flow: Flow,
    *,
    mode: str,
    server: ServerInfo | None = None,
    files: Collection[str] | None = None,
) -> RunInputs:
    """Return a record's overrides and the problems of using each in a rerun.

    `mode` and `server` are the rerun's. `files` are the paths of the user's files on the server;
    None if unknown, then no file counts as missing.
    """
    fields = flow.fields_by_key
    present = {
        key: value
        for key, value in overrides.items()
        if value != SECRET_MASK or not is_secret_override(key, fields.get(key))
    }
    # an ignored message is reusable: it's the flow that has the problem
    start_problems = check_start(flow, present, mode, server)
    problems = check_overrides(flow, present, mode, server)
    errors = error_messages(problem for problem in problems if problem not in start_problems)
    described = describe_inputs(overrides, None, flow)
    input_values = [_check(entry, flow, errors.get(entry.key, ""), files) for entry in described]
    order = {key: place for place, key in enumerate(fields)}
    input_values.sort(key=lambda entry: order.get(entry.key, len(order)))
    flow_errors = {key: message for key, message in errors.items() if key not in overrides}
    flow_problems = (
        f"{qualified_label_for_key(fields, key)}: {message}"
        for key, message in {**error_messages(start_problems), **flow_errors}.items()
    )
    return RunInputs(tuple(input_values), tuple(flow_problems))


def exposed_fields(flow: Flow) -> list[Field]:
    """Return the fields that a person fills in besides the message and what the flow needs.

    Those that the flow's author marked. A flow without any and without a chat input takes its input
    from text inputs and from its prompts' variables, as Langflow's own templates do.
    """
    is_chat = any(field.chat_input for field in flow.fields)
    marked = [
        field
        for field in flow.fields
        if field.api_editable and not (field.chat_input or field.chat_files)
    ]
    if marked or is_chat:
        return marked
    fields = flow.fields_by_target
    texts = [
        field
        for (id, parameter), field in fields.items()
        if parameter == "input_value"
        and (owner := flow.component(id))
        and owner.type == "TextInput"
    ]
    prompts = [field for field in flow.fields if field.kind is FieldKind.PROMPT]
    targets = [(prompt.target[0], name) for prompt in prompts for name in ordered_variables(prompt)]
    return [field for field in (*texts, *map(fields.get, targets)) if field and field.runs]


def input_defaults(flow: Flow, overrides: Mapping[str, Json]) -> JsonObject:
    """Return the flow's own values, by key, of the inputs that a run does not override.

    Those of `exposed_fields`. At most `MAX_TOP_FIELDS`, without secrets, empty values,
    and values that are too long to be recorded with each run.
    """
    fields = [
        field
        for field in exposed_fields(flow)
        if field.runs
        and not is_secret_field(field)
        and field.key not in overrides
        and field.default not in ("", [], {}, None)
    ]
    room = MAX_DEFAULTS_LENGTH
    defaults: JsonObject = {}
    for field in fields[:MAX_TOP_FIELDS]:
        length = len(json.dumps(value_to_json(field.default)))
        if length <= room:
            room -= length
            defaults[field.key] = field.default
    return defaults


def unchanged_defaults(flow: Flow, defaults: Mapping[str, Json] | None) -> JsonObject:
    """Return the recorded defaults that the flow still has, which a rerun need not send."""
    fields = flow.fields_by_key
    return {
        key: value
        for key, value in (defaults or {}).items()
        if key in fields and not is_changed(fields[key], value)
    }


def describe_inputs(
    overrides: Mapping[str, Json], defaults: Mapping[str, Json] | None, flow: Flow | None
) -> list[InputValue]:
    """Return the overrides, then the defaults, with the labels that `flow` has, unchecked.

    `defaults` are the flow's own values at the time of the run, None if unknown.
    """
    fields = flow.fields_by_key if flow else {}
    values = [_describe(key, value, flow, fields.get(key)) for key, value in overrides.items()]
    values += [
        replace(_describe(key, value, flow, fields.get(key)), is_default=True)
        for key, value in (defaults or {}).items()
    ]
    return values


def _describe(key: str, value: Json, flow: Flow | None, field: Field | None) -> InputValue:
    secret = _contains_masked_secret(key, value, field)
    if field:
        label, name, number = field_label(field), field.component_name, field.component_number
        return InputValue(key, value, label, name, number, field, secret=secret)
    component, parameter = flow.split_key(key) if flow else (None, "")
    if flow is None or component is None:
        name, _, parameter = key.rpartition(".")
        label = humanize(parameter)
        return InputValue(key, value, label, name or "no component", secret=secret)
    label = as_str(component.template.get(parameter, {}).get("display_name")) or parameter
    number = flow.component_numbers.get(component.id, 0)
    return InputValue(key, value, label, component.display_name, number, secret=secret)


def _check(
    entry: InputValue, flow: Flow, problem: str, files: Collection[str] | None
) -> InputValue:
    if entry.field and entry.secret and entry.value == SECRET_MASK:
        return replace(entry, problem=SECRET_HINT)
    if entry.field is None or problem:
        return replace(entry, problem=problem or "A run can't change it.")
    if entry.secret:
        reusable = replace_secrets(
            entry.value, lambda secret: "" if secret == SECRET_MASK else secret
        )
        problem = "It contained secrets, which aren't saved. Enter them again."
        return replace(entry, reusable_value=reusable, problem=problem)
    if is_redacted(entry.value):
        problem = "•••• stands for a secret's text, which isn't saved."
        return replace(entry, reusable_value=entry.value, problem=problem)
    if entry.field.kind is FieldKind.FILE and files is not None:
        return _check_files(entry, flow, files)
    return replace(entry, reusable_value=entry.value)


def _check_files(entry: InputValue, flow: Flow, files: Collection[str]) -> InputValue:
    """Return the entry with the files that still exist, and a problem for the others.

    A flow's own files are in no list of the server's, so they pass.
    """
    flow_folder = f"{flow.id}/"
    paths = file_paths(entry.value)
    present = [path for path in paths if path in files or path.startswith(flow_folder)]
    missing = [uploaded_name(path) for path in paths if path not in present]
    if not missing:
        return replace(entry, reusable_value=entry.value)
    names = ", ".join(f"“{name}”" for name in missing)
    reusable = present if isinstance(entry.value, list) and present else None
    return replace(entry, reusable_value=reusable, problem=f"The server no longer has {names}.")


def _contains_masked_secret(key: str, value: Json, field: Field | None) -> bool:
    """Return whether a value is or contains a masked secret.

    A plain text may equal the mask, so the parameter decides.
    """
    if value == SECRET_MASK:
        return is_secret_override(key, field)
    return SECRET_MASK in find_named_secrets(value)


def qualified_label_for_key(fields: Mapping[str, Field], key: str) -> str:
    """Return the label and component of the field with this key, such as "Name (Prompt)".

    Returns the key if there is no such field.
    """
    field = fields.get(key)
    return _qualify(field_label(field), field.component_label()) if field else key


def _qualify(label: str, component: str) -> str:
    return label if label == component else f"{label} ({component})"


def field_label(field: Field) -> str:
    """Return the label that people read."""
    return "Message" if field.chat_input else field.label
