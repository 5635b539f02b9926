"""What each of several runs was given, one row a parameter."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lfclient.fields import Variable
from lfclient.flow import Flow
from lfclient.inputs import Given, label_of, unchecked


@dataclass(frozen=True)
class ParameterRow:
    """One parameter; `given` has a place for each run, None where it stood as in the flow, or
    where the run's flow has no such parameter, as `absent` says.

    `differs`: not all runs had the same. `unsure`: it is a secret, or holds one, so that nobody
    can tell.
    """

    label: str
    component: str
    given: tuple[Given | None, ...]
    absent: tuple[bool, ...]
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
    flow's own value, as it is now; else by the names of component and parameter. A flow that is
    not at hand, as None, is taken to have them all.
    """
    columns = [_column(given, flow, one_flow) for given, flow in zip(overrides, flows, strict=True)]
    parameters = [None if one_flow else _parameters(flow) for flow in flows]
    names: dict[Hashable, Given] = {}
    for column in columns:
        for name, one in column.items():
            names.setdefault(name, one)
    rows = [
        _row(
            one,
            tuple(column.get(name) for column in columns),
            tuple(known is not None and name not in known for known in parameters),
            one_flow,
        )
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
            name = _name(one.component, one.label)
            if name in found:
                name = (*name, key)
        found[name] = one
    return found


def _parameters(flow: Flow | None) -> set[Hashable] | None:
    """The names of a flow's parameters, as `_column` has them."""
    if flow is None:
        return None
    names = [(_name(field.component_name, label_of(field)), field.key) for field in flow.fields]
    return {name for name, _ in names} | {(*name, key) for name, key in names}


def _name(component: str, label: str) -> tuple[str, str]:
    return component.casefold(), label.casefold()


def _row(
    one: Given, given: tuple[Given | None, ...], unknown: tuple[bool, ...], one_flow: bool
) -> ParameterRow:
    default = one.field.default if one.field and one_flow else None
    values = [default if each is None else each.value for each in given]
    missing = any(each is None for each in given)
    same = all(_alike(value, values[0]) for value in values)
    if missing and default is None:
        same = False
    secret = any(each is not None and each.secret for each in given)
    unsure = same and secret and not missing
    absent = tuple(each is None and lacks for each, lacks in zip(given, unknown, strict=True))
    differs = not same or (secret and missing)
    return ParameterRow(one.label, one.component, given, absent, differs, unsure)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, Variable) or isinstance(other, Variable):
        return one == other
    return bool(one == other)
