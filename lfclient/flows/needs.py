"""What a flow needs before it can run: models, keys, knowledge bases, files, values."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from lfclient.common.coerce import as_dict
from lfclient.common.filenames import uploaded_name
from lfclient.common.formatting import list_names
from lfclient.common.json_types import Json
from lfclient.flows.component_needs import (
    find_component_needs,
    find_connection_needs,
    find_local_file_needs,
    find_package_needs,
)
from lfclient.flows.encoding import sends_bare_values
from lfclient.flows.field import MCP_TYPE, Field, FieldKind, Variable
from lfclient.flows.model import Flow
from lfclient.flows.need import Need, NeedKind
from lfclient.flows.prompts import check_prompt
from lfclient.flows.provider_needs import (
    current_value,
    find_provider_needs,
    key_provider,
    lacks_model_key,
)
from lfclient.flows.run_inputs import field_label
from lfclient.flows.stored_files import missing_paths
from lfclient.flows.validation import check_stored_prompt
from lfclient.resources.models import Provider, chosen_model, model_label
from lfclient.resources.server_resources import ServerResources
from lfclient.wire.server_info import ServerInfo

_NO_BASE_OF_TOOL = "Optional. The agent runs without one, but this tool fails if it is called."
_MAX_NAMED = 5  # components in a sentence
_FILE = "_file"  # the end of a parameter's name
_FILE_REPLACEMENTS = ("path", "string", "text", "url")  # ends of names

# what a knowledge base without documents says, by its status
_BASE_STATUS = {
    "empty": "has no files yet",
    "ingesting": "is still adding files",
    "failed": "couldn't add its files",
}


def find_needs(
    flow: Flow,
    overrides: Mapping[str, Json],
    resources: ServerResources,
    mode: str | None = None,
    server: ServerInfo | None = None,
) -> list[Need]:
    """Return what a run with these overrides needs, in the order in which people fill it in.

    What the flow itself contains, such as a file or a value, is not needed, nor is a package that
    the server has. Fields that need the same key, variable or MCP server share one need. A `mode`
    of None leaves out what only runs in one mode need.
    """
    flow = flow.for_mode(mode, server)
    is_bare = mode is not None and sends_bare_values(mode, server)
    fields = [field for field in flow.fields if field.runs and not field.chat_input]
    models = [field for field in fields if is_model_need(field)]
    providers = list(find_provider_needs(flow, models, overrides, resources))
    return [
        *find_component_needs(flow, resources),
        *find_package_needs(flow, resources),
        *find_connection_needs(flow, runs_all=is_bare),
        *find_local_file_needs(flow, overrides, server),
        *(_model_need(field, current_value(field, overrides)) for field in models),
        *providers,
        *_merge_equal(
            flow, _other_needs(flow, fields, overrides, resources, providers, is_bare), overrides
        ),
    ]


def is_model_need(field: Field) -> bool:
    """Return whether a field is a model that its component can't do without."""
    return field.kind is FieldKind.MODEL and field.required


def is_file_need(field: Field) -> bool:
    """Return whether a field takes the file that its component reads, and the flow has none."""
    return field.takes_file and not field.default and field.component_type != "ChatOutput"


def is_base_need(field: Field) -> bool:
    """Return whether a field names the base that a component or a tool searches."""
    return field.names_base and (field.required or field.is_tool)


def is_value_need(field: Field) -> bool:
    """Return whether a field is required and the flow leaves it empty."""
    is_empty = not field.has_stored_value and field.default in (None, "", [], {})
    return field.required and is_empty and field.kind is not FieldKind.MODEL


def _merge_equal(
    flow: Flow, needs: Iterable[Need], overrides: Mapping[str, Json]
) -> Iterator[Need]:
    """Yield the needs of single fields, equal ones as one need of all their fields."""
    equal: dict[tuple[str, ...], list[Need]] = {}
    for need in needs:
        equal.setdefault(_subject(flow, need, overrides), []).append(need)
    for first, *others in equal.values():
        keys = tuple(need.keys[0] for need in others)
        labels = [flow.fields_by_key[key].component_label(80) for key in keys]
        more = f" The same applies to {list_names(labels, _MAX_NAMED)}." if labels else ""
        yield replace(first, keys=first.keys + keys, message=first.message + more)


def _subject(flow: Flow, need: Need, overrides: Mapping[str, Json]) -> tuple[str, ...]:
    """Return what equal needs have in common: a provider's key, a variable or an MCP server."""
    field = flow.fields_by_key[need.keys[0]]
    value = repr(current_value(field, overrides))
    if need.kind in (NeedKind.VALUE, NeedKind.VARIABLE):
        provider = key_provider(flow, field, overrides)
        if provider:
            return (provider, value if need.is_met else need.missing_variable)
    if need.kind in (NeedKind.MCP_SERVER, NeedKind.VARIABLE) and field.default:
        return (need.kind, str(need.is_met), field_label(field), repr(field.default), value)
    return need.keys


def _model_need(field: Field, value: Json) -> Need:
    chosen = chosen_model(value)
    name = field.component_label(80)
    if chosen is None:
        return Need(NeedKind.MODEL, (field.key,), f"Choose a model for {name}.", False)
    message = f"{name} uses {model_label(chosen)}."
    return Need(NeedKind.MODEL, (field.key,), message, True)


def _other_needs(
    flow: Flow,
    fields: Iterable[Field],
    overrides: Mapping[str, Json],
    resources: ServerResources,
    providers: Iterable[Need],
    is_bare: bool,
) -> Iterator[Need]:
    provided = {key: need.provider for need in providers if need.provider for key in need.keys}
    for field in fields:
        value = current_value(field, overrides)
        name = f"{field_label(field)} of {field.component_label(80)}"
        if is_base_need(field):
            yield _base_need(field, value, flow, resources)
        elif needs_mcp_server(flow, field):
            yield _mcp_need(name, field, value, resources)
        elif is_file_need(field) or _lacks_file(flow, field, value, resources):
            missing = missing_paths(flow, value, resources.files)
            is_met = bool(value) and not missing
            others = () if is_met else _alternatives(flow, field)
            if any(_has_content(flow, other, overrides) for other in others):
                continue
            lack = f"the server has no “{uploaded_name(missing[0])}”" if missing else "no file yet"
            message = f"{name}: {'chosen' if is_met else lack}."
            offered = (flow.fields_by_key[other] for other in others if other in flow.fields_by_key)
            labels = tuple(map(field_label, offered))
            yield Need(NeedKind.FILE, (field.key,), message, is_met, alternatives=labels)
        elif field.target[1] == "api_key" and not value and _has_connected_model(flow, field):
            continue
        elif (
            is_value_need(field)
            or _lacks_flow(flow, field)
            or lacks_model_key(flow, field, overrides)
        ):
            yield _value_need(NeedKind.VALUE, name, field, value)
        elif stored := check_stored_prompt(flow, field):
            problems = check_prompt(field, str(value)) if field.key in overrides else stored
            message = f"{name}: {problems[0] if problems else 'all its variables exist.'}"
            yield Need(NeedKind.PROMPT, (field.key,), message, not problems)
        elif _variable_names(field, value):
            variables = resources.variables
            if variables is None:
                continue
            provider = provided.get(field.key)
            settings = provider.settings if provider else ()
            known = variables | {setting.name for setting in settings}
            if not _fails_without_variable(flow, field, value, known, is_bare) and (
                provider or not field.required
            ):
                if provider and not known.issuperset(_variable_names(field, value)):
                    yield from _saved_key_needs(name, field, value, provider)
                continue
            if isinstance(value, Variable):
                yield _variable_need(name, field, value, variables)
            else:
                yield _value_need(NeedKind.VARIABLE, name, field, value)


def _value_need(kind: NeedKind, name: str, field: Field, value: Json) -> Need:
    is_met = value not in (None, "", [], {})
    return Need(kind, (field.key,), f"{name} {'is filled in' if is_met else 'is empty'}.", is_met)


def _has_connected_model(flow: Flow, field: Field) -> bool:
    """Return whether an edge brings the model of the field's component, and so the model's key."""
    component = flow.component(field.target[0])
    return component is not None and any(
        entry.get("type") == "model" and (component.id, name) in flow.connected_parameters
        for name, entry in component.template.items()
    )


def _variable_need(name: str, field: Field, value: Variable, variables: Collection[str]) -> Need:
    is_met = value.name in variables
    message = f"{name}: the server has {'the' if is_met else 'no'} variable “{value.name}”."
    missing = "" if is_met else value.name
    return Need(NeedKind.VARIABLE, (field.key,), message, is_met, missing_variable=missing)


def _saved_key_needs(name: str, field: Field, value: Json, provider: Provider) -> Iterator[Need]:
    """Yield the need that the provider's saved key meets in place of a variable.

    A run takes that key where it finds no variable of the name.
    """
    for setting in provider.settings:
        if setting.parameter != field.target[1] or not (setting.is_set or provider.is_ready):
            continue
        if isinstance(value, Variable):
            note = (
                f"The server has no variable “{value.name}”. The run uses {provider.name}'s key, "
                f"saved on the server as {setting.name}."
            )
            yield Need(NeedKind.VARIABLE, (field.key,), f"{name}: {note}", True, note=note)
        else:
            yield _value_need(NeedKind.VARIABLE, name, field, value)


def _variable_names(field: Field, value: Json) -> list[str]:
    """Return the variables that the value and the flow name."""
    return [one.name for one in (value, field.default) if isinstance(one, Variable)]


def _fails_without_variable(
    flow: Flow, field: Field, value: Json, variables: frozenset[str], is_bare: bool
) -> bool:
    """Return whether a run fails because of a variable that the server lacks.

    A tool and a component with a model can do without a key, unless the run writes values onto the
    built graph (`sends_bare_values`): measured on 1.8.4 to 1.13.0. A missing text fails any run.
    """
    component = flow.component(field.target[0])
    if component is None or variables.issuperset(_variable_names(field, value)):
        return False
    has_model = any(entry.get("type") == "model" for entry in component.template.values())
    return is_bare or not (field.secret and (has_model or field.is_tool))


def _lacks_file(flow: Flow, field: Field, value: Json, resources: ServerResources) -> bool:
    """Return whether the server lacks a file that the flow stores, or that a run names."""
    values = (field.default, value) if field.takes_file else ()
    return any(missing_paths(flow, each, resources.files) for each in values)


def _alternatives(flow: Flow, field: Field) -> list[str]:
    """Return the keys of the texts that can replace this file.

    Components name them alike: `json_file`, `json_path` and `json_string`, or `audio_file` and
    `audio_file_url`. Others with the name's beginning may be settings: `audio_language`.
    """
    component, parameter = flow.split_key(field.key)
    if component is None or field.required or not parameter.endswith(_FILE):
        return []
    stems = (parameter.removesuffix(_FILE), parameter)
    known = {f"{stem}_{end}" for stem in stems for end in _FILE_REPLACEMENTS}
    texts = [name for name, entry in component.template.items() if entry.get("type") == "str"]
    return [f"{component.id}.{name}" for name in texts if name in known]


def _has_content(flow: Flow, key: str, overrides: Mapping[str, Json]) -> bool:
    """Return whether a parameter has a value or a connection."""
    component, parameter = flow.split_key(key)
    if component is None:
        return False
    ends = ((edge.target, edge.target_parameter) for edge in flow.edges)
    stored = component.template[parameter].get("value")
    return (component.id, parameter) in ends or bool(overrides.get(key, stored))


def _base_need(field: Field, value: Json, flow: Flow, resources: ServerResources) -> Need:
    """Return the need for a knowledge base with documents, or for a memory base of the flow."""
    name = f"{field_label(field)} of {field.component_label(80)}"
    problem = "" if value else "choose one"
    kind = NeedKind.MEMORY_BASE
    if field.resource == "knowledge_base":
        kind = NeedKind.KNOWLEDGE_BASE
        bases = {base.dir_name: base for base in resources.knowledge_bases or ()}
        if value and resources.knowledge_bases is not None:
            base = bases.get(str(value))
            problem = "" if base else f"the server has no “{value}”"
            may_be_empty = base and base.status == "empty" and _adds_documents(flow, field)
            if base and not base.is_ready and not may_be_empty:
                status = _BASE_STATUS.get(base.status, f"is {base.status or 'not ready'}")
                problem = f"“{base.name}” {status}"
    elif value and resources.memory_bases is not None:
        names = {base.name for base in resources.memory_bases if base.flow_id == flow.id}
        how = "Add it in Langflow's editor, under Memories, or choose another"
        problem = "" if value in names else f"this flow has no “{value}”. {how}"
    message = f"{name}: {problem or value}."
    note = "" if value or field.required else _NO_BASE_OF_TOOL
    return Need(kind, (field.key,), message, bool(note or not problem), note=note)


def _adds_documents(flow: Flow, field: Field) -> bool:
    """Return whether the field's component adds documents to its base instead of searching it."""
    component = flow.component(field.target[0])
    if component is None:
        return False
    mode = component.template.get("mode", {}).get("value")
    return component.type == "KnowledgeIngestion" or mode == "Ingest"


def needs_mcp_server(flow: Flow, field: Field) -> bool:
    """Return whether this is an MCP server that the flow doesn't describe itself."""
    if field.wire_type != MCP_TYPE:
        return False
    component, parameter = flow.stored.split_key(field.key)
    stored = as_dict(component.template.get(parameter, {}).get("value") if component else None)
    is_described = bool(as_dict(stored.get("config")))
    return not is_described and bool(stored.get("name") or not field.is_tool)


def _mcp_need(name: str, field: Field, value: Json, resources: ServerResources) -> Need:
    is_met = bool(value) if resources.mcp_servers is None else value in resources.mcp_servers
    how = "Add it in Langflow under Settings, MCP Servers, or choose another"
    problem = f"the server has no MCP server “{value}”. {how}"
    message = f"{name}: {value if is_met else problem if value else 'choose one'}."
    return Need(NeedKind.MCP_SERVER, (field.key,), message, is_met)


def _lacks_flow(flow: Flow, field: Field) -> bool:
    """Return whether this is the flow that a component runs, and the flow names none."""
    id, parameter = field.target
    component = flow.stored.component(id)
    if parameter != "flow_name_selected" or component is None or field.is_tool:
        return False
    names = (component.template.get(each, {}) for each in (parameter, "flow_id_selected"))
    return not any(entry.get("value") for entry in names)
