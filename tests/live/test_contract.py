"""The whole contract of the Workflow API, on five real releases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from lfclient import (
    AsyncLangflowClient,
    FileRef,
    Flow,
    FlowNotFound,
    InvalidKey,
    InvalidRequest,
    JobNotFound,
    LangflowClient,
    OutputKind,
    RunStatus,
    Unsupported,
    samples,
)
from lfclient.samples import Link, Node, Sample
from tests.servers import LiveServer

Make = Callable[..., Flow]

ZERO = "00000000-0000-0000-0000-000000000000"
ECHO = Sample(
    "echo",
    "",
    "",
    (Node("a", "ChatInput", {"input_value": "stored"}), Node("b", "ChatOutput")),
    (Link("a", "message", "b"),),
)
ROWS = Sample(
    "rows",
    "",
    "",
    (
        Node("a", "TextInput", {"input_value": "x\ny\nz"}),
        Node("s", "SplitText", {"chunk_size": 1, "chunk_overlap": 0}),
    ),
    (Link("a", "text", "s", "data_inputs"),),
)
SAVE = Sample(
    "save",
    "",
    "",
    (
        Node("a", "ChatInput", {"input_value": "to be kept"}),
        Node("w", "SaveToFile", {"local_format": "txt"}),
    ),
    (Link("a", "message", "w", "input"),),
)


@pytest.fixture
def client(langflow: LiveServer) -> Iterator[LangflowClient]:
    """A client of each release."""
    with LangflowClient(langflow.url, langflow.api_key, run_timeout=60) as client:
        yield client


@pytest.fixture
def modes(client: LangflowClient) -> bool:
    """Whether the release is 1.11 or later."""
    return client.server().dialect == "modes"


@pytest.fixture
def make(client: LangflowClient) -> Iterator[Make]:
    """Makes flows from samples of this server's components, and deletes them afterwards."""
    made: list[str] = []
    catalogue = client.catalogue()

    def create(sample: Sample | str, endpoint_name: str | None = None) -> Flow:
        if isinstance(sample, str):
            sample = next(one for one in samples.SAMPLES if one.name == sample)
        data = samples.build(sample, catalogue)
        for node in data["nodes"]:
            if node["data"]["type"] == "SaveToFile":  # 1.8 takes the name only if it is shown
                node["data"]["node"]["template"]["file_name"]["show"] = True
        name = f"contract {sample.name} {uuid4().hex[:8]}"
        made.append(client.create_flow(name, data, endpoint_name=endpoint_name).id)
        return client.flow(made[-1])

    yield create
    for flow_id in made:
        client.delete_flow(flow_id)


def test_server_tells_its_release(client: LangflowClient, langflow: LiveServer):
    """The version is told as 1.N.p, with dialect, limits and a warning below 1.9.2."""
    server = client.server()
    minor = int(langflow.version.split(".")[1])
    assert server.version == langflow.version
    assert server.dialect == ("modes" if minor >= 11 else "inputs")
    assert (server.limits.max_text, server.limits.max_items) == (6000, 1000)
    assert bool(server.warnings) == (minor < 9)


def test_health(client: LangflowClient):
    """A running server is well."""
    assert client.health()


def test_flows_and_form(client: LangflowClient, make: Make):
    """A flow is listed, found by id, endpoint name and name, and has fields."""
    endpoint = f"contract-{uuid4().hex[:8]}"
    flow = make(ECHO, endpoint_name=endpoint)
    listed = {one.id: one for one in client.flows()}
    assert listed[flow.id].endpoint_name == endpoint
    assert client.flow(endpoint).id == client.flow(flow.name).id == flow.id
    first = flow.fields[0]
    assert (first.key, first.chat_input, first.default) == (
        "ChatInput-a.input_value",
        True,
        "stored",
    )


def test_unknown_flow(client: LangflowClient):
    """A flow that is not there is named as such, by id and by name."""
    for name in (ZERO, "no-such-endpoint"):
        with pytest.raises(FlowNotFound):
            client.flow(name)


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_echo(client: LangflowClient, make: Make, mode: str):
    """The chat text of a run comes back as a message, under its component's name."""
    flow = make(ECHO)
    run = go(client, flow, mode, {"ChatInput-a.input_value": "hello"}, session_id=uuid4().hex)
    output = run.outputs["ChatOutput-b"]
    assert (run.status, run.errors, run.not_run) == (RunStatus.COMPLETED, (), ())
    assert (output.kind, output.value) == (OutputKind.MESSAGE, "hello")
    assert (output.display_name, output.component_type) == ("Chat Output", "ChatOutput")


@pytest.mark.parametrize("mode", ["sync", "background"])
@pytest.mark.parametrize("session_id", [None, "a session of its own"])
def test_stored_chat_text(client: LangflowClient, make: Make, mode: str, session_id: str | None):
    """Without an override the flow's own chat text is used, also in a session."""
    run = go(client, make(ECHO), mode, {}, session_id=session_id)
    assert run.outputs["ChatOutput-b"].value == "stored"


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_empty_chat_text(client: LangflowClient, make: Make, mode: str):
    """An empty chat text is sent as one, and not replaced by the flow's own."""
    run = go(client, make(ECHO), mode, {"ChatInput-a.input_value": ""}, session_id=uuid4().hex)
    assert run.status is RunStatus.COMPLETED
    assert run.outputs["ChatOutput-b"].value == ""


def test_run_by_endpoint_name(client: LangflowClient, make: Make):
    """An endpoint name runs on every release, also on those that refuse it."""
    endpoint = f"contract-{uuid4().hex[:8]}"
    make(ECHO, endpoint_name=endpoint)
    assert client.run(endpoint).outputs["ChatOutput-b"].value == "stored"


def test_session_is_kept(client: LangflowClient, make: Make):
    """A session id of a run is the one that its messages are stored under."""
    session = uuid4().hex
    run = client.run(make(ECHO), session_id=session)
    assert run.session_id == session


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_prompt_variables(client: LangflowClient, make: Make, mode: str):
    """Prompt variables are parameters like others."""
    flow = make("Write a letter")
    run = go(client, flow, mode, {"Prompt Template-letter.name".replace(" ", ""): "Grace"})
    assert "Dear Grace" in next(iter(run.outputs.values())).value


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_table(client: LangflowClient, make: Make, mode: str):
    """A table comes as rows, also where the answer leaves it empty."""
    run = go(client, make(ROWS), mode, {})
    output = run.outputs["SplitText-s"]
    assert (run.status, output.kind, output.note) == (RunStatus.COMPLETED, OutputKind.TABLE, "")
    assert [row["text"] for row in output.value] == ["x", "y", "z"]


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_data(client: LangflowClient, make: Make, mode: str):
    """JSON comes as its value, also where the answer leaves it empty."""
    run = go(client, make("Read an order"), mode, {})
    output = run.outputs["JSONtoData-order"]
    assert (output.kind, output.value["order"]) == (OutputKind.DATA, 1042)


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_file(client: LangflowClient, make: Make, mode: str):
    """A file that a flow wrote can be downloaded; a second run's is that run's."""
    flow = make(SAVE)
    name = f"contract-{uuid4().hex[:8]}"
    for text in ("one", "two"):
        overrides = {"ChatInput-a.input_value": text, "SaveToFile-w.file_name": name}
        run = go(client, flow, mode, overrides, check=False)
        output = run.outputs["SaveToFile-w"]
        assert output.kind is OutputKind.FILE, run
        assert isinstance(output.value, FileRef)
        assert output.value.name.startswith(name)
        assert text.encode() in client.download(output.value)


def test_image_in_message(client: LangflowClient, make: Make):
    """A message that holds an image among text stays a message, with the image whole."""
    run = client.run(make("Picture card"))
    output = next(iter(run.outputs.values()))
    assert output.kind is OutputKind.MESSAGE
    assert "data:image/png;base64," in output.value


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_long_text_is_whole(client: LangflowClient, make: Make, mode: str):
    """A text beyond the server's limit comes whole in both modes."""
    text = "".join(f"{number} " for number in range(3000))
    run = go(client, make(ECHO), mode, {"ChatInput-a.input_value": text}, session_id=uuid4().hex)
    output = run.outputs["ChatOutput-b"]
    assert output.value == text
    assert not output.truncated


def test_cut_rows_are_told(client: LangflowClient, make: Make):
    """Rows that the server cut are told, with the setting that lifts it."""
    text = "\n".join(str(number) for number in range(1500))
    run = go(client, make(ROWS), "background", {"TextInput-a.input_value": text})
    output = run.outputs["SplitText-s"]
    assert (output.truncated, len(output.value)) == (True, 1000)
    assert output.missing in (None, 500)
    assert "LANGFLOW_MAX_ITEMS_LENGTH" in output.note


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_branch_not_taken(client: LangflowClient, make: Make, mode: str):
    """A run with a branch not taken is completed, and says which output did not run."""
    run = go(client, make("Sort a request"), mode, {})
    assert run.status is RunStatus.COMPLETED
    assert list(run.outputs) == ["ChatOutput-first"]
    assert [entry.component_id for entry in run.not_run] == ["ChatOutput-second"]


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_unconnected_component(client: LangflowClient, make: Make, mode: str):
    """A component that the chat input does not lead to is told as not connected."""
    run = go(client, make("Unconnected component"), mode, {})
    assert run.status is RunStatus.COMPLETED
    assert list(run.outputs) == ["ChatOutput-answer"]
    assert [entry.component_id for entry in run.not_run] == ["CalculatorComponent-idle"]


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_failed_component(client: LangflowClient, make: Make, mode: str):
    """A component that fails makes the run failed, with its own words as the reason."""
    run = go(client, make("Fails until it gets JSON"), mode, {}, check=False)
    assert run.status is RunStatus.FAILED
    assert run.errors[0].message.startswith("Please provide exactly one of")


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_refused_value(client: LangflowClient, make: Make, mode: str):
    """A value that a component refuses makes the run failed, though 1.11+ say completed."""
    run = go(client, make(ROWS), mode, {"SplitText-s.chunk_size": "abc"}, check=False)
    assert run.status is RunStatus.FAILED
    assert run.errors[0].message


def test_refused_before_the_request(client: LangflowClient, make: Make):
    """Values that cannot be right are refused at their field without a request."""
    flow = make(ROWS)
    for key, value in (("SplitText-s.chunk_size", "abc"), ("SplitText-s.nonesuch", 1)):
        with pytest.raises(InvalidRequest) as caught:
            client.run(flow, {key: value})
        assert caught.value.field == key


def test_stop(client: LangflowClient, make: Make):
    """A running job is stopped at the server; a second stop says that it is."""
    job = client.submit(make("Takes half a minute"))
    seen = client.status(job)
    assert seen.status in (RunStatus.QUEUED, RunStatus.IN_PROGRESS)
    result = client.stop(job)
    assert (result.stopped, result.run.status) == (True, RunStatus.CANCELLED)
    assert client.wait(job, timeout=5).status is RunStatus.CANCELLED


def test_late_stop(client: LangflowClient, make: Make):
    """A stop after the end changes nothing, and keeps the result."""
    job = client.wait(client.submit(make(ECHO), {"ChatInput-a.input_value": "kept"}))
    result = client.stop(job)
    assert result.stopped is False
    assert result.run.outputs["ChatOutput-b"].value == "kept"


def test_stop_that_meets_the_end(client: LangflowClient, make: Make, modes: bool):
    """On 1.8 to 1.10 a stop erases a finished job's result: it is had from the build records."""
    job = client.wait(client.submit(make(ECHO), {"ChatInput-a.input_value": "erased"}))
    stop_at_once(client, job.job_id)
    again = client.status(job)
    assert again.status is (RunStatus.COMPLETED if modes else RunStatus.CANCELLED)
    recovered = client._drive(client._runs._recovered(again, client.flow(job.flow_id)))
    assert recovered.status is RunStatus.COMPLETED
    assert recovered.outputs["ChatOutput-b"].value == "erased"


def test_unknown_job(client: LangflowClient):
    """A job that is not there, or no id at all, is named as such."""
    for job in (ZERO, "not-an-id"):
        with pytest.raises(JobNotFound):
            client.status(job)


def test_wrong_key(langflow: LiveServer):
    """A wrong key and a missing one are told, and the key is in no message."""
    for key in ("sk-wrong-key-123", None):
        with LangflowClient(langflow.url, key) as client, pytest.raises(InvalidKey) as caught:
            client.flows()
        assert "sk-wrong-key-123" not in str(caught.value) + str(caught.value.body)


def test_secret_is_hidden(client: LangflowClient, make: Make):
    """A secret that a run sends is nowhere in what comes back."""
    secret = "wJalrXUtnFEMI/K7MDENG bPxRf"
    overrides = {"SaveToFile-w.aws_secret_access_key": secret, "SaveToFile-w.file_name": "secret"}
    run = client.run(make(SAVE), overrides, check=False)
    assert secret not in repr(run)
    assert "••••" in repr(run.raw)


def test_events(client: LangflowClient, make: Make, modes: bool):
    """A job's events come as they happen and end with it; before 1.11 there are none."""
    job = client.submit(make(ECHO))
    if modes:
        events = list(client.events(job.job_id))
        assert [events[0].name, events[-1].name] == ["vertices_sorted", "end"]
        later = list(client.events(job.job_id, events[-2].id))
        assert [event.name for event in later] == ["end"]
    else:
        with pytest.raises(Unsupported):
            list(client.events(job.job_id))


def test_job_of_before(client: LangflowClient, make: Make, langflow: LiveServer):
    """Another client, which knows nothing of a job, judges it the same."""
    flow = make(ROWS)
    job = client.wait(client.submit(flow))
    with LangflowClient(langflow.url, langflow.api_key) as other:
        again = other.status(job.job_id)
    assert again.status is RunStatus.COMPLETED
    assert again.outputs["SplitText-s"].value == job.outputs["SplitText-s"].value


def test_replaced_result(client: LangflowClient, make: Make):
    """A result that later runs have replaced at the server is another run's never."""
    flow = make(ROWS)
    first = client.submit(flow, {"TextInput-a.input_value": "first"})
    client.wait(first)
    for text in ("second", "third", "fourth"):
        client.wait(client.submit(flow, {"TextInput-a.input_value": text}))
    again = client.status(first)
    output = again.outputs["SplitText-s"]
    if output.value is None:
        assert "No longer available" in output.note
    else:
        assert [row["text"] for row in output.value] == ["first"]


def test_async_client(langflow: LiveServer, make: Make):
    """The async client runs, follows and stops as the sync one."""
    echo, slow = make(ECHO), make("Takes half a minute")

    async def walk() -> None:
        async with AsyncLangflowClient(langflow.url, langflow.api_key) as client:
            run, job = await asyncio.gather(client.run(echo), client.submit(slow))
            assert run.outputs["ChatOutput-b"].value == "stored"
            assert (await client.stop(job)).stopped
            if (await client.server()).capabilities.events:
                done = await client.wait(await client.submit(echo))
                names = [event.name async for event in client.events(done.job_id)]
                assert names[-1] == "end"

    asyncio.run(walk())


def go(client: LangflowClient, flow: Flow, mode: str, overrides: dict, **options: object):
    """Run in a mode, to its end."""
    if mode == "sync":
        return client.run(flow, overrides, **options)
    return client.wait(client.submit(flow, overrides, **options), timeout=60)


def stop_at_once(client: LangflowClient, job_id: str | None) -> None:
    """The server's stop, without looking first."""
    from lfclient.dialects import stop_request

    client._drive(client._runs.send(stop_request(job_id or "")))
