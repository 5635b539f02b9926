"""The whole contract of the Workflow API, on five real releases."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from lfclient import (
    AsyncLangflowClient,
    FlowNotFound,
    InvalidKey,
    InvalidRequest,
    JobNotFound,
    LangflowClient,
    OutputKind,
    RunEnded,
    RunStarted,
    RunStatus,
    Unsupported,
)
from tests.live.flows import ECHO, ROWS, SAVE
from tests.live.releases import Make, go
from tests.support.servers import LiveServer

ZERO = "00000000-0000-0000-0000-000000000000"


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
        events = list(client.events(job))
        assert isinstance(events[0], RunStarted)
        assert isinstance(events[-1], RunEnded)
        assert events[-1].status is RunStatus.COMPLETED
        assert events[-1].run.outputs["ChatOutput-b"].value == "stored"
        later = list(client.events(job.job_id, events[-2].id))
        assert [type(event) for event in later] == [RunEnded]
    else:
        with pytest.raises(Unsupported):
            list(client.events(job))
        with pytest.raises(Unsupported):
            list(client.stream(make(ECHO)))


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
                events = [event async for event in client.events(done.job_id)]
                assert isinstance(events[-1], RunEnded)
                events = [event async for event in client.stream(echo)]
                assert events[-1].run.outputs["ChatOutput-b"].value == "stored"

    asyncio.run(walk())


def stop_at_once(client: LangflowClient, job_id: str | None) -> None:
    """The server's stop, without looking first."""
    from lfclient.api.requests import stop_request

    client._drive(client._runs.send(stop_request(job_id or "")))
