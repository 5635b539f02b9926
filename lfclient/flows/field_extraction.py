"""Extract fields from a component's raw parameters."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from lfclient.common.coerce import as_dict, as_float, as_list, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.field import MCP_TYPE, Field, FieldKind, Range, Variable
from lfclient.flows.field_kinds import KIND_HANDLERS, option_names
from lfclient.flows.graph import Component
from lfclient.resources.server_resources import ResourceKind

# The kind of each `_input_type` in five releases of Langflow.
KINDS_BY_INPUT_TYPE: dict[str, FieldKind] = {
    "StrInput": FieldKind.TEXT,
    "MessageInput": FieldKind.TEXT,
    "MessageTextInput": FieldKind.TEXT,
    "QueryInput": FieldKind.TEXT,
    "MultilineInput": FieldKind.MULTILINE,
    "PromptInput": FieldKind.PROMPT,
    "MustachePromptInput": FieldKind.PROMPT,
    "IntInput": FieldKind.INTEGER,
    "FloatInput": FieldKind.DECIMAL,
    "SliderInput": FieldKind.SLIDER,
    "BoolInput": FieldKind.SWITCH,
    "DropdownInput": FieldKind.SELECT,
    "TabInput": FieldKind.TAB,
    "MultiselectInput": FieldKind.MULTISELECT,
    "SortableListInput": FieldKind.ORDERED_LIST,
    "SecretStrInput": FieldKind.SECRET,
    "MultilineSecretInput": FieldKind.SECRET,
    "DictInput": FieldKind.DICT,
    "NestedDictInput": FieldKind.JSON,
    "TableInput": FieldKind.TABLE,
    "FileInput": FieldKind.FILE,
    "DurationInput": FieldKind.DURATION,
    "ModelInput": FieldKind.MODEL,
    "McpInput": FieldKind.SELECT,
}

# The kind of each `type`, for nodes saved by old releases, which have no `_input_type`.
KINDS_BY_TYPE: dict[str, FieldKind] = {
    "str": FieldKind.TEXT,
    "query": FieldKind.TEXT,
    "prompt": FieldKind.PROMPT,
    "mustache": FieldKind.PROMPT,
    "int": FieldKind.INTEGER,
    "float": FieldKind.DECIMAL,
    "slider": FieldKind.SLIDER,
    "bool": FieldKind.SWITCH,
    "tab": FieldKind.TAB,
    "sortableList": FieldKind.ORDERED_LIST,
    "dict": FieldKind.DICT,
    "NestedDict": FieldKind.JSON,
    "table": FieldKind.TABLE,
    "file": FieldKind.FILE,
    "duration": FieldKind.DURATION,
    "model": FieldKind.MODEL,
    MCP_TYPE: FieldKind.SELECT,
}

# Input types that only an edge can supply.
CONNECTION_INPUTS = frozenset(
    {"HandleInput", "DataInput", "JSONInput", "DataFrameInput", "ToolsInput"}
)
# Input types that only matter in Langflow's editor, or that define the flow's edges.
EDITOR_INPUTS = frozenset({"AuthInput", "ConnectionInput", "DataDisplayInput", "ActionPickerInput"})
_EDITOR_TYPES = frozenset(
    {"auth", "connect", "data_display", "actionPicker", "tools", "link", "code"}
)
# Code, settings of its sandbox, and addresses that receive stored credentials. Servers from 1.12 on
# refuse to override these; older ones ignore the override or, worse, apply it.
_PROTECTED_PARAMETERS = frozenset(
    {
        "code",
        "function_code",
        "python_code",
        "tool_code",
        "filter_instruction",
        "global_imports",
        "allow_dangerous_code",
        "bing_search_url",
    }
)
# Set by the editor or by an agent; an override has no effect or breaks the run.
_INTERNAL_PARAMETERS = frozenset({"tools_metadata", "tool_placeholder", "flow_id_selected"})
_RESOURCES: dict[str, ResourceKind] = {
    "knowledge_base": "knowledge_base",
    "memory_base": "memory_base",
}
# the code with which Read File and API Request fail without a parameter, before they raise it
_FAILING_CODE = {
    "path": 'msg = "No files to process."',
    "url_input": 'msg = "URL cannot be empty"',
}
_PASSWORD_KINDS = frozenset({FieldKind.TEXT, FieldKind.MULTILINE, FieldKind.UNKNOWN})
_VARIABLE_KINDS = frozenset({FieldKind.TEXT, FieldKind.MULTILINE, FieldKind.SECRET})


def extract_fields(
    components: Iterable[Component],
    connected: Container[tuple[str, str]],
    numbers: Mapping[str, int],
) -> list[Field]:
    """Return the parameters that a run may override, in the order of the form.

    The chat text comes first, then required parameters and those that the flow's author exposed,
    then the rest. Within each rank they are in the order of `components`. `connected` are the ids
    of leaves and their parameters at which an edge ends. `numbers`, by id, are those of components
    that share their name.
    """
    fields = [
        extract_field(component, name, connected, numbers.get(component.id, 0))
        for component in components
        for name in _ordered_parameters(component)
    ]
    return sorted((field for field in fields if field), key=_form_rank)


def locked_reason(
    component: Component, parameter: str, connected: Container[tuple[str, str]]
) -> str | None:
    """Return why a run can't override a parameter, as a sentence, or None if it can."""
    entry = component.template.get(parameter)
    if entry is None or parameter == "_type":
        return "The component has no such parameter."
    if parameter.startswith("_") or parameter in _INTERNAL_PARAMETERS:
        return "It is internal to Langflow."
    owner, name = component.resolve_proxy(parameter) or (component, parameter)
    source = owner.template.get(name, entry)
    declared = {source.get("_input_type"), entry.get("_input_type")}
    types = {source.get("type"), entry.get("type")}
    if _is_connected(owner, name, connected):
        return "Its value comes from another component, which a run can't change."
    is_sql = owner.type == "SQLComponent" and name in ("query", "database_url")
    is_code = "code" in types or "CodeInput" in declared
    if is_sql or is_code or name in _PROTECTED_PARAMETERS:
        return "It is protected: only the flow's author can change it."
    if name == "session_id":
        return "It is set to the run's session."
    if component.frozen or owner.frozen:
        return "The component is frozen: Langflow returns its cached result."
    if component.tool_mode and entry.get("tool_mode") is True:
        return "The agent that uses this component as a tool sets it."
    if is_connection(source):
        return "Its value can only come from another component."
    if declared & EDITOR_INPUTS or types & _EDITOR_TYPES:
        return "It can only be set in Langflow's editor."
    if entry.get("show") is False:
        return "It is hidden in the flow."
    is_number = detect_kind(entry)[0] in (FieldKind.INTEGER, FieldKind.DECIMAL)
    if is_number and entry.get("list") is True:
        return "A run can't set a list of numbers."
    return None


def is_connection(entry: JsonObject) -> bool:
    """Return whether only an edge can supply a parameter.

    The type of such a parameter without `_input_type` is a class, such as `Document`.
    """
    if declared := entry.get("_input_type"):
        return declared in CONNECTION_INPUTS
    type = as_str(entry.get("type"))
    is_class = bool(entry.get("input_types")) or type[:1].isupper()
    return type == "other" or (type not in KINDS_BY_TYPE and is_class)


def extract_field(
    component: Component,
    parameter: str,
    connected: Container[tuple[str, str]],
    component_number: int,
) -> Field | None:
    """Return a parameter's field, or None if a run can't override it."""
    if locked_reason(component, parameter, connected):
        return None
    entry = component.template[parameter]
    inner_target = component.resolve_proxy(parameter)
    owner, name = inner_target or (component, parameter)
    kind, is_list = detect_kind(entry)
    if kind is FieldKind.PROMPT and name != "template":
        kind = FieldKind.MULTILINE  # only the `template` of a prompt defines variables
    choices = _choices(entry)
    is_chat_input = owner.has_type("ChatInput")
    names = tuple(option_names(choices))
    field = Field(
        component=component.id,
        component_name=component.display_name,
        component_type=component.type,
        parameter=parameter,
        label=as_str(entry.get("display_name")) or as_str(entry.get("name")) or parameter,
        kind=kind,
        required=(entry.get("required") is True or _fails_without(owner, name))
        and component.runs
        and not owner.tool_mode,
        advanced=entry.get("advanced") is True,
        api_editable=entry.get("api_editable") is True,
        options=names,
        free_text=_takes_free_text(entry, kind, names),
        range=_range(entry.get("range_spec")),
        help=as_str(entry.get("info")),
        placeholder=as_str(entry.get("placeholder")),
        secret=kind is FieldKind.SECRET,
        is_list=is_list,
        takes_variable="load_from_db" in entry and kind in _VARIABLE_KINDS,
        file_types=tuple(filter(None, map(as_str, as_list(entry.get("fileTypes"))))),
        columns=_columns(entry.get("table_schema")) if kind is FieldKind.TABLE else (),
        units=names if kind is FieldKind.DURATION else (),
        chat_input=is_chat_input and name == "input_value",
        chat_files=is_chat_input and name == "files" and kind is FieldKind.FILE,
        stored_with_flow=kind is FieldKind.FILE and entry.get("temp_file") is True,
        runs=component.runs,
        is_tool=owner.tool_mode,
        loads_variable=entry.get("load_from_db") is True and kind in _VARIABLE_KINDS,
        choices=tuple(item for item in choices if isinstance(item, dict)),
        max_choices=_max_choices(entry.get("limit")),
        variables=_prompt_variables(owner, name) if kind is FieldKind.PROMPT else (),
        double_braces=as_dict(owner.template.get("use_double_brackets")).get("value") is True
        or "Mustache" in as_str(entry.get("_input_type")),
        wire_type=as_str(entry.get("type")),
        inner_target=(owner.id, name) if inner_target else None,
        component_number=component_number,
        resource=_resource(name, kind, entry),
        # before 1.11 an agent's parameter doesn't say so
        needs_tool_calls=as_dict(entry.get("filters")).get("tool_calling") is True
        or owner.has_type("Agent"),
        refreshes=has_dynamic_choices(entry),
    )
    return _with_default(field, entry)


def _is_connected(component: Component, name: str, connected: Container[tuple[str, str]]) -> bool:
    """Return whether an edge supplies a parameter, or the `file_path` that supersedes it."""
    if (component.id, name) in connected:
        return True
    return (component.id, "file_path") in connected and _fails_without(component, name)


def _fails_without(component: Component, name: str) -> bool:
    """Return whether a component fails without this parameter, by its code.

    Langflow does not require it: as a tool, the component gets it from the agent.
    """
    code = as_str(as_dict(component.template.get("code")).get("value"))
    return name in _FAILING_CODE and _FAILING_CODE[name] in code


def has_dynamic_choices(entry: JsonObject) -> bool:
    """Return whether the editor asks the server what a choice changes, or what can be chosen."""
    return entry.get("real_time_refresh") is True or entry.get("refresh_button") is True


def detect_kind(entry: JsonObject) -> tuple[FieldKind, bool]:
    """Return a parameter's kind, and whether its value is a list."""
    declared = as_str(entry.get("_input_type"))
    is_list = entry.get("list") is True or entry.get("is_list") is True
    kind = KINDS_BY_INPUT_TYPE.get(declared)
    if kind is None:
        kind = KINDS_BY_TYPE.get(as_str(entry.get("type")), FieldKind.UNKNOWN)
        if kind is FieldKind.TEXT and as_list(entry.get("options")):
            kind = FieldKind.MULTISELECT if is_list else FieldKind.SELECT
    if kind in _PASSWORD_KINDS and entry.get("password") is True:
        return FieldKind.SECRET, False
    if is_list and kind in (FieldKind.TEXT, FieldKind.MULTILINE):
        return FieldKind.TEXT_LIST, True
    if kind is FieldKind.TEXT and entry.get("multiline") is True:
        return FieldKind.MULTILINE, False
    return kind, is_list


def _with_default(field: Field, entry: JsonObject) -> Field:
    raw = entry.get("value")
    if field.kind is FieldKind.FILE:
        raw = entry.get("file_path") or raw
    if field.wire_type == MCP_TYPE:
        raw = as_dict(raw).get("name")
    if field.loads_variable and isinstance(raw, str) and raw:
        return replace(field, default=Variable(raw), has_stored_value=True)
    if field.secret:
        loads_variable = field.loads_variable and not raw
        return replace(field, default="", has_stored_value=bool(raw), loads_variable=loads_variable)
    default = KIND_HANDLERS[field.kind].coerce(field, raw)
    choices = field.choices
    if field.kind is FieldKind.MODEL:
        choices += tuple(model for model in default if model not in choices)
    return replace(field, default=default, choices=choices)


def _resource(name: str, kind: FieldKind, entry: JsonObject) -> ResourceKind | None:
    if kind is FieldKind.MODEL:
        return "embedding" if entry.get("model_type") == "embedding" else "language"
    if entry.get("type") == MCP_TYPE:
        return "mcp_server"
    return _RESOURCES.get(name) if kind is FieldKind.SELECT else None


def _form_rank(field: Field) -> int:
    if field.chat_input:
        return 0
    return 1 if field.api_editable or field.required else 2


def _ordered_parameters(component: Component) -> Iterable[str]:
    listed = [name for name in component.field_order if name in component.template]
    return dict.fromkeys([*listed, *component.template])


def _takes_free_text(entry: JsonObject, kind: FieldKind, options: tuple[str, ...]) -> bool:
    if kind is FieldKind.TAB:
        return False
    is_fetched_by_editor = entry.get("refresh_button") or entry.get("external_options")
    return bool(not options or entry.get("combobox") is True or is_fetched_by_editor)


def _choices(entry: JsonObject) -> list[Json]:
    options = as_list(entry.get("options"))
    return [item for item in options if not isinstance(item, dict) or item.get("name")]


def _prompt_variables(owner: Component, name: str) -> tuple[str, ...]:
    """Return the prompt's variables: the editor adds a parameter without `_input_type` for each."""
    return tuple(
        other
        for other, entry in owner.template.items()
        if other != name and entry.get("_input_type") is None and entry.get("type") == "str"
    )


def _range(value: object) -> Range | None:
    limits = [_number(as_dict(value).get(part)) for part in ("min", "max", "step")]
    return Range(*limits) if any(limit is not None for limit in limits) else None


def _columns(value: object) -> tuple[JsonObject, ...]:
    rows = value if isinstance(value, list) else as_list(as_dict(value).get("columns"))
    return tuple(row for row in rows if isinstance(row, dict) and as_str(row.get("name")))


def _max_choices(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _number(value: object) -> float | None:
    return value if isinstance(value, (int, float)) and as_float(value) is not None else None
