"""A runner on a fake server."""

import asyncio
import functools
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from lfclient.async_client import AsyncLangflowClient
from lfclient.common.backoff import Backoff
from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.config.permissions import Permissions
from lfclient.console.runner.runner import Runner
from lfclient.console.runner.timings import Timings
from lfclient.console.store.database import FILE_NAME
from lfclient.console.store.errors import StoreError
from lfclient.console.store.store import Store
from lfclient.console.store.tables import RunRow
from lfclient.flows.model import Flow
from tests.support import databases
from tests.support.clients import mock_client
from tests.support.fake_events import component_done, event, question
from tests.support.fake_langflow import FLOW, VERSIONS, FakeLangflow
from tests.support.waiting import SECONDS, wait_for, wait_for_record

CONNECTION = Connection("test", "http://langflow.test", SecretStr("sk-key-of-the-test"), "secrets")
JOB = "00000000-0000-0000-0000-000000000000"  # the first job of a fake server
ANOTHER_KEY = replace(CONNECTION, api_key=SecretStr("sk-another-key"))
WITH_SECRET = {"ChatInput-a.input_value": "hi", "ChatInput-a.key": "hunter2-hunter2"}
RUN_STARTED = event("vertices_sorted", ids=["ChatInput-a"], to_run=["ChatInput-a", "ChatOutput-b"])
STOP = "/api/v2/workflows/stop"
SUBMIT = "/api/v2/workflows"

OFTEN = Backoff(0.05, 0.05)
RARELY = Backoff(60.0, 60.0)


class RunnerHarness:
    """A runner on a fake server; `timings` is used for each new runner.

    The runner starts when it is used first.
    """

    def __init__(self, folder, server, database_url=None, timings=None):
        self.folder, self.server, self.database_url = folder, server, database_url
        self.timings = timings or Timings()
        self.submits = 0
        self.runners = []
        if not database_url and not (folder / FILE_NAME).exists():
            databases.create_sqlite(folder)
        self._runner = None
        self.owner = owner_fingerprint(CONNECTION, folder)
        self.flow = Flow.from_json(FLOW)

    @property
    def runner(self):
        if self._runner is None:
            self._runner = self.new_runner()
        return self._runner

    @runner.setter
    def runner(self, runner):
        self._runner = runner

    def new_runner(self, **options):
        def connect(connection, server):
            return self.connect(connection)

        defaults = {"database_url": self.database_url, "timings": self.timings}
        runner = Runner(self.folder, connect, **{**defaults, **options})
        self.runners.append(runner)
        return runner

    def connect(self, connection):
        key = connection.api_key.get_secret_value()
        http_client = mock_client("async", self.server.handle)
        return AsyncLangflowClient(connection.url, key, http_client=http_client)

    def server_info(self):
        """Return the server's info, even while it is down."""
        return _server_info(self.server.dialect, VERSIONS[self.server.dialect])

    def start(self, overrides=None, mode="background", submit_token=None, connection=CONNECTION):
        """Start a run and return its id."""
        overrides = overrides if overrides is not None else {"ChatInput-a.input_value": "hi"}
        [run_id] = self.start_rows([overrides], mode, submit_token, connection)
        return run_id

    def start_rows(
        self, rows, mode="background", submit_token=None, connection=CONNECTION, install=True
    ):
        """Start a run for each row of overrides and return their ids.

        `install` is the visitor's permission.
        """
        self.submits += 1
        return self.runner.start(
            connection,
            self.flow,
            rows,
            mode=mode,
            session_ids=["session"] * len(rows),
            server=self.server_info(),
            submit_token=submit_token or f"submit-{self.submits}",
            permissions=Permissions(other_servers=True, install=install),
        )

    def start_job(self, overrides=None):
        """Start a run that doesn't end, wait until its job's id is stored, and return its id."""
        self.server.seconds = 60
        run_id = self.start(overrides)
        self.wait_until_saved(run_id, lambda record: record.job_id)
        return run_id

    def start_running(self, mode="background"):
        """Start a run that doesn't end, wait until its components are known, and return its id."""
        self.server.seconds, self.server.log = 60, [RUN_STARTED]
        run_id = self.start(mode=mode)
        self.wait_until(run_id, lambda record: record.run and record.run.components)
        return run_id

    def lose_response(self, *, arrived, overrides=None, seconds_ago=0.0):
        """Start a run and kill its console before the response; return the run's id.

        `arrived` says whether the request reached the server.
        """
        self.server.hold_submits, self.server.hold_responses = not arrived, arrived
        submits, jobs = self.server.count("POST", SUBMIT), len(self.server.jobs)
        run_id = self.start(overrides)
        if arrived:
            wait_for(lambda: len(self.server.jobs) > jobs)
        else:
            wait_for(lambda: self.server.count("POST", SUBMIT) > submits)
        self.close()
        backdate_run(self.folder, run_id, seconds_ago)
        self.server.hold_submits = self.server.hold_responses = False
        self.runner = self.new_runner()
        return run_id

    def start_suspended(self):
        """Start a run, wait until it has a question for a person, and return its id."""
        run_id = self.start_running()
        self.server.log += [
            component_done("ChatInput-a", "hi"),
            event("human_input_required", **question(JOB)),
        ]
        self.server.jobs[JOB].state = "suspended"
        record = self.wait_until(run_id, lambda record: record.run.waiting_for)
        self.question = record.run.waiting_for
        return run_id

    def get(self, run_id):
        """Return the run's newest record."""
        return self.runner.get(run_id, self.owner)

    def wait_until(self, run_id, ready):
        """Wait until `ready(record)` is true and return the record."""
        return wait_for_record(self.runner, run_id, self.owner, ready)

    def wait_for_end(self, run_id):
        """Wait until the run has ended and return its record."""
        return self.wait_until(run_id, lambda record: record.ended)

    def wait_until_saved(self, run_id, ready):
        """Wait until `ready(record)` is true for the stored record and return that."""
        store = Store(self.folder, self.database_url)
        deadline = time.monotonic() + SECONDS
        while not ready(record := store.get(run_id)):
            assert time.monotonic() < deadline, f"still {record}"
            time.sleep(0.02)
        store.close()
        return record

    def wait_until_released(self, run_id):
        """Wait until the runner no longer follows the run."""
        wait_for(lambda: not self.runner.is_followed(run_id))

    def wait_for_polls(self, count=1):
        """Wait until the server has received this many more status requests."""
        before = self.server.status_requests
        wait_for(lambda: self.server.status_requests >= before + count)

    @contextmanager
    def blocked_loop(self):
        """Block the runner's event loop, as a slow machine does."""
        blocked, unblocked = threading.Event(), threading.Event()

        def block():
            blocked.set()
            unblocked.wait()

        self.runner._supervisor._loop.call_soon_threadsafe(block)
        blocked.wait()
        try:
            yield
        finally:
            unblocked.set()

    def lose_confirmation(self, method, runner=None):
        """Let the store execute its next call of `method`, but lose the confirmation."""
        store = (runner or self.runner).store
        original = getattr(store, method)

        def broken(*args, **options):
            setattr(store, method, original)
            original(*args, **options)
            raise StoreError("The connection broke.")

        setattr(store, method, broken)

    def restart(self, **options):
        """Replace the runner, as if the console was killed and started again."""
        self.runner.close()
        self.runners.remove(self.runner)
        self.runner = self.new_runner(**options)

    def use_timings(self, **changes):
        """Use other timings, with another runner if one has started."""
        self.timings = replace(self.timings, **changes)
        if self._runner is not None:
            self.restart()

    def close(self):
        """Close all runners."""
        while self.runners:
            self.runners.pop().close()


@functools.cache
def _server_info(dialect, release):
    """Return what a fake server that can be reached tells of itself; `release` is its own."""

    async def ask():
        http_client = mock_client("async", FakeLangflow(dialect).handle)
        async with AsyncLangflowClient(CONNECTION.url, "sk-key", http_client=http_client) as client:
            info = await client.server.info()
            assert str(info.version) == release
            return info

    return asyncio.run(ask())


def backdate_run(folder, run_id, seconds):
    """Move a run's start to an earlier time; no runner must be open."""
    store = Store(folder)
    record, earlier = store.get(run_id), timedelta(seconds=seconds)
    times = {"created_at": record.created_at - earlier}
    if record.started_at:
        times["started_at"] = record.started_at - earlier
    with store.database.write() as connection:
        connection.execute(update(RunRow).where(RunRow.id == run_id).values(**times))
    store.close()


def component_states(record):
    """Return the state of each component as a string."""
    return {name: one.state.value for name, one in record.run.components.items()}


both_dialects = pytest.mark.parametrize(
    "harness", [{"dialect": "modes"}, {"dialect": "inputs"}], indirect=True, ids=["modes", "inputs"]
)
without_events = pytest.mark.parametrize(
    "harness", [{"dialect": "inputs"}], indirect=True, ids=[""]
)


def report_end(harness, at):
    """Let the server's records tell that the first job came to its end then."""
    harness.server.finish()
    harness.server.log = [
        RUN_STARTED,
        component_done("ChatInput-a", "hi", at=at - timedelta(seconds=1)),
        component_done("ChatOutput-b", "echo", at=at),
        event("end", build_duration=0.1),
    ]
    for id, ended_at in (("ChatInput-a", at - timedelta(seconds=1)), ("ChatOutput-b", at)):
        harness.server.builds[id] = [{"job_id": JOB, "timestamp": ended_at.isoformat(), "data": {}}]


def add_trace(harness, job_id, session="session", seconds_from_now=1.0):
    """Let the server have a component's build record of a job."""
    result = {"message": {"data": {"session_id": session}}}
    time = (datetime.now(UTC) + timedelta(seconds=seconds_from_now)).isoformat()
    build = {"job_id": job_id, "timestamp": time, "data": {"results": result}}
    component = f"ChatInput-{len(harness.server.builds)}"
    harness.server.builds[component] = [build]
    harness.server.transactions.append({"vertex_id": component, "timestamp": time})
