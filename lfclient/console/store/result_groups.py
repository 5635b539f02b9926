"""Group runs of a flow by their inputs and results, to find the odd one out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, select

from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import collect_texts, is_redacted
from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX, RunSummary
from lfclient.console.store.tables import RUNS
from lfclient.flows.validation import SECRET_MASK

MAX_GROUPED_RUNS = 10_000  # the newest
MAX_GROUPS = 100  # that a list shows
_FINGERPRINT_DIGITS = 6  # in one of 3,000 lists, two of 100 results share them
_INPUTS_DIGEST_BYTES = 16
MAX_REMEMBERED_RUNS = 50_000  # about 200 bytes each
_ROWS_AT_A_TIME = 200  # inputs may be large


@dataclass(frozen=True)
class RunResult:
    """What tells whether two runs had the same inputs, and whether they had the same result."""

    created_at: datetime
    id: str
    flow_id: str
    inputs: InputsKey
    result_hash: str | None


@dataclass(frozen=True)
class ResultGroup:
    """Runs of a flow with the same inputs and result: how many, and the id of the newest.

    `result_hash` is None for all runs of the flow whose result is unknown. `total` is how many have
    these inputs. `is_usual`: every other result of these inputs is less frequent. `is_odd`: another
    result is the usual one. Where secrets may differ, none of several results is usual or odd.
    """

    run_id: str
    flow_id: str
    inputs: InputsKey
    result_hash: str | None
    count: int
    total: int
    is_usual: bool = False
    is_odd: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the results could be told apart."""
        return self.result_hash is not None

    def has_same_inputs(self, other: ResultGroup) -> bool:
        """Return whether both are results of the same inputs."""
        return (self.flow_id, self.inputs) == (other.flow_id, other.inputs)


@dataclass(frozen=True)
class ResultGroups:
    """Groups of the newest `MAX_GROUPED_RUNS` runs; `omitted` is how many groups are not listed.

    Flows in the order of their newest runs. Of a flow, inputs with an odd result come first, then
    the others, newest first; of the same inputs, the most frequent result first. The runs whose
    result is unknown are the last group of a flow. `newest_runs` has the newest run of each group,
    by id. `inputs` is how many inputs had a known result, those that are unknown counted as one of
    each flow, `odd` how many runs an odd one.
    """

    groups: tuple[ResultGroup, ...] = ()
    newest_runs: Mapping[str, RunSummary] = field(default_factory=dict)
    runs: int = 0
    omitted: int = 0
    flows: int = 0
    inputs: int = 0
    has_unknown_inputs: bool = False
    odd: int = 0


def distinguish_results(
    runs: Iterable[RunSummary], shown: Iterable[str], *, whole_flows: bool = False
) -> dict[str, str]:
    """Return short fingerprints, by run id, of runs with results that look alike.

    Results of a flow look alike if they differ, but the text that is shown of them and their
    thumbnails are equal. Fingerprints are equal for equal results; a run has none if its result is
    unknown. With `whole_flows`, the other runs of these flows have theirs as well.
    """
    alike: dict[tuple[str, str, bytes | None], list[RunSummary]] = {}
    for run, text in zip(runs, shown, strict=True):
        if run.result_hash:
            alike.setdefault((run.flow_id, text, run.thumbnail), []).append(run)
    found = {key for key, same in alike.items() if len({run.result_hash for run in same}) > 1}
    flows = {flow_id for flow_id, *_ in found}
    return {
        run.id: (run.result_hash or "")[:_FINGERPRINT_DIGITS]
        for key, same in alike.items()
        if key in found or (whole_flows and key[0] in flows)
        for run in same
    }


def count_results(runs: Iterable[RunResult]) -> list[ResultGroup]:
    """Count the runs, newest first, by flow, inputs and result, in the order of a list."""
    flows: dict[str, dict[InputsKey, dict[str, list[str]]]] = {}
    unknown: dict[str, list[str]] = {}
    for run in runs:
        of_flow = flows.setdefault(run.flow_id, {})
        if run.result_hash:
            results = of_flow.setdefault(run.inputs, {})
            results.setdefault(run.result_hash, []).append(run.id)
        else:
            unknown.setdefault(run.flow_id, []).append(run.id)
    counted: list[ResultGroup] = []
    for flow_id, of_flow in flows.items():
        judged = [_judge(flow_id, inputs, results) for inputs, results in of_flow.items()]
        judged.sort(key=lambda results: not any(result.is_odd for result in results))
        counted += chain.from_iterable(judged)
        if ids := unknown.get(flow_id):
            count = len(ids)
            counted.append(ResultGroup(ids[0], flow_id, UNKNOWN_INPUTS, None, count, count))
    return counted


def _judge(flow_id: str, inputs: InputsKey, results: dict[str, list[str]]) -> list[ResultGroup]:
    """Return the results of the same inputs; `results` has the ids of runs, newest first."""
    # stable: of two results that are as frequent, the newer one comes first
    ordered = sorted(results.items(), key=lambda result: -len(result[1]))
    counts = [len(ids) for _, ids in ordered]
    has_usual = len(counts) == 1 or (inputs.is_complete and counts[0] > counts[1])
    return [
        ResultGroup(
            run_id=ids[0],
            flow_id=flow_id,
            inputs=inputs,
            result_hash=result_hash,
            count=len(ids),
            total=sum(counts),
            is_usual=has_usual and place == 0,
            is_odd=has_usual and place > 0,
        )
        for place, (result_hash, ids) in enumerate(ordered)
    ]


def build_groups(counted: Sequence[ResultGroup], runs: Mapping[str, RunSummary]) -> ResultGroups:
    """Return the groups whose newest run is among `runs`, by id."""
    groups = tuple(group for group in counted if group.run_id in runs)
    known = [group for group in counted if group.is_known]
    return ResultGroups(
        groups,
        runs,
        runs=sum(group.count for group in counted),
        omitted=len(counted) - len(groups),
        flows=len({group.flow_id for group in counted}),
        inputs=len({(group.flow_id, group.inputs) for group in known}),
        has_unknown_inputs=any(group.inputs == UNKNOWN_INPUTS for group in known),
        odd=sum(group.count for group in counted if group.is_odd),
    )


@dataclass(frozen=True)
class InputsKey:
    """`hash` is equal for runs of a flow with the same stored inputs.

    Unless `is_complete`, the inputs may differ all the same: secrets are not stored.
    """

    hash: str
    is_complete: bool = True


UNKNOWN_INPUTS = InputsKey("unknown", is_complete=False)


def fingerprint_inputs(inputs: JsonObject, *, are_stored: bool, submit_token: str) -> InputsKey:
    """Return the key of a stored run's inputs, whatever their order."""
    if not are_stored or submit_token.startswith(ADOPTED_TOKEN_PREFIX):
        return UNKNOWN_INPUTS
    text = json.dumps(inputs, sort_keys=True, default=_encode)
    digest = hashlib.blake2b(text.encode(), digest_size=_INPUTS_DIGEST_BYTES).hexdigest()
    return InputsKey(digest, is_complete=not lacks_secrets(inputs))


def lacks_secrets(overrides: JsonObject) -> bool:
    """Return whether secrets were replaced in a record's overrides."""
    return SECRET_MASK in collect_texts(overrides) or is_redacted(overrides)


def _encode(value: Any) -> Any:
    return [type(value).__name__, value.hex() if isinstance(value, bytes) else vars(value)]


class StoredInputs:
    """The keys of runs' inputs, which never change, so that each run's are read once.

    10,000 runs with inputs of 20 kB take a second to read.
    """

    def __init__(self) -> None:
        self._keys: dict[str, InputsKey] = {}

    def read(self, connection: Connection, run_ids: Sequence[str]) -> dict[str, InputsKey]:
        """Return the keys of runs by id; one that was deleted meanwhile may have none."""
        known = {id: self._keys.get(id) for id in run_ids}
        keys = {id: key for id, key in known.items() if key}
        missing = [id for id in run_ids if id not in keys]
        query = select(
            RUNS.c.id,
            RUNS.c.overrides,
            RUNS.c.flow_defaults,
            RUNS.c.inputs_stored,
            RUNS.c.submit_token,
        )
        unique = {key: key for key in keys.values()}  # equal keys are one object
        for start in range(0, len(missing), _ROWS_AT_A_TIME):
            some = missing[start : start + _ROWS_AT_A_TIME]
            for row in connection.execute(query.where(RUNS.c.id.in_(some))):
                key = fingerprint_inputs(
                    row.overrides | (row.flow_defaults or {}),
                    are_stored=row.inputs_stored,
                    submit_token=row.submit_token,
                )
                keys[row.id] = unique.setdefault(key, key)
        if missing:
            if len(self._keys) + len(missing) > MAX_REMEMBERED_RUNS:
                self._keys = {}
            self._keys.update(keys)
        return keys
