"""What is entered into a form, as it is kept beside it: for a reload, and for a way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lfclient.fields import is_secret, mask, pack, unpack
from lfclient.flow import Flow


@dataclass
class Entered:
    """A value, with the kind that its field had then: a flow may change meanwhile."""

    kind: str
    value: Any


@dataclass
class Entries:
    """Values by key; `wrong` are states of widgets that make no value, `faults` why not."""

    values: dict[str, Entered] = field(default_factory=dict)
    wrong: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values or self.wrong)

    def without_secrets(self, flow: Flow) -> dict[str, Any]:
        """As JSON values."""
        secrets = {of.key for of in flow.fields if is_secret(of)}
        values = {key: entered.value for key, entered in self.values.items()}
        masked = mask(flow, values)
        return {
            "values": {
                key: [entered.kind, pack(entered.value)]
                for key, entered in self.values.items()
                if masked[key] == entered.value
            },
            "wrong": {key: states for key, states in self.wrong.items() if key not in secrets},
            "faults": {key: text for key, text in self.faults.items() if key not in secrets},
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Entries:
        """Those that `without_secrets` gave."""
        return cls(
            {name: Entered(kind, unpack(value)) for name, (kind, value) in kept["values"].items()},
            dict(kept["wrong"]),
            dict(kept["faults"]),
        )
