"""Tells which models a run's components asked: by its trace, else by their values. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import UUID, uuid5

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.resources.models import chosen_model
from lfclient.runs.builds import read_tokens
from lfclient.runs.components import ComponentRun, Usage
from lfclient.runs.model import Run

# Langflow derives the id of a component's span in a trace from this and its id
_SPANS = UUID("a3e1c2d4-5b6f-7890-abcd-ef1234567890")
_MAX_NAME_LENGTH = 200
_TRACE_KEYS = ("promptTokens", "completionTokens", "totalTokens")


def name_models(
    run: Run, trace: Json, flow: Flow | None, overrides: Mapping[str, Json] | None
) -> Run:
    """Return the run with the tokens of its components by model.

    `trace` is the server's of this run, None without one. Components that it doesn't tell about
    have the model of `overrides`, else that of the flow; none if these are None.
    """
    spans = {as_str(as_dict(span).get("id")): span for span in as_list(as_dict(trace).get("spans"))}

    def named(id: str, component: ComponentRun) -> ComponentRun:
        if component.usage is None or component.usage_by_model:
            return component
        span_id = str(uuid5(_SPANS, f"{run.job_id}-{id}"))
        by_model = _usage_in_span(spans.get(span_id), component.usage)
        if not by_model and flow and overrides is not None:
            name = _chosen_name(flow, id, overrides)
            by_model = {name: component.usage} if name else {}
        return replace(component, usage_by_model=by_model)

    return replace(run, components={id: named(id, one) for id, one in run.components.items()})


def _usage_in_span(span: Json, usage: Usage) -> dict[str, Usage]:
    """Return a component's tokens by model; {} if its span names none.

    A span has no tokens of a streamed answer whose provider does not count them there.
    """
    by_model: dict[str, Usage] = {}
    for call in _model_calls(span):
        name = as_str(call.get("modelName"))[:_MAX_NAME_LENGTH]
        tokens = read_tokens(call.get("tokenUsage"), _TRACE_KEYS) or Usage(0, 0, 0)
        by_model[name] = by_model[name] + tokens if name in by_model else tokens
    if not any(by_model):
        return {}
    if len(by_model) == 1:
        return dict.fromkeys(by_model, usage)
    is_whole = sum(one.total for one in by_model.values()) == usage.total
    return by_model if is_whole else {"": usage}


def _model_calls(span: Json) -> Iterator[JsonObject]:
    """Yield the spans of requests to models within a component's span."""
    queue = list(as_list(as_dict(span).get("children")))
    while queue:
        current = as_dict(queue.pop())
        queue += as_list(current.get("children"))
        if current.get("type") == "llm":
            yield current


def _chosen_name(flow: Flow, component_id: str, overrides: Mapping[str, Json]) -> str:
    """Return the name of the model that a component's values choose.

    "" if they choose none, or may not tell all: those of a group's parts, of a component that gets
    its model from another one, and of an agent whose tools may ask models.
    """
    component = next((one for one in flow.components if one.id == component_id), None)
    if component is None or component.inner:
        return ""
    sources = [edge for edge in flow.edges if edge.target == component_id]
    for edge in sources:
        tool = flow.component(edge.source)
        may_ask = tool is None or tool.inner or tool.type == "RunFlow" or _model_parameters(tool)
        if edge.target_parameter == "tools" and may_ask:
            return ""

    def value(parameter: str) -> Json:
        stored = component.template.get(parameter, {}).get("value")
        return overrides.get(f"{component_id}.{parameter}", stored)

    connected = {edge.target_parameter for edge in sources}
    names = _model_parameters(component)
    if len(names) > 1 or connected & {*names, "model_name"}:
        return ""
    replacing = as_str(value("model_name"))
    chosen = chosen_model(value(names[0])) if names else None
    return (replacing or as_str((chosen or {}).get("name")))[:_MAX_NAME_LENGTH]


def _model_parameters(component: Component) -> list[str]:
    return [name for name, entry in component.template.items() if entry.get("type") == "model"]
