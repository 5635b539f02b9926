"""Compare a run with the baseline, and keep only what a table of runs needs.

A response may have hundreds of megabytes: two of them are in memory at a time, and what stays of
each are a few words for every output.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lfclient.console.compare.differences import Difference, OutputMatch, compare_pair
from lfclient.console.compare.outputs import MatchKey, OutputPair, match_outputs
from lfclient.console.compare.volatile import IgnoredNames
from lfclient.console.store.equality import OwnValues, own_values
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.model import Flow
from lfclient.outputs.model import OutputKind
from lfclient.runs.model import Run


@dataclass(frozen=True)
class OutputCell:
    """How one output of a run compares with the baseline's.

    `kind` is that of the run's output, or of the baseline's if the run has none. `not_run` says why
    its component did not run, "" if it ran or the reason is unknown.
    """

    component: str
    part: str
    kind: OutputKind
    difference: Difference
    not_run: str = ""


@dataclass(frozen=True)
class SurveyedRun:
    """A run without its values, and its cells by output.

    `own_values` are those of the whole run. `problem` says why it could not be read, "" if it was.
    """

    record: RunRecord
    cells: Mapping[MatchKey, OutputCell]
    own_values: OwnValues
    problem: str = ""


def survey_run(
    baseline: RunRecord | None,
    record: RunRecord,
    *,
    flows: tuple[Flow | None, Flow | None],
    one_flow: bool,
    ignored_names: IgnoredNames,
) -> SurveyedRun:
    """Compare a run with the baseline, None if that could not be read. Takes bounded time.

    The `flows` of the two name the outputs. The second also tells which components are tools.
    """
    before = baseline.run if baseline else None
    both = own_values(baseline or record), own_values(record)
    cells = {}
    for pair in match_outputs(before, record.run, flows, one_flow=one_flow):
        difference = compare_pair(pair.before, pair.after, ignored_names, both)
        if baseline is None:
            note = "the baseline could not be read"
            difference = replace(difference, match=OutputMatch.UNKNOWN, note=note)
        cells[pair.key] = OutputCell(
            pair.component, pair.part, _kind(pair), difference, pair.not_run
        )
    return SurveyedRun(without_values(record.with_tool_states(flows[1])), cells, both[1])


def _kind(pair: OutputPair) -> OutputKind:
    output = pair.after or pair.before
    return output.kind if output else OutputKind.UNKNOWN


def without_values(record: RunRecord) -> RunRecord:
    """Return a record whose run has no values, messages and raw response, but all other facts."""
    return replace(record, run=record.run and _without_values(record.run))


def _without_values(run: Run) -> Run:
    components = {
        id: replace(component, output=None, log=()) for id, component in run.components.items()
    }
    outputs = {
        id: replace(output, value=None, parts={}, extras=()) for id, output in run.outputs.items()
    }
    return replace(run, outputs=outputs, components=components, messages={}, raw={}, metadata={})


@dataclass(frozen=True)
class ComparedRun:
    """A run of a comparison, surveyed against the baseline.

    `flow` has its names, `number` is its place by age. `is_usual`: its result is the usual one.
    """

    number: int
    flow: Flow | None
    survey: SurveyedRun
    is_usual: bool = False

    @property
    def record(self) -> RunRecord:
        """The run without its values."""
        return self.survey.record

    @property
    def name(self) -> str:
        """The run's heading."""
        return f"Run {self.number}{' (usual)' if self.is_usual else ''}"


def have_same_flow(runs: Sequence[ComparedRun]) -> bool:
    """Return whether all runs are of one flow."""
    return len({run.record.flow_id for run in runs}) == 1
