"""What each of several runs was given, one row a parameter."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lfclient.fields import Variable
from lfclient.flow import Flow
from lfclient.inputs import Given, unchecked


@dataclass(frozen=True)
class ParameterRow:
    """One parameter; `given` has a place for each run, None where it stood as in the flow.

    `differs`: not all runs had the same. `unsure`: it is a secret, or holds one, so that nobody
    can tell.
    """

    label: str
    component: str
    given: tuple[Given | None, ...]
    differs: bool
    unsure: bool = False

    @property
    def name(self) -> str:
        """Label and component."""
        return f"{self.label} ({self.component})"


def parameter_rows(
    overrides: Sequence[Mapping[str, Any]], flows: Sequence[Flow | None], *, one_flow: bool
) -> list[ParameterRow]:
    """All parameters that one of the runs was given, those that differ first.

    With `one_flow` they are matched by their keys, and what a run was not given counts as the
    flow's own value, as it is now; else by the names of component and parameter.
    """
    columns = [_column(given, flow, one_flow) for given, flow in zip(overrides, flows, strict=True)]
    names: dict[Hashable, Given] = {}
    for column in columns:
        for name, one in column.items():
            names.setdefault(name, one)
    rows = [
        _row(one, tuple(column.get(name) for column in columns), one_flow)
        for name, one in names.items()
    ]
    return sorted(rows, key=lambda row: (not row.differs, not row.unsure))


def _column(
    overrides: Mapping[str, Any], flow: Flow | None, one_flow: bool
) -> dict[Hashable, Given]:
    found: dict[Hashable, Given] = {}
    for key, value in overrides.items():
        one = unchecked(key, value, flow)
        name: Hashable = key
        if not one_flow:
            name = (one.component.casefold(), one.label.casefold())
            if name in found:
                name = (*name, key)
        found[name] = one
    return found


def _row(one: Given, given: tuple[Given | None, ...], one_flow: bool) -> ParameterRow:
    default = one.field.default if one.field and one_flow else None
    values = [default if each is None else each.value for each in given]
    missing = any(each is None for each in given)
    same = all(_alike(value, values[0]) for value in values)
    if missing and default is None:
        same = False
    secret = any(each is not None and each.secret for each in given)
    unsure = same and secret and not missing
    return ParameterRow(one.label, one.component, given, not same or (secret and missing), unsure)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, Variable) or isinstance(other, Variable):
        return one == other
    return bool(one == other)
