"""What an update of a flow's components loses, and why components were not updated."""

from collections.abc import Iterator

from lfclient.common.formatting import clip, end_sentence, format_count, list_names
from lfclient.flows.outdated import FlowUpdate

_MAX_LINES = 8
_MAX_NAMED = 5  # values in a line


def describe_update(update: FlowUpdate) -> str:
    """Return what an update has done, as a sentence."""
    return f"Updated {format_count(len(update.updated), 'component')}."


def describe_drawbacks(update: FlowUpdate) -> list[str]:
    """Return a line for each connection that an update loses, and for the values of a component.

    Components that can't be updated have a line with the reason.
    """
    lines = [*_connections(update), *_values(update), *_failures(update)]
    rest = len(lines) - _MAX_LINES
    return [*lines[:_MAX_LINES], f"{rest} more"] if rest > 1 else lines


def _connections(update: FlowUpdate) -> Iterator[str]:
    for loss in update.losses:
        if loss.source:
            yield f"The connection from {loss.source} to {loss.parameter} of {loss.component}"


def _values(update: FlowUpdate) -> Iterator[str]:
    named: dict[str, list[str]] = {}
    for loss in update.losses:
        if not loss.source:
            named.setdefault(loss.component, []).append(loss.parameter)
    for component, parameters in named.items():
        what = "The value" if len(parameters) == 1 else "The values"
        yield f"{what} of {component}: {list_names(parameters, _MAX_NAMED)}"


def _failures(update: FlowUpdate) -> Iterator[str]:
    for component, reason in update.failures.items():
        yield f"{component} can't be updated: {end_sentence(clip(reason, 200))}"
