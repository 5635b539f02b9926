"""Reads components' builds from the server's records, and the models that they used. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, output_type, read_output
from lfclient.outputs.truncation import mark_truncation
from lfclient.resources.models import chosen_model
from lfclient.runs.components import ComponentRun, ComponentState, Usage
from lfclient.runs.evidence import BuildResult, builds_of_job, read_build
from lfclient.runs.model import Run
from lfclient.wire.schemas import BuildList
from lfclient.wire.server_info import Limits

_MAX_TOKENS = 2**40  # of a component; more is no count of tokens
# Langflow derives the id of a component's span in a trace from this and its id
_SPANS = UUID("a3e1c2d4-5b6f-7890-abcd-ef1234567890")
_MAX_NAME_LENGTH = 200
_TRACE_KEYS = ("promptTokens", "completionTokens", "totalTokens")


def component_runs_of_job(
    builds: BuildList, job_id: str | None, flow: Flow | None, limits: Limits
) -> dict[str, ComponentRun]:
    """Return the components that this job built, by id."""
    component_runs = {}
    for component_id, build in builds_of_job(builds, job_id)[0].items():
        component = flow.component(component_id) if flow else None
        name = component.display_name if component else ""
        result = read_build(component_id, build, name)
        output = read_built_output(
            component_id,
            result,
            name=name,
            component_type=component.type if component else "",
            declared_types=component.declared_types if component else [],
            limits=limits,
        )
        component_runs[component_id] = ComponentRun(
            component_id,
            ComponentState.FAILED if result.error else ComponentState.DONE,
            name,
            seconds=build.seconds,
            ended_at=read_timestamp(build.timestamp),
            output=output,
            error=result.error,
            usage=read_usage((build.data or {}).get("token_usage")),
            cached=read_cached(build.data or {}),
        )
    return component_runs


def read_built_output(
    component_id: str,
    result: BuildResult,
    *,
    name: str,
    component_type: str,
    declared_types: Json,
    limits: Limits,
) -> Output | None:
    """Return a component's output; None if it failed or returned nothing.

    `declared_types` are the names of the types that the component declares to return.
    """
    if result.error or not result.content:
        return None
    output = read_output(
        component_id,
        type=output_type(declared_types),
        content=result.content,
        display_name=name,
        component_type=component_type,
    )
    return mark_truncation(output, limits)


def read_usage(value: Json) -> Usage | None:
    """Return a server's `token_usage`, or None for anything else."""
    return read_tokens(value, ("input_tokens", "output_tokens", "total_tokens"))


def read_cached(data: JsonObject) -> bool | None:
    """Return whether a build's result is the cached one of a frozen component; None if unknown."""
    cached = data.get("used_frozen_result")
    return cached if isinstance(cached, bool) else None


def read_tokens(value: Json, keys: tuple[str, str, str]) -> Usage | None:
    """Return the input, output and total tokens at these keys, or None for anything else."""
    reported = [as_dict(value).get(key) for key in keys]
    counts = [count for count in reported if type(count) is int and 0 <= count <= _MAX_TOKENS]
    return Usage(*counts) if len(counts) == len(reported) else None


def read_timestamp(value: Json) -> datetime | None:
    """Return a server's ISO 8601 time, in UTC if it has no zone; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


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
