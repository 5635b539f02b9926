"""A runner on a fake server, for the tests of the runner."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import update

from lfclient.async_client import AsyncLangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.runner.runner import Runner
from lfclient.console.store.column_values import to_microseconds
from lfclient.console.store.errors import StoreError
from lfclient.console.store.store import Store
from lfclient.console.store.tables import RunRow
from lfclient.flows.model import Flow
from tests.support.fake_langflow import FLOW, event
from tests.support.waiting import wait_for_record

CONNECTION = Connection("test", "http://langflow.test", SecretStr("sk-key-of-the-test"), "secrets")


class Bench:
    """A runner on a fake server, with short words for what tests do."""

    def __init__(self, folder, server, database_url=None):
        self.folder, self.server, self.database_url = folder, server, database_url
        self.clicks = 0
        self.runners = []
        self.runner = self.new_runner()
        self.owner = owner_fingerprint(CONNECTION, folder)
        self.flow = Flow.from_json(FLOW)

    def new_runner(self, **options):
        def connect(connection, server):
            return self.connect(connection)

        runner = Runner(self.folder, connect, **{"database_url": self.database_url, **options})
        self.runners.append(runner)
        return runner

    def connect(self, connection, server=None):
        key = connection.api_key.get_secret_value()
        transport = httpx.MockTransport((server or self.server).handle)
        return AsyncLangflowClient(connection.url, key, transport=transport)

    def info(self):
        reachable = replace(self.server, is_down=False, refuse_key=False)

        async def ask():
            async with self.connect(CONNECTION, server=reachable) as client:
                return await client.server()

        return asyncio.run(ask())

    def start(self, overrides=None, mode="background", submit_token=None):
        self.clicks += 1
        return self.runner.start(
            CONNECTION,
            self.flow,
            overrides if overrides is not None else {"ChatInput-a.input_value": "hi"},
            mode=mode,
            session_id="session",
            server=self.info(),
            submit_token=submit_token or f"click-{self.clicks}",
        )

    def until(self, run_id, ready, timeout=15.0):
        """Wait until the record fits; the record."""
        return wait_for_record(self.runner, run_id, self.owner, ready, timeout)

    def break_once(self, method, runner=None):
        """What its store does next is done, but the connection breaks before it is told so."""
        store = (runner or self.runner).store
        done = getattr(store, method)

        def broken(*args, **more):
            setattr(store, method, done)
            done(*args, **more)
            raise StoreError("The connection broke.")

        setattr(store, method, broken)

    def ended(self, run_id, timeout=15.0):
        return self.until(run_id, lambda record: record.ended, timeout)

    def kept(self, run_id, ready, timeout=5.0):
        """Wait until what is on disk fits; the record."""
        store = Store(self.folder, self.database_url)
        until = time.monotonic() + timeout
        while not ready(record := store.get(run_id)):
            assert time.monotonic() < until, f"still {record}"
            time.sleep(0.02)
        store.close()
        return record

    def restart(self):
        """As a console that was killed and started again."""
        self.runner.close()
        self.runners.remove(self.runner)
        self.runner = self.new_runner()


def move_click(folder, run_id, seconds):
    """Let a run of a console that is closed have been started so much earlier."""
    store = Store(folder)
    clicked = to_microseconds(store.get(run_id).created_at - timedelta(seconds=seconds))
    with store.database.write() as connection:
        connection.execute(update(RunRow).where(RunRow.id == run_id).values(created_at=clicked))
    store.close()


both_dialects = pytest.mark.parametrize(
    "bench", [{"dialect": "modes"}, {"dialect": "inputs"}], indirect=True, ids=["modes", "inputs"]
)


BEGUN = event("vertices_sorted", ids=["ChatInput-a"], to_run=["ChatInput-a", "ChatOutput-b"])


JOB = "00000000-0000-0000-0000-000000000000"
