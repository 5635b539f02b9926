"""The runs of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass

from lfclient.console.compare.survey import SurveyedRun
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.model import Flow


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
