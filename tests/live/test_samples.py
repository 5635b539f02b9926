"""Every sample flow on every release, in both modes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lfclient import samples
from lfclient.client import LangflowClient
from lfclient.flow import Flow
from lfclient.outputs import OutputKind
from lfclient.run import Run, RunStatus
from tests.servers import LiveServer

_SLOW = "Takes half a minute"
_APPROVAL = "Wait for an approval"
_FAILS = "Fails until it gets JSON"

# What the outputs of a run are, in the order of the sample's components.
_KINDS = {
    "Echo chat": [OutputKind.MESSAGE],
    "Write a letter": [OutputKind.MESSAGE],
    "Table of sample records": [OutputKind.TABLE],
    "Read an order": [OutputKind.DATA],
    "Split a list into rows": [OutputKind.TABLE],
    "Sort a request": [OutputKind.MESSAGE],
    "Unconnected component": [OutputKind.MESSAGE],
    "Picture card": [OutputKind.MESSAGE],
}


@pytest.fixture(scope="module")
def client(langflow: LiveServer) -> Iterator[LangflowClient]:
    with LangflowClient(langflow.url, langflow.api_key, run_timeout=60.0) as client:
        yield client


@pytest.fixture(scope="module")
def flows(client: LangflowClient) -> Iterator[dict[str, Flow]]:
    """The samples on that server, by the sample's name; under other names, and removed after."""
    catalogue = client.catalogue()
    made = {
        sample.name: client.create_flow(
            f"sample test: {sample.name}", samples.build(sample, catalogue)
        )
        for sample in samples.SAMPLES
        if not sample.missing(catalogue)
    }
    yield {name: client.flow(summary.id) for name, summary in made.items()}
    for summary in made.values():
        client.delete_flow(summary.id)


def _run(client: LangflowClient, flow: Flow, mode: str) -> Run:
    if mode == "sync":
        return client.run(flow)
    return client.wait(client.submit(flow), timeout=60, flow=flow)


@pytest.mark.parametrize("mode", ["sync", "background"])
@pytest.mark.parametrize("name", _KINDS)
def test_a_sample_completes(client: LangflowClient, flows: dict[str, Flow], name: str, mode: str):
    """The run is completed, and its outputs are of the kinds that the sample shows."""
    run = _run(client, flows[name], mode)

    assert run.status is RunStatus.COMPLETED, run.errors
    assert [output.kind for output in run.outputs.values() if output.value] == _KINDS[name]


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_the_failing_sample_fails_and_is_mended(
    client: LangflowClient, flows: dict[str, Flow], mode: str
):
    """It fails for want of JSON, with that reason, and completes once it is given some."""
    flow = flows[_FAILS]
    failed = _run(client, flow, mode)
    mended = client.run(flow, {"JSONtoData-empty.json_string": '{"a": 1}'})

    assert failed.status is RunStatus.FAILED
    assert "JSON" in failed.errors[0].message
    assert mended.status is RunStatus.COMPLETED


def test_the_slow_sample_can_be_stopped(client: LangflowClient, flows: dict[str, Flow]):
    """It is still under way when the stop comes, and is then cancelled."""
    flow = flows[_SLOW]
    result = client.stop(client.submit(flow), flow=flow)

    assert result.stopped
    assert result.run.status is RunStatus.CANCELLED


def test_the_slow_sample_takes_long_enough_to_be_stopped(
    langflow_113: LiveServer,
):
    """Left alone it works for 20 to 40 seconds and completes."""
    with LangflowClient(langflow_113.url, langflow_113.api_key) as client:
        catalogue = client.catalogue()
        sample = next(sample for sample in samples.SAMPLES if sample.name == _SLOW)
        made = client.create_flow("sample test: slow", samples.build(sample, catalogue))
        flow = client.flow(made.id)
        job = client.submit(flow)
        try:
            run = client.wait(job, timeout=60, flow=flow)
        finally:
            client.delete_flow(made.id)

    assert run.status is RunStatus.COMPLETED
    assert [output.value for output in run.outputs.values()] == ["The work is done."]


def test_the_approval_waits_for_a_person(client: LangflowClient, flows: dict[str, Flow]):
    """In the background it is suspended; releases before 1.11 have no such component."""
    if not client.server().capabilities.pending:
        assert _APPROVAL not in flows
        return
    flow = flows[_APPROVAL]
    seen: list[RunStatus] = []
    job = client.submit(flow)
    while job.status not in (RunStatus.SUSPENDED, RunStatus.FAILED) and len(seen) < 200:
        job = client.status(job, flow=flow)
        seen.append(job.status)
    client.stop(job, flow=flow)

    assert job.status is RunStatus.SUSPENDED
