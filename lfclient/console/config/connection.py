"""A Langflow server, its API key, and where both come from."""

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

Source = Literal["environment", "env file", "secrets", "local", "typed"]


@dataclass(frozen=True)
class Connection:
    """A server and its API key. `verify` is False, True or a CA bundle's path.

    `user_id` is the ID of a typed key's user on the server, None if unknown. `editor_url` is the
    editor's URL for a browser, if it is not `url`.
    """

    name: str
    url: str
    api_key: SecretStr | None
    source: Source
    verify: bool | str = True
    user_id: str | None = None
    editor_url: str | None = None

    @property
    def key(self) -> str | None:
        """The API key in plain text, for requests only, or None if there is none."""
        return self.api_key.get_secret_value() if self.api_key else None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must never be stored or shown: the key, if there is one."""
        return (self.key,) if self.key else ()
