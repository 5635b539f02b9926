"""Applies events and responses to a run. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lfclient.outputs.model import is_empty
from lfclient.runs import events
from lfclient.runs.components import ComponentRun, ComponentState, HumanInput, Message, RunError
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.tool_calls import read_call

_MAX_LOG_LINES = 200  # lines stored per component


def apply(run: Run, event: events.Event) -> Run:
    """Return the run after an event; an event that was applied before changes nothing.

    The outcome is not evaluated here: `RunEnded` brings it.
    """
    if event.id is not None and _is_applied(event.id, run.last_event_id):
        return run
    changed = _reduce(run, event)
    return changed if event.id is None else replace(changed, last_event_id=event.id)


def _is_applied(event_id: str, last: str | None) -> bool:
    if last is None or not (event_id.isdecimal() and last.isdecimal()):
        return event_id == last
    return int(event_id) <= int(last)


def _reduce(run: Run, event: events.Event) -> Run:
    match event:
        case events.Token():
            return _append_token(run, event)
        case events.MessageAdded():
            return _add_message(run, event.message)
        case events.MessageRemoved():
            return _remove_message(run, event.message_id)
        case events.ComponentStarted():
            return _update_component(run, event.component_id, state=ComponentState.RUNNING)
        case events.ComponentFinished():
            return _finish_component(run, event)
        case events.ComponentFailed():
            return _update_component(
                run,
                event.component_id,
                state=ComponentState.FAILED,
                display_name=event.display_name,
                seconds=event.seconds,
                ended_at=event.ended_at,
                error=event.error,
            )
        case events.ComponentSkipped():
            return _skip(run, event.component_id)
        case events.LogLine():
            return _append_log(run, event)
        case events.OutputReady():
            return replace(run, outputs={**run.outputs, event.component_id: event.output})
        case events.Warned():
            return replace(run, warnings=(*run.warnings, event.message))
        case events.RunStarted():
            return _start_run(run, event)
        case events.HumanInputRequired():
            return _suspend(run, event.request)
        case events.RunEnded():
            ended = merge_response(run, event.run or run)
            return finalize(replace(ended, status=event.status))
    return run


def _update_component(run: Run, component_id: str, **changes: Any) -> Run:
    component = run.components.get(component_id) or ComponentRun(component_id)
    return replace(run, components={**run.components, component_id: replace(component, **changes)})


def _skip(run: Run, component_id: str) -> Run:
    component = run.components.get(component_id)
    # a loop's last step inactivates the component that ran for each item
    if component and component.state in (ComponentState.DONE, ComponentState.FAILED):
        return run
    return _update_component(run, component_id, state=ComponentState.SKIPPED)


def _start_run(run: Run, event: events.RunStarted) -> Run:
    components = {id: run.components.get(id) or ComponentRun(id) for id in event.to_run}
    run = replace(_resume(run), components={**components, **run.components})
    for id in event.first:
        run = _update_component(run, id, state=ComponentState.RUNNING)
    return run if run.ended else replace(run, status=RunStatus.IN_PROGRESS)


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
        usage=event.usage,
        cached=event.cached,
    )
    # the events for these follow, but the stream may be cut right after this one
    for name in event.skipped_ids:
        run = _skip(run, name)
    for name in event.next_ids:
        run = _update_component(run, name, state=ComponentState.RUNNING)
    return run


def _append_log(run: Run, event: events.LogLine) -> Run:
    before = run.components.get(event.component_id)
    line = event.message if isinstance(event.message, str) else repr(event.message)
    log = (*(before.log if before else ()), line)[-_MAX_LOG_LINES:]
    return _update_component(run, event.component_id, log=log)


def _add_message(run: Run, message: Message) -> Run:
    before = run.messages.get(message.id)
    if before and not message.complete:
        message = replace(message, streamed=before.streamed)
    run = replace(run, messages={**run.messages, message.id: message})
    if message.category == "error" and message.component_id in run.components:
        # the event of its end comes seconds later, after the server has written the traceback
        error = RunError(message.text.strip(), component_id=message.component_id)
        run = _update_component(run, message.component_id, state=ComponentState.FAILED, error=error)
    return run


def _remove_message(run: Run, message_id: str) -> Run:
    removed = run.messages.get(message_id)
    if removed is None:
        return run
    rest = {id: message for id, message in run.messages.items() if id != message_id}
    calls = tuple(block for block in removed.blocks if read_call(block))
    removed = replace(removed, text="", streamed="", files=(), blocks=calls)
    return replace(run, messages=rest, removed_message=removed)


def _append_token(run: Run, event: events.Token) -> Run:
    name = event.message_id
    before = run.messages.get(name) or Message(name, sender="Machine", complete=False)
    if before.complete:
        return run  # its text is complete
    message = before.with_chunk(event.text, gap=event.gap)
    return replace(run, messages={**run.messages, name: message})


def _suspend(run: Run, request: HumanInput) -> Run:
    before = run.waiting_for
    if before and before.request_id == request.request_id:
        # unlike the event, the list of open questions does not tell the time limit
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
        id: replace(component, state=ComponentState.WAITING)
        if component.state is ComponentState.RUNNING
        else component
        for id, component in run.components.items()
    }
    # an agent that asks sends its message again after the decision
    run = replace(run, components=components, waiting_for=request, removed_message=None)
    if request.component_id:
        # its finished event came just before, but without its final output
        run = _update_component(
            run,
            request.component_id,
            state=ComponentState.SUSPENDED,
            seconds=None,
            ended_at=None,
            output=None,
        )
    return run if run.ended else replace(run, status=RunStatus.SUSPENDED)


def _resume(run: Run) -> Run:
    """Return the run after a decision on its open question."""
    question = run.waiting_for
    return replace(run, waiting_for=None, decided=(*run.decided, question)) if question else run


def reject_decision(run: Run, request_id: str) -> Run:
    """Return the run after the server did not accept the decision that was sent.

    Its question is open again, or was answered by another decision.
    """
    question, decided = run.waiting_for, run.decided
    is_open = question is not None and question.request_id == request_id
    if decided and decided[-1].request_id == request_id and not is_open:
        decided = (*decided[:-1], decided[-1].without_decision())
    return replace(run, decided=decided, waiting_for=question and question.without_decision())


def merge_response(run: Run, response: Run) -> Run:
    """Return the run of a response with what newer events added."""
    reported = {*response.outputs, *(entry.component_id for entry in response.not_run)}
    outputs = {
        id: output
        for id, output in run.outputs.items()
        if id not in reported and not is_empty(output) and not output.is_error
    }
    new_warnings = tuple(text for text in response.warnings if text not in run.warnings)
    return replace(
        response,
        outputs={**response.outputs, **outputs},
        warnings=run.warnings + new_warnings,
        # the outputs that events had truncated are complete in the response
        components=response.components
        | {
            id: replace(component, output=response.outputs[id])
            if component.output and id in response.outputs
            else component
            for id, component in run.components.items()
        },
        messages=run.messages,
        waiting_for=run.waiting_for,
        decided=run.decided,
        removed_message=run.removed_message,
        last_event_id=run.last_event_id,
    )


def merge_component_runs(run: Run, component_runs: Mapping[str, ComponentRun]) -> Run:
    """Return an ended run with the server's records of components that ended without an event.

    If records of components that did run are missing, as after an approval, the others without one
    are unknown. Those in `not_run` are waiting. An output whose record came too late for the run's
    end is added. The component that an error of a failed run names has failed, also without a
    record: 1.8 to 1.10 write none of it.
    """
    ended = {
        id
        for id, component in run.components.items()
        if component.state in (ComponentState.DONE, ComponentState.FAILED)
    }
    new = {
        id: replace(component, log=run.components[id].log if id in run.components else ())
        for id, component in component_runs.items()
        if id not in ended
    }
    components = {**run.components, **new}
    delivered = {id: output for id, output in run.outputs.items() if not is_empty(output)}
    missing = delivered.keys() & components.keys() - ended - new.keys()
    not_run = {entry.component_id for entry in run.not_run}
    if run.status is RunStatus.COMPLETED and missing:
        for id, component in components.items():
            if id in missing:
                components[id] = replace(component, state=ComponentState.DONE, output=delivered[id])
            elif component.state is ComponentState.WAITING and id not in not_run:
                components[id] = replace(component, state=ComponentState.UNKNOWN)
    if run.status is RunStatus.FAILED and components:
        for error in run.errors:
            named = error.component_id
            if named and named not in ended | new.keys():
                new_run = ComponentRun(named, display_name=error.component or "")
                before = components.get(named, new_run)
                components[named] = replace(before, state=ComponentState.FAILED, error=error)
    if run.status is not RunStatus.COMPLETED:
        return replace(run, components=components)
    late = {id: new[id].output for id in not_run & new.keys()}
    outputs = {id: output for id, output in late.items() if output and not is_empty(output)}
    idle = tuple(entry for entry in run.not_run if entry.component_id not in outputs)
    if components:  # else the server has no records at all
        for entry in idle:
            found = ComponentRun(entry.component_id, display_name=entry.display_name)
            components.setdefault(entry.component_id, found)
    return replace(run, components=components, outputs={**run.outputs, **outputs}, not_run=idle)


def merge_messages(run: Run, stored: Iterable[Message]) -> Run:
    """Return a run with the complete texts of its stored messages, which its events may lack."""
    messages = dict(run.messages)
    for message in stored:
        before = messages.get(message.id)
        if before is None and (run.job_id is None or message.job_id != run.job_id):
            continue
        if message.complete and not (before and before.complete):
            messages[message.id] = message
    return replace(run, messages=messages)


def finalize(run: Run) -> Run:
    """Return an ended run without running components or an open question."""
    is_completed = run.status is RunStatus.COMPLETED
    idle = ComponentState.WAITING if is_completed else ComponentState.INTERRUPTED
    failed = {error.component_id for error in run.errors}
    components = dict(run.components)
    for id, component in run.components.items():
        if component.state in (ComponentState.RUNNING, ComponentState.SUSPENDED):
            state = ComponentState.FAILED if id in failed else idle
            components[id] = replace(component, state=state)
    question = run.waiting_for
    # it resumed without an event; a stopped run has no decision
    if question and (question.sent or is_completed):
        run = _resume(run)
    return replace(run, components=components, waiting_for=None)
