"""The contract of the Workflow API, on five real releases."""

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
from lfclient.api.operations.run_completion import recover_erased_result
from lfclient.console.samples.graph_builder import Sample
from lfclient.flows.validation import check_overrides
from tests.live.flows import (
    CHAT_AND_WEBHOOK,
    CHAT_INTO_WEBHOOK,
    ECHO,
    LONE_WEBHOOK,
    ROWS,
    SAVE,
    TEXT_AND_WEBHOOK,
    TWO_CHAT_INPUTS,
)
from tests.live.releases import Make, dialects, run_to_end
from tests.support.servers import LiveServer

ZERO = "00000000-0000-0000-0000-000000000000"


def test_the_server_reports_its_release(client: LangflowClient, langflow: LiveServer):
    server = client.server.info()
    minor = int(langflow.version.split(".")[1])
    assert server.version == langflow.version
    assert server.dialect == ("modes" if minor >= 11 else "inputs")
    assert (server.limits.max_text, server.limits.max_items) == (6000, 1000)
    assert bool(server.warnings) == (minor < 9)
    assert client.server.is_healthy()
    with LangflowClient(langflow.url) as keyless:
        assert keyless.server.version() == langflow.version


def test_a_flow_is_listed_and_found_and_has_fields(client: LangflowClient, make: Make):
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


def test_an_unknown_flow_raises_flow_not_found(client: LangflowClient):
    for name in (ZERO, "no-such-endpoint"):
        with pytest.raises(FlowNotFound):
            client.flow(name)


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_the_chat_text_comes_back_as_a_message(client: LangflowClient, make: Make, mode: str):
    flow = make(ECHO)
    run = run_to_end(
        client, flow, mode, {"ChatInput-a.input_value": "hello"}, session_id=uuid4().hex
    )
    output = run.outputs["ChatOutput-b"]
    assert (run.status, run.errors, run.not_run) == (RunStatus.COMPLETED, (), ())
    assert (output.kind, output.value) == (OutputKind.MESSAGE, "hello")
    assert (output.display_name, output.component_type) == ("Chat Output", "ChatOutput")


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_the_first_of_several_chat_inputs_starts_the_run(
    client: LangflowClient, make: Make, modes: bool, mode: str
):
    """What it does not reach stays idle. From 1.11 on, other modes than synchronous fail."""
    flow = make(TWO_CHAT_INPUTS)
    assert [each.id for each in flow.unconnected] == [
        "ChatInput-c",
        "CombineText-l",
        "ChatOutput-d",
    ]
    if modes and mode == "background":
        run = client.wait(client.submit(flow, {}, check=False), timeout=60)
        assert run.status is RunStatus.FAILED
        return
    run = run_to_end(client, flow, mode, {"ChatInput-a.input_value": "hello"})
    assert "hello" in run.outputs["ChatOutput-b"].value
    assert [(each.component_id, each.reason) for each in run.not_run] == [
        ("ChatOutput-d", "It is not reached from Chat Input 1, which starts the run.")
    ]


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
@pytest.mark.parametrize(
    ("sample", "from_webhook", "others"),
    [
        (CHAT_AND_WEBHOOK, ["ChatOutput-d"], ["ChatOutput-b"]),
        (CHAT_INTO_WEBHOOK, ["ChatOutput-d"], ["ChatOutput-b", "ChatOutput-d"]),
        (TEXT_AND_WEBHOOK, ["ChatOutput-d"], ["ChatOutput-b", "ChatOutput-d"]),
        (LONE_WEBHOOK, ["Webhook-w"], ["ChatOutput-b"]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_webhook_starts_synchronous_runs_and_before_1_11_all(
    client: LangflowClient,
    make: Make,
    modes: bool,
    mode: str,
    sample: Sample,
    from_webhook: list[str],
    others: list[str],
):
    """They include only what follows it, and what feeds that; others need not the webhook."""
    flow = make(sample)
    if mode == "sync":
        run = client.run(flow, check=False)
    else:
        run = client.wait(client.submit(flow, check=False), timeout=60, flow=flow)
    returned = from_webhook if mode == "sync" or not modes else others
    marked = flow.for_mode(mode, client.server.info())
    assert sorted(run.outputs) == sorted(leaf.id for leaf in marked.expected_terminals) == returned
    assert (run.status, run.errors) == (RunStatus.COMPLETED, ())


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
@pytest.mark.parametrize("sample", [CHAT_AND_WEBHOOK, CHAT_INTO_WEBHOOK], ids=lambda one: one.name)
def test_a_message_that_a_run_ignores_is_an_error(
    client: LangflowClient, make: Make, modes: bool, mode: str, sample: Sample
):
    flow = make(sample)
    overrides = {"ChatInput-a.input_value": "hello"}
    if mode == "sync":
        run = client.run(flow, overrides, check=False)
    else:
        run = client.wait(client.submit(flow, overrides, check=False), timeout=60, flow=flow)
    is_read = any("hello" in str(output.value) for output in run.outputs.values())
    assert bool(check_overrides(flow, overrides, mode, client.server.info())) is not is_read


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_an_empty_chat_text_is_sent_as_empty(client: LangflowClient, make: Make, mode: str):
    run = run_to_end(
        client, make(ECHO), mode, {"ChatInput-a.input_value": ""}, session_id=uuid4().hex
    )
    assert run.status is RunStatus.COMPLETED
    assert run.outputs["ChatOutput-b"].value == ""


def test_an_endpoint_name_runs_on_every_release(client: LangflowClient, make: Make):
    endpoint = f"contract-{uuid4().hex[:8]}"
    make(ECHO, endpoint_name=endpoint)
    assert client.run(endpoint).outputs["ChatOutput-b"].value == "stored"


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_branch_not_taken_is_reported_as_not_run(client: LangflowClient, make: Make, mode: str):
    run = run_to_end(client, make("Sort a request"), mode, {})
    assert run.status is RunStatus.COMPLETED
    assert list(run.outputs) == ["ChatOutput-first"]
    assert [entry.component_id for entry in run.not_run] == ["ChatOutput-second"]


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_an_unconnected_component_is_reported_as_not_run(
    client: LangflowClient, make: Make, mode: str
):
    run = run_to_end(client, make("Unconnected component"), mode, {})
    assert run.status is RunStatus.COMPLETED
    assert list(run.outputs) == ["ChatOutput-answer"]
    assert [entry.component_id for entry in run.not_run] == ["CalculatorComponent-idle"]


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_failed_component_fails_the_run(client: LangflowClient, make: Make, mode: str):
    run = run_to_end(client, make("Fails until it gets JSON"), mode, {}, check=False)
    assert run.status is RunStatus.FAILED
    assert run.errors[0].message.startswith("Please provide exactly one of")
    assert run.errors[0].component == "Load JSON"


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_value_refused_by_a_component_fails_the_run(
    client: LangflowClient, make: Make, mode: str
):
    run = run_to_end(client, make(ROWS), mode, {"SplitText-s.chunk_size": "abc"}, check=False)
    assert run.status is RunStatus.FAILED
    assert run.errors[0].message


def test_invalid_values_are_refused_without_a_request(client: LangflowClient, make: Make):
    flow = make(ROWS)
    for key, value in (("SplitText-s.chunk_size", "abc"), ("SplitText-s.nonesuch", 1)):
        with pytest.raises(InvalidRequest) as caught:
            client.run(flow, {key: value})
        assert caught.value.field == key


def test_a_running_job_is_stopped_once(client: LangflowClient, make: Make):
    job = client.submit(make("Takes half a minute"))
    polled = client.status(job)
    assert polled.status in (RunStatus.QUEUED, RunStatus.IN_PROGRESS)
    result = client.stop(job)
    assert (result.stopped, result.run.status) == (True, RunStatus.CANCELLED)
    assert client.wait(job, timeout=5).status is RunStatus.CANCELLED


def test_a_stop_after_the_end_keeps_the_result(client: LangflowClient, make: Make):
    job = client.wait(client.submit(make(ECHO), {"ChatInput-a.input_value": "kept"}))
    result = client.stop(job)
    assert result.stopped is False
    assert result.run.outputs["ChatOutput-b"].value == "kept"


def test_a_result_erased_by_a_stop_is_recovered(client: LangflowClient, make: Make, modes: bool):
    """On 1.8 to 1.10 a stop erases a finished job's result; the build records still have it."""
    job = client.wait(client.submit(make(ECHO), {"ChatInput-a.input_value": "erased"}))
    stop_unchecked(client, job.job_id)
    again = client.status(job)
    assert again.status is (RunStatus.COMPLETED if modes else RunStatus.CANCELLED)
    recovered = client._drive(
        recover_erased_result(client._context, again, client.flow(job.flow_id))
    )
    assert recovered.status is RunStatus.COMPLETED
    assert recovered.outputs["ChatOutput-b"].value == "erased"


def test_an_unknown_job_raises_job_not_found(client: LangflowClient):
    for job in (ZERO, "not-an-id"):
        with pytest.raises(JobNotFound):
            client.status(job)


def test_a_wrong_or_missing_key_raises_invalid_key(langflow: LiveServer):
    for key in ("sk-wrong-key-123", None):
        with LangflowClient(langflow.url, key) as client, pytest.raises(InvalidKey) as caught:
            client.flows()
        assert "sk-wrong-key-123" not in str(caught.value) + caught.value.response.text


def test_a_secret_never_comes_back(client: LangflowClient, make: Make):
    secret = "wJalrXUtnFEMI/K7MDENG bPxRf"
    overrides = {"SaveToFile-w.aws_secret_access_key": secret, "SaveToFile-w.file_name": "secret"}
    run = client.run(make(SAVE), overrides, check=False)
    assert secret not in repr(run)
    assert "••••" in repr(run.raw)


def test_events_arrive_live_and_end_with_the_job(client: LangflowClient, make: Make, modes: bool):
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


def test_a_new_client_evaluates_an_old_job_alike(
    client: LangflowClient, make: Make, langflow: LiveServer
):
    flow = make(ROWS)
    job = client.wait(client.submit(flow))
    with LangflowClient(langflow.url, langflow.api_key) as other:
        again = other.status(job.job_id)
    assert again.status is RunStatus.COMPLETED
    assert again.outputs["SplitText-s"].value == job.outputs["SplitText-s"].value


def test_another_runs_result_is_never_returned(client: LangflowClient, make: Make):
    """A later run has replaced the records on the server."""
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


def test_the_async_client_runs_follows_and_stops(langflow: LiveServer, make: Make):
    echo, slow = make(ECHO), make("Takes half a minute")

    async def walk() -> None:
        async with AsyncLangflowClient(langflow.url, langflow.api_key) as client:
            run, job = await asyncio.gather(client.run(echo), client.submit(slow))
            assert run.outputs["ChatOutput-b"].value == "stored"
            assert (await client.stop(job)).stopped
            if (await client.server.info()).capabilities.events:
                done = await client.wait(await client.submit(echo))
                events = [event async for event in client.events(done.job_id)]
                assert isinstance(events[-1], RunEnded)
                events = [event async for event in client.stream(echo)]
                assert events[-1].run.outputs["ChatOutput-b"].value == "stored"

    asyncio.run(walk())


def stop_unchecked(client: LangflowClient, job_id: str | None) -> None:
    """Stop on the server, without looking at the job first."""
    from lfclient.api.requests import WORKFLOWS, RequestSpec
    from lfclient.api.steps import send

    client._drive(send(RequestSpec("POST", f"{WORKFLOWS}/stop", json={"job_id": job_id})))
