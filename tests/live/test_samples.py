"""Every sample flow on every release, in both modes."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from lfclient.client import LangflowClient
from lfclient.console.compare.differences import OutputMatch
from lfclient.console.compare.survey import survey_run
from lfclient.console.compare.volatile import GUESSES_ONLY
from lfclient.console.samples import builtin, graph_builder
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import InvalidRequest
from lfclient.flows.model import Flow
from lfclient.outputs.model import OutputKind
from lfclient.runs.events import RunEnded, Token
from lfclient.runs.model import Run, RunStatus
from tests.live.releases import with_events
from tests.support import sample_flows
from tests.support.servers import LiveServer, delete_flow
from tests.support.waiting import wait_for

_SLOW = "Takes half a minute"
_APPROVAL = "Wait for an approval"
_FAILS = "Fails until it gets JSON"
_RANDOM = "Table of sample records"

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
}

# slow samples, made faster
_QUICK = {
    "Write word by word": {"WordByWord-writer.pause": 20},
    "Plan a trip": {
        "TimedStep-weather.seconds": 1,
        "TimedStep-hotel.seconds": 1,
        "TimedStep-train.seconds": 1,
        "TimedStep-bag.seconds": 0,
    },
}


@pytest.fixture(scope="module")
def client(langflow: LiveServer) -> Iterator[LangflowClient]:
    with LangflowClient(langflow.url, langflow.api_key, run_timeout=60.0) as client:
        yield client


@pytest.fixture(scope="module")
def flows(client: LangflowClient) -> Iterator[dict[str, Flow]]:
    """The samples on the server, by name, under temporary names."""
    catalogue = client.editor.catalogue(builtin.custom_component_code())
    made = {
        sample.name: client.editor.create_flow(
            f"sample test: {sample.name}", graph_builder.build_graph(sample, catalogue)
        )
        for sample in sample_flows.SAMPLES
        if not sample.missing(catalogue)
    }
    yield {name: client.flow(summary.id) for name, summary in made.items()}
    for summary in made.values():
        delete_flow(client, summary.id)


@pytest.fixture(scope="module")
def first_run(client: LangflowClient, flows: dict[str, Flow]) -> Callable[[str, str], RunRecord]:
    """Return the record of a sample's run in a mode; each is run once."""

    @functools.cache
    def run_or_reuse(name: str, mode: str) -> RunRecord:
        started = datetime.now(UTC)
        run = _run(client, flows[name], mode, _QUICK.get(name))
        return RunRecord(
            id="id",
            owner="owner",
            submit_token="token",
            server_name="live",
            server_url=client.url,
            flow_id=run.flow_id,
            flow_name=name,
            mode=mode,
            created_at=started,
            status=run.status,
            ended_at=datetime.now(UTC),
            job_id=run.job_id,
            run=run,
            attempts=1,
        )

    return run_or_reuse


def _run(client: LangflowClient, flow: Flow, mode: str, overrides: dict | None = None) -> Run:
    if mode == "sync":
        return client.run(flow, overrides)
    return client.wait(client.submit(flow, overrides), timeout=60, flow=flow)


def _events(server: LiveServer, job_id: str | None, name: str) -> list[tuple[float, dict]]:
    """A job's events of this name, each with the second at which it arrived."""
    url, headers = f"{server.url}/api/v2/workflows/{job_id}/events", {"x-api-key": server.api_key}
    with httpx.stream("GET", url, headers=headers, timeout=30) as response:
        events = [
            (time.monotonic(), json.loads(line.removeprefix("data: ")))
            for line in response.iter_lines()
            if line.startswith("data: ")
        ]
    return [(at, event["data"]) for at, event in events if event.get("event") == name]


@pytest.mark.parametrize("mode", ["sync", "background"])
@pytest.mark.parametrize("name", _KINDS)
def test_a_sample_completes(first_run: Callable[[str, str], RunRecord], name: str, mode: str):
    """With outputs of the kinds that the sample shows."""
    run = first_run(name, mode).run

    assert run
    assert run.status is RunStatus.COMPLETED, run.errors
    assert [output.kind for output in run.outputs.values() if output.value] == _KINDS[name]


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_the_failing_sample_fails_and_says_why(
    first_run: Callable[[str, str], RunRecord], mode: str
):
    failed = first_run(_FAILS, mode).run

    assert failed
    assert failed.status is RunStatus.FAILED
    assert "JSON" in failed.errors[0].message


def test_the_failing_sample_completes_once_it_gets_json(
    client: LangflowClient, flows: dict[str, Flow]
):
    """Also where the JSON is cut off, as the sample's description says."""
    for json_string in ('{"a": 1}', '{"a": '):
        run = client.run(flows[_FAILS], {"JSONtoData-empty.json_string": json_string})
        assert run.status is RunStatus.COMPLETED


@pytest.mark.parametrize("name", [name for name in _KINDS if name != _RANDOM])
def test_two_runs_of_a_sample_have_identical_outputs(
    first_run: Callable[[str, str], RunRecord], flows: dict[str, Flow], name: str
):
    """In Compare, although ids and times in their responses differ."""
    sync, background = (first_run(name, mode) for mode in ("sync", "background"))
    same = {"flows": (flows[name], flows[name]), "one_flow": True}
    survey = survey_run(sync, background, ignored_names=GUESSES_ONLY, **same)
    matches = {cell.difference.match for cell in survey.cells.values()}
    assert matches == {OutputMatch.EQUAL}


def test_the_slow_sample_can_be_stopped(client: LangflowClient, flows: dict[str, Flow]):
    flow = flows[_SLOW]
    result = client.stop(client.submit(flow), flow=flow)

    assert result.stopped
    assert result.run.status is RunStatus.CANCELLED


def test_the_approval_sample_waits_for_a_person(client: LangflowClient, flows: dict[str, Flow]):
    """In the background. Releases before 1.11 have no such component."""
    if not client.server.info().capabilities.pending:
        assert _APPROVAL not in flows
        return
    flow = flows[_APPROVAL]
    job = client.submit(flow)
    wait_for(lambda: client.status(job, flow=flow).status is RunStatus.SUSPENDED)
    client.stop(job, flow=flow)


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_the_streamed_sample_returns_its_complete_text(
    client: LangflowClient, flows: dict[str, Flow], mode: str
):
    overrides = {"ChatInput-question.input_value": "Two\n\nlines", "WordByWord-writer.pause": 1}
    run = _run(client, flows["Write word by word"], mode, overrides)

    text = run.outputs["ChatOutput-answer"].value
    assert text.startswith("You wrote: “Two\n\nlines”\n\nThis answer")
    assert text.endswith("write something else!")


@with_events
def test_each_word_is_an_event_sent_when_it_is_written(
    client: LangflowClient, flows: dict[str, Flow]
):
    flow = flows["Write word by word"]
    # a streamed call: who listens to a job may come after its first words
    events = [
        (time.monotonic(), event) for event in client.stream(flow, _QUICK["Write word by word"])
    ]
    ended = events[-1][1]
    assert isinstance(ended, RunEnded)
    assert ended.run
    tokens = [(at, event) for at, event in events if isinstance(event, Token)]
    span = tokens[-1][0] - tokens[0][0]

    assert (
        "".join(token.text for _, token in tokens) == ended.run.outputs["ChatOutput-answer"].value
    )
    assert len(tokens) > 60
    assert span > 0.8
    assert len({round(at, 2) for at, _ in tokens}) > 20


@with_events
def test_two_branches_run_at_the_same_time(
    langflow: LiveServer, client: LangflowClient, flows: dict[str, Flow]
):
    """Each is reported when it ends."""
    flow = flows["Plan a trip"]
    job = client.submit(flow, {**_QUICK["Plan a trip"], "TimedStep-hotel.seconds": 2})
    ended = {
        data["build_data"]["id"]: (at, data["build_data"])
        for at, data in _events(langflow, job.job_id, "end_vertex")
    }
    (train_ended, train), (hotel_ended, hotel) = ended["TimedStep-train"], ended["TimedStep-hotel"]

    assert _span(hotel)[0] < _span(train)[1] - 0.5
    assert hotel["data"]["timedelta"] - train["data"]["timedelta"] > 0.5
    assert hotel_ended - train_ended > 0.5  # the shorter one is reported before the longer one ends
    assert train["next_vertices_ids"] == []
    assert "PromptTemplate-plan" in hotel["next_vertices_ids"]


def test_the_written_file_can_be_downloaded(client: LangflowClient, flows: dict[str, Flow]):
    """It holds the message and has the chosen name."""
    overrides = {
        "ChatInput-note.input_value": "to be kept",
        "SaveToFile-file.file_name": "kept-note",
        "SaveToFile-file.local_format": "txt",
    }
    output = client.run(flows["Write a file"], overrides).outputs["SaveToFile-file"]

    assert output.value.name == "kept-note.txt"
    assert client.files.download(output.value) == b"to be kept"


def test_an_uploaded_file_is_read(client: LangflowClient, flows: dict[str, Flow]):
    """Without a file the run is refused and says what is missing."""
    flow = flows["Read a file"]
    uploaded = client.files.upload("to-be-read.txt", b"written in a file")
    for mode in ("sync", "background"):
        run = _run(client, flow, mode, {"File-file.path": [uploaded.path]})
        assert run.status is RunStatus.COMPLETED, run.errors
        assert run.outputs["ChatOutput-answer"].value == "written in a file"
    with pytest.raises(InvalidRequest, match="required"):
        client.run(flow)


def _span(build: dict) -> tuple[float, float]:
    """When a component started and ended, by the server's clock."""
    end = datetime.fromisoformat(build["timestamp"].replace("Z", "+00:00")).timestamp()
    return end - build["data"]["timedelta"], end
