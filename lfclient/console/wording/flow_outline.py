"""A flow in outline, as people choose one: its graph, and what it needs in a few words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lfclient.common.formatting import format_count
from lfclient.flows.field import FieldKind
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.flows.needs import is_base_need, is_file_need, is_model_need, is_value_need

_BASES = {"knowledge_base": "Knowledge base", "memory_base": "Memory base"}


@dataclass(frozen=True)
class FlowOutline:
    """A flow without its parameters, which take most of its memory, and what it needs."""

    flow: Flow
    needs: tuple[str, ...]

    @property
    def facts(self) -> str:
        """The number of its components, and what it needs."""
        count = format_count(len(self.flow.components), "component")
        return f"{count} · Needs: {', '.join(self.needs)}" if self.needs else count

    def matches(self, text: str) -> bool:
        """Return whether the name, description, tags or needs contain all words of a search."""
        texts = (self.flow.name, self.flow.description, *self.flow.tags, *self.needs)
        return _contains(" ".join(texts), text)

    def is_named(self, text: str) -> bool:
        """Return whether the name alone contains all words of a search."""
        return _contains(self.flow.name, text)


def _contains(content: str, words: str) -> bool:
    return all(word in content.casefold() for word in words.casefold().split())


def outline_flow(flow: Flow) -> FlowOutline:
    """Return the outline of a flow."""
    bare = replace(
        flow, raw={"tags": flow.tags}, components=tuple(map(_without_parameters, flow.components))
    )
    return FlowOutline(bare, tuple(dict.fromkeys(_needs(flow))))


def _without_parameters(component: Component) -> Component:
    inner = {id: _without_parameters(part) for id, part in component.inner.items()}
    return replace(component, template={}, outputs=(), inner=inner)


def _needs(flow: Flow) -> Iterator[str]:
    for field in flow.fields:
        if not field.runs:
            continue
        if is_model_need(field):
            yield "Model"
        elif is_base_need(field):
            is_optional = not (field.required or field.default)
            yield f"{_BASES[str(field.resource)]}{' (optional)' if is_optional else ''}"
        elif is_file_need(field):
            yield "File"
        elif field.kind is FieldKind.SECRET and is_value_need(field):
            yield f"Key of {field.component_label(40)}"
    if any(leaf.runs and leaf.template.get("mcp_server", {}).get("show") for leaf in flow.leaves):
        yield "MCP server"
