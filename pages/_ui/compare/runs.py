"""A run as one column of a comparison."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from lfclient.console.store.run_record import RunRecord
from lfclient.flows.model import Flow
from pages._ui.connection.server_session import ServerSession


@dataclass(frozen=True)
class ComparedRun:
    """A run, the server session that may see it, its flow for names, and its number on the page."""

    number: int
    server: ServerSession
    record: RunRecord
    flow: Flow | None

    @property
    def name(self) -> str:
        """The run's heading on the page."""
        return f"Run {self.number}"


def load_runs(runs: Sequence[tuple[ServerSession, RunRecord]]) -> list[ComparedRun]:
    """Number the runs from the oldest to the newest, whatever their order in the URL."""
    by_age = sorted(runs, key=lambda pair: pair[1].created_at)
    return [
        ComparedRun(number, server, record, server.cached_flow(record.flow_id, max_wait=None))
        for number, (server, record) in enumerate(by_age, 1)
    ]


def have_same_flow(runs: Sequence[ComparedRun]) -> bool:
    """Return whether all runs are of one flow."""
    return len({run.record.flow_id for run in runs}) == 1


def versions_key(runs: Sequence[ComparedRun]) -> Hashable:
    """Return a cache key that changes whenever one of the runs does."""
    return tuple((run.record.id, run.record.version) for run in runs)
