"""Runs of the clients that need a temporary flow, and that leave none."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from typing import Any

import httpx
import pytest

from lfclient import (
    AsyncLangflowClient,
    Flow,
    InvalidKey,
    InvalidRequest,
    LangflowClient,
    Run,
    RunStatus,
    ServerFault,
    ServerInfo,
)
from lfclient.flows.definitions import node_definition
from lfclient.flows.refreshing import choose
from tests.support.fake_langflow import FLOW, FakeLangflow
from tests.support.flows import text

URL, SERVER = "http://langflow.test", ServerInfo("1.10.3", "inputs")
SUBMIT = ("POST", "/api/v2/workflows")


@pytest.fixture
def server() -> FakeLangflow:
    return FakeLangflow("inputs", seconds=0.0)


@pytest.fixture
def flow() -> Flow:
    """A flow with a choice that adds a parameter."""
    stored = Flow.from_json(FLOW)
    changed = deepcopy(node_definition(stored, "ChatInput-a"))
    changed["template"]["more"] = text("m")
    return choose(stored, "ChatInput-a.input_value", "hi", changed)


def use_client(server: FakeLangflow, work: Any) -> Any:
    """Return the result of `work`, a coroutine function, with a client of the server."""

    async def use() -> Any:
        transport = httpx.MockTransport(server.handle)
        async with AsyncLangflowClient(URL, "key", transport=transport, server=SERVER) as client:
            # the stand-in has no choices: the flow is as the client refreshed it
            client._context.fetched[FLOW["id"]] = Flow.from_json(FLOW)
            return await work(client)

    return asyncio.run(use())


def flow_requests(server: FakeLangflow) -> list[str]:
    return [method for method, path in server.requests if path.startswith("/api/v1/flows/")]


def test_a_run_creates_a_flow_and_deletes_it(server: FakeLangflow, flow: Flow):
    run: Run = use_client(server, lambda client: client.run(flow, {"ChatInput-a.more": "n"}))
    assert (run.status, run.has_temporary_flow) == (RunStatus.COMPLETED, True)
    (sent,) = server.submitted
    assert (sent["flow_id"], sent["inputs"]) == (run.flow_id, {"ChatInput-a.more": "n"})
    assert (server.flows, flow_requests(server)[-1]) == ({}, "DELETE")


@pytest.mark.parametrize("method", ["run", "submit"])
def test_a_run_that_is_refused_leaves_no_flow(server: FakeLangflow, flow: Flow, method: str):
    server.refusal = httpx.Response(500, json={"detail": "broken"})
    with pytest.raises(ServerFault, match="broken"):
        use_client(server, lambda client: getattr(client, method)(flow))
    assert (server.flows, len(server.submitted)) == ({}, 1)


def test_a_server_that_creates_no_flow_says_so(server: FakeLangflow, flow: Flow):
    server.flow_fault = httpx.Response(403, json={"detail": "Not allowed"})
    with pytest.raises(InvalidRequest, match="did not create the temporary flow") as caught:
        use_client(server, lambda client: client.run(flow))
    assert caught.value.message.endswith(": Not allowed.")
    assert "Langflow's editor" in caught.value.hint
    server.flow_fault = httpx.Response(403, json={"detail": "Invalid API key"})
    with pytest.raises(InvalidKey, match="The server rejected the API key"):
        use_client(server, lambda client: client.run(flow))
    assert server.submitted == []


def test_waiting_deletes_the_flow_of_a_job(server: FakeLangflow, flow: Flow):
    async def work(client: AsyncLangflowClient) -> None:
        job = await client.submit(flow)
        assert list(server.flows) == [job.flow_id]
        assert (await client.status(job)).status is RunStatus.COMPLETED
        assert list(server.flows) == [job.flow_id]
        assert (await client.wait(job)).outputs["ChatOutput-b"].value == "echo"
        assert server.flows == {}

    use_client(server, work)


def test_a_failed_deletion_does_not_hide_the_result(server: FakeLangflow, flow: Flow):
    server.delete_fault = httpx.Response(503, json={"detail": "busy"})
    run = use_client(server, lambda client: client.run(flow))
    assert run.status is RunStatus.COMPLETED
    assert list(server.flows) == [run.flow_id]


def test_a_cancelled_run_leaves_no_flow(server: FakeLangflow, flow: Flow):
    server.seconds = 60.0

    async def work(client: AsyncLangflowClient) -> None:
        task = asyncio.create_task(client.run(flow))
        while SUBMIT not in server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    use_client(server, work)
    assert flow_requests(server)[-1] == "DELETE"
    assert server.flows == {}


def test_an_interrupted_run_leaves_no_flow(flow: Flow):
    methods = []

    def handle(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        if request.method == "POST":
            raise KeyboardInterrupt
        return httpx.Response(200, json=FLOW)

    transport = httpx.MockTransport(handle)
    with LangflowClient(URL, "key", transport=transport, server=SERVER) as client:
        client._context.fetched[FLOW["id"]] = Flow.from_json(FLOW)
        with pytest.raises(KeyboardInterrupt):
            client.run(flow)
    assert methods[-2:] == ["POST", "DELETE"]
