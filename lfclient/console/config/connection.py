"""A Langflow server, its API key, and where both come from."""

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

Source = Literal["environment", "env file", "secrets", "local", "typed"]


@dataclass(frozen=True)
class Connection:
    """A server and its API key. `verify` is False, True or the path of a CA bundle.

    `user_id` is the server's id of a typed key's user, None if it is unknown. `editor_url` is the
    address of Langflow's editor for a browser, if it is not `url`.
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
        """The API key in plain text, for requests only; None if there is none."""
        return self.api_key.get_secret_value() if self.api_key else None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be stored or shown: the key, if there is one."""
        return (self.key,) if self.key else ()
