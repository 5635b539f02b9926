"""Every sample flow on every release, in both modes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from lfclient.client import LangflowClient
from lfclient.outputs.model import OutputKind
from lfclient.runs.model import Run, RunStatus
from tests.live.releases import Make, run_to_end

_FAILS = "Fails until it gets JSON"

# the kinds of a run's outputs, in the order of the sample's components
_KINDS = {
    "Echo chat": [OutputKind.MESSAGE],
    "Write a letter": [OutputKind.MESSAGE],
    "Write word by word": [OutputKind.MESSAGE],
    "Table of sample records": [OutputKind.TABLE],
    "Read an order": [OutputKind.DATA],
    "Split a list into rows": [OutputKind.TABLE],
    "Sort a request": [OutputKind.MESSAGE],
    "Plan a trip": [OutputKind.MESSAGE],
    "Unconnected component": [OutputKind.MESSAGE],
    "Picture card": [OutputKind.MESSAGE],
    "Write a file": [OutputKind.FILE],
    _FAILS: [],
}

# slow samples, made faster
_QUICK = {
    "Write word by word": {"WordByWord-writer.pause": 20},
    "Plan a trip": {f"TimedStep-{id}.seconds": 0 for id in ("weather", "hotel", "train", "bag")},
}


def test_samples_end_with_their_kinds_of_outputs_in_both_modes(client: LangflowClient, make: Make):
    flows = {name: make(name) for name in _KINDS}

    def run_in_both_modes(name: str) -> list[Run]:
        # one after the other: the server keeps only the last build of a flow
        return [
            run_to_end(client, flows[name], mode, _QUICK.get(name, {}), check=False)
            for mode in ("sync", "background")
        ]

    with ThreadPoolExecutor(3) as pool:
        runs = dict(zip(flows, pool.map(run_in_both_modes, flows), strict=True))
    for name, both in runs.items():
        for run in both:
            expected = RunStatus.FAILED if name == _FAILS else RunStatus.COMPLETED
            assert run.status is expected, (name, run.errors)
            shown = [output.kind for output in run.outputs.values() if output.value]
            assert shown == _KINDS[name] or name == _FAILS, name


def test_the_failing_sample_completes_once_it_gets_json(client: LangflowClient, make: Make):
    flow = make(_FAILS)
    for json_string in ('{"a": 1}', '{"a": '):
        run = client.run(flow, {"JSONtoData-empty.json_string": json_string})
        assert run.status is RunStatus.COMPLETED
