"""How a shared result is shown, as it was when it was shared."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lfclient.common.json_types import JsonObject
from lfclient.console.present.presentation import Accent

MAX_VALUE = 2_000  # characters of an input


class SharedInput(BaseModel):
    """An input that the audience saw, as text."""

    model_config = ConfigDict(frozen=True)
    label: str
    value: Annotated[str, Field(max_length=MAX_VALUE)]


class SharedResult(BaseModel):
    """The title, description and inputs of a result; `outputs` as in `Presentation`.

    `titles` are those of the outputs, by component id: without the flow, outputs of one name could
    not be told apart.
    """

    model_config = ConfigDict(frozen=True)
    title: str
    description: str = ""
    inputs: tuple[SharedInput, ...] = ()
    outputs: tuple[str, ...] | None = None
    titles: dict[str, str] = {}
    accent: Accent = Accent.VIOLET
    large: bool = False

    def to_json(self) -> JsonObject:
        """Return it for storage."""
        return self.model_dump(mode="json")
