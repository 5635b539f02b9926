"""Tells how a streamed run ended after its connection broke, from the server's records. Pure.

As measured on 1.11.6, 1.12.8 and 1.13.0: the job of a streamed run has no outputs, and counts as
completed even if a component failed. But it counts as completed only once the run came to its end
by itself. If the server cancels the run because its client is gone, the job stays in progress for
ever (1.11, 1.12) or has failed (1.13), though the run may have stored messages.

The messages tell the rest. Each names the run. That of a failed component has its error; that of a
chat output has its text, and as its source the component that feeds the chat output.
"""

from collections.abc import Sequence
from dataclasses import replace

from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, is_empty
from lfclient.runs.components import ComponentRun, ComponentState, Message, RunError
from lfclient.runs.events import MessageAdded
from lfclient.runs.evidence import Evidence
from lfclient.runs.model import Run, RunStatus
from lfclient.runs.outcome import evaluate_outcome
from lfclient.runs.reducer import apply
from lfclient.runs.responses import read_component
from lfclient.wire.schemas import ComponentOutput
from lfclient.wire.server_info import Limits

END_FOUND = "The result comes from the server's records, which don't show when the run ended."
_KNOWN_STATES = (ComponentState.DONE, ComponentState.FAILED, ComponentState.SKIPPED)


def end_lost_stream(
    run: Run, flow: Flow, messages: Sequence[Message], errors: Sequence[RunError], limits: Limits
) -> Run | None:
    """Return a streamed run whose job counts as completed; None if its outcome is not proved.

    `run` is what arrived before the connection broke, `messages` are the run's stored ones, and
    `errors` those of its failed components.
    """
    for message in messages:
        run = apply(run, MessageAdded(message))
    arrived = {id: output for id, output in run.outputs.items() if _has_value(output)}
    outputs = {**_chat_outputs(flow, messages), **arrived}
    skipped = {
        id for id, component in run.components.items() if component.state is ComponentState.SKIPPED
    }
    expected = {leaf.id for leaf in flow.expected_terminals} - skipped
    if not errors and not (expected and expected <= outputs.keys()):
        return None
    evidence = Evidence(inactivated=skipped, errors=[*errors])
    for message in messages:
        evidence.add_message(message)
    run = replace(
        run,
        status=RunStatus.COMPLETED,
        outputs=outputs,
        errors=(),
        warnings=(*run.warnings, END_FOUND),
    )
    run = evaluate_outcome(run, flow, evidence, limits)
    return replace(
        run,
        # a terminal without a chat message may have run
        not_run=tuple(entry for entry in run.not_run if entry.component_id not in expected),
        components={
            id: _finish_component(one, run.outputs.get(id)) for id, one in run.components.items()
        },
    )


def _has_value(output: Output) -> bool:
    return not is_empty(output) and not output.is_error


def _chat_outputs(flow: Flow, messages: Sequence[Message]) -> dict[str, Output]:
    """Return the outputs of the chat outputs that stored the only message from their source."""
    outputs = {}
    for leaf in flow.terminals:
        if not leaf.has_type("ChatOutput"):
            continue
        sources = flow.sources_of(leaf.id)
        own = [
            message
            for message in messages
            if message.component_id in sources and message.complete and message.category != "error"
        ]
        if len(own) == 1:
            entry = ComponentOutput(type="message", status="completed", content=own[0].text)
            outputs[leaf.id] = read_component(leaf.id, entry, flow)
    return outputs


def _finish_component(component: ComponentRun, output: Output | None) -> ComponentRun:
    """Return a component after the run's end: one without an event or output is unknown."""
    if component.state in _KNOWN_STATES:
        return component
    if output is None:
        return replace(component, state=ComponentState.UNKNOWN)
    return replace(component, state=ComponentState.DONE, output=output)
