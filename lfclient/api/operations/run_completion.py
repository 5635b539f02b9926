"""Making an ended run whole: events, build records, messages, files. Operations without I/O."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lfclient.api.operations.base import Steps, pause, tried
from lfclient.api.operations.chat_sessions import MESSAGES
from lfclient.api.operations.flows import find_file
from lfclient.api.operations.job_search import Search
from lfclient.api.requests import events_request, get_request
from lfclient.errors import InvalidKey, LangflowError, ServerFault, Unreachable
from lfclient.flows.model import Flow
from lfclient.outputs.model import FileRef
from lfclient.outputs.truncation import is_truncated
from lfclient.runs.builds import component_runs_of_job
from lfclient.runs.components import ComponentRun, RunError
from lfclient.runs.evidence import (
    Evidence,
    evidence_from_builds,
    evidence_from_events,
    find_error,
    message_texts,
)
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import evaluate_outcome, mark_unverified, missing_evidence
from lfclient.wire.server_info import Limits, ServerInfo
from lfclient.wire.sse import parse_stream

_LATE_BUILDS = (0.15, 0.25, 0.4, 0.4)  # from 1.10 build records come up to a second late
NO_REASON = "The server gave no reason."
# These pass: a job's proof can be asked for again. Others, as a job's events that are gone, stay.
_PASSING = (InvalidKey, ServerFault, Unreachable)
MAYBE_ANOTHERS = (
    "This release does not say which run a failure belongs to: the reason is the newest of all "
    "runs of this flow without a session of their own."
)


class Completion(Search):
    """What an answer leaves open, fetched."""

    def complete(self, run: Run, flow: Flow | None) -> Steps[Run]:
        """The run with its true status and its outputs whole; one that goes on stays as it is.

        Raises the fault that hides whether a job succeeded, if asking again may help. Where it
        cannot, or the answer of a sync call would be lost, the run keeps the server's status and
        a warning says why it is unproven.
        """
        limits = self._limits()
        need = missing_evidence(run, flow, limits)
        if need.proof:
            server = yield from self.full_limits()
            limits = server.limits
            try:
                evidence = yield from self._evidence(run, flow, server, need.soon)
            except LangflowError as error:
                again = run.mode == "background" and run.status is RunStatus.COMPLETED
                if again and isinstance(error, _PASSING):
                    raise
                run = mark_unverified(run, flow, limits, error.message)
            else:
                run = evaluate_outcome(run, flow, evidence, limits)
        else:
            run = evaluate_outcome(run, flow, Evidence(), limits)
        if run.status is RunStatus.FAILED and not run.errors:
            run = yield from self._with_reason(run)
        return (yield from self._with_files(run, self.memory.files_before(run.job_id)))

    def _limits(self) -> Limits:
        return self.memory.full.limits if self.memory.full else Limits()

    def _evidence(
        self, run: Run, flow: Flow | None, server: ServerInfo, soon: frozenset[str]
    ) -> Steps[Evidence]:
        if run.mode == "background" and server.capabilities.events:
            answer = yield from self.send(events_request(run.job_id or "", None))
            if answer.status != 200:
                raise self.fault(answer, subject=run.job_id or "")
            frames = parse_stream(answer.content, answer.content_type, self.redactor)
            evidence = evidence_from_events(frames)
        elif run.flow_id and run.job_id:
            evidence = yield from self._builds(run, soon)
        else:
            evidence = Evidence()
        cut = any(is_truncated(output, server.limits) for output in run.outputs.values())
        if cut and run.mode == "background" and not evidence.texts and run.flow_id:
            session = run.session_id or run.flow_id
            body = yield from self._messages(run.flow_id, session)
            evidence.texts.extend(message_texts(body, run.job_id))
        return evidence

    def _builds(self, run: Run, soon: frozenset[str]) -> Steps[Evidence]:
        """The job's build records; waits up to a second for those of `soon`."""
        spec = get_request("/api/v1/monitor/builds", flow_id=run.flow_id)
        for seconds in (*_LATE_BUILDS, None):
            body = yield from self.get(spec, "list of builds")
            found = evidence_from_builds(body, run.job_id)
            # another run's builds may be those of the run before, and this one's still to come
            if seconds is None or soon <= found.builds.keys():
                return found
            yield from pause(seconds)
        raise AssertionError("the last look returns")

    def component_runs(self, run: Run, flow: Flow | None) -> Steps[dict[str, ComponentRun]]:
        """What the server has kept of this run's components; waits up to a second for all."""
        if not run.flow_id or not run.job_id:
            return {}
        flow = flow or self.memory.flow(run.flow_id)
        server = yield from self.full_limits()
        wanted = {leaf.id for leaf in flow.expected_terminals} if flow else set()
        if run.status is not RunStatus.COMPLETED:
            wanted = set()
        spec = get_request("/api/v1/monitor/builds", flow_id=run.flow_id)
        for seconds in (*_LATE_BUILDS, None):
            body = yield from self.get(spec, "list of builds")
            found = component_runs_of_job(body, run.job_id, flow, server.limits)
            if seconds is None or wanted <= found.keys() | {
                one.component_id for one in run.not_run
            }:
                return found
            yield from pause(seconds)
        raise AssertionError("the last look returns")

    def _messages(self, flow_id: str, session_id: str) -> Steps[Any]:
        spec = get_request(MESSAGES, flow_id=flow_id, session_id=session_id)
        return (yield from self.get(spec, "list of messages"))

    def _with_reason(self, run: Run) -> Steps[Run]:
        """1.8 to 1.10 give no reason for a failure; the session's last error message does.

        From 1.10 a message tells its run; before, in a session that is not the run's own, it may
        be another's, and that is said.
        """
        session = run.session_id or run.flow_id
        body = yield from tried(self._messages(run.flow_id, session), lambda error: [])
        found = find_error(body, run.job_id)
        if found is None:
            return replace(run, errors=(RunError(NO_REASON),))
        text, certain = found
        doubt = () if certain or session != run.flow_id else (MAYBE_ANOTHERS,)
        return replace(run, errors=(RunError(text),), warnings=(*run.warnings, *doubt))

    def _files_before(self, flow: Flow) -> Steps[frozenset[str] | None]:
        """The ids of the files there are, for a flow that writes one."""
        if not any(leaf.type == "SaveToFile" for leaf in flow.leaves):
            return None
        files = yield from tried(self.files(), lambda error: [])
        return frozenset(line.id for line in files)

    def _with_files(self, run: Run, before: frozenset[str] | None) -> Steps[Run]:
        """`before` are the ids of the files that there were before the run, where that is known."""
        written = {
            name: output.value
            for name, output in run.outputs.items()
            if isinstance(output.value, FileRef) and output.value.id is None
        }
        if not written or not run.ended:
            return run
        files = yield from tried(self.files(), lambda error: [])
        outputs = dict(run.outputs)
        for name, wanted in written.items():
            found = find_file(files, wanted, before)
            if found:
                outputs[name] = replace(outputs[name], value=found)
        return replace(run, outputs=outputs)
