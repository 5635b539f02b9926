"""Finds the job of a run whose response was lost, as by a crash, and follows it.

The record was saved before the request was sent, and its id is the idempotency key. So on Langflow
1.11 and later the same request can be sent again without a second run, unless the first attempt
had failed by then; `attempts` counts them to report that. The request is sent again only within two
minutes, or two after the pause that a server asks for, if all inputs are still known (secrets
are not after a restart), and if the server has no trace of the first attempt. Otherwise the job is
searched for, and nothing is started.

A streamed run can't be followed again: only how it ended is searched for, for some seconds and
whenever somebody opens the run.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lfclient.common.json_types import JsonObject
from lfclient.console.runner.job_follower import follow
from lfclient.console.runner.run_context import RunContext
from lfclient.console.runner.threads import in_thread
from lfclient.console.store.notes import Note, NoteCode, Notes
from lfclient.console.store.run_record import ProblemCode, RunRecord
from lfclient.console.wording.run_notes import describe_notes, describe_problem
from lfclient.errors import TRANSIENT_ERRORS, BadResponse, LangflowError, Unreachable
from lfclient.runs.lost_jobs import MATCH_WINDOW, FoundJob
from lfclient.runs.model import Run, RunStatus
from lfclient.wire.modes import MODES

# a request may be sent again this long after the first attempt and the pause that a server asks for
RESEND_SECONDS = 120.0
_MAX_PAUSE_SECONDS = 600.0
# around the first attempt: a job found by its time alone may belong to another run of this time
NEARBY = timedelta(minutes=10)

_RESTARTED = (Note(NoteCode.RESTARTED),)
_FOUND_BY_TIME = (
    "Before 1.12, Langflow doesn't record the session of a run of such a flow. This run was "
    "recognized by its time: it was the flow's only run since the click."
)
_RAN_TWICE = (
    "This flow ran twice. {} The console sent the request again with the same key; the first "
    "attempt (job {}) had failed by then, so the server ran the flow again."
)


async def recover(
    context: RunContext,
    overrides: JsonObject | None,
    *,
    reason: Notes = _RESTARTED,
    may_be_processing: bool = False,
    retry_after: float = 0.0,
) -> None:
    """Find the job and follow it to its end, or end the record with an unknown outcome.

    `overrides` are the run's inputs; None if the request must not be sent again. `reason` says why
    there is no response. `may_be_processing` means that the server may just be slow, and
    `retry_after` how many seconds it asks to wait, of which at most ten minutes are waited.
    """
    resend_delay = context.timings.resend_delay_seconds if may_be_processing else 0.0
    pause, code = min(retry_after, _MAX_PAUSE_SECONDS), NoteCode.SEARCH_REQUESTED
    if retry_after > pause:
        code = NoteCode.SEARCH_EARLY
        overrides = None  # a run that starts later would come as a surprise
    recovery = _Recovery(context, overrides, reason, resend_delay, pause)
    notes = (*reason, Note(NoteCode.SEARCHING))
    if pause:
        at = datetime.now(UTC) + timedelta(seconds=pause)
        await context.change(notes=(*notes, Note(code, at=at)))
        await context.wait_for_stop(pause)
    await context.change(notes=notes)
    while await recovery.search():
        await recovery.pause()
    if not context.record.ended:
        await follow(context)
        await recovery.report_second_run()


async def recover_stream(context: RunContext, run: Run, reason: Notes) -> bool:
    """Search for the end of a streamed run whose connection broke; return whether it was found.

    The record has ended then. `run` is what arrived, and `reason` says what was lost.
    """
    recovery = _Recovery(context, None, reason, 0.0)
    await context.change(notes=(*reason, Note(NoteCode.SEARCHING_END)))
    deadline = context.timings.clock() + context.timings.min_search_seconds
    while not await recovery.find_end(run):
        if context.timings.clock() >= deadline or context.commands.stop.is_set():
            return False
        await recovery.pause()
    return True


async def find_end(context: RunContext) -> None:
    """Search once for the end of a streamed run; end the record with it if it is found."""
    await _Recovery(context, None, (), 0.0).find_end(context.run)


async def search_again(context: RunContext, before: RunRecord) -> None:
    """Search once for a run that was lost `before`; follow it, or tell its end, if it is found."""
    recovery = _Recovery(context, None, (), 0.0)
    if MODES[context.record.mode].response == "events":
        await context.change(notes=(Note(NoteCode.SEARCHING_END),))
        is_found = await recovery.find_end(context.run)
    else:
        await context.change(notes=(Note(NoteCode.SEARCHING),))
        is_found = await recovery.find()
    if is_found and not context.record.ended:
        await context.change(problem=None)
        await follow(context)
    elif not context.record.ended:
        context.commands.clear()
        await context.change(
            status=before.status, ended_at=before.ended_at, stop_requested_at=None, notes=()
        )


def may_be_processing(error: LangflowError) -> bool:
    """Return whether the server may still be working on the request that failed so.

    It may have sent no response in time, or a proxy in front of it has.
    """
    return not isinstance(error, Unreachable) or error.timed_out


class _Recovery:
    def __init__(
        self,
        context: RunContext,
        overrides: JsonObject | None,
        reason: Notes,
        resend_delay: float,
        pause: float = 0.0,
    ) -> None:
        self._context = context
        self._resend_delay = resend_delay
        self._pause = pause  # after the first attempt, in seconds
        self._overrides = overrides
        self._reason = reason
        self._began = context.timings.clock()
        self._last_failure_at = self._began
        self._waits = context.timings.searching.waits()
        self._other_run_lost = False
        self._retry_after = 0.0

    async def search(self) -> bool:
        """Search once, and send the request again if allowed.

        Returns False once the run can be followed, or has ended with an unknown outcome.
        """
        context = self._context
        self._retry_after = 0.0
        stop = context.commands.stop
        jobs: list[FoundJob] = []
        try:
            await context.load_server_and_flow()
            jobs = await self._find_jobs()
            if len(jobs) == 1:
                await self._take(jobs[0])
            elif not jobs and self._overrides is not None and self._may_resend():
                await self._resend(self._overrides)
        except TRANSIENT_ERRORS as error:
            self._retry_after = error.retry_after
            self._last_failure_at = self._context.timings.clock()
            if may_be_processing(error):
                self._resend_delay = context.timings.resend_delay_seconds
            if not stop.is_set():
                failed = Note(NoteCode.SEARCH_FAILED, error.message, at=datetime.now(UTC))
                await context.change(notes=(*self._reason, Note(NoteCode.SEARCHING), failed))
                return True
        except LangflowError:
            pass  # this server can't search, or the flow was deleted
        if context.record.job_id or context.record.ended:
            return False
        if stop.is_set():
            await self._give_up(ProblemCode.SEARCH_STOPPED)
        elif len(jobs) > 1:
            await self._give_up(ProblemCode.SEVERAL_FOUND)
        elif not jobs and self._may_give_up():
            is_other_lost = self._other_run_lost
            code = ProblemCode.ANOTHER_LOST if is_other_lost else ProblemCode.NOT_FOUND
            await self._give_up(code)
        else:
            return True
        return False

    async def find(self) -> bool:
        """Search once; return whether the run was found."""
        with suppress(LangflowError):
            await self._context.load_server_and_flow()
            jobs = await self._find_jobs() if self._context.is_findable else []
            if len(jobs) == 1:
                await self._take(jobs[0])
        return self._context.record.job_id is not None

    async def find_end(self, run: Run) -> bool:
        """Search once for the end of a streamed run; end the record with it if it is found.

        The server's records don't tell when it ended.
        """
        context = self._context
        ended = await context.unless(context.commands.stop, self._fetch_end(run))
        if ended and ended.job_id and await context.writer.claim_job(context.id, ended.job_id):
            await context.end_with(ended, problem=None, ended_at=None)
        return context.record.ended

    async def _fetch_end(self, run: Run) -> Run | None:
        context, self._retry_after = self._context, 0.0
        try:
            await context.load_server_and_flow()
            job_id = context.record.job_id or await self._find_job_of_session()
            if job_id and context.flow:
                ended = await context.client.runs.recover_stream(run, job_id, context.flow)
                return ended and replace(ended, job_id=job_id)
        except LangflowError as error:
            self._retry_after = error.retry_after
        return None

    async def pause(self) -> None:
        """Wait until the next search is due, or Stop is clicked."""
        await self._context.wait_for_stop(max(next(self._waits), self._retry_after))

    async def report_second_run(self) -> None:
        """Add a warning if the first of two attempts ran as well; its traces may come late."""
        record = self._context.record
        if record.attempts < 2 or record.run is None or not record.ended:
            return
        try:
            jobs = await self._find_jobs()
        except LangflowError:
            return
        own_id = record.run.job_id
        others = (job.job_id for job in jobs if job.by == "session" and job.job_id != own_id)
        first = next(others, None)
        if first:
            await self._context.warn(_RAN_TWICE.format(describe_notes(self._reason), first))

    @property
    def _sent_at(self) -> datetime:
        """When the first attempt was sent, by the clock as it is now."""
        return datetime.now(UTC) - timedelta(seconds=self._context.age)

    def _may_give_up(self) -> bool:
        """Return whether a trace would have been found by now."""
        timings = self._context.timings
        now = timings.clock()
        age_at_start = self._context.age - (now - self._began)
        seconds = timings.search_seconds + self._pause
        remaining = seconds - age_at_start if age_at_start >= 0 else 0.0
        is_late = now - self._began >= remaining
        return is_late and now - self._last_failure_at >= timings.min_search_seconds

    def _may_resend(self) -> bool:
        context = self._context
        is_stopped = context.commands.stop.is_set()
        # a server that was frozen handles the first attempt now
        is_early = self._context.timings.clock() - self._last_failure_at < self._resend_delay
        # before, Stop has ended the pause, or the clock was moved
        is_in_time = self._pause <= context.age <= self._pause + RESEND_SECONDS
        return context.has_idempotency and is_in_time and not is_early and not is_stopped

    async def _resend(self, overrides: JsonObject) -> None:
        context, notes = self._context, (*self._reason, Note(NoteCode.SEARCHING))
        try:
            # an attempt that can't be recorded is not sent
            if not await context.count_attempt(notes):
                return
            run = await context.submit(
                context.flow or context.record.flow_id, overrides, check=True
            )
        except TRANSIENT_ERRORS:
            raise
        except LangflowError as error:
            # refused, or the flow was edited since; the first attempt may have run
            if not isinstance(error, BadResponse):  # as of a login page in front of the server
                self._overrides = None
            return
        if not run.job_id or await context.writer.claim_job(context.id, run.job_id):
            await context.apply_response(run)
        else:
            self._overrides = None  # another run has the job of this key

    async def _take(self, job: FoundJob) -> None:
        context = self._context
        is_ours = await context.writer.claim_job(context.id, job.job_id)
        if is_ours and job.by == "time":
            await context.warn(_FOUND_BY_TIME)

    async def _find_jobs(self) -> list[FoundJob]:
        """Return the jobs that may be this run's, without those of other records.

        Returns none if they may belong to another run without a job: one of the same session, or,
        for a job that is found by its time alone, any run of the flow at that time.
        """
        record, store = self._context.record, self._context.writer.store
        client, sent_at = self._context.client, self._sent_at
        jobs = await client.runs.find_jobs(record.flow_id, record.session_id, sent_at)
        if not jobs:
            return jobs
        session = record.session_id if all(job.by == "session" for job in jobs) else None
        times = (record.submitted_at, sent_at)  # before and after a change of the clock
        nearby = (min(times) - NEARBY, max(times) + NEARBY)
        # read first: a run that gets its job meanwhile is still among the lost ones
        lost = await in_thread(store.ids_without_job, record.flow_id, *nearby, session)
        candidates = []
        for job in jobs:
            owner = await in_thread(store.find_by_job, None, job.job_id)
            if owner is None or owner.id == record.id:
                candidates.append(job)
        if candidates:
            self._other_run_lost = bool(set(lost) - {record.id})
        return [] if self._other_run_lost else candidates

    async def _find_job_of_session(self) -> str | None:
        """Return the only job that this run's session identifies.

        A later one may be another run's, which this console does not know.
        """
        jobs = await self._find_jobs()
        is_ours = len(jobs) == 1 and jobs[0].by == "session" and jobs[0].delay <= MATCH_WINDOW
        return jobs[0].job_id if is_ours else None

    async def _give_up(self, code: ProblemCode) -> None:
        self._context.commands.clear()
        problem = describe_problem(code, describe_notes(self._reason))
        await self._context.end(RunStatus.OUTCOME_UNKNOWN, problem=problem)
