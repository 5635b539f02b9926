"""Match the messages of a run to the outputs of its flow."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentState, Message
from lfclient.runs.model import Run


@dataclass(frozen=True)
class LiveOutput:
    """A message of a running run, or an output that has none yet: `message` is None.

    `component_id` and `state` are those of the output's terminal, or else of what sent the message;
    the server may name nothing.
    """

    component_id: str | None
    state: ComponentState
    message: Message | None


def live_outputs(run: Run, flow: Flow | None) -> list[LiveOutput]:
    """Return what to show of a running run, in the order of its result.

    A flow with several outputs has those that may still come, each with its latest message, and
    after them the messages of other components; while the run waits for a person, only those with
    a message, since the decision may choose among them. Any other flow has the messages that are
    being written, or the latest one.
    """
    if flow is None or len(flow.terminals) < 2:
        written = [one for one in run.answers if not one.complete] or run.answers[-1:]
        return [_live_output(run, one.component_id, one) for one in written]
    latest: dict[str, Message] = {}
    others = []
    terminals_by_message = outputs_by_message(run.answers, flow)
    for message in run.answers:
        terminal = terminals_by_message.get(message.id)
        if terminal:
            latest[terminal.id] = message
        else:
            others.append(_live_output(run, message.component_id, message))
    outputs = (
        (_live_output(run, terminal.id, latest.get(terminal.id)), terminal.always_runs)
        for terminal in flow.terminals
    )
    is_open = run.waiting_for is None
    return [
        output
        for output, is_expected in outputs
        if output.message
        or (is_open and is_expected and output.state is not ComponentState.SKIPPED)
    ] + others


def _live_output(run: Run, component_id: str | None, message: Message | None) -> LiveOutput:
    component = run.components.get(component_id or "")
    return LiveOutput(
        component_id, component.state if component else ComponentState.WAITING, message
    )


def outputs_by_message(messages: Iterable[Message], flow: Flow) -> dict[str, Component]:
    """Return the outputs that return the messages of a run or a conversation, by message id.

    The messages of outputs that one component feeds don't name theirs: each takes one, in order.
    """
    found = {}
    for group in _by_run(messages):
        earlier: Counter[str] = Counter()
        for message in group:
            sender = message.component_id or ""
            terminals = flow.outputs_by_sender.get(sender, ())
            if terminals:
                found[message.id] = terminals[earlier[sender] % len(terminals)]
                earlier[sender] += 1
    return found


def _by_run(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Yield the messages of a user, and those of a run, as far as the server tells runs apart."""
    for _, group in groupby(messages, key=lambda one: (one.sender == "User", one.job_id)):
        yield list(group)


def in_output_order(messages: Sequence[Message], flow: Flow) -> list[Message]:
    """Return a conversation with the outputs of each run in the order of the flow.

    Parallel branches end in another order in each run. Other messages keep their places, and so do
    those of an output with several: they are of a loop, or of several runs without `job_id` (1.8
    and 1.9).
    """
    terminals_by_message = outputs_by_message(messages, flow)
    ranks = {id: flow.terminals.index(terminal) for id, terminal in terminals_by_message.items()}
    ordered: list[Message] = []
    for of_run in _by_run(messages):
        outputs = [one for one in of_run if one.id in ranks]
        if len({ranks[one.id] for one in outputs}) == len(outputs):
            outputs.sort(key=lambda one: ranks[one.id])
        in_order = iter(outputs)
        ordered += [next(in_order) if one.id in ranks else one for one in of_run]
    return ordered
