"""Compare the inputs of several runs, one row per parameter, different ones first."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from lfclient.common.formatting import format_count
from lfclient.common.json_types import Json
from lfclient.console.compare.equality import OwnValues, is_equal
from lfclient.console.compare.survey import BASELINE, SAME, ComparedRun, have_same_flow
from lfclient.console.compare.volatile import IgnoredNames, guess_volatile_names
from lfclient.console.store import run_record
from lfclient.console.wording.input_values import full_text
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import InputValue, describe_inputs, field_label

FLOW_DEFAULT, NOT_IN_FLOW, UNKNOWN = "flow default", "not in this flow", "unknown"


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


@dataclass(frozen=True)
class ComparedInputs:
    """The parameters of the runs whose inputs are stored, those that differ first.

    `guessed` are the names of parameters that change with each run by their nature; `ignored` are
    those that don't count.
    """

    stored: tuple[ComparedRun, ...]
    rows: tuple[ParameterRow, ...]
    guessed: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()

    def is_different(self, row: ParameterRow) -> bool:
        """Return whether a parameter's values differ and count."""
        return row.is_different and row.name not in self.ignored


def compare_stored_inputs(
    runs: Sequence[ComparedRun], ignored_names: IgnoredNames
) -> ComparedInputs:
    """Compare the inputs of the runs without those to ignore."""
    stored = tuple(run for run in runs if not run_record.explain_missing_inputs(run.record))
    rows = tuple(_compare(stored, one_flow=have_same_flow(runs)))
    own_values = [run.survey.own_values for run in stored]
    guessed = frozenset(row.name for row in rows if row.is_volatile(own_values))
    return ComparedInputs(stored, rows, guessed, ignored_names.apply(guessed))


def _compare(runs: Sequence[ComparedRun], *, one_flow: bool) -> list[ParameterRow]:
    return compare_inputs(
        [describe_inputs(run.record.overrides, run.record.flow_defaults, run.flow) for run in runs],
        [run.flow for run in runs],
        one_flow=one_flow,
    )


def count_differences(
    runs: Sequence[ComparedRun], baseline: ComparedRun, compared: ComparedInputs
) -> dict[str, str]:
    """Return by run name how many inputs differ from the baseline's, in a few words."""
    words = {baseline.name: BASELINE}
    for run in runs:
        if baseline not in compared.stored or run not in compared.stored:
            words[run.name] = UNKNOWN
        elif run is not baseline:
            rows = _compare([baseline, run], one_flow=have_same_flow(runs))
            count = sum(map(compared.is_different, rows))
            words[run.name] = f"≠ {format_count(count, 'value')}" if count else SAME
    return words


def plain_text(row: ParameterRow, index: int) -> str:
    """Return the whole value that a parameter has in a run."""
    value = row.values[index]
    if value is None:
        return NOT_IN_FLOW if row.is_missing[index] else FLOW_DEFAULT
    return full_text(value)
