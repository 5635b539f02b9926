"""The event loop in its thread, and the task of each run that is followed."""

import asyncio
import logging
import threading
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from weakref import WeakValueDictionary

from lfclient.async_client import AsyncLangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.runner.record_writer import RecordWriter
from lfclient.console.runner.run_cache import RunNotCached
from lfclient.console.runner.run_context import RunContext
from lfclient.console.runner.server_load import ServerLoad, room_for
from lfclient.console.runner.threads import in_thread, is_interpreter_shutdown
from lfclient.console.runner.timings import Timings
from lfclient.console.store.notes import Note, NoteCode, quote
from lfclient.console.store.run_record import ProblemCode
from lfclient.console.store.workers import Command
from lfclient.console.wording.run_notes import describe_error, describe_problem
from lfclient.errors import LangflowError
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import Mode
from lfclient.wire.server_info import ServerInfo

ClientFactory = Callable[[Connection, ServerInfo | None], AsyncLangflowClient]
Execute = Callable[[RunContext], Awaitable[None]]

log = logging.getLogger(__name__)


class TaskSupervisor:
    """One task for each followed run, on one event loop in one daemon thread.

    A run without attempts waits, without a task, until its server has room for it.
    """

    def __init__(self, writer: RecordWriter, connect: ClientFactory, timings: Timings) -> None:
        self._writer = writer
        writer.on_lost = self.abandon
        self._connect = connect
        self.timings = timings
        self._followed: dict[str, RunContext] = {}
        self._waiting: dict[str, Callable[[], None]] = {}  # followed runs, with what begins them
        self._loads: WeakValueDictionary[str, ServerLoad] = WeakValueDictionary()
        self._reserved: Counter[str] = Counter()  # room for runs that are being recorded, by URL
        self._closed = False
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="langflow-console-runner", daemon=True
        )
        self._thread.start()

    def connection(self, run_id: str) -> Connection | None:
        """Return the connection that the run is followed with; None if not followed here."""
        context = self._followed.get(run_id)
        return context.connection if context else None

    def is_key_rejected(self, run_id: str) -> bool:
        """Return whether the server rejects the key that the run is followed with."""
        context = self._followed.get(run_id)
        return context is not None and context.is_key_rejected

    def rejected(self) -> list[str]:
        """Return the ids of the runs whose key the server rejects."""
        with self._lock:
            return [context.id for context in self._followed.values() if context.is_key_rejected]

    def start(self, context: RunContext, execute: Execute) -> None:
        """Follow a cached run with `execute`, unless it is followed with this key already.

        A task that follows it with another key ends first. This method does not wait for that.
        """
        context.writer, context.timings = self._writer, self.timings
        url = context.connection.url
        with self._lock:
            context.load = self._loads.setdefault(url, ServerLoad(self.timings.clock()))
            previous = self._followed.get(context.id)
            if previous and previous.connection.api_key == context.connection.api_key:
                return
            if previous:
                self._loop.call_soon_threadsafe(previous.cancel)
            self._followed[context.id] = context
            self._waiting[context.id] = partial(self._create_task, context, execute, previous)
            record = self._writer.cache.snapshot(context.id)
            if record is None or record.attempts:
                self._begin(context.id)

    @contextmanager
    def reserve_room(self, url: str, mode: Mode, count: int) -> Iterator[int]:
        """Yield how many of `count` new runs may be sent to a server, and keep their room free.

        The block records and starts the runs.
        """
        with self._lock:
            room = min(self._room(url, mode), count)
            self._reserved[url] += room
        try:
            yield room
        finally:
            with self._lock:
                self._reserved[url] -= room

    def change_waiting_keys(self, owner: str, connection: Connection) -> None:
        """Send the owner's waiting runs with this connection, unless its key is rejected."""
        with self._lock:
            if any(
                context.is_key_rejected and context.connection == connection
                for context in self._followed.values()
            ):
                return
            for record in filter(None, map(self._writer.cache.snapshot, self._waiting)):
                context = self._followed[record.id]
                if record.owner == owner and context.connection.url == connection.url:
                    context.connection = connection

    def begin_waiting(self) -> None:
        """Begin the waiting runs that there is room for, single runs before those of batches."""
        with self._lock:
            waiting = filter(None, map(self._writer.cache.snapshot, self._waiting))
            full: set[tuple[str, Mode]] = set()
            for record in sorted(waiting, key=lambda run: (bool(run.batch_id), run.created_at)):
                place = (self._followed[record.id].connection.url, record.mode)
                if place in full:
                    continue
                if self._room(*place):
                    self._begin(record.id)
                else:
                    full.add(place)

    def _room(self, url: str, mode: Mode) -> int:
        contexts = [context for id, context in self._followed.items() if id not in self._waiting]
        sent = (self._writer.cache.snapshot(c.id) for c in contexts if c.connection.url == url)
        return max(room_for(mode, filter(None, sent)) - self._reserved[url], 0)

    def _begin(self, run_id: str) -> None:
        begin = self._waiting.pop(run_id, None)
        if begin:
            self._loop.call_soon_threadsafe(begin)

    def send(self, command: Command) -> None:
        """Pass a command to the run's task. Without one, offer the command again."""
        context = self._find(command.run_id)
        if context:
            self._loop.call_soon_threadsafe(context.commands.add, command)
            with self._lock:
                self._begin(context.id)  # a stopped run ends without a request
        else:
            self._writer.cache.withdraw_commands(command.run_id)

    def check_now(self, run_id: str) -> None:
        """End the pause before the next request of a run that is followed here."""
        context = self._find(run_id)
        if context:
            self._loop.call_soon_threadsafe(context.check_now.set)

    def abandon(self, run_id: str) -> None:
        """Stop following a run that another process follows, or that was deleted; don't wait."""
        self._writer.cache.remove(run_id)
        with self._lock:
            context = self._followed.get(run_id)
            if context and self._waiting.pop(run_id, None):
                del self._followed[run_id]
        if context:
            self._loop.call_soon_threadsafe(context.cancel)

    def close(self) -> None:
        """Stop following all runs and end the thread."""
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if not self._thread.is_alive():
            self._loop.close()

    def _find(self, run_id: str) -> RunContext | None:
        """Return a followed run. The loop creates its task before anything that is called later."""
        with self._lock:
            return self._followed.get(run_id)

    def _create_task(
        self, context: RunContext, execute: Execute, previous: RunContext | None
    ) -> None:
        if self._closed:
            return
        context.load.followed_runs += 1
        context.task = self._loop.create_task(self._follow(context, execute, previous))
        # also of a task that is cancelled before it begins
        context.task.add_done_callback(lambda _: self._forget(context))

    def _forget(self, context: RunContext) -> None:
        context.load.followed_runs -= 1
        with self._lock:
            if self._followed.get(context.id) is context:
                del self._followed[context.id]
                # no task is left to execute them
                self._writer.cache.withdraw_commands(context.id)
        self.begin_waiting()

    async def _follow(
        self, context: RunContext, execute: Execute, previous: RunContext | None
    ) -> None:
        try:
            if previous and previous.task:
                await asyncio.gather(previous.task, return_exceptions=True)
            await self._connect_and_execute(context, execute)
        except RunNotCached:
            pass
        except Exception as error:
            if is_interpreter_shutdown(error):
                return
            _log_bug(f"Run {context.id}", error)
            record = self._writer.cache.snapshot(context.id)
            if record is not None and not record.ended:
                problem = describe_problem(ProblemCode.NOT_FOLLOWED, type(error).__name__)
                await context.end(RunStatus.OUTCOME_UNKNOWN, problem=problem)

    async def _connect_and_execute(self, context: RunContext, execute: Execute) -> None:
        try:
            client = await in_thread(self._connect, context.connection, context.server)
        except LangflowError as error:
            if context.record.job_id or context.may_be_running:
                await context.change(
                    stop_requested_at=None,
                    notes=(Note(NoteCode.NOT_FOLLOWED), quote(error.message)),
                )
            else:
                await context.end(RunStatus.FAILED, problem=describe_error(error))
            return
        async with client:
            context.client = client
            await execute(context)

    async def _cancel_all(self) -> None:
        self._closed = True
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _log_bug(subject: str, error: Exception) -> None:
    """Log an error without its text, which might contain what a person entered."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", subject, type(error).__name__, frames)
