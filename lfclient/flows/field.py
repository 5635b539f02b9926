"""What a parameter that a person may set looks like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from lfclient.common.formatting import with_id

_VARIABLE_KEY = "$variable"


class FieldKind(StrEnum):
    """How a parameter is entered, and what Python value it has.

    The comment behind each gives the value's shape as the form and `overrides` hold it.
    """

    TEXT = "text"  # str
    MULTILINE = "multiline"  # str
    PROMPT = "prompt"  # str, a prompt template with {variables}
    INTEGER = "integer"  # int
    DECIMAL = "decimal"  # float
    SLIDER = "slider"  # float
    SWITCH = "switch"  # bool
    SELECT = "select"  # str, one of options, or free text where `free_text`
    TAB = "tab"  # str, one of options
    MULTISELECT = "multiselect"  # list[str]
    ORDERED_LIST = "ordered_list"  # list[dict] with "name", in order
    SECRET = "secret"  # str, or Variable
    TEXT_LIST = "text_list"  # list[str]
    DICT = "dict"  # dict[str, Any]; rows of key and text
    JSON = "json"  # dict[str, Any]
    TABLE = "table"  # list[dict[str, Any]]
    FILE = "file"  # str path, or list[str] where `is_list`
    DURATION = "duration"  # {"value": number, "unit": str}
    MODEL = "model"  # list[dict] with "name" and "provider"
    UNKNOWN = "unknown"  # any JSON value


@dataclass(frozen=True)
class Variable:
    """Stands, as an override's value, for the server's variable of that name."""

    name: str


def value_to_json(value: Any) -> Any:
    """An override's value as JSON holds it: a variable is `{"$variable": "NAME"}`."""
    return {_VARIABLE_KEY: value.name} if isinstance(value, Variable) else value


def value_from_json(value: Any) -> Any:
    """The value that `pack` was given."""
    named = isinstance(value, dict) and set(value) == {_VARIABLE_KEY}
    return Variable(str(value[_VARIABLE_KEY])) if named else value


@dataclass(frozen=True)
class Range:
    """Limits that a flow's author set; servers do not enforce them."""

    min: float | None = None
    max: float | None = None
    step: float | None = None


@dataclass(frozen=True)
class Field:
    """One parameter of one component that a run may override.

    `default` is the flow's stored value in the shape of `kind`, None if it has none (for secrets:
    `Variable` or "", never a secret; `stored` tells that there is one). `takes_variable`: it may
    be a server variable; `loads_variable`: the stored value is the name of one. `runs` is that of
    its component. `choices` are the options as the flow has them, where they are more than names.
    `limit` is how many options may be chosen, None for any number. `columns` is the schema of a
    table: dicts with name, display_name, type. `variables` are the names that a prompt may use,
    written `{{name}}` where `double_braces`. `wire_type` is the server's `type` of the parameter.
    `chat_files`: it takes the files of the chat message. `beside_flow`: its files are kept with the
    flow, and not among the user's.
    `behind` is the parameter within a group that this one stands for: (component id, parameter).
    `name_shared`: the flow has other components of that name.
    """

    component: str
    component_name: str
    component_type: str
    parameter: str
    label: str
    kind: FieldKind
    input_type: str
    default: Any = None
    required: bool = False
    advanced: bool = False
    api_editable: bool = False
    options: tuple[str, ...] = ()
    free_text: bool = False
    range: Range | None = None
    help: str = ""
    placeholder: str = ""
    secret: bool = False
    is_list: bool = False
    takes_variable: bool = False
    file_types: tuple[str, ...] = ()
    columns: tuple[dict[str, Any], ...] = ()
    units: tuple[str, ...] = ()
    chat_input: bool = False
    chat_files: bool = False
    beside_flow: bool = False
    runs: bool = True
    stored: bool = False
    loads_variable: bool = False
    choices: tuple[dict[str, Any], ...] = ()
    limit: int | None = None
    variables: tuple[str, ...] = ()
    double_braces: bool = False
    wire_type: str = ""
    behind: tuple[str, str] | None = None
    name_shared: bool = False

    @property
    def component_id(self) -> str:
        """Tells its component from others of that name; empty if there are none."""
        return self.component if self.name_shared else ""

    def where(self, most: int | None = None) -> str:
        """Its component, told apart from others; of its name at most `most` characters."""
        return with_id(self.component_name, self.component_id, most)

    @property
    def key(self) -> str:
        """The override key, `Component.parameter`."""
        return f"{self.component}.{self.parameter}"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a value, at its field. Only errors keep a run from starting."""

    key: str
    level: Literal["error", "warning", "note"]
    message: str
