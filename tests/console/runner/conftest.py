"""Fixtures that the tests of this folder share."""

import pytest
from pydantic import SecretStr

from lfclient.console.runner import replica_sync
from tests.support.fake_langflow import FakeLangflow, component_done, event, question
from tests.support.postgres import postgres
from tests.support.runner_bench import BEGUN, JOB, Bench
from tests.support.two_consoles import Two


@pytest.fixture
def bench(tmp_path, request):
    server = FakeLangflow(**getattr(request, "param", {}))
    made = Bench(tmp_path, server)
    yield made
    for runner in made.runners:
        runner.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def two(request, tmp_path, monkeypatch):
    monkeypatch.setattr(replica_sync, "SYNC_SECONDS", 0.05)
    monkeypatch.setattr(replica_sync, "PUBLISH_SECONDS", 0.2)
    monkeypatch.setattr("lfclient.console.runner.task_supervisor.MAINTENANCE_SECONDS", 0.2)
    url = SecretStr(postgres().new_database()) if request.param == "postgresql" else None
    made = Two(tmp_path, url)
    yield made
    for runner in made.runners:
        runner.close()


@pytest.fixture
def often(monkeypatch):
    """A job that is listened to is asked for often, as when the two happen to meet."""
    monkeypatch.setattr("lfclient.console.runner.backoff.LISTENING", (0.05,))
    monkeypatch.setattr("lfclient.console.runner.backoff.RESTING", (0.05,))


@pytest.fixture
def going(bench):
    """A job that has begun and goes on; its run's id."""
    bench.server.seconds, bench.server.log = 60, [BEGUN]
    run_id = bench.start()
    bench.until(run_id, lambda record: record.run and record.run.components)
    return run_id


@pytest.fixture
def asking(bench, going):
    """A job that waits for a decision."""
    bench.server.log += [
        component_done("ChatInput-a", "hi"),
        event("human_input_required", **question(JOB)),
    ]
    bench.server.jobs[JOB].state = "suspended"
    record = bench.until(going, lambda record: record.run.waiting_for)
    bench.question = record.run.waiting_for
    return going
