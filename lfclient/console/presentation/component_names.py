"""What the components of a run are called, and what was decided in it, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from lfclient.common.formatting import with_id
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun, HumanInput, RunError


class ComponentNames:
    """Names of a run's components, by id; the flow, where it is at hand, knows them best.

    Of several that have the same name each has its id behind it.
    """

    def __init__(self, flow: Flow | None, told: Mapping[str, ComponentRun]) -> None:
        self._told = told
        self._names = {name: one.display_name for name, one in told.items()}
        self._names |= {leaf.id: leaf.display_name for leaf in (flow.leaves if flow else ())}
        self._counts = Counter(self._names.values())

    def label(self, component_id: str, told: str = "", most: int | None = None) -> str:
        """Its name, of which at most so many characters; `told` where none is known."""
        name = self._names.get(component_id) or told
        if not name:
            return component_id
        return with_id(name, component_id if self._counts[name] > 1 else "", most)

    def error_source(self, error: RunError) -> str:
        """The component that an error is of; "" where the server names none."""
        if error.component_id:
            return self.label(error.component_id, error.component or "")
        name = error.component or ""
        ids = [
            one.component_id
            for one in self._told.values()
            if one.error
            and self._names[one.component_id] == name
            and one.error.message == error.message
        ]
        return self.label(ids[0]) if name and len(ids) == 1 else name


def describe_decision(question: HumanInput, time: Callable[[datetime], str]) -> tuple[str, str]:
    """What was decided, as on its button, and what else is known of that."""
    if question.sent is None:
        return "elsewhere", "how, no event tells"
    said = [time(question.sent_at)] if question.sent_at else []
    if question.is_late:
        fallback = question.fallback_action
        then = f"“{question.label_of(fallback)}” was taken" if fallback else "no branch was taken"
        said.append(f"after its time was over, so that {then}")
    return question.label_of(question.sent), ", ".join(said)
