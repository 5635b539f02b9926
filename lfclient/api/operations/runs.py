"""Running flows: submit, wait, stop, and making a run whole. Operations without I/O."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from lfclient.api import error_mapping
from lfclient.api.http import Response
from lfclient.api.operations.base import Steps, pause
from lfclient.api.operations.run_completion import Completion
from lfclient.api.payloads import run_request, session_parameter
from lfclient.api.requests import status_request, stop_request
from lfclient.api.steps import Pause
from lfclient.errors import JobNotFound, LangflowError, ServerFault, Unreachable
from lfclient.flows.model import Flow
from lfclient.flows.validation import check_overrides, raise_errors
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Mode, Run, RunStatus, StopResult, WaitTimeout
from lfclient.runs.outcome import REPLACED, evaluate_outcome
from lfclient.runs.responses import failed_run, new_run, read_run, timed_out_run
from lfclient.wire.schemas import JobResponse, parse
from lfclient.wire.server_info import ServerInfo

OnChange = Callable[[Run], object]

# A 500 may be false for about a second after a job has completed (1.10) or was stopped (1.11+).
_DOUBT = (0.1, 0.15, 0.2, 0.25, 0.3)
_WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.0, 4.0)  # between two looks of `wait`; the last repeats
_AWAY_LIMIT = 30.0  # seconds that `wait` bears a server that does not answer
_STOP_LOOKS = (0.1, 0.2, 0.4)
_BEGIN_LOOKS = (0.05, 0.1, 0.15, 0.2, 0.2)  # at a job that may be just beginning, before its stop
_BEGIN_LIMIT = 1.0  # seconds that all of them take
_RESUMES = 0.5  # seconds in which a job goes on after a decision


class RunSteps(Completion):
    """Operations on runs."""

    def run(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None,
        session_id: str | None,
        check: bool,
    ) -> Steps[Run]:
        """One call that waits for the result."""
        flow, before, answer, files = yield from self._start(
            flow, overrides, "sync", session_id, check, None
        )
        run = self._sync_answer(answer, before, flow, overrides)
        self.memory.keep_job(run, files)
        del answer  # it may be large, and what follows may take a while
        return (yield from self.complete(run, flow))

    def submit(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None,
        session_id: str | None,
        check: bool,
        idempotency_key: str | None,
        repeat: bool,
    ) -> Steps[Run]:
        """A background job."""
        key = idempotency_key or uuid4().hex
        flow, before, answer, files = yield from self._start(
            flow, overrides, "background", session_id, check, key, repeat
        )
        if answer.status != 200:
            raise self.fault(answer, subject=flow.id, overrides=overrides, workflow=True)
        raw = answer.json(self.redactor, "answer to the submit")
        parse(JobResponse, raw, "answer to the submit")
        run = read_run(raw, before=before, flow=flow)
        self.memory.keep_job(run, files)
        return run

    def _start(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None,
        mode: Mode,
        session_id: str | None,
        check: bool,
        idempotency_key: str | None,
        repeat: bool = True,
    ) -> Steps[tuple[Flow, Run, Response, frozenset[str] | None]]:
        flow, server, files = yield from self._prepare(flow, overrides, mode, check)
        overrides = overrides or {}
        spec = run_request(server, flow, overrides, mode, session_id, idempotency_key, repeat)
        answer = yield from self.send(spec)
        if answer.status == 422 and error_mapping.is_dialect_mismatch(
            answer, answer.json_or_none(self.redactor)
        ):
            # nothing has run: the server was replaced by another release since it was asked
            self.memory.release = self.memory.full = None
            server = yield from self.release()
            spec = run_request(server, flow, overrides, mode, session_id, idempotency_key, repeat)
            answer = yield from self.send(spec)
        session = session_id if session_parameter(server, flow) else None
        return flow, new_run(flow.id, mode, session), answer, files

    def _prepare(
        self, flow: Flow | str, overrides: Mapping[str, Any] | None, mode: Mode, check: bool
    ) -> Steps[tuple[Flow, ServerInfo, frozenset[str] | None]]:
        """What is needed before a run is sent; raises `InvalidRequest` for wrong overrides.

        The files are those that there were before it, for a flow that writes one.
        """
        if isinstance(flow, str):
            flow = yield from self.flow(flow)
        self.memory.keep_flow(flow)
        server = yield from self.release()
        overrides = overrides or {}
        self.memory.learn_secrets(flow, overrides)
        if check:
            raise_errors(check_overrides(flow, overrides, mode, server))
        files = yield from self._files_before(flow)
        return flow, server, files

    def _sync_answer(
        self, answer: Response, before: Run, flow: Flow, overrides: Mapping[str, Any] | None
    ) -> Run:
        if answer.status == 200:
            raw = answer.json(self.redactor, "answer to the run")
            return read_run(raw, before=before, flow=flow)
        body = answer.json_or_none(self.redactor)
        detail = error_mapping.detail_of(body)
        if answer.status == 408:
            return timed_out_run(detail if isinstance(detail, dict) else {}, before=before)
        if answer.status == 500 and error_mapping.code_of(body) == "JOB_FAILED":
            return failed_run(detail, before=before, flow=flow)
        raise error_mapping.error_from_response(
            answer, body, subject=flow.id, overrides=overrides, workflow=True
        )

    def status(self, job: Run | str, flow: Flow | None) -> Steps[Run]:
        """How a job stands; a run that has ended is made whole."""
        before = self._before(job)
        flow = flow or self.memory.flow(before.flow_id)
        run = yield from self._look(before, flow)
        if not run.ended:
            return run
        if flow is None:
            flow = yield from self._flow_of(run)
            if flow is not None:
                run = yield from self._look(before, flow)
        return (yield from self.complete(run, flow))

    def _before(self, job: Run | str) -> Run:
        if isinstance(job, Run):
            if job.job_id is None:
                raise JobNotFound("This run has no job id, so it cannot be asked for.")
            return job
        return self.memory.job(job) or replace(new_run("", "background", None), job_id=job)

    def _flow_of(self, run: Run) -> Steps[Flow | None]:
        """The run's flow as it is now; None if it is gone, which costs only completeness."""
        if not run.flow_id:
            return None
        try:
            return (yield from self.flow(run.flow_id))
        except LangflowError:
            return None

    def _look(self, before: Run, flow: Flow | None) -> Steps[Run]:
        """The job's state once it is certain: a 500 counts only if it is repeated."""
        job_id = before.job_id or ""
        server = yield from self.release()
        seen = 0
        for seconds in (*_DOUBT, None):
            answer = yield from self.send(status_request(job_id))
            if answer.status == 200:
                raw = answer.json(self.redactor, "status of the job")
                return read_run(raw, before=before, flow=flow)
            body = answer.json_or_none(self.redactor)
            code, detail = error_mapping.code_of(body), error_mapping.detail_of(body)
            if answer.status == 408:
                return timed_out_run(detail if isinstance(detail, dict) else {}, before=before)
            if code == "JOB_FAILED":
                seen += 1
                certain = isinstance(detail.get("error_detail"), dict)
                certain = certain or (server.dialect == "inputs" and seen > 1)
                if certain or seconds is None:
                    return failed_run(detail, before=before, flow=flow)
            elif answer.status != 500 or code is None or seconds is None:
                if seconds is None and "No vertex builds found" in error_mapping.message_of(body):
                    return _gone(before, body, flow)
                raise error_mapping.error_from_response(answer, body, subject=job_id, workflow=True)
            yield from pause(seconds)
        raise AssertionError("the last look returns or raises")

    def wait(
        self,
        job: Run | str,
        timeout: float | None,
        on_change: OnChange | None,
        flow: Flow | None,
    ) -> Steps[Run]:
        """Until the run has ended. Bears a server that is away, or fails, for half a minute."""
        last = run = self._before(job)
        began = heard = time.monotonic()
        for turn in range(10**9):
            try:
                run = yield from self.status(run, flow)
                heard = time.monotonic()
            except (ServerFault, Unreachable):
                if time.monotonic() - heard > _AWAY_LIMIT:
                    raise
            if on_change and (run.status, run.server_status) != (last.status, last.server_status):
                on_change(run)
            last = run
            if run.ended:
                return run
            seconds = _WAITS[min(turn, len(_WAITS) - 1)]
            if timeout is not None:
                left = began + timeout - time.monotonic()
                if left <= 0:
                    raise WaitTimeout(f"The run had not ended after {timeout:g} seconds.", run)
                seconds = min(seconds, left)
            yield from pause(seconds)
        raise AssertionError("a wait ends by its end or its timeout")

    def stop(self, job: Run | str, flow: Flow | None) -> Steps[StopResult]:
        """Ask for a stop. Before 1.11 that would rewrite a finished job: looks first. On 1.13 it
        must not meet the beginning of a job: waits for that.
        """
        before = self._before(job)
        server = yield from self.release()
        if server.dialect == "inputs":
            run = yield from self.status(before, flow)
            if run.ended:
                word = run.status.value.replace("_", " ")
                return StopResult(False, f"The run had already ended ({word}).", run)
        elif not server.is_early_stop_safe:
            yield from self._until_begun(before)
        job_id = before.job_id or ""
        answer = yield from self.send(stop_request(job_id))
        body = answer.json_or_none(self.redactor)
        if answer.status == 409:
            run = yield from self.status(before, flow)
            return StopResult(False, error_mapping.message_of(body), run)
        if answer.status != 200:
            raise error_mapping.error_from_response(answer, body, subject=job_id, workflow=True)
        said = body.get("message") if isinstance(body, dict) else None
        run = yield from self._stopped_run(before, flow)
        if server.dialect == "inputs" and run.status is RunStatus.CANCELLED:
            run = yield from self._recovered(run, flow or self.memory.flow(run.flow_id))
        if run.ended:
            stopped = run.status is RunStatus.CANCELLED
            return StopResult(stopped, str(said or ""), run)
        return StopResult(None, str(said or ""), run)

    def _until_begun(self, job: Run) -> Steps[None]:
        """Wait until a job is no longer queued, or does go on after a decision: a second at most.

        Why: `server_info._LOCKS_ON_EARLY_STOP`. Measured on 1.13.0: of stops right after the submit
        one in ten to a hundred left it locked, after this wait one of some 4,000; of those right
        after a decision one of the first three, after this wait none of 60. One that happens to
        meet the end of a job can do so still.
        """
        job_id = job.job_id or ""
        resumes = _RESUMES - self.memory.resumed_ago(job_id)
        if resumes > 0:
            yield Pause(resumes)
            return
        if job.status not in (RunStatus.QUEUED, RunStatus.UNKNOWN):
            return
        until = time.monotonic() + _BEGIN_LIMIT
        for seconds in _BEGIN_LOOKS:
            left = max(until - time.monotonic(), 0.05)
            try:
                answer = yield replace(status_request(job_id), at_most=left)
            except LangflowError:
                return  # the stop will tell
            body = answer.json_or_none(self.redactor)
            if not isinstance(body, dict) or body.get("status") != "queued":
                return
            yield from pause(seconds)

    def _stopped_run(self, before: Run, flow: Flow | None) -> Steps[Run]:
        run = yield from self.status(before, flow)
        for seconds in _STOP_LOOKS:
            if run.ended:
                break
            yield from pause(seconds)
            run = yield from self.status(before, flow)
        return run

    def _recovered(self, run: Run, flow: Flow | None) -> Steps[Run]:
        """The run as it was, if a stop came just after its end and erased the result.

        It had ended if every component that it should have answered with was built by it.
        """
        if flow is None or not flow.expected_terminals:
            return run
        wanted = frozenset(leaf.id for leaf in flow.expected_terminals)
        found = yield from self._builds(run, wanted)
        if not all(name in found.builds and found.builds[name].valid for name in wanted):
            return run
        ended = replace(run, status=RunStatus.COMPLETED, outputs={}, server_status="cancelled")
        return evaluate_outcome(ended, flow, found, self._limits())


def _gone(before: Run, body: Any, flow: Flow | None) -> Run:
    """A completed job of 1.8 to 1.10 whose results a later run has replaced."""
    leaves = flow.expected_terminals if flow else ()
    outputs = {
        leaf.id: Output(
            leaf.id,
            OutputKind.UNKNOWN,
            None,
            display_name=leaf.display_name,
            component_type=leaf.type,
            note=REPLACED,
        )
        for leaf in leaves
    }
    return replace(
        before,
        status=RunStatus.COMPLETED,
        server_status="completed",
        outputs=outputs,
        warnings=(REPLACED,),
        raw=body,
    )
