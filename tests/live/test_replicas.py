"""Two console processes on one database; the one that follows the runs is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from lfclient import Flow, LangflowClient, RunStatus
from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.runner.runner import Runner
from lfclient.console.store.run_record import RunRecord
from tests.live.releases import Make, on
from tests.support.postgres import postgres
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for, wait_for_record

pytestmark = on("1.11.6")


class Survivor:
    """The process that lives: it has the key and follows no run yet."""

    def __init__(self, folder: Path, server: LiveServer, database: str | None) -> None:
        self.setup = {
            "folder": str(folder),
            "url": server.url,
            "key": server.api_key,
            "database": database,
        }
        self.connection = Connection("live", server.url, SecretStr(server.api_key), "secrets")
        url = database and SecretStr(database)
        self.runner = Runner(folder, database_url=url or None, connections=[self.connection])
        self.owner = owner_fingerprint(self.connection, folder)
        self.other: subprocess.Popen[str] | None = None

    def start(self, *runs: tuple[Flow, str, str]) -> list[str]:
        """Let another process run flows, each in a mode and a session; return their ids."""
        self.other = subprocess.Popen(
            [sys.executable, "-m", "tests.live.replica_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        # a streamed call must outlast the others, also on a busy machine
        slow = {"stream": {"WordByWord-writer.pause": 400}}
        each = [
            {"flow": flow.id, "mode": mode, "session": name, "overrides": slow.get(mode, {})}
            for flow, mode, name in runs
        ]
        json.dump({**self.setup, "runs": each}, self.other.stdin)
        self.other.stdin.close()
        return [self.other.stdout.readline().strip() for _ in runs]

    def kill(self) -> None:
        os.kill(self.other.pid, signal.SIGKILL)
        self.other.wait(10)
        self.other.stdout.close()

    def until(self, run_id: str, ready: Callable[[RunRecord], object]) -> RunRecord:
        return wait_for_record(self.runner, run_id, self.owner, ready)

    def close(self) -> None:
        if self.other and self.other.poll() is None:
            self.kill()
        self.runner.close()


@pytest.fixture
def beside(request, tmp_path: Path, langflow: LiveServer) -> Iterator[Survivor]:
    url = postgres().new_database() if request.param == "postgresql" else None
    made = Survivor(tmp_path, langflow, url)
    yield made
    made.close()


def written_text(record: RunRecord) -> str:
    """The text that a run has written so far."""
    messages = record.run.messages.values() if record.run else ()
    return "".join(one.visible_text for one in messages if one.sender == "Machine")


def is_waiting(record: RunRecord) -> bool:
    return bool(record.run and record.run.waiting_for and not record.run.waiting_for.sent)


def ended(record: RunRecord) -> bool:
    return record.ended


@pytest.mark.parametrize("beside", ["postgresql"], indirect=True)
def test_another_process_shows_stops_decides_and_takes_over_runs(
    beside: Survivor, client: LangflowClient, make: Make
):
    """Text, questions, a stop and a decision pass between the two. After the kill the streamed call
    keeps its text, and jobs are followed to their end; each ran once.
    """
    writing, approval = make("Write word by word"), make("Wait for an approval")
    flows = [writing, approval, writing, approval]
    modes = ["stream", "background", "background", "background"]
    sessions = [uuid4().hex for _ in flows]
    call, asking, stopped, waiting = beside.start(*zip(flows, modes, sessions, strict=True))
    early = written_text(beside.until(call, written_text))
    record = beside.until(asking, is_waiting)
    assert record.status is RunStatus.SUSPENDED
    beside.runner.decide(asking, beside.connection, record.run.waiting_for, "approve")
    beside.until(stopped, written_text)
    beside.runner.stop(stopped, beside.connection)
    assert beside.runner.get(stopped, beside.owner).stop_requested_at
    assert beside.until(stopped, ended).status is RunStatus.CANCELLED
    record = beside.until(asking, ended)
    assert (record.status, list(record.run.outputs)) == (RunStatus.COMPLETED, ["ChatOutput-yes"])
    beside.until(waiting, is_waiting)
    early_text = written_text(
        beside.until(call, lambda record: len(written_text(record)) > len(early))
    )
    assert not any(map(beside.runner.is_followed, (call, asking, stopped, waiting)))
    beside.kill()
    record = beside.until(call, ended)
    assert record.status is RunStatus.INTERRUPTED
    assert written_text(record).startswith(early_text)
    assert record.run.unfinished_messages
    wait_for(lambda: beside.runner.is_followed(waiting))
    record = beside.until(waiting, is_waiting)
    beside.runner.decide(waiting, beside.connection, record.run.waiting_for, "reject")
    record = beside.until(waiting, ended)
    assert (record.status, list(record.run.outputs)) == (RunStatus.COMPLETED, ["ChatOutput-no"])
    counts = [
        sum(one.sender == "User" for one in client.sessions.messages(flow, session))
        for flow, session in zip(flows, sessions, strict=True)
    ]
    assert counts == [1, 1, 1, 1]


@pytest.mark.parametrize("beside", ["sqlite"], indirect=True)
def test_a_job_keeps_writing_while_its_process_is_killed(
    beside: Survivor, client: LangflowClient, make: Make
):
    """The process that takes over continues from the stored text, and gets the complete text."""
    flow, session = make("Write word by word"), uuid4().hex
    (job,) = beside.start((flow, "background", session))
    early_text = written_text(beside.until(job, written_text))
    beside.kill()
    record = beside.until(job, ended)
    assert record.status is RunStatus.COMPLETED
    # "…" stands for words whose events came before the stream was open
    for words in early_text.split("…"):
        assert words.strip()[:10] in written_text(record)
    assert "…" not in written_text(record)
    assert beside.runner.is_followed(job) or record.run.outputs
    assert sum(one.sender == "User" for one in client.sessions.messages(flow, session)) == 1
