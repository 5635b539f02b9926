"""Group runs of a flow that had the same result, to find the odd one out."""

from collections.abc import Iterable
from dataclasses import dataclass

from lfclient.console.store.run_record import RunSummary

MAX_GROUPED_RUNS = 10_000  # the newest
MAX_GROUPS = 100  # that a list shows
_ALIKE_CHARACTERS = 40  # at the beginning of summaries; about what the narrowest column shows
_FINGERPRINT_DIGITS = 6  # in one of 3,000 lists, two of 100 results share them


@dataclass(frozen=True)
class ResultKey:
    """What the runs of a group share; `result_hash` is None for those of an unknown result."""

    flow_id: str
    result_hash: str | None


@dataclass(frozen=True)
class ResultGroup:
    """Runs of a flow with the same result: how many, and the newest of them.

    `is_usual`: every other result of the flow is less frequent. `is_odd`: another result is the
    usual one.
    """

    run: RunSummary
    count: int
    is_usual: bool
    is_odd: bool

    @property
    def is_known(self) -> bool:
        """Whether the results could be told apart."""
        return self.run.result_hash is not None


@dataclass(frozen=True)
class ResultGroups:
    """Groups of the newest `MAX_GROUPED_RUNS` runs; `omitted` is how many groups are not listed.

    Flows in the order of their newest runs; of each flow the most frequent result first, then the
    others by frequency, and finally the runs whose result is unknown.
    """

    groups: tuple[ResultGroup, ...] = ()
    runs: int = 0
    omitted: int = 0


def distinguish_results(runs: Iterable[RunSummary]) -> dict[str, str]:
    """Return short fingerprints, by run id, of the runs whose results differ but look alike.

    Only runs of one flow are alike, if their summaries begin with the same words and their
    thumbnails are equal. Fingerprints are equal for equal results.
    """
    alike: dict[tuple[str, str, bytes | None], list[RunSummary]] = {}
    for run in runs:
        if run.result_hash:
            key = (run.flow_id, run.output_summary[:_ALIKE_CHARACTERS], run.thumbnail)
            alike.setdefault(key, []).append(run)
    return {
        run.id: (run.result_hash or "")[:_FINGERPRINT_DIGITS]
        for group in alike.values()
        if len({run.result_hash for run in group}) > 1
        for run in group
    }


def count_results(
    rows: Iterable[tuple[str, str, str | None]],
) -> dict[ResultKey, tuple[int, str]]:
    """Return the number of runs and the newest run's id of each group, in the order of a list.

    `rows` are the id, flow and result of each run, newest first.
    """
    counts: dict[ResultKey, int] = {}
    newest: dict[ResultKey, str] = {}
    flows: dict[str, int] = {}
    for run_id, flow_id, result_hash in rows:
        key = ResultKey(flow_id, result_hash)
        counts[key] = counts.get(key, 0) + 1
        newest.setdefault(key, run_id)
        flows.setdefault(flow_id, len(flows))
    # stable: of two results that are as frequent, the newer one comes first
    ordered = sorted(
        counts, key=lambda key: (flows[key.flow_id], key.result_hash is None, -counts[key])
    )
    return {key: (counts[key], newest[key]) for key in ordered}


def build_groups(
    counted: dict[ResultKey, tuple[int, str]], runs: dict[str, RunSummary]
) -> ResultGroups:
    """Return the groups whose newest run is among `runs`, by id."""
    known: dict[str, list[int]] = {}
    for key, (count, _) in counted.items():
        if key.result_hash is not None:
            known.setdefault(key.flow_id, []).append(count)
    groups = []
    for key, (count, run_id) in counted.items():
        counts = known.get(key.flow_id, [])
        if run_id in runs:
            is_known, has_usual = key.result_hash is not None, counts[:1] != counts[1:2]
            is_usual = is_known and has_usual and count == counts[0]
            is_odd = is_known and has_usual and not is_usual
            groups.append(ResultGroup(runs[run_id], count, is_usual, is_odd))
    total = sum(count for count, _ in counted.values())
    return ResultGroups(tuple(groups), total, len(counted) - len(groups))
