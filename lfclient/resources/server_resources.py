"""What a server has for flows to use, as far as it is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lfclient.resources.knowledge import KnowledgeBase, MemoryBase
from lfclient.resources.models import ModelKind, ModelOption, Provider

ResourceKind = Literal[
    "language", "embedding", "knowledge_base", "memory_base", "mcp_server", "component"
]


@dataclass(frozen=True)
class ServerResources:
    """A server's providers, its models by kind, and the names of its variables with a value.

    Models of kinds that were not requested are missing. `mcp_servers` are names, and
    `component_types` the types of its catalogue. `packages` are the names of those of
    `lfclient.resources.packages` that are installed, which no server tells. What was not requested
    or can't be listed is None.
    """

    providers: tuple[Provider, ...] = ()
    models: Mapping[ModelKind, tuple[ModelOption, ...]] = field(default_factory=dict)
    variables: frozenset[str] | None = None
    knowledge_bases: tuple[KnowledgeBase, ...] | None = None
    memory_bases: tuple[MemoryBase, ...] | None = None
    mcp_servers: frozenset[str] | None = None
    component_types: frozenset[str] | None = None
    packages: frozenset[str] | None = None

    def provider(self, name: str) -> Provider | None:
        """Return the provider with this name, or None."""
        return next((each for each in self.providers if each.name == name), None)
