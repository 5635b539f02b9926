"""Compare the inputs of several runs, one row per parameter."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from lfclient.common.json_types import Json
from lfclient.console.compare.volatile import guess_volatile_names
from lfclient.console.store.equality import OwnValues, is_equal
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import InputValue, field_label


@dataclass(frozen=True)
class ParameterRow:
    """One parameter of several runs.

    `parameter` is the first run's value, whose labels name the row. `values` has an entry per run:
    None means the flow's default or, where `is_missing`, that the run's flow has no such parameter.
    `is_uncertain` marks secrets, which cannot be compared.
    """

    parameter: InputValue
    values: tuple[InputValue | None, ...]
    is_missing: tuple[bool, ...]
    is_different: bool
    is_uncertain: bool = False

    @property
    def name(self) -> str:
        """The parameter's name within its component, as Langflow has it."""
        return self.parameter.key.rpartition(".")[2]

    def is_volatile(self, own_values: Sequence[OwnValues]) -> bool:
        """Return whether the values change with each run by their nature."""
        first, *others = [
            ({self.name: value and value.value}, own)
            for value, own in zip(self.values, own_values, strict=True)
        ]
        return self.is_different and any(
            guess_volatile_names(first[0], other, (first[1], own)) for other, own in others
        )


def compare_inputs(
    inputs: Sequence[Sequence[InputValue]], flows: Sequence[Flow | None], *, one_flow: bool
) -> list[ParameterRow]:
    """Return all parameters that any run's inputs have, different ones first.

    With `one_flow`, parameters are matched by key, and a missing value counts as the flow's
    current default. Otherwise they are matched by component and label; the second of a name is
    matched with the second. A flow that is not loaded (None) is assumed to have every parameter.
    """
    columns = [_column(values, flow, one_flow) for values, flow in zip(inputs, flows, strict=True)]
    known_parameters = [
        None if one_flow or flow is None else set(_match_keys(flow).values()) for flow in flows
    ]
    rows = []
    for match_key in dict.fromkeys(key for column in columns for key in column):
        values = tuple(column.get(match_key) for column in columns)
        parameter = next(filter(None, values))
        is_missing = tuple(
            value is None and keys is not None and match_key not in keys
            for value, keys in zip(values, known_parameters, strict=True)
        )
        default = parameter.field.default if parameter.field and one_flow else None
        rows.append(_row(parameter, values, is_missing, default))
    return sorted(rows, key=lambda row: (not row.is_different, not row.is_uncertain))


def _column(
    values: Sequence[InputValue], flow: Flow | None, one_flow: bool
) -> dict[Hashable, InputValue]:
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
    parameter: InputValue,
    values: tuple[InputValue | None, ...],
    is_missing: tuple[bool, ...],
    default: Json,
) -> ParameterRow:
    effective = [default if value is None else value.value for value in values]
    has_gaps = None in values
    has_secret = any(value is not None and value.secret for value in values)
    are_equal = all(is_equal(value, effective[0]) for value in effective)
    if has_gaps and default is None:
        are_equal = False
    return ParameterRow(
        parameter,
        values,
        is_missing,
        is_different=not are_equal or (has_secret and has_gaps),
        is_uncertain=are_equal and has_secret and not has_gaps,
    )
