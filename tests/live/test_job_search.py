"""Jobs whose submit got no response, searched for where runs leave no trace and where they do."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from lfclient import Flow, FoundJob, LangflowClient
from tests.live.flows import ECHO, ROWS
from tests.live.releases import Make, on

pytestmark = on("1.8.4", "1.12.8", "1.13.0")  # from 1.12 on, runs leave traces

SECONDS = 10.0


def now() -> datetime:
    return datetime.now(UTC)


def wait_for_jobs(look: Callable[[], list[FoundJob]]) -> list[FoundJob]:
    """Return the jobs as wait_for_jobs as there are any; records come up to a second late."""
    until = time.monotonic() + SECONDS
    while not (found := look()):
        assert time.monotonic() < until, "nothing was found"
        time.sleep(0.1)
    return found


def ended(client: LangflowClient, flow: Flow, session: str) -> str:
    """Return the id of a job that has ended and whose builds are stored."""
    run = client.wait(client.submit(flow, session_id=session), timeout=60)
    assert client.runs.components(run, flow)
    return run.job_id


def test_a_chat_job_is_found_by_its_session(client: LangflowClient, make: Make):
    flow, sent_at, session = make(ECHO), now(), uuid4().hex
    job = ended(client, flow, session)
    assert wait_for_jobs(lambda: client.runs.find_jobs(flow, session, sent_at)) == [
        FoundJob(job, "session")
    ]
    assert client.runs.find_jobs(flow, uuid4().hex, sent_at) == []
    assert client.runs.find_jobs(flow, None, sent_at) == []
    assert client.runs.find_jobs(flow, session, now() + timedelta(seconds=10)) == []


def test_a_job_of_a_flow_without_chat_is_found(client: LangflowClient, make: Make):
    """From 1.12 by its session; before, by its time if it ran alone."""
    flow, sent_at, session = make(ROWS), now(), uuid4().hex
    job = ended(client, flow, session)
    traced = client.server.info().capabilities.traces
    expected = [FoundJob(job, "session" if traced else "time")]
    assert wait_for_jobs(lambda: client.runs.find_jobs(flow, session, sent_at)) == expected
    other = ended(client, flow, uuid4().hex)
    assert other != job
    assert client.runs.find_jobs(flow, session, sent_at) == (expected if traced else [])
