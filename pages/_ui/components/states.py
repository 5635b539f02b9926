"""The state of each component of a run in words, shared by graph, table and timings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lfclient.common.formatting import format_timing
from lfclient.console.wording.statuses import DOES_NOT_RUN, component_state_label
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun, ComponentState
from pages._ui.widgets.status_badges import NOT_RUN, ComponentStyle, component_style

# a group has the first of these states that any of its members has
_GROUP_PRECEDENCE = (
    ComponentState.FAILED,
    ComponentState.SUSPENDED,
    ComponentState.RUNNING,
    ComponentState.INTERRUPTED,
    ComponentState.DONE,
    ComponentState.WAITING,
    ComponentState.UNKNOWN,
    ComponentState.NOT_CALLED,
    ComponentState.SKIPPED,
)
_NEVER_RAN = {ComponentState.WAITING, ComponentState.UNKNOWN}


@dataclass(frozen=True)
class ComponentStatus:
    """A component's state as shown on the screen.

    `detail` is its duration, or how many members of a group are done. `error` is text from a
    server. `is_connected` is False if no run includes the component.
    """

    state: ComponentState
    word: str
    style: ComponentStyle
    detail: str = ""
    error: str = ""
    is_connected: bool = True


def component_run(
    component_id: str, components: Mapping[str, ComponentRun], *, ended: bool
) -> ComponentRun:
    """Return the component's run. Without events it is waiting, or unknown once `ended`."""
    default = ComponentState.UNKNOWN if ended or not components else ComponentState.WAITING
    return components.get(component_id) or ComponentRun(component_id, default)


def component_status(
    component: Component, components: Mapping[str, ComponentRun], *, ended: bool
) -> ComponentStatus:
    """Return the status of a component, or of a group from its members."""
    members = [
        component_run(leaf.id, components, ended=ended) for leaf in leaf_components(component)
    ]
    if not component.inner:
        return leaf_status(members[0], component, ended=ended)
    error = next((run.error for run in members if run.error), None)
    state = group_state([run.state for run in members], ended=ended)
    group = ComponentRun(component.id, state, error=error)
    status = leaf_status(group, component, ended=ended)
    if not status.is_connected:
        return status
    done = sum(run.state is ComponentState.DONE for run in members)
    return replace(status, detail=f"{done} of {len(members)} done")


def leaf_status(run: ComponentRun, component: Component | None, *, ended: bool) -> ComponentStatus:
    """Return the status of a run. `component` is None if it was deleted from the flow."""
    if component and not component.runs and run.state in _NEVER_RAN:
        return ComponentStatus(run.state, DOES_NOT_RUN, NOT_RUN, is_connected=False)
    return ComponentStatus(
        run.state,
        component_state_label(run.state, ended=ended),
        component_style(run.state, ended=ended),
        detail=duration_text(run),
        error=run.error.message if run.error else "",
    )


def leaf_components(component: Component) -> list[Component]:
    """Return the component, or the members that run in place of a group."""
    return [part for part in component.walk() if not part.inner]


def group_state(states: Sequence[ComponentState], *, ended: bool) -> ComponentState:
    """Combine the states of a group's members."""
    first = min(states, key=_GROUP_PRECEDENCE.index)
    is_between_members = first is ComponentState.DONE and ComponentState.WAITING in states
    return ComponentState.RUNNING if is_between_members and not ended else first


def duration_text(run: ComponentRun) -> str:
    """Return how long the component ran, or "" if unknown."""
    return "" if run.seconds is None else format_timing(run.seconds)


def state_counts_text(statuses: Sequence[ComponentStatus]) -> str:
    """Return the number of components per state, such as "3 done, 1 running"."""
    words = [status.word.lower() for status in statuses]
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def leaf_runs(
    flow: Flow | None, components: Mapping[str, ComponentRun], *, ended: bool
) -> Iterator[tuple[str, ComponentRun, Component | None]]:
    """Yield name, run and component of all components that run, in the flow's order.

    Those without a component come last: it was deleted since the run, or the flow is unknown.
    """
    leaves = flow.leaves if flow else ()
    for leaf in leaves:
        yield leaf.display_name, component_run(leaf.id, components, ended=ended), leaf
    leaf_ids = {leaf.id for leaf in leaves}
    for component_id, run in components.items():
        if component_id not in leaf_ids:
            yield run.display_name or component_id, run, None
