"""Presets: a named set of values of a flow, as a file, and as what of it fits a flow.

Values are overrides, keyed `Component.parameter`, as `mask` leaves them: `MASK` stands for a
secret, which is never kept. The same shape is kept of runs, and travels in an address.

The file is JSON:

    {"format": "langflow-console/preset", "version": 1,
     "flow": {"id": "…", "name": "…"}, "name": "Short answers",
     "values": {"Agent-x1.temperature": 0.2, "Agent-x1.model": {"$variable": "MODEL"}},
     "secrets": ["Agent-x1.api_key"],
     "components": {"Agent-x1": {"type": "Agent", "name": "Agent"}}}

`secrets` are to be entered by whoever uses it. `components` may be missing; it is for finding the
same ones in another flow, whose ids differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from lfclient.common.coerce import as_str
from lfclient.common.redaction import is_redacted, replace_secrets
from lfclient.errors import InvalidRequest
from lfclient.flows.field import Field, Variable, value_from_json, value_to_json
from lfclient.flows.model import Flow
from lfclient.flows.structured_values import from_json, to_json
from lfclient.flows.validation import (
    SECRET_MASK,
    SecretMask,
    check_overrides,
    check_value,
    is_changed,
    is_secret_field,
    mask_secrets,
)

FORMAT = "langflow-console/preset"
VERSION = 1
MAX_FILE_BYTES = 1_000_000  # bytes of a file
MAX_NAME_LENGTH = 100  # characters
_MAX_DEPTH = 50  # objects and lists within each other
_REDACTED_VALUE = "It repeats a secret, which is never kept."
_SECRET_VALUE = "Secrets are not taken from here: enter it yourself."
_HINT = "Choose a file that “Export” of a preset made."


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


_Named = TypeVar("_Named", bound=_HasName)


@dataclass(frozen=True)
class PresetFile:
    """What a file holds. `components` are (type, display name), by the id in the file's flow."""

    name: str
    flow_id: str
    flow_name: str
    values: dict[str, Any]
    components: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class RejectedValue:
    """A value that a flow has no place for, or not of that sort, and why."""

    key: str
    reason: str


@dataclass(frozen=True)
class FittedValues:
    """What of some values fits a flow: `values` do, `ask` are the keys of secrets to be entered.

    `moved` are those whose component has another id in this flow: the key here, by the key there.
    """

    values: dict[str, Any]
    secrets: tuple[str, ...] = ()
    rejected: tuple[RejectedValue, ...] = ()
    moved: dict[str, str] = field(default_factory=dict)

    @property
    def masked(self) -> dict[str, Any]:
        """The values with `MASK` for each secret: what is kept of them."""
        return {**self.values, **dict.fromkeys(self.secrets, SECRET_MASK)}


def find_by_name(kept: Iterable[_Named], text: str) -> _Named | None:
    """The one of some presets that has the name which a text makes; None if there is none."""
    name = _normalise_name(text)
    return next((preset for preset in kept if preset.name == name), None)


def _normalise_name(text: str) -> str:
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def validate_name(text: str) -> str:
    """A preset's name as it is kept; raises `InvalidRequest` if the text makes none."""
    name = _normalise_name(text)
    if not name:
        raise InvalidRequest("A preset needs a name.", hint="Type one.")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidRequest(
            f"This name has {len(name)} characters; {MAX_NAME_LENGTH} are the most.",
            hint="Shorten it.",
        )
    return name


def fit_values(
    flow: Flow,
    values: Mapping[str, Any],
    components: Mapping[str, tuple[str, str]] | None = None,
) -> FittedValues:
    """Sort values by whether the flow takes them. They may come from anybody.

    Components that the flow does not have are looked for by their type and display name where
    `components` tells these, else by the type in their id; only an unambiguous one is taken.
    """
    moved = {} if components is None else _match_components(flow, values, components)
    values = {moved.get(key, key): value for key, value in values.items()}
    known = flow.fields_by_key
    good: dict[str, Any] = {}
    ask: list[str] = []
    refused: list[RejectedValue] = []
    for key, value in values.items():
        of = known.get(key)
        if of is None or not _holds_secret(of, value):
            good[key] = value  # what is unknown is refused below
            continue
        ask.append(key)
        if not _is_masked(of, value):
            refused.append(RejectedValue(key, _SECRET_VALUE))
    wrong = _validation_errors(flow, good)
    if ask:
        wrong |= {key: _REDACTED_VALUE for key, value in good.items() if is_redacted(value)}
    refused += [RejectedValue(key, why) for key, why in wrong.items()]
    good = {key: value for key, value in good.items() if key not in wrong}
    return FittedValues(good, tuple(ask), tuple(refused), moved)


def changed_keys(flow: Flow, values: Mapping[str, Any], overrides: Mapping[str, Any]) -> list[str]:
    """The keys at which a form that holds `overrides` differs from what it is given by `values`.

    A secret that `values` asks for is no difference.
    """
    fitting = fit_values(flow, values)
    known = flow.fields_by_key
    given = {key: value for key, value in fitting.values.items() if is_changed(known[key], value)}
    held = mask_secrets(flow, overrides)
    keys = [key for key in known if key in given or key in held]
    return [
        key
        for key in keys
        if key not in fitting.secrets and not _is_equal(given.get(key), held.get(key))
    ]


def dump_preset(flow: Flow, name: str, values: Mapping[str, Any]) -> str:
    """The text of a preset's file; `values` as `mask` leaves them."""
    fitting = fit_values(flow, values)
    kept = [*fitting.values, *fitting.secrets]
    owners = {of.component for of in flow.fields if of.key in kept}
    return to_json(
        {
            "format": FORMAT,
            "version": VERSION,
            "flow": {"id": flow.id, "name": flow.name},
            "name": name,
            "values": {key: value_to_json(value) for key, value in fitting.values.items()},
            "secrets": list(fitting.secrets),
            "components": {
                component.id: {"type": component.type, "name": component.display_name}
                for component in flow.components
                if component.id in owners
            },
        }
    )


def check_size(flow: Flow, values: Mapping[str, Any]) -> None:
    """Raises `InvalidRequest` if values are too large to be a preset, and so a file that `load`
    reads.
    """
    size = len(dump_preset(flow, "x" * MAX_NAME_LENGTH, values).encode())
    if size > MAX_FILE_BYTES:
        raise InvalidRequest(
            f"These values have {size / 1e6:.1f} MB; a preset has at most 1 MB.",
            hint="Give what is so large as a file, if the flow takes one.",
        )


def load_preset(data: bytes) -> PresetFile:
    """What a file holds. Raises `InvalidRequest` with what is wrong with it as a file; whether its
    values fit a flow is for `fit` to say.
    """
    if len(data) > MAX_FILE_BYTES:
        raise InvalidRequest(
            f"This file has {len(data) / 1e6:.1f} MB; a preset has at most 1 MB.", hint=_HINT
        )
    found = read_json(data)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        is_flow = isinstance(found, dict) and ("nodes" in found or "data" in found)
        hint = "This looks like a flow: import it in Langflow itself." if is_flow else _HINT
        raise InvalidRequest("This file is no preset of Langflow Console.", hint=hint)
    version = found.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidRequest("This preset does not say its version.", hint=_HINT)
    if version > VERSION:
        raise InvalidRequest(
            f"This preset is of version {version}, and this console reads up to {VERSION}.",
            hint="Update the console, or export the preset from one of this release.",
        )
    flow = _read_object(found, "flow")
    values = {key: value_from_json(value) for key, value in _read_object(found, "values").items()}
    secrets = found.get("secrets", [])
    if not isinstance(secrets, list) or any(not isinstance(key, str) for key in secrets):
        raise InvalidRequest("“secrets” of this preset should be a list of texts.", hint=_HINT)
    return PresetFile(
        name=as_str(found.get("name")),
        flow_id=as_str(flow.get("id")),
        flow_name=as_str(flow.get("name")),
        values={**values, **dict.fromkeys(secrets, SECRET_MASK)},
        components={
            key: (as_str(part.get("type")), as_str(part.get("name")))
            for key, part in _read_object(found, "components").items()
            if isinstance(part, dict)
        },
    )


def read_json(data: bytes) -> Any:
    """The JSON value in what somebody gave, fit to be shown: no broken text, not nested too deep.

    Raises `InvalidRequest`.
    """
    try:
        found = from_json(data.decode("utf-8-sig"))
        if _is_too_deep(found):
            raise ValueError("This JSON is nested too deeply.")
    except UnicodeError as error:
        raise InvalidRequest("This is not text in UTF-8.", hint=_HINT) from error
    except ValueError as error:
        raise InvalidRequest(str(error), hint=_HINT) from error
    return found


def _validation_errors(flow: Flow, values: Mapping[str, Any]) -> dict[str, str]:
    """Why values are refused, by key. What only one mode can't take is said at the field."""
    found: dict[str, str] = {}
    for problem in check_overrides(flow, values, mode="sync"):
        if problem.level == "error" and problem.key in values:
            found.setdefault(problem.key, problem.message)
    return found


def _holds_secret(of: Field, value: Any) -> bool:
    if isinstance(value, Variable):
        return False
    return (
        is_secret_field(of)
        or _is_mask(of, value)
        or replace_secrets(value, lambda _: None) != value
    )


def _is_mask(of: Field, value: Any) -> bool:
    """Whether a value is the mask; its words alone are a text where the field takes one."""
    if value != SECRET_MASK or isinstance(value, SecretMask):
        return isinstance(value, SecretMask)
    return any(problem.level == "error" for problem in check_value(of, value))


def _is_masked(of: Field, value: Any) -> bool:
    """Whether `mask` has been over a value that holds a secret."""
    if value == SECRET_MASK:
        return True
    return not is_secret_field(of) and replace_secrets(value, lambda _: SECRET_MASK) == value


def _is_equal(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _match_components(
    flow: Flow, values: Iterable[str], components: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    here = {component.id for component in flow.components}
    parameters = {key: _split_key(key, [*here, *components]) for key in values}
    found = {
        owner: _find_component(flow, owner, components.get(owner))
        for owner in {owner for owner, _ in parameters.values()} - here
    }
    used = Counter([*found.values(), *(owner for owner, _ in parameters.values() if owner in here)])
    return {
        key: f"{found[owner]}.{parameter}"
        for key, (owner, parameter) in parameters.items()
        if found.get(owner) and used[found[owner]] == 1
    }


def _split_key(key: str, owners: Iterable[str]) -> tuple[str, str]:
    """Component and parameter of a key; the longest id counts that it begins with."""
    owner = max((one for one in owners if key.startswith(f"{one}.")), key=len, default="")
    return (owner, key[len(owner) + 1 :]) if owner else _split_at_last_dot(key)


def _split_at_last_dot(key: str) -> tuple[str, str]:
    owner, _, parameter = key.rpartition(".")
    return owner, parameter


def _find_component(flow: Flow, owner: str, known: tuple[str, str] | None) -> str | None:
    kind, name = known or (owner.rpartition("-")[0], "")
    alike = [component for component in flow.components if component.type == kind]
    named = [component for component in alike if component.display_name == name]
    chosen = named if len(named) == 1 else alike
    return chosen[0].id if len(chosen) == 1 else None


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [part for each in level for part in _children(each)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _read_object(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = found.get(name, {})
    if not isinstance(part, dict):
        raise InvalidRequest(f"“{name}” of this preset should be an object.", hint=_HINT)
    return part
