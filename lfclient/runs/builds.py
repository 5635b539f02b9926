"""A component's part in a run, from the record that its server made of its build. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, output_type, read_output
from lfclient.outputs.truncation import mark_truncation
from lfclient.runs.components import ComponentRun, ComponentState, RunError
from lfclient.runs.evidence import builds_of_job, read_build
from lfclient.wire.schemas import Build
from lfclient.wire.server_info import Limits


def read_component_run(
    component_id: str,
    build: Build,
    *,
    name: str = "",
    type: str = "",
    returns: Any = None,
    limits: Limits,
) -> ComponentRun:
    """What a build says. `returns` are the names of the types that the component declares."""
    output, error = read_build_result(
        component_id, build, name=name, type=type, returns=returns, limits=limits
    )
    return ComponentRun(
        component_id,
        ComponentState.FAILED if error else ComponentState.DONE,
        name,
        seconds=build.seconds,
        ended_at=read_timestamp(build.timestamp),
        output=output,
        error=error,
    )


def read_build_result(
    component_id: str, build: Build, *, name: str, type: str, returns: Any, limits: Limits
) -> tuple[Output | None, RunError | None]:
    """What a component returned, or why it failed."""
    built = read_build(component_id, build, name)
    if built.error or not built.content:
        return None, built.error
    output = read_output(
        component_id,
        type=output_type(returns),
        content=built.content,
        display_name=name,
        component_type=type,
    )
    return mark_truncation(output, limits), None


def component_runs_of_job(
    answer: object, job_id: str | None, flow: Flow | None, limits: Limits
) -> dict[str, ComponentRun]:
    """The components in `GET /api/v1/monitor/builds` that this job built, by id.

    Raises `BadAnswer` on wrong types.
    """
    found = {}
    for component_id, build in builds_of_job(answer, job_id)[0].items():
        known = flow.component(component_id) if flow else None
        returns = (
            [name for out in known.outputs for name in out.get("types") or ()] if known else []
        )
        found[component_id] = read_component_run(
            component_id,
            build,
            name=known.display_name if known else "",
            type=known.type if known else "",
            returns=returns,
            limits=limits,
        )
    return found


def read_timestamp(text: Any) -> datetime | None:
    """A server's time; None for what is none."""
    if not isinstance(text, str):
        return None
    utc = text.endswith("Z")  # which Python reads from 3.11 on
    try:
        return datetime.fromisoformat(f"{text[:-1]}+00:00" if utc else text)
    except ValueError:
        return None
