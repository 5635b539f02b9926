"""Words for results that Langflow did not compute, because their components are frozen."""

from collections.abc import Sequence

from lfclient.console.wording.component_names import ComponentNames
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentState
from lfclient.runs.model import Run

_MAX_NAME_LENGTH = 60
_MAX_NAMES = 5


def cached_results_text(run: Run, flow: Flow | None) -> str:
    """Return which components returned a cached result, or may have; "" if none did.

    They may have if the flow freezes them and the server doesn't tell.
    """
    names = ComponentNames(flow, run.components)
    cached = [id for id, component in run.components.items() if component.cached]
    if cached:
        labels = [names.label(id, max_length=_MAX_NAME_LENGTH) for id in cached]
        return f"{_are_frozen(labels)}: Langflow returned a cached result, maybe of another run."
    possible = [
        names.label(leaf.id, max_length=_MAX_NAME_LENGTH)
        for leaf in (flow.leaves if flow else ())
        if leaf.frozen and leaf.runs and _may_be_cached(run, leaf.id)
    ]
    if possible:
        return f"{_are_frozen(possible)}: Langflow may have returned a result of another run."
    return ""


def _may_be_cached(run: Run, component_id: str) -> bool:
    component = run.components.get(component_id)
    if component is None:
        return True
    has_returned = component.state in (ComponentState.DONE, ComponentState.UNKNOWN)
    return component.cached is None and has_returned


def _are_frozen(labels: Sequence[str]) -> str:
    if len(labels) > _MAX_NAMES:
        return f"{len(labels)} components are frozen"
    return f"{' and '.join(labels)} {'is' if len(labels) == 1 else 'are'} frozen"
