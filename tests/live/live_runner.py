"""A console's runner on a real server, for one test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from lfclient import Flow, LangflowClient, RunStatus
from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.config.permissions import Permissions
from lfclient.console.runner.runner import Runner, open_async_client
from lfclient.console.runner.task_supervisor import ClientFactory
from lfclient.console.runner.timings import Timings
from lfclient.console.store.database import FILE_NAME
from lfclient.console.store.run_record import RunRecord
from tests.support import databases
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for_record


class LiveRunner:
    """A console's runner and the server that it uses, at `url` if that is another."""

    def __init__(
        self,
        folder: Path,
        server: LiveServer,
        client: LangflowClient,
        timings: Timings | None = None,
        connect: ClientFactory = open_async_client,
        *,
        url: str = "",
    ) -> None:
        self.folder, self.timings, self.connect = folder, timings, connect
        self.info = client.server.info()
        key = SecretStr(server.api_key)
        self.connection = Connection("live", url or server.url, key, "secrets")
        self.owner = owner_fingerprint(self.connection, folder)
        if not (folder / FILE_NAME).exists():
            databases.create_sqlite(folder)
        self.runner = self.new_runner()

    def new_runner(self) -> Runner:
        """Return the runner of another process on the same database."""
        return Runner(self.folder, self.connect, timings=self.timings)

    def start(
        self,
        flow: Flow,
        mode: str = "background",
        *,
        submit_token: str = "",
        runner: Runner | None = None,
        **overrides: object,
    ) -> str:
        [run_id] = (runner or self.runner).start(
            self.connection,
            flow,
            [overrides],
            mode=mode,
            session_ids=[uuid4().hex],
            server=self.info,
            submit_token=submit_token or uuid4().hex,
            permissions=Permissions(other_servers=True, install=True),
        )
        return run_id

    def until(self, run_id: str, ready: Callable[[RunRecord], object]) -> RunRecord:
        return wait_for_record(self.runner, run_id, self.owner, ready)

    def restart(self) -> None:
        self.runner.close()
        self.runner = self.new_runner()
        self.runner.attach(self.connection)


def ended(record: RunRecord) -> bool:
    return record.ended


def has_components(record: RunRecord) -> bool:
    return bool(record.ended and record.run and record.run.components)


def states(record: RunRecord) -> dict[str, str]:
    return {name: one.state.value for name, one in record.run.components.items()}


def is_waiting(record: RunRecord) -> bool:
    waits = record.status is RunStatus.SUSPENDED and record.run
    return bool(waits and record.run.waiting_for)
