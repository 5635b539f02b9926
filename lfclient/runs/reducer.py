"""A run of a flow: its status, its outputs, its errors, and how answers change them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from lfclient.outputs.model import OutputKind, is_empty
from lfclient.runs import events
from lfclient.runs.components import ComponentRun, ComponentState, Message, RunError
from lfclient.runs.model import Run, RunStatus

_MAX_LOG_LINES = 200  # of one component that are kept


def apply(run: Run, event: events.Event) -> Run:
    """The run after an event; one that it has taken in before changes nothing. Pure.

    Whether it succeeded is not decided here: `RunEnded` brings that.
    """
    if event.id is not None and _is_applied(event.id, run.last_event_id):
        return run
    change = _REDUCERS.get(type(event))
    changed = change(run, event) if change else run
    return changed if event.id is None else replace(changed, last_event_id=event.id)


def _is_applied(event_id: str, last: str | None) -> bool:
    if last is None or not (event_id.isdecimal() and last.isdecimal()):
        return event_id == last
    return int(event_id) <= int(last)


def _update_component(run: Run, component_id: str, **changes: Any) -> Run:
    component = run.components.get(component_id) or ComponentRun(component_id)
    return replace(run, components={**run.components, component_id: replace(component, **changes)})


def _start_run(run: Run, event: events.RunStarted) -> Run:
    first = set(event.first)
    components = {name: run.components.get(name) or ComponentRun(name) for name in event.to_run} | {
        name: old for name, old in run.components.items() if name not in event.to_run
    }
    run = replace(_resume(run), components=components)
    for name in first:
        run = _update_component(run, name, state=ComponentState.RUNNING)
    return run if run.ended else replace(run, status=RunStatus.IN_PROGRESS)


def _start_component(run: Run, event: events.ComponentStarted) -> Run:
    return _update_component(run, event.component_id, state=ComponentState.RUNNING)


def _finish_component(run: Run, event: events.ComponentFinished) -> Run:
    run = _update_component(
        run,
        event.component_id,
        state=ComponentState.DONE,
        display_name=event.display_name,
        seconds=event.seconds,
        ended_at=event.ended_at,
        output=event.output,
        error=None,
    )
    # said here too, so that a run which is cut right behind this event lacks nothing
    for name in event.skipped_ids:
        run = _update_component(run, name, state=ComponentState.SKIPPED)
    for name in event.next_ids:
        run = _update_component(run, name, state=ComponentState.RUNNING)
    return run


def _fail_component(run: Run, event: events.ComponentFailed) -> Run:
    return _update_component(
        run,
        event.component_id,
        state=ComponentState.FAILED,
        display_name=event.display_name,
        seconds=event.seconds,
        ended_at=event.ended_at,
        error=event.error,
    )


def _skip_component(run: Run, event: events.ComponentSkipped) -> Run:
    return _update_component(run, event.component_id, state=ComponentState.SKIPPED)


def _append_log(run: Run, event: events.LogLine) -> Run:
    before = run.components.get(event.component_id)
    line = event.message if isinstance(event.message, str) else repr(event.message)
    log = (*(before.log if before else ()), line)[-_MAX_LOG_LINES:]
    return _update_component(run, event.component_id, log=log)


def _add_message(run: Run, event: events.MessageAdded) -> Run:
    message = event.message
    before = run.messages.get(message.id)
    if before and not message.complete:
        message = replace(message, streamed=before.streamed)
    run = replace(run, messages={**run.messages, message.id: message})
    if message.category == "error" and message.component_id in run.components:
        # the event of its end comes seconds later, when the server has written the traceback
        error = RunError(message.text.strip(), component_id=message.component_id)
        run = _update_component(run, message.component_id, state=ComponentState.FAILED, error=error)
    return run


def _remove_message(run: Run, event: events.MessageRemoved) -> Run:
    left = {name: one for name, one in run.messages.items() if name != event.message_id}
    return replace(run, messages=left)


def _append_token(run: Run, event: events.Token) -> Run:
    name = event.message_id
    before = run.messages.get(name) or Message(name, sender="Machine", complete=False)
    if before.complete:
        return run  # its text is whole
    message = before.with_chunk(event.text, gap=event.gap)
    return replace(run, messages={**run.messages, name: message})


def _set_output(run: Run, event: events.OutputReady) -> Run:
    return replace(run, outputs={**run.outputs, event.component_id: event.output})


def _add_warning(run: Run, event: events.Warned) -> Run:
    return replace(run, warnings=(*run.warnings, event.message))


def _suspend(run: Run, event: events.HumanInputRequired) -> Run:
    asking, request, before = event.component_id, event.request, run.waiting_for
    if before and before.request_id == request.request_id:
        # the list of those that wait, unlike the event, does not tell the time limit
        request = replace(
            request,
            sent=before.sent,
            sent_at=before.sent_at,
            expires_at=request.expires_at or before.expires_at,
            fallback_action=request.fallback_action or before.fallback_action,
        )
    else:
        run = _resume(run)
    components = {
        name: replace(one, state=ComponentState.WAITING)
        if one.state is ComponentState.RUNNING
        else one
        for name, one in run.components.items()
    }
    run = replace(run, components=components, waiting_for=request)
    if asking:
        # it has just told that it is done, and has not returned what it will
        run = _update_component(
            run, asking, state=ComponentState.SUSPENDED, seconds=None, ended_at=None, output=None
        )
    return run if run.ended else replace(run, status=RunStatus.SUSPENDED)


def _resume(run: Run) -> Run:
    """A run that waits no more, since somebody has decided."""
    asked = run.waiting_for
    return replace(run, waiting_for=None, decided=(*run.decided, asked)) if asked else run


def reject_decision(run: Run, request_id: str) -> Run:
    """A run whose question is open again, or was answered by another decision than was sent."""
    asked, decided = run.waiting_for, run.decided
    last = decided[-1] if decided else None
    if last and last.request_id == request_id and not (asked and asked.request_id == request_id):
        decided = (*decided[:-1], last.without_decision())
    return replace(run, decided=decided, waiting_for=asked and asked.without_decision())


def _end_run(run: Run, event: events.RunEnded) -> Run:
    return finalize(replace(merge_response(run, event.run or run), status=event.status))


def merge_response(run: Run, answer: Run) -> Run:
    """What an answer says of a run, with what its events have told: the answer may be older."""
    known = {*answer.outputs, *(entry.component_id for entry in answer.not_run)}
    told = {
        name: output
        for name, output in run.outputs.items()
        if name not in known and not is_empty(output) and output.kind is not OutputKind.ERROR
    }
    new = tuple(one for one in answer.warnings if one not in run.warnings)
    return replace(
        answer,
        outputs={**answer.outputs, **told},
        warnings=run.warnings + new,
        # what was cut on its way in the events is whole by now
        components={
            name: replace(one, output=answer.outputs[name])
            if one.output and name in answer.outputs
            else one
            for name, one in run.components.items()
        },
        messages=run.messages,
        waiting_for=run.waiting_for,
        decided=run.decided,
        last_event_id=run.last_event_id,
    )


def merge_component_runs(run: Run, found: Mapping[str, ComponentRun]) -> Run:
    """An ended run, with what its server has kept of components whose end no event told.

    Where it has not kept what surely ran, as of a run that had waited for a person, nothing is
    said of the others.
    """
    told = {
        name
        for name, one in run.components.items()
        if one.state in (ComponentState.DONE, ComponentState.FAILED)
    }
    new = {
        name: replace(one, log=run.components[name].log if name in run.components else ())
        for name, one in found.items()
        if name not in told
    }
    components = {**run.components, **new}
    delivered = {name: out for name, out in run.outputs.items() if not is_empty(out)}
    missing = delivered.keys() & components.keys() - told - new.keys()
    if run.status is RunStatus.COMPLETED and missing:
        not_run = {entry.component_id for entry in run.not_run}
        for name, one in components.items():
            if name in missing:
                components[name] = replace(one, state=ComponentState.DONE, output=delivered[name])
            elif one.state is ComponentState.WAITING and name not in not_run:
                components[name] = replace(one, state=ComponentState.UNKNOWN)
    return replace(run, components=components)


def merge_messages(run: Run, history: Iterable[Message]) -> Run:
    """A run with the whole text of its messages, of which its events did not tell all."""
    messages = dict(run.messages)
    for one in history:
        before = messages.get(one.id)
        if before is None and (run.job_id is None or one.job_id != run.job_id):
            continue
        if one.complete and not (before and before.complete):
            messages[one.id] = one
    return replace(run, messages=messages)


def finalize(run: Run) -> Run:
    """An ended run, in which no component is at work any more and nobody is asked."""
    left = (
        ComponentState.WAITING if run.status is RunStatus.COMPLETED else ComponentState.INTERRUPTED
    )
    open_states = {ComponentState.RUNNING: left, ComponentState.SUSPENDED: left}
    failed = {error.component_id for error in run.errors}
    components = {
        name: replace(
            one,
            state=ComponentState.FAILED
            if name in failed and one.state in open_states
            else open_states.get(one.state, one.state),
        )
        for name, one in run.components.items()
    }
    asked = run.waiting_for
    # it came to its end without a word that it went on; of one that was stopped nobody decided
    if asked and (asked.sent or run.status is RunStatus.COMPLETED):
        run = _resume(run)
    return replace(run, components=components, waiting_for=None)


_REDUCERS: dict[type[events.Event], Callable[[Run, Any], Run]] = {
    events.RunStarted: _start_run,
    events.ComponentStarted: _start_component,
    events.ComponentFinished: _finish_component,
    events.ComponentFailed: _fail_component,
    events.ComponentSkipped: _skip_component,
    events.LogLine: _append_log,
    events.MessageAdded: _add_message,
    events.MessageRemoved: _remove_message,
    events.Token: _append_token,
    events.OutputReady: _set_output,
    events.Warned: _add_warning,
    events.HumanInputRequired: _suspend,
    events.RunEnded: _end_run,
}
