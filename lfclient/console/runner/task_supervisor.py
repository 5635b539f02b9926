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
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.model import RunStatus
from lfclient.wire.server_info import ServerInfo

ClientFactory = Callable[[Connection, ServerInfo | None], AsyncLangflowClient]
Execute = Callable[[RunContext], Awaitable[None]]

MAINTENANCE_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass
class FollowTask:
    """What is to be done for a run that is on the cache. `sent`: it may be going on already."""

    run_id: str
    connection: Connection
    work: Execute
    server: ServerInfo | None = None
    flow: Flow | None = None
    secrets_lost_reason: str = ""
    sent: bool = False
    commands: PendingCommands = field(default_factory=PendingCommands)
    task: asyncio.Task[None] | None = None
    lost: bool = False

    def abandon(self) -> None:
        """Stop at once: the run is another process's by now."""
        self.lost = True
        if self.task:
            self.task.cancel()


class TaskSupervisor:
    """Jobs by run id, each in a task of one loop in one daemon thread.

    `left` is set when somebody has stopped looking at a run, whose memory is then given back.
    `maintenance_jobs` are called every few seconds, in threads beside the loop.
    """

    def __init__(self, writer: RecordWriter, connect: ClientFactory) -> None:
        self._writer = writer
        writer.on_lost = self.drop_lost
        self._connect = connect
        self._jobs: dict[str, FollowTask] = {}
        self.release_requested = False
        self._closed = False
        self.maintenance_jobs: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="langflow-console-runner", daemon=True
        )
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._run_maintenance(), self._loop)

    def __len__(self) -> int:
        return len(self._jobs)

    def connection(self, run_id: str) -> Connection | None:
        """What the run is followed with, None if it is not followed here."""
        job = self._jobs.get(run_id)
        return job.connection if job else None

    def start(self, job: FollowTask) -> None:
        """Do it, unless something is being done for that run."""
        with self._lock:
            if job.run_id in self._jobs:
                return
            self._jobs[job.run_id] = job
        self._loop.call_soon_threadsafe(self._create, job)

    def request_stop(self, run_id: str) -> None:
        """Tell whoever follows the run to stop it."""
        job = self._jobs.get(run_id)
        if job:
            self._loop.call_soon_threadsafe(job.commands.request_stop)

    def decide(self, run_id: str, request_id: str, action_id: str) -> None:
        """Tell whoever follows the run what somebody decided, and on which question."""
        job = self._jobs.get(run_id)
        if job:
            self._loop.call_soon_threadsafe(job.commands.decide, request_id, action_id)

    def detach(self, run_id: str) -> None:
        """Let go of a run: the server goes on with it, its record stays as it is."""
        job = self._jobs.get(run_id)
        if job and job.task:
            asyncio.run_coroutine_threadsafe(_cancel([job.task]), self._loop).result(10)

    def drop_lost(self, run_id: str) -> None:
        """Let go of a run that is not this process's any more, without waiting for that."""
        self._writer.cache.remove(run_id)
        job = self._jobs.get(run_id)
        if job:
            self._loop.call_soon_threadsafe(job.abandon)

    def close(self) -> None:
        """Let go of all runs and end the thread."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if not self._thread.is_alive():
            self._loop.close()

    def _create(self, job: FollowTask) -> None:
        if job.lost or self._closed:
            self._jobs.pop(job.run_id, None)
            return
        job.task = self._loop.create_task(self._do(job))

    async def _do(self, job: FollowTask) -> None:
        context = RunContext(
            job.run_id, self._writer, job.server, job.flow, job.commands, job.secrets_lost_reason
        )
        try:
            await self._connected(context, job)
        except Exception as error:
            if is_interpreter_shutdown(error):
                return
            # a fault of the console's own: said in the record, and logged without its text,
            # which might hold what a person entered
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error("Run %s: %s\n%s", job.run_id, type(error).__name__, frames)
            record = self._writer.cache.snapshot(job.run_id)
            if record is not None and not record.ended:
                await context.fail(
                    RunStatus.OUTCOME_UNKNOWN,
                    f"The console failed at following this run ({type(error).__name__}).",
                    "The console's log says where. The run itself may go on at the server.",
                )
        finally:
            with self._lock:
                self._jobs.pop(job.run_id, None)
            self._give_back(job.run_id)

    def _give_back(self, run_id: str) -> None:
        """What was pressed and nobody carries out any more can be pressed again."""

        def without_pending_commands(record: RunRecord) -> dict[str, Any] | None:
            return None if record.ended else record.without_pending_commands()

        with suppress(KeyError):
            self._writer.cache.edit(run_id, without_pending_commands)

    async def _connected(self, context: RunContext, job: FollowTask) -> None:
        try:
            client = await in_thread(self._connect, job.connection, job.server)
        except LangflowError as error:
            if context.record.job_id or job.sent:
                await context.change(
                    stop_requested_at=None, note=f"This run cannot be followed. {error.message}"
                )
            else:
                await context.fail(RunStatus.FAILED, error.message, error.hint)
            return
        async with client:
            context.client = client
            await job.work(context)

    async def _end(self) -> None:
        self._closed = True
        await _cancel(asyncio.all_tasks() - {asyncio.current_task()})

    async def _run_maintenance(self) -> None:
        faults: dict[int, str] = {}  # of the last turn, by the step
        while True:
            await asyncio.sleep(MAINTENANCE_SECONDS)
            beside = (partial(in_thread, tidy) for tidy in self.maintenance_jobs)
            for number, step in enumerate((self._writer.save_unsaved, self._sweep, *beside)):
                try:
                    await step()
                    faults.pop(number, None)
                except Exception as error:
                    # the next turn may do better; logged once, without its text, which may hold all
                    if faults.get(number) != type(error).__name__:
                        faults[number] = type(error).__name__
                        log.error("Tidying the runs failed (%s)", type(error).__name__)

    async def _sweep(self) -> None:
        if self._writer.cache.evict() or self.release_requested:
            self.release_requested = False
            await in_thread(memory.release)


async def _cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
