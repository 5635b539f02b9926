"""Reads a component's part in a run from the server's record of its build. Pure."""

from datetime import UTC, datetime

from lfclient.common.coerce import as_dict
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, output_type, read_output
from lfclient.outputs.truncation import mark_truncation
from lfclient.runs.components import ComponentRun, ComponentState, Usage
from lfclient.runs.evidence import BuildResult, builds_of_job, read_build
from lfclient.wire.schemas import BuildList
from lfclient.wire.server_info import Limits

_MAX_TOKENS = 2**40  # of a component; more is no count of tokens


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
