"""The entries of a form, as drafts and the undo history store them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lfclient.common.redaction import Redactor
from lfclient.flows.field import Field, Variable, value_from_json, value_to_json
from lfclient.flows.field_kinds import KIND_HANDLERS
from lfclient.flows.model import Flow
from lfclient.flows.validation import is_secret_field, mask_secrets
from pages._ui.form.uploads import Upload


@dataclass
class EnteredValue:
    """A value and the kind its field had when it was entered; the flow may change later."""

    kind: str
    value: Any


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
    """Values by field key; `invalid` are widget states that cannot be parsed, `errors` the reasons.

    `preset_link` is None until a preset was chosen or dropped. `uploads` are unfinished uploads.
    """

    values: dict[str, EnteredValue] = dataclasses.field(default_factory=dict)
    invalid: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    errors: dict[str, str] = dataclasses.field(default_factory=dict)
    preset_link: PresetLink | None = dataclasses.field(default=None, compare=False)
    uploads: dict[str, list[Upload]] = dataclasses.field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        return bool(self.values or self.invalid)

    def discard(self, key: str) -> None:
        """Discard what was entered in a field."""
        for entered in (self.values, self.invalid, self.errors):
            entered.pop(key, None)

    def to_draft(self, flow: Flow, secrets: Iterable[str] = ()) -> dict[str, Any]:
        """Return the entries as JSON, without those that are or contain secrets."""
        redactor = Redactor(secrets)
        values = {key: entered.value for key, entered in self.values.items()}
        masked = mask_secrets(flow, values, secrets)
        unsafe = {field.key for field in flow.fields if is_secret_field(field)}
        unsafe |= {
            key for key, states in self.invalid.items() if redactor.redact_value(states) != states
        }
        return {
            "values": {
                key: [entered.kind, value_to_json(entered.value)]
                for key, entered in self.values.items()
                if masked[key] == entered.value
            },
            "wrong": {key: states for key, states in self.invalid.items() if key not in unsafe},
            "faults": {key: text for key, text in self.errors.items() if key not in unsafe},
            "tie": self.preset_link and asdict(self.preset_link),
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
            dict(draft["wrong"]),
            dict(draft["faults"]),
            draft["tie"] and PresetLink(**draft["tie"]),
        )


@dataclass
class Prefill:
    """Values that filled a form from elsewhere.

    `source` is a sentence about their origin, "" once it is dismissed. `hints` are shown at
    fields, by key, until the field changes.
    """

    source: str
    entries: Entries
    hints: dict[str, str]
