"""A Langflow server, its API key, and where both come from."""

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

Source = Literal["environment", "env file", "secrets", "local", "typed", "discovered"]


@dataclass(frozen=True)
class Connection:
    """A server and its API key. `verify` is False, True or the path of a CA bundle."""

    name: str
    url: str
    api_key: SecretStr | None
    source: Source
    verify: bool | str = True
