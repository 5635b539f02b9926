"""Fit stored values to a flow that has changed since, or to another flow.

Values are overrides by `Component.parameter`, with `SECRET_MASK` in place of each secret, as stored
in presets and runs and sent in share links.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import is_redacted, replace_secrets
from lfclient.console.compare.equality import is_equal
from lfclient.flows.field import Field, Variable
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow, split_key
from lfclient.flows.validation import (
    SECRET_MASK,
    SecretMask,
    check_overrides,
    check_value,
    error_messages,
    is_changed,
    is_secret_field,
    mask_secrets,
)

_REDACTED_VALUE = "It contained a secret, which is not saved."
_SECRET_VALUE = "Secrets are not imported. Enter it yourself."


@dataclass(frozen=True)
class FittedValues:
    """Values sorted by whether they fit a flow.

    `values` fit; `secrets` are the keys of secrets that the user has to enter; `rejected` has the
    reasons why others don't fit, by key. `moved` maps the original key to the key in this flow, if
    its component has a different id there.
    """

    values: JsonObject
    secrets: tuple[str, ...] = ()
    rejected: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)

    @property
    def masked(self) -> JsonObject:
        """The values to store, with `SECRET_MASK` for each secret."""
        return {**self.values, **dict.fromkeys(self.secrets, SECRET_MASK)}


def fit_values(
    flow: Flow,
    values: Mapping[str, Json],
    components: Mapping[str, tuple[str, str]] | None = None,
) -> FittedValues:
    """Sort untrusted values by whether they fit the flow.

    `components` holds (type, display name) by id. With it, values of a component that the flow
    lacks move to the only component of the same type and name, or of the type in its id.
    """
    moved = {} if components is None else match_components(flow, values, components)
    values = {moved.get(key, key): value for key, value in values.items()}
    fields, masked = flow.fields_by_key, mask_secrets(flow, values)
    plain: JsonObject = {}
    secrets: list[str] = []
    rejected: dict[str, str] = {}
    for key, value in values.items():
        parameter = fields.get(key)
        if parameter is None or not _has_secret(parameter, value):
            plain[key] = value  # unknown keys are rejected below
            continue
        secrets.append(key)
        if value != masked[key]:
            rejected[key] = _SECRET_VALUE
    # limits of other run modes are reported at the field
    errors = error_messages(check_overrides(flow, plain, mode=None))
    errors |= {key: _REDACTED_VALUE for key, value in plain.items() if is_redacted(value)}
    fitting = {key: value for key, value in plain.items() if key not in errors}
    rejected |= {key: errors[key] for key in plain if key in errors}
    return FittedValues(fitting, tuple(secrets), rejected, moved)


def changed_keys(
    flow: Flow, values: Mapping[str, Json], overrides: Mapping[str, Json]
) -> list[str]:
    """Return the keys whose overrides in a form differ from the stored `values`.

    A secret that the user has to enter does not count as a difference.
    """
    fitted = fit_values(flow, values)
    fields = flow.fields_by_key
    stored = {
        key: value
        for key, value in fitted.values.items()
        if key in flow.choices or is_changed(fields[key], value)
    }
    entered = mask_secrets(flow, overrides)
    return [
        key
        for key in fields
        if key not in fitted.secrets and not is_equal(stored.get(key), entered.get(key))
    ]


def _has_secret(parameter: Field, value: Json) -> bool:
    """Return whether a value is or contains a secret or its mask.

    Text that equals the mask counts if the field accepts no text.
    """
    if isinstance(value, Variable):
        return False
    if isinstance(value, SecretMask) or is_secret_field(parameter):
        return True
    if value == SECRET_MASK:
        return "error" in {problem.level for problem in check_value(parameter, value)}
    return bool(replace_secrets(value, lambda _: None) != value)


def match_components(
    flow: Flow, keys: Iterable[str], components: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """Map the keys of components that the flow lacks to those of their only counterpart."""
    ids = {component.id for component in flow.components}
    known_ids = {*ids, *components}
    parts = {key: split_key(key, known_ids) for key in keys}
    by_type: dict[str, list[Component]] = defaultdict(list)
    for component in flow.components:
        by_type[component.type].append(component)
    counterparts = {
        id: _find_component(by_type, id, components.get(id))
        for id in {id for id, _ in parts.values()} - ids
    }
    uses = Counter([*counterparts.values(), *(id for id, _ in parts.values() if id in ids)])
    return {
        key: f"{counterparts[id]}.{parameter}"
        for key, (id, parameter) in parts.items()
        if counterparts.get(id) and uses[counterparts[id]] == 1
    }


def _find_component(
    by_type: Mapping[str, list[Component]], id: str, type_and_name: tuple[str, str] | None
) -> str | None:
    type_, name = type_and_name or (id.rpartition("-")[0], "")
    candidates = by_type.get(type_, [])
    named = [component for component in candidates if component.display_name == name]
    chosen = named if len(named) == 1 else candidates
    return chosen[0].id if len(chosen) == 1 else None
