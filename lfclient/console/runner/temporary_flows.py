"""Deletes temporary flows that could not be deleted at the end of their run."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from cachetools import TTLCache

from lfclient.async_client import AsyncLangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.runner.task_supervisor import TaskSupervisor
from lfclient.console.runner.threads import in_thread
from lfclient.console.store.store import Store
from lfclient.errors import FlowNotFound

# while a deletion fails it is tried again this often
_RETRY_SECONDS = 60.0


class TemporaryFlowCleaner:
    """Deletes the temporary flows that are left of runs that have ended.

    Their process has died, or could not delete them. `connection_of` returns an owner's connection,
    None if there is none at the time.
    """

    def __init__(
        self,
        store: Store,
        supervisor: TaskSupervisor,
        connection_of: Callable[[str], Connection | None],
    ) -> None:
        self._store, self._supervisor, self._connection_of = store, supervisor, connection_of
        self._tried: TTLCache[str, bool] = TTLCache(1000, _RETRY_SECONDS)

    def run(self) -> None:
        """Delete what is left. Raises `StoreError`."""
        timings, now = self._supervisor.timings, datetime.now(UTC)
        ended_before = now - timedelta(seconds=timings.leftover_flow_seconds)
        lost_before = now - timedelta(seconds=timings.lost_flow_seconds)
        for owner, flow_id in self._store.added_flows.leftover(ended_before, lost_before):
            connection = self._connection_of(owner)
            if connection and flow_id not in self._tried:
                self._tried[flow_id] = True
                self._supervisor.use_client(connection, partial(self._delete, owner, flow_id))

    async def _delete(self, owner: str, flow_id: str, client: AsyncLangflowClient) -> None:
        with suppress(FlowNotFound):  # it was never created, or another process has deleted it
            await client.delete_flow(flow_id)
        await in_thread(self._store.added_flows.remove, owner, flow_id)
