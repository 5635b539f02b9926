"""Find a flow's outdated components, and build its graph with the server's code. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.definitions import (
    graph_data,
    node_definition,
    node_definitions,
    replace_definitions,
    value_key,
)
from lfclient.flows.edges import RENAMED_TYPES, reconnect
from lfclient.flows.former_models import FormerModel, find_successor, former_model
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.flows.provider_needs import PROVIDERS_OF_CHOICES
from lfclient.resources.catalogue import Catalogue, CatalogueEntry
from lfclient.resources.component_code import default_values, definition_code

_CUSTOM = "CustomComponent"
_OWN_MODULES = "custom_components."
_NUMBERS = ("float", "int", "slider")
# the model of a component before Langflow 1.7, which later is a single parameter
_PROVIDER_PARAMETERS = ("provider", "agent_llm")
_MODEL_PARAMETERS = ("model_name", "model")
_OTHER_PROVIDERS = ("Custom", "connect_other_models")  # a connected model
_KEPT = ("display_name", "description", "frozen", "custom_fields")
_REPLACE = "replace it in Langflow's editor"
UPDATED = " (updated)"  # the end of a copy's name

Definitions = Mapping[str, tuple[str, JsonObject]]  # new types and definitions by component id


@dataclass(frozen=True)
class OutdatedComponent:
    """A component with code that differs from the server's, or with a type that the server lacks.

    `type` is the type's name on the server, "" if the server lacks the type. The component can't be
    updated then. `replacements` are the display names of components that replace it. An update
    replaces a provider's model that the server lacks: `successor` is the new component's name.
    `retired` is the server's advice on a component that Langflow retired, "" for other components.
    It can't be updated either.
    """

    id: str
    name: str
    type: str
    replacements: tuple[str, ...] = ()
    successor: str = ""
    retired: str = ""

    @property
    def can_update(self) -> bool:
        """Whether the server has code for the component."""
        return bool(self.type)


@dataclass(frozen=True)
class UpdateLoss:
    """A parameter's value, or the connection into a parameter, that an update removes.

    `component` and `parameter` are labels. `source` is the label of the connected component, "" for
    a value.
    """

    component: str
    parameter: str
    source: str = ""


@dataclass(frozen=True)
class FlowUpdate:
    """A flow's graph after an update, which is not stored yet.

    `updated` are the labels of the updated components. `failures` are the reasons, by label, why
    the server could not build the other components. These components keep their code.
    """

    flow: Flow
    data: JsonObject
    updated: tuple[str, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    losses: tuple[UpdateLoss, ...] = ()

    @property
    def copy(self) -> Flow:
        """The updated flow, with a name that ends in "(updated)", for `client.import_flow`."""
        raw = {**self.flow.raw, "data": self.data}
        return replace(
            Flow.from_json(raw),
            name=self.flow.name.removesuffix(UPDATED) + UPDATED,
            endpoint_name=None,
        )


def find_outdated(flow: Flow, catalogue: Catalogue) -> list[OutdatedComponent]:
    """Return the components that differ from the server's, in reading order.

    Components with code that a person wrote or edited are left out.
    """
    return [
        found
        for leaf in flow.leaves_in_reading_order
        if leaf.code_digest and not leaf.edited and leaf.type != _CUSTOM
        for entry in [catalogue.find(leaf.type, by_label=not _may_be_own(leaf))]
        if entry is None or entry.retired or entry.digest not in ("", leaf.code_digest)
        for found in [_outdated(flow, leaf, entry, catalogue)]
        if found.can_update or found.replacements or found.retired or not _may_be_own(leaf)
    ]


def _may_be_own(leaf: Component) -> bool:
    """Return whether a person may have written a component's code.

    Servers also give this module to their own components once the editor has updated them.
    """
    return leaf.module.startswith(_OWN_MODULES)


def outdated_code(flow: Flow, catalogue: Catalogue) -> frozenset[str]:
    """Return the digests of the code that an update of the flow replaces."""
    found = (flow.component(each.id) for each in find_outdated(flow, catalogue) if each.can_update)
    return frozenset(component.code_digest for component in found if component)


def _outdated(
    flow: Flow, leaf: Component, entry: CatalogueEntry | None, catalogue: Catalogue
) -> OutdatedComponent:
    name = flow.component_label(leaf.id, 80)
    if entry:
        type = "" if entry.retired else entry.type
        return OutdatedComponent(leaf.id, name, type, entry.replacements, retired=entry.retired)
    definition = node_definition(flow, leaf.id)
    successor = find_successor(leaf.type, definition, catalogue)
    if successor:
        return OutdatedComponent(leaf.id, name, successor.type, (), successor.display_name)
    replacements = catalogue.replacements_of(definition.get("replacement"))
    return OutdatedComponent(leaf.id, name, "", replacements)


def describe_replacement(component: OutdatedComponent) -> str:
    """Return a sentence on the replacement of a component that the server lacks, else ""."""
    if component.successor:
        return f"{component.name} becomes {component.successor}, which keeps its model."
    if component.can_update:
        return ""
    if component.retired:
        return f"{component.name} can't run on this server. {component.retired}"
    advice = f"use {' or '.join(component.replacements)}" if component.replacements else _REPLACE
    return f"The server has no {component.name}: {advice}."


def merge_definition(
    old: JsonObject, built: JsonObject, entry: JsonObject, model: JsonObject | None = None
) -> JsonObject:
    """Return a component's definition after its update.

    The server has `built` it from its own code and the `old` definition's values. `entry` is the
    component's definition in the server's catalogue. The component keeps its name. A model that an
    older version stored as provider and name moves to the new parameter, as does a given `model`.
    """
    kept: JsonObject = {name: old[name] for name in _KEPT if name in old}
    template: JsonObject = dict(as_dict(built.get("template")))
    template |= _prompt_variables(old, template) | _valid_choices(template, entry)
    before = as_dict(old.get("template"))
    template |= _numbers(before, template)
    template |= _shown_values(before, template)
    model = model or _former_model(before)
    if model and _models(template) and not _models(before):
        template |= _without_values(template, (*_PROVIDER_PARAMETERS, *_MODEL_PARAMETERS))
    if model:
        for name in _empty_models(template):
            template[name] = {**template[name], "value": [model]}
    return {
        **old,
        **built,
        **kept,
        "template": template,
        "metadata": as_dict(entry.get("metadata")),
        "edited": False,  # the server takes other code for a person's
    }


def _prompt_variables(old: JsonObject, template: JsonObject) -> JsonObject:
    """Return the parameters of a prompt's variables with their values.

    Servers (1.8 to 1.13) empty these parameters, and drop them if they find the prompt invalid.
    """
    before = as_dict(old.get("template"))
    lists = as_dict(old.get("custom_fields")).values()
    names = map(as_str, chain.from_iterable(map(as_list, lists)))
    return {
        name: {
            **as_dict(template.get(name, before[name])),
            **{key: before[name][key] for key in ("value", "load_from_db") if key in before[name]},
        }
        for name in names
        if isinstance(before.get(name), dict)
    }


def _valid_choices(template: JsonObject, entry: JsonObject) -> JsonObject:
    """Return the choices with an invalid value, with a valid option instead.

    Servers keep an older version's value, such as a type's former name, or the empty text. The
    empty text becomes the catalogue's choice.
    """
    usual = {name: as_dict(each) for name, each in as_dict(entry.get("template")).items()}
    valid: JsonObject = {}
    for name, each in usual.items():
        stored, options = as_dict(template.get(name)), as_list(each.get("options"))
        value = stored.get("value")
        choice = RENAMED_TYPES.get(value) if isinstance(value, str) else None
        if value in ("", None):
            choice = each.get("value")
        if stored and value not in options and choice in options:
            valid[name] = {**stored, "value": choice, "options": options}
    return valid


def _numbers(before: JsonObject, template: JsonObject) -> JsonObject:
    """Return the parameters with another type of number, with the value that they had.

    Servers keep only values of the same type, and give a slider that was a number its default.
    """
    entries = ((name, as_dict(before.get(name)), as_dict(new)) for name, new in template.items())
    return {
        name: {**new, "value": old["value"]}
        for name, old, new in entries
        if {old.get("type"), new.get("type")} <= {*_NUMBERS}
        and isinstance(old.get("value"), (int, float))
        and (new["type"] != "int" or isinstance(old["value"], int))
    }


def _shown_values(before: JsonObject, template: JsonObject) -> JsonObject:
    """Return the hidden parameters that had a shown value, shown again.

    A run leaves out the values of hidden parameters. A newer version may show a parameter only
    after a choice, such as the collection of Astra DB after its database.
    """
    shown = {name for name, entry in before.items() if as_dict(entry).get("show") is not False}
    hidden = ((name, as_dict(entry)) for name, entry in template.items() if name in shown)
    return {
        name: {**entry, "show": True}
        for name, entry in hidden
        if entry.get("show") is False and not _is_empty(entry.get(value_key(entry)))
    }


def moved_models(old: JsonObject, new: JsonObject) -> list[str]:
    """Return the new parameters that got their model from an older version's parameters."""
    before, after = as_dict(old.get("template")), as_dict(new.get("template"))
    return [
        name
        for name, entry in after.items()
        if as_dict(entry).get("type") == "model"
        and entry.get("value")
        and as_dict(before.get(name)).get("type") != "model"
    ]


def _empty_models(template: JsonObject) -> list[str]:
    return [name for name in _models(template) if not template[name].get("value")]


def _models(template: JsonObject) -> list[str]:
    return [name for name, entry in template.items() if as_dict(entry).get("type") == "model"]


def _without_values(template: JsonObject, names: Iterable[str]) -> JsonObject:
    """Return the texts with these names without a value.

    Since Langflow 1.10, they have precedence over the chosen model.
    """
    texts = {name: as_dict(template.get(name)) for name in names}
    return {
        name: {**text, "value": ""} for name, text in texts.items() if text.get("type") == "str"
    }


def _former_model(template: JsonObject) -> JsonObject | None:
    """Return the model that an older version stores as provider and name, None without one.

    A parameter for models takes no name from a server variable.
    """
    provider, name = (
        next(filter(None, (_text(template, key) for key in keys)), "")
        for keys in (_PROVIDER_PARAMETERS, _MODEL_PARAMETERS)
    )
    if not provider or not name or provider in _OTHER_PROVIDERS:
        return None
    return {"name": name, "provider": PROVIDERS_OF_CHOICES.get(provider, provider)}


def _text(template: JsonObject, name: str) -> str:
    entry = as_dict(template.get(name))
    return "" if entry.get("load_from_db") else as_str(entry.get("value"))


def apply_update(flow: Flow, definitions: Definitions, failures: Mapping[str, str]) -> FlowUpdate:
    """Return the update that gives components new types and definitions, by component id.

    Connections to outputs and parameters that no longer exist are removed from the graph.
    """
    data, label = graph_data(flow), flow.component_label
    losses: list[UpdateLoss] = []
    before = node_definitions(flow)
    for id, (type, definition) in definitions.items():
        old = before.get(id, {})
        former = successor_of(flow, id, type, old)
        lost = _lost_values(old, definition, former.renamed if former else {})
        losses += [UpdateLoss(label(id, 80), parameter) for parameter in lost]
    data = replace_definitions(data, {id: new for id, (_, new) in definitions.items()})
    data, lost_edges = reconnect(data, {id: type for id, (type, _) in definitions.items()})
    connections = [
        UpdateLoss(
            flow.component_label(target, 80),
            _label(flow, target, name),
            flow.component_label(source, 80),
        )
        for source, target, name in lost_edges
    ]
    names = tuple(label(id, 80) for id in definitions)
    return FlowUpdate(flow, data, names, failures, (*connections, *losses))


def successor_of(flow: Flow, id: str, type: str, definition: JsonObject) -> FormerModel | None:
    """Return what a component was if another `type` takes its place, None if it stays its own."""
    component = flow.component(id)
    former = former_model(component.type, definition) if component else None
    return former if former and former.type == type else None


def _label(flow: Flow, id: str, parameter: str) -> str:
    component = flow.component(id)
    entry = component.template.get(parameter, {}) if component else {}
    return as_str(entry.get("display_name")) or parameter


def _lost_values(old: JsonObject, new: JsonObject, renamed: Mapping[str, str]) -> Iterator[str]:
    """Yield the labels of parameters that lose a value which is not the code's default.

    `renamed` are the new names of parameters. Hidden parameters are left out, because a run doesn't
    use them. So are advanced ones with an unknown default: almost all have it.
    """
    before, after = as_dict(old.get("template")), as_dict(new.get("template"))
    moved = (*_PROVIDER_PARAMETERS, *_MODEL_PARAMETERS) if moved_models(old, new) else ()
    for name, entry in before.items():
        if not isinstance(entry, dict) or name == "code" or name in moved:
            continue
        label, value = as_str(entry.get("display_name")), entry.get(value_key(entry))
        if not label or _is_empty(value) or entry.get("show") is False:
            continue
        now = as_dict(after.get(renamed.get(name, name)))
        left = now.get(value_key(now))
        if _is_empty(left) or (left != value and now.get("type") != entry.get("type")):
            defaults = default_values(definition_code(old))
            if value != defaults.get(name) and (name in defaults or not entry.get("advanced")):
                yield label


def _is_empty(value: Json) -> bool:
    return value is False or value in (None, "", [], {})  # 0 is a value
