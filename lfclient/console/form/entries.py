"""The entries of a form, and their form in a draft."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lfclient.common.json_text import from_json
from lfclient.common.redaction import Redactor
from lfclient.console.form.uploads import Upload
from lfclient.flows.field import Field, Variable, value_from_json, value_to_json
from lfclient.flows.field_kinds import KIND_HANDLERS
from lfclient.flows.model import Flow
from lfclient.flows.validation import is_secret_field, mask_secrets


@dataclass(frozen=True)
class EnteredValue:
    """A value and the kind its field had when it was entered; the flow may change later."""

    kind: str
    value: Any


@dataclass(frozen=True)
class InvalidEntry:
    """The states of a field's widgets that no value can be read from, and the reason."""

    states: Mapping[str, Any]
    error: str


@dataclass(frozen=True)
class SentFile:
    """A file sent to the server: its name on the user's computer and its size in bytes."""

    name: str
    size: int

    @property
    def warning(self) -> str:
        """The warning about a file without content, or ""."""
        return "" if self.size else f"“{self.name}” is empty."


@dataclass(frozen=True)
class PresetLink:
    """The preset a form is linked to, at the version the form was filled with.

    `preset` is its id, "" for none. `opened` is true if the form opened with it as the default.
    """

    preset: str = ""
    version: int = 0
    opened: bool = False


@dataclass
class Entries:
    """What differs from the flow, by field key: values, invalid entries and unfinished uploads.

    `preset_link` is None until the form is filled, with a preset or otherwise.
    """

    values: dict[str, EnteredValue] = dataclasses.field(default_factory=dict)
    invalid: dict[str, InvalidEntry] = dataclasses.field(default_factory=dict)
    preset_link: PresetLink | None = dataclasses.field(default=None, compare=False)
    uploads: dict[str, list[Upload]] = dataclasses.field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        return bool(self.values or self.invalid or any(self.uploads.values()))

    def to_draft(self, flow: Flow, secrets: Iterable[str] = ()) -> dict[str, Any]:
        """Return the entries as JSON, without those that are or contain secrets."""
        redactor = Redactor(secrets)
        values = {key: entered.value for key, entered in self.values.items()}
        masked = mask_secrets(flow, values, secrets)
        unsafe = {field.key for field in flow.fields if is_secret_field(field)}
        return {
            "values": {
                key: [entered.kind, value_to_json(entered.value)]
                for key, entered in self.values.items()
                if masked[key] == entered.value
            },
            "invalid": {
                key: [entry.states, entry.error]
                for key, entry in self.invalid.items()
                if key not in unsafe and redactor.redact_value(entry.states) == entry.states
            },
            "preset": self.preset_link and asdict(self.preset_link),
        }

    @classmethod
    def from_draft(cls, draft: Mapping[str, Any], fields: Mapping[str, Field]) -> Entries:
        """Return the entries that `to_draft` saved, in the shapes that the flow's fields take."""
        values = {}
        for name, (kind, saved) in draft["values"].items():
            value, field = value_from_json(saved), fields.get(name)
            if field and field.kind.value == kind and not isinstance(value, Variable):
                value = KIND_HANDLERS[field.kind].coerce(field, value)
            if value is not None:
                values[name] = EnteredValue(kind, value)
        return cls(
            values,
            {key: InvalidEntry(*entry) for key, entry in draft["invalid"].items()},
            draft["preset"] and PresetLink(**draft["preset"]),
        )


def json_draft(text: str | None, flow: Flow, secrets: Iterable[str]) -> str | None:
    """Return the JSON editor's text for a draft, None if it contains or may contain a secret."""
    try:
        entered = from_json(text or "null")
    except ValueError:
        has_secrets = any(is_secret_field(field) for field in flow.fields)
        has_secrets |= any(secret in (text or "") for secret in secrets)
        return None if has_secrets else text
    is_safe = isinstance(entered, dict) and mask_secrets(flow, entered, secrets) == entered
    return text if is_safe else None
