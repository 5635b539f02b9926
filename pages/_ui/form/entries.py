"""What is entered into a form, as it is kept beside it: for a reload, and for a way back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lfclient.flows.field import value_from_json, value_to_json
from lfclient.flows.model import Flow
from lfclient.flows.validation import is_secret_field, mask_secrets
from pages._ui.form.uploads import Upload


@dataclass
class EnteredValue:
    """A value, with the kind that its field had then: a flow may change meanwhile."""

    kind: str
    value: Any


@dataclass(frozen=True)
class PresetLink:
    """The preset that a form goes by, as it was when the form was filled with it.

    `preset` is its id, "" for none. `opened`: the form opened with it, nobody chose it.
    """

    preset: str = ""
    version: int = 0
    opened: bool = False


@dataclass
class Entries:
    """Values by key; `wrong` are states of widgets that make no value, `faults` why not.

    `tie` is None where nothing was ever decided about presets. `uploads` are files on their way.
    """

    values: dict[str, EnteredValue] = dataclasses.field(default_factory=dict)
    invalid: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    errors: dict[str, str] = dataclasses.field(default_factory=dict)
    preset_link: PresetLink | None = dataclasses.field(default=None, compare=False)
    uploads: dict[str, list[Upload]] = dataclasses.field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        return bool(self.values or self.invalid)

    def to_draft(self, flow: Flow) -> dict[str, Any]:
        """As JSON values."""
        secrets = {field.key for field in flow.fields if is_secret_field(field)}
        values = {key: entered.value for key, entered in self.values.items()}
        masked = mask_secrets(flow, values)
        return {
            "values": {
                key: [entered.kind, value_to_json(entered.value)]
                for key, entered in self.values.items()
                if masked[key] == entered.value
            },
            "wrong": {key: states for key, states in self.invalid.items() if key not in secrets},
            "faults": {key: text for key, text in self.errors.items() if key not in secrets},
            "tie": self.preset_link and asdict(self.preset_link),
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Entries:
        """Those that `without_secrets` gave."""
        return cls(
            {
                name: EnteredValue(kind, value_from_json(value))
                for name, (kind, value) in kept["values"].items()
            },
            dict(kept["wrong"]),
            dict(kept["faults"]),
            kept["tie"] and PresetLink(**kept["tie"]),
        )
