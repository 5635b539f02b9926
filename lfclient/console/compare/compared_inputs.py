"""The inputs of the compared runs, those that differ first."""

from collections.abc import Sequence
from dataclasses import dataclass

from lfclient.common.formatting import format_count
from lfclient.console.compare.compared_run import ComparedRun, have_same_flow
from lfclient.console.compare.inputs import ParameterRow, compare_inputs
from lfclient.console.compare.overview import BASELINE, SAME
from lfclient.console.compare.volatile import IgnoredNames
from lfclient.console.store import omissions
from lfclient.console.wording.input_values import full_text
from lfclient.flows.run_inputs import describe_inputs

FLOW_DEFAULT, NOT_IN_FLOW, UNKNOWN = "flow default", "not in this flow", "unknown"


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
    stored = tuple(run for run in runs if not omissions.explain_missing_inputs(run.record))
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
