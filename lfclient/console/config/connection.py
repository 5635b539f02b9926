"""A configured Langflow server: address, key, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

Source = Literal["environment", "env file", "secrets", "local", "typed", "discovered"]


@dataclass(frozen=True)
class Connection:
    """A server and the key for it. `verify` is a CA bundle's path, or whether to check at all."""

    name: str
    url: str
    api_key: SecretStr | None
    source: Source
    verify: bool | str = True

    @property
    def is_configured(self) -> bool:
        """Whether whoever runs the console set it up, and not a visitor."""
        return self.source in ("environment", "env file", "secrets", "local")
