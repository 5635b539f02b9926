"""The event loop in its thread, and the task of each run that is followed."""

from __future__ import annotations

import asyncio
import logging
import threading
import traceback
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lfclient.async_client import AsyncLangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.runner import memory
from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.runner.run_context import PendingCommands, RunContext
from lfclient.console.runner.threads import in_thread, is_interpreter_shutdown
from lfclient.console.runner.timings import Timings
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.model import RunStatus
from lfclient.wire.server_info import ServerInfo

ClientFactory = Callable[[Connection, ServerInfo | None], AsyncLangflowClient]
Execute = Callable[[RunContext], Awaitable[None]]

log = logging.getLogger(__name__)


@dataclass
class FollowTask:
    """How to follow a cached run. `may_be_running` is False while nothing was sent for it."""

    run_id: str
    connection: Connection
    execute: Execute
    server: ServerInfo | None = None
    flow: Flow | None = None
    secrets_lost_reason: str = ""
    may_be_running: bool = False
    commands: PendingCommands = field(default_factory=PendingCommands)
    asyncio_task: asyncio.Task[None] | None = None
    is_abandoned: bool = False

    def abandon(self) -> None:
        """Stop at once: another process follows the run now."""
        self.is_abandoned = True
        if self.asyncio_task:
            self.asyncio_task.cancel()


class TaskSupervisor:
    """One task for each followed run, on one event loop in one daemon thread.

    `maintenance_jobs` are called every few seconds, in threads beside the loop. Set
    `release_memory_soon` to give memory back in the next turn.
    """

    def __init__(self, writer: RecordWriter, connect: ClientFactory, timings: Timings) -> None:
        self._writer = writer
        writer.on_lost = self.abandon
        self._connect = connect
        self._timings = timings
        self._tasks: dict[str, FollowTask] = {}
        self.release_memory_soon = False
        self.maintenance_jobs: list[Callable[[], None]] = []
        self._closed = False
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="langflow-console-runner", daemon=True
        )
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._maintain(), self._loop)

    def __len__(self) -> int:
        return len(self._tasks)

    def connection(self, run_id: str) -> Connection | None:
        """Return the connection that the run is followed with; None if not followed here."""
        task = self._tasks.get(run_id)
        return task.connection if task else None

    def start(self, task: FollowTask) -> None:
        """Follow a run, unless it is followed already."""
        with self._lock:
            if task.run_id in self._tasks:
                return
            self._tasks[task.run_id] = task
        self._loop.call_soon_threadsafe(self._create, task)

    def request_stop(self, run_id: str) -> None:
        """Pass a stop to the run's task."""
        task = self._tasks.get(run_id)
        if task:
            self._loop.call_soon_threadsafe(task.commands.request_stop)

    def decide(self, run_id: str, request_id: str, action_id: str) -> None:
        """Pass a decision on a question to the run's task."""
        task = self._tasks.get(run_id)
        if task:
            self._loop.call_soon_threadsafe(task.commands.decide, request_id, action_id)

    def detach(self, run_id: str) -> None:
        """Stop following a run and wait for that; the run continues, its record stays."""
        task = self._tasks.get(run_id)
        if task and task.asyncio_task:
            cancelled = _cancel([task.asyncio_task])
            asyncio.run_coroutine_threadsafe(cancelled, self._loop).result(10)

    def abandon(self, run_id: str) -> None:
        """Stop following a run that another process follows, or that was deleted; don't wait."""
        self._writer.cache.remove(run_id)
        task = self._tasks.get(run_id)
        if task:
            self._loop.call_soon_threadsafe(task.abandon)

    def close(self) -> None:
        """Stop following all runs and end the thread."""
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if not self._thread.is_alive():
            self._loop.close()

    def _create(self, task: FollowTask) -> None:
        if task.is_abandoned or self._closed:
            self._tasks.pop(task.run_id, None)
            return
        task.asyncio_task = self._loop.create_task(self._follow(task))

    async def _follow(self, task: FollowTask) -> None:
        context = RunContext(
            task.run_id,
            self._writer,
            self._timings,
            task.server,
            task.flow,
            task.commands,
            task.secrets_lost_reason,
        )
        try:
            await self._connect_and_execute(context, task)
        except Exception as error:
            if is_interpreter_shutdown(error):
                return
            # a bug in the console: logged without its text, which might contain what a person
            # entered
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error("Run %s: %s\n%s", task.run_id, type(error).__name__, frames)
            record = self._writer.cache.snapshot(task.run_id)
            if record is not None and not record.ended:
                await context.fail(
                    RunStatus.OUTCOME_UNKNOWN,
                    f"The console failed to follow this run ({type(error).__name__}).",
                    "The console's log has the details. The run may continue on the server.",
                )
        finally:
            with self._lock:
                self._tasks.pop(task.run_id, None)
            self._withdraw_commands(task.run_id)

    def _withdraw_commands(self, run_id: str) -> None:
        """Offer Stop and the decision again if no task is left to execute them."""

        def changes(record: RunRecord) -> dict[str, Any] | None:
            return None if record.ended else record.without_pending_commands()

        with suppress(KeyError):
            self._writer.cache.edit(run_id, changes)

    async def _connect_and_execute(self, context: RunContext, task: FollowTask) -> None:
        try:
            client = await in_thread(self._connect, task.connection, task.server)
        except LangflowError as error:
            if context.record.job_id or task.may_be_running:
                await context.change(
                    stop_requested_at=None, note=f"This run can't be followed. {error.message}"
                )
            else:
                await context.fail(RunStatus.FAILED, error.message, error.hint)
            return
        async with client:
            context.client = client
            await task.execute(context)

    async def _cancel_all(self) -> None:
        self._closed = True
        await _cancel(asyncio.all_tasks() - {asyncio.current_task()})

    async def _maintain(self) -> None:
        last_errors: dict[int, str] = {}  # by job number
        while True:
            await asyncio.sleep(self._timings.maintenance_seconds)
            jobs: list[Callable[[], Awaitable[None]]] = [
                self._writer.save_unsaved,
                self._evict,
                *(partial(in_thread, job) for job in self.maintenance_jobs),
            ]
            for number, job in enumerate(jobs):
                try:
                    await job()
                    last_errors.pop(number, None)
                except Exception as error:
                    # retried in the next turn; logged once, without its text, which may contain
                    # what a person entered
                    name = type(error).__name__
                    if last_errors.get(number) != name:
                        last_errors[number] = name
                        log.error("Maintenance of the runs failed (%s)", name)

    async def _evict(self) -> None:
        if self._writer.cache.evict() or self.release_memory_soon:
            self.release_memory_soon = False
            await in_thread(memory.release)


async def _cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
