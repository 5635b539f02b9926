"""Compare the inputs of several runs, one row per parameter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from lfclient.common.formatting import with_id
from lfclient.common.json_types import JsonObject
from lfclient.console.compare.equality import is_equal
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import InputValue, describe_overrides, field_label


@dataclass(frozen=True)
class ParameterRow:
    """One parameter of several runs.

    `values` has an entry per run: None means the flow's default or, where `is_missing`, that the
    run's flow has no such parameter. `is_uncertain` marks secrets, which cannot be compared.
    `distinguishing_id` is the component's id if other components have its name.
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
        """The label, and the component in parentheses."""
        return f"{self.label} ({self.component_label()})"

    def component_label(self, max_length: int | None = None) -> str:
        """Return the component's name, cut to `max_length`, with its id if others share it."""
        return with_id(self.component, self.distinguishing_id, max_length)


def compare_inputs(
    overrides: Sequence[JsonObject], flows: Sequence[Flow | None], *, one_flow: bool
) -> list[ParameterRow]:
    """Return all parameters that any run overrides, different ones first.

    With `one_flow`, parameters are matched by key, and a missing override counts as the flow's
    current default. Otherwise they are matched by component and label; the second of a name is
    matched with the second. A flow that is not loaded (None) is assumed to have every parameter.
    """
    columns = [
        _column(values, flow, one_flow) for values, flow in zip(overrides, flows, strict=True)
    ]
    known = [
        None if one_flow or flow is None else set(_match_keys(flow).values()) for flow in flows
    ]
    examples: dict[Hashable, InputValue] = {}
    for column in columns:
        for match_key, value in column.items():
            examples.setdefault(match_key, value)
    rows = [
        _row(
            example,
            tuple(column.get(match_key) for column in columns),
            tuple(keys is not None and match_key not in keys for keys in known),
            one_flow,
        )
        for match_key, example in examples.items()
    ]
    return sorted(rows, key=lambda row: (not row.is_different, not row.is_uncertain))


def _column(overrides: JsonObject, flow: Flow | None, one_flow: bool) -> dict[Hashable, InputValue]:
    values = describe_overrides(overrides, flow)
    match_keys = {} if one_flow else _match_keys(flow, values)
    return {match_keys.get(value.key, value.key): value for value in values}


def _match_keys(flow: Flow | None, values: Iterable[InputValue] = ()) -> dict[str, Hashable]:
    """Return (component, label, number) by parameter key; `number` counts equal names."""
    names = {
        field.key: (field.component_name, field_label(field))
        for field in (flow.fields if flow else ())
    }
    for value in values:
        names.setdefault(value.key, (value.component_name, value.label))
    counts: Counter[Hashable] = Counter()
    match_keys: dict[str, Hashable] = {}
    for key, (component, label) in names.items():
        name = component.casefold(), label.casefold()
        match_keys[key] = (*name, counts[name])
        counts[name] += 1
    return match_keys


def _row(
    example: InputValue,
    values: tuple[InputValue | None, ...],
    has_no_parameter: tuple[bool, ...],
    one_flow: bool,
) -> ParameterRow:
    default = example.field.default if example.field and one_flow else None
    effective = [default if value is None else value.value for value in values]
    has_gaps = None in values
    has_secret = any(value is not None and value.secret for value in values)
    are_equal = all(is_equal(value, effective[0]) for value in effective)
    if has_gaps and default is None:
        are_equal = False
    return ParameterRow(
        example.label,
        example.component_name,
        values,
        is_missing=tuple(
            value is None and missing
            for value, missing in zip(values, has_no_parameter, strict=True)
        ),
        is_different=not are_equal or (has_secret and has_gaps),
        is_uncertain=are_equal and has_secret and not has_gaps,
        distinguishing_id=example.distinguishing_id,
    )
