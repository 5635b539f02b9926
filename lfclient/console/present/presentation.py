"""The settings of a presentation and of a shared result: what an audience sees, and how."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lfclient.common.json_types import JsonObject
from lfclient.errors import InvalidRequest

PURPOSE = "present"  # of the stored settings of a flow
MAX_TITLE = 300  # characters
MAX_DESCRIPTION = 5_000
MAX_LABEL = 200
MAX_HELP = 1_000
MAX_INPUTS = 60
MAX_ITEMS = 200  # outputs, and examples
MAX_VALUE = 2_000  # characters of an input of a shared result

_Id = Annotated[str, Field(max_length=500)]


class Accent(StrEnum):
    """The color of the Run button; each has enough contrast in light and dark."""

    VIOLET = "violet"
    BLUE = "blue"
    TEAL = "teal"
    GREEN = "green"
    ORANGE = "orange"
    RED = "red"
    PINK = "pink"
    GRAY = "gray"


class ShownInput(BaseModel):
    """A parameter, `Component.parameter`, that the audience fills in.

    An empty label or help stands for the flow's own.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    key: _Id
    label: Annotated[str, Field(max_length=MAX_LABEL)] = ""
    help: Annotated[str, Field(max_length=MAX_HELP)] = ""


class Presentation(BaseModel):
    """The settings of a flow's presentation.

    An empty title or description stands for the flow's own. `inputs` are shown in this order; None
    stands for those that the Run page shows on top. `outputs` are the ids of the components whose
    outputs count; None stands for all. `examples` are the ids of presets that fill the form.
    `values` are the form's first overrides; None stands for the flow's default preset.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    title: Annotated[str, Field(max_length=MAX_TITLE)] = ""
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION)] = ""
    inputs: Annotated[tuple[ShownInput, ...] | None, Field(max_length=MAX_INPUTS)] = None
    outputs: Annotated[tuple[_Id, ...] | None, Field(max_length=MAX_ITEMS)] = None
    accent: Accent = Accent.VIOLET
    large: bool = False
    examples: Annotated[tuple[_Id, ...], Field(max_length=MAX_ITEMS)] = ()
    values: Annotated[JsonObject | None, Field(repr=False)] = None

    @classmethod
    def from_json(cls, content: object) -> "Presentation":
        """Return settings that were stored or imported. Raise `InvalidRequest` if one is invalid.

        The message names the setting, not its value.
        """
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            setting = ".".join(str(part) for part in first["loc"]) or "presentation"
            raise InvalidRequest(
                f"“{setting}” of the presentation is invalid: {first['msg']}.",
                hint="Edit the presentation, and save it again.",
            ) from None

    def to_json(self) -> JsonObject:
        """Return the settings for storage."""
        return self.model_dump(mode="json")


def read_or_default(content: object) -> Presentation:
    """Return stored settings, or the default ones if one is invalid."""
    try:
        return Presentation.from_json(content)
    except InvalidRequest:
        return Presentation()


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
