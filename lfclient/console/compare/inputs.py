"""What each of several runs was given, one row a parameter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lfclient.common.formatting import with_id
from lfclient.console.compare.equality import is_equal
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import InputValue, describe_overrides, field_label


@dataclass(frozen=True)
class ParameterRow:
    """One parameter; `given` has a place for each run, None where it stood as in the flow, or
    where the run's flow has no such parameter, as `absent` says. `distinguishing_id` is its
    component's id where others have that name.

    `differs`: not all runs had the same. `unsure`: it is a secret, or holds one, so that nobody
    can tell.
    """

    label: str
    component: str
    values: tuple[InputValue | None, ...]
    is_missing: tuple[bool, ...]
    is_different: bool
    is_uncertain: bool = False
    distinguishing_id: str = ""

    @property
    def name(self) -> str:
        """Label and component."""
        return f"{self.label} ({self.component_label()})"

    def component_label(self, most: int | None = None) -> str:
        """Its component, told apart from others; of its name at most `most` characters."""
        return with_id(self.component, self.distinguishing_id, most)


def compare_inputs(
    overrides: Sequence[Mapping[str, Any]], flows: Sequence[Flow | None], *, one_flow: bool
) -> list[ParameterRow]:
    """All parameters that one of the runs was given, those that differ first.

    With `one_flow` they are matched by their keys, and what a run was not given counts as the
    flow's own value, as it is now; else by the names of component and parameter, the second of a
    name with the second. A flow that is not at hand, as None, is taken to have them all.
    """
    columns = [_column(given, flow, one_flow) for given, flow in zip(overrides, flows, strict=True)]
    parameters = [
        None if one_flow or flow is None else set(_match_keys(flow).values()) for flow in flows
    ]
    names: dict[Hashable, InputValue] = {}
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
    return sorted(rows, key=lambda row: (not row.is_different, not row.is_uncertain))


def _column(
    overrides: Mapping[str, Any], flow: Flow | None, one_flow: bool
) -> dict[Hashable, InputValue]:
    given = describe_overrides(overrides, flow)
    names = {} if one_flow else _match_keys(flow, given)
    return {names.get(one.key, one.key): one for one in given}


def _match_keys(flow: Flow | None, given: Iterable[InputValue] = ()) -> dict[str, Hashable]:
    """By their keys, the names of a flow's parameters, and of what it was given beside them:
    component, label, and which of those it is.
    """
    fields = flow.fields if flow else ()
    named = {field.key: (field.component_name, field_label(field)) for field in fields}
    for one in given:
        named.setdefault(one.key, (one.component_name, one.label))
    so_far: Counter[Hashable] = Counter()
    names: dict[str, Hashable] = {}
    for key, (component, label) in named.items():
        name = component.casefold(), label.casefold()
        names[key] = (*name, so_far[name])
        so_far[name] += 1
    return names


def _row(
    one: InputValue, given: tuple[InputValue | None, ...], unknown: tuple[bool, ...], one_flow: bool
) -> ParameterRow:
    default = one.field.default if one.field and one_flow else None
    values = [default if each is None else each.value for each in given]
    missing = any(each is None for each in given)
    same = all(is_equal(value, values[0]) for value in values)
    if missing and default is None:
        same = False
    secret = any(each is not None and each.secret for each in given)
    unsure = same and secret and not missing
    absent = tuple(each is None and lacks for each, lacks in zip(given, unknown, strict=True))
    differs = not same or (secret and missing)
    return ParameterRow(
        one.label, one.component_name, given, absent, differs, unsure, one.distinguishing_id
    )
