"""Many runs at once on a real server: each ends as the server's records say, and ran once."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
from pydantic import SecretStr

from bench.figures import Figure
from lfclient import Flow, LangflowClient, RunStatus, ServerInfo
from lfclient.api.payloads import run_request
from lfclient.console.config.connection import Connection
from lfclient.console.config.permissions import Permissions
from lfclient.console.runner.runner import Runner
from lfclient.console.runner.server_load import MAX_QUEUED_JOBS
from lfclient.console.samples import builtin
from tests.support import servers

RUNS = (150, 300)
_POLL_SECONDS = 1.0


def run() -> Iterator[Figure]:
    """Start many runs at once on each release."""
    for version in servers.VERSIONS:
        live = servers.release(version)
        url, key = live.url, live.api_key
        with LangflowClient(url, api_key=key, timeout=120) as client:
            builtin.install_samples(client)
            summary = next(flow for flow in client.flows() if flow.name == "Echo chat")
            flow, server = client.flow(summary.id), client.server.info()
            for count in RUNS:
                baseline = asyncio.run(run_bare(url, key, flow, server, count))
                value = _run(client, url, key, flow, server, count)
                name = f"{count} runs at once, {version}: until all have ended, all right"
                baseline_name = "bare requests, ten submits at a time"
                yield Figure(name, value, 1.5, "s", baseline, baseline_name)


def _run(
    client: LangflowClient, url: str, key: str, flow: Flow, server: ServerInfo, count: int
) -> float:
    """Return the seconds until all have ended; fail unless each completed and ran once."""
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(Path(folder))
        try:
            connection = Connection("load", url, SecretStr(key), "secrets")
            owner, sessions = runner.owner_of(connection), {}
            began = time.monotonic()
            for _ in range(count):
                session_id = uuid4().hex
                [run_id] = runner.start(
                    connection,
                    flow,
                    [{_chat_key(flow): session_id}],
                    mode="background",
                    session_ids=[session_id],
                    server=server,
                    submit_token=session_id,
                    permissions=Permissions(other_servers=True, install=True),
                )
                sessions[run_id] = session_id
            for run_id in sessions:
                record = runner.get(run_id, owner)
                while record and not record.ended:
                    record = runner.wait_for_change(run_id, record.version, 60.0)
                assert record is not None
                assert record.status is RunStatus.COMPLETED, record
            seconds = time.monotonic() - began
            for session_id in sessions.values():
                texts = [message.text for message in client.sessions.messages(flow, session_id, 10)]
                assert texts == [session_id, session_id], texts  # the question and its echo
            return seconds
        finally:
            runner.close()


async def run_bare(url: str, key: str, flow: Flow, server: ServerInfo, count: int) -> float:
    """Return the seconds that as many bare requests take until all their jobs have ended."""
    slots = asyncio.Semaphore(MAX_QUEUED_JOBS)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    options = {"base_url": url, "headers": {"x-api-key": key}, "timeout": 120.0, "limits": limits}
    path = "/api/v2/workflows"

    async def one(client: httpx.AsyncClient) -> None:
        session_id = uuid4().hex
        overrides = {_chat_key(flow): session_id}
        body = run_request(server, flow, overrides, "background", session_id).json
        async with slots:
            answer = (await client.post(path, json=body)).raise_for_status().json()
        while answer["status"] in ("queued", "in_progress"):
            await asyncio.sleep(_POLL_SECONDS)
            response = await client.get(path, params={"job_id": answer["job_id"]})
            if "No vertex builds found" in response.text:
                return  # ended, and a later run has replaced its result (1.8 to 1.10)
            # for about a second after a job's end 1.10 responds 500; a busy database makes it 403
            if response.status_code not in (403, 500, 503):
                answer = response.raise_for_status().json()

    began = time.monotonic()
    async with httpx.AsyncClient(**options) as client:
        await asyncio.gather(*(one(client) for _ in range(count)))
    return time.monotonic() - began


def _chat_key(flow: Flow) -> str:
    assert flow.chat_input is not None
    return f"{flow.chat_input.id}.input_value"
