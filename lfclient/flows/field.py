"""The fields of a flow: the parameters that a run may override."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from lfclient.common.formatting import with_number
from lfclient.common.json_types import Json, JsonObject
from lfclient.resources.models import ModelKind
from lfclient.resources.server_resources import ResourceKind

_VARIABLE_KEY = "$variable"


# the `type` of a parameter that names an MCP server; on the server its value is an object
MCP_TYPE = "mcp"


class FieldKind(StrEnum):
    """How a parameter is entered. Each comment gives the Python type of its value."""

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
    DICT = "dict"  # dict[str, Any], entered as rows of key and text
    JSON = "json"  # dict[str, Any]
    TABLE = "table"  # list[dict[str, Any]], one dict per row
    FILE = "file"  # str path, or list[str] where `is_list`
    DURATION = "duration"  # {"value": number, "unit": str}
    MODEL = "model"  # list[dict] with "name" and "provider"
    UNKNOWN = "unknown"  # any JSON value


@dataclass(frozen=True)
class Variable:
    """An override's value that names a server variable."""

    name: str


def value_to_json(value: Json) -> Json:
    """Return an override's value as JSON: a variable becomes `{"$variable": "NAME"}`."""
    return {_VARIABLE_KEY: value.name} if isinstance(value, Variable) else value


def value_from_json(value: Json) -> Json:
    """Return the override's value that `value_to_json` converted."""
    is_variable = isinstance(value, dict) and set(value) == {_VARIABLE_KEY}
    return Variable(str(value[_VARIABLE_KEY])) if is_variable else value


@dataclass(frozen=True)
class Range:
    """Limits set by the flow's author. Servers don't enforce them."""

    min: float | None = None
    max: float | None = None
    step: float | None = None


@dataclass(frozen=True)
class Field:
    """One parameter of one component that a run may override.

    `component` is the component's id. If components share `component_name`, they have
    different `component_number`s. The number is 0 for a unique name.
    `default` is the flow's stored value in the shape of `kind`, None if there is none. A secret's
    default is `Variable` or "", never the secret; `has_stored_value`: the flow stores one.
    `takes_variable`: a server variable is allowed; `loads_variable`: the stored value names one.
    `runs` is the component's; `is_tool`: its component is the tool of an agent, which
    can run without it. `choices` are the options with all their attributes, where they are
    more than names. `max_choices` is None for any number. `columns` is a table's schema: dicts
    with name, display_name and type. `variables` are the names that a prompt may use, written
    `{{name}}` where `double_braces`. `wire_type` is the server's `type` of the parameter.
    `chat_files`: takes the chat message's files. `stored_with_flow`: its uploads belong to the
    flow, not to the user. `inner_target` is the (component id, parameter) inside a group that this
    group parameter stands for. `resource` is the kind of thing on the server that it names;
    `needs_tool_calls`: only models that can call tools. `refreshes`: a choice may change other
    parameters or their options, which `client.refresh` asks the server for.
    """

    component: str
    component_name: str
    component_type: str
    parameter: str
    label: str
    kind: FieldKind
    default: Json = None
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
    columns: tuple[JsonObject, ...] = ()
    units: tuple[str, ...] = ()
    chat_input: bool = False
    chat_files: bool = False
    stored_with_flow: bool = False
    runs: bool = True
    is_tool: bool = False
    has_stored_value: bool = False
    loads_variable: bool = False
    choices: tuple[JsonObject, ...] = ()
    max_choices: int | None = None
    variables: tuple[str, ...] = ()
    double_braces: bool = False
    wire_type: str = ""
    inner_target: tuple[str, str] | None = None
    component_number: int = 0
    resource: ResourceKind | None = None
    needs_tool_calls: bool = False
    refreshes: bool = False

    @property
    def has_shared_name(self) -> bool:
        """Whether other components share its component's name."""
        return self.component_number > 0

    def component_label(self, max_length: int | None = None) -> str:
        """Return the component's name, clipped to `max_length`, with its number if it has one."""
        return with_number(self.component_name, self.component_number, max_length)

    @property
    def names_base(self) -> bool:
        """Whether its value is the name of a knowledge base or memory base."""
        return self.resource in ("knowledge_base", "memory_base")

    @property
    def takes_file(self) -> bool:
        """Whether its value is the file that its component reads, not an attachment."""
        is_attachment = self.chat_files or self.stored_with_flow
        return self.kind is FieldKind.FILE and not is_attachment

    @property
    def model_kind(self) -> ModelKind:
        """The kind of model that a model field takes."""
        return "embedding" if self.resource == "embedding" else "language"

    @property
    def target(self) -> tuple[str, str]:
        """The component id and the parameter that get the value, inside a group if it is one's."""
        return self.inner_target or (self.component, self.parameter)

    @property
    def key(self) -> str:
        """The override key, `Component.parameter`."""
        return f"{self.component}.{self.parameter}"


@dataclass(frozen=True)
class FieldOption:
    """One option of a field, with the server's metadata."""

    name: str
    metadata: JsonObject


class ProblemCode(StrEnum):
    """The problems that programs distinguish."""

    INVALID = "invalid"
    REQUIRED = "required"  # a required value is missing
    UPLOADING = "uploading"  # a run started now would lack the file
    UNKNOWN_COMPONENT = "unknown_component"  # the flow lacks the override's component


@dataclass(frozen=True)
class Problem:
    """A problem with a field's value. Only errors keep a run from starting."""

    key: str
    level: Literal["error", "warning", "note"]
    message: str
    code: ProblemCode = ProblemCode.INVALID

    def __str__(self) -> str:
        return f"{self.key}: {self.message}"
