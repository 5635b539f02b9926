"""How each component of a run stands, in words; what graph, table and timings have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lfclient.common.formatting import format_timing
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun, ComponentState
from pages._ui.widgets.status_badges import NOT_RUN, StatusStyle, component_label, component_style

# of a group's members, the first of these states that one of them is in is the group's
_GROUP_PRECEDENCE = (
    ComponentState.FAILED,
    ComponentState.SUSPENDED,
    ComponentState.RUNNING,
    ComponentState.INTERRUPTED,
)
_NEVER_RAN = {ComponentState.WAITING, ComponentState.UNKNOWN}


@dataclass(frozen=True)
class ComponentStatus:
    """One component's state as a person reads it. `reason` is why it failed, in a stranger's words.

    `detail` is how long it took, or of a group how many of its members are done. `connected` is
    False if the component is left out of runs.
    """

    state: ComponentState
    word: str
    look: StatusStyle
    detail: str = ""
    reason: str = ""
    connected: bool = True

    @property
    def text(self) -> str:
        """State and `detail` in one line."""
        return f"{self.word} · {self.detail}" if self.detail else self.word


def component_run(
    component_id: str, components: Mapping[str, ComponentRun], *, ended: bool
) -> ComponentRun:
    """What is known of a component; one that nobody told of waits, or its state is unknown."""
    silent = ComponentState.UNKNOWN if ended or not components else ComponentState.WAITING
    return components.get(component_id) or ComponentRun(component_id, silent)


def component_status(
    component: Component, components: Mapping[str, ComponentRun], *, ended: bool
) -> ComponentStatus:
    """How a component of a flow stands; a group as its members do."""
    members = [component_run(one.id, components, ended=ended) for one in leaf_components(component)]
    if not component.inner:
        return leaf_status(members[0], component, ended=ended)
    error = next((run.error for run in members if run.error), None)
    state = group_state([run.state for run in members], ended=ended)
    whole = ComponentRun(component.id, state, error=error)
    done = sum(run.state is ComponentState.DONE for run in members)
    found = leaf_status(whole, component, ended=ended)
    return replace(found, detail=f"{done} of {len(members)} done") if found.connected else found


def leaf_status(run: ComponentRun, component: Component | None, *, ended: bool) -> ComponentStatus:
    """How a component stands that is no group; None is one that is no longer in the flow."""
    if component and not component.runs and run.state in _NEVER_RAN:
        return ComponentStatus(run.state, "does not run", NOT_RUN, connected=False)
    return ComponentStatus(
        run.state,
        component_label(run.state, ended=ended),
        component_style(run.state, ended=ended),
        detail=duration_text(run),
        reason=run.error.message if run.error else "",
    )


def leaf_components(component: Component) -> Iterator[Component]:
    """The component, or what runs in place of a group."""
    if not component.inner:
        yield component
    for inner in component.inner.values():
        yield from leaf_components(inner)


def group_state(states: Sequence[ComponentState], *, ended: bool) -> ComponentState:
    """The one state of a group's members."""
    found = set(states)
    for state in _GROUP_PRECEDENCE:
        if state in found:
            return state
    if len(found) == 1:
        return states[0]
    if ComponentState.DONE in found:
        going = ComponentState.WAITING in found and not ended
        return ComponentState.RUNNING if going else ComponentState.DONE
    return ComponentState.WAITING if ComponentState.WAITING in found else ComponentState.UNKNOWN


def duration_text(run: ComponentRun) -> str:
    """How long it worked, in words; "" where that is not known."""
    return "" if run.seconds is None else format_timing(run.seconds)


def state_counts_text(standings: Sequence[ComponentStatus]) -> str:
    """How many stand how, as "3 done, 1 running"."""
    words = [one.word for one in standings]
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def leaf_runs(
    flow: Flow, components: Mapping[str, ComponentRun], *, ended: bool
) -> Iterator[tuple[str, ComponentRun, Component | None]]:
    """Name, run and component of all that run, in the flow's order, then those not in the flow.

    The flow may have been changed since, and the component is then None.
    """
    for leaf in flow.leaves:
        yield leaf.display_name, component_run(leaf.id, components, ended=ended), leaf
    known = {leaf.id for leaf in flow.leaves}
    for name, run in components.items():
        if name not in known:
            yield run.display_name or name, run, None
