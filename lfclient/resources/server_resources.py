"""What a server has for flows to use, as far as it is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lfclient.resources.models import ModelKind, ModelOption, Provider


@dataclass(frozen=True)
class ServerResources:
    """A server's providers, its models by kind, and the names of its variables with a value."""

    providers: tuple[Provider, ...] = ()
    models: Mapping[ModelKind, tuple[ModelOption, ...]] = field(default_factory=dict)
    variables: frozenset[str] = frozenset()

    def provider(self, name: str) -> Provider | None:
        """Return the provider with this name, or None."""
        return next((each for each in self.providers if each.name == name), None)
