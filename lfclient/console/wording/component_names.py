"""Names of a run's components, and descriptions of its decisions."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from lfclient.common.formatting import with_id
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output
from lfclient.runs.components import ComponentRun, HumanInput, Message, RunError


class ComponentNames:
    """Names of a run's components by id, from the flow if it is loaded, else from the run.

    The flow numbers those of one name. Without a flow, or for a component that it lacks, a shared
    name is followed by the id.
    """

    def __init__(
        self,
        flow: Flow | None,
        components: Mapping[str, ComponentRun],
        outputs: Mapping[str, Output] | None = None,
    ) -> None:
        self._flow = flow
        self._components = components
        self._names = {id: output.display_name for id, output in (outputs or {}).items()}
        self._names |= {id: one.display_name for id, one in components.items() if one.display_name}
        self._names |= {leaf.id: leaf.display_name for leaf in (flow.leaves if flow else ())}
        self._counts = Counter(self._names.values())

    def label(self, component_id: str, fallback: str = "", max_length: int | None = None) -> str:
        """Return the component's name, cut to `max_length`; `fallback` or the id if unknown."""
        if self._flow and self._flow.component(component_id):
            return self._flow.component_label(component_id, max_length)
        name = self._names.get(component_id) or fallback
        if not name:
            return component_id
        return with_id(name, component_id if self._counts[name] > 1 else "", max_length)

    def message_label(self, message: Message) -> str:
        """Return the label of the only output that returns such messages, else of what sent it."""
        id = message.component_id or ""
        outputs = self._flow.outputs_by_sender.get(id, ()) if self._flow else ()
        if len(outputs) == 1:
            return self.label(outputs[0].id)
        return self.label(id, message.sender_name or "The flow")

    def error_source(self, error: RunError) -> str:
        """Return the label of the component that failed, or "" if the server names none."""
        if error.component_id:
            return self.label(error.component_id, error.component or "")
        name = error.component or ""
        ids = [
            component.component_id
            for component in self._components.values()
            if component.error
            and self._names.get(component.component_id) == name
            and component.error.message == error.message
        ]
        return self.label(ids[0]) if name and len(ids) == 1 else name


def describe_decision(
    question: HumanInput, format_time: Callable[[datetime], str]
) -> tuple[str, str]:
    """Return the label of the button that was chosen, and when it was chosen."""
    if question.sent is None:
        return "elsewhere", "decision unknown"
    details = [format_time(question.sent_at)] if question.sent_at else []
    if question.is_late:
        fallback = question.fallback_action
        effect = f"“{question.label_of(fallback)}” was used" if fallback else "no branch was taken"
        details.append(f"after the timeout, so {effect}")
    return question.label_of(question.sent), ", ".join(details)
