"""The request for a run's trace, which names its models."""

from __future__ import annotations

import httpx
import pytest

from lfclient import ComponentRun, Run, RunStatus, Usage
from tests.support.flows import flow, node
from tests.support.http_stand_in import OLD, Answer, StandIn

pytestmark = pytest.mark.usefixtures("no_pauses")

JOB = "14854585-6944-4c49-807a-d19cca230728"
TRACE = f"/api/v1/monitor/traces/{JOB}"
AGENT = "Agent-EXpSZ"
USAGE = Usage(22, 14, 36)
FLOW = flow(node(AGENT, model={"type": "model", "value": [{"name": "stored"}]}))
CALL = {"type": "llm", "modelName": "traced"}
SPAN = {"id": "1510814e-5202-5dc3-b34d-f067427ec61b", "type": "agent", "children": [CALL]}
FOUND = (200, {"spans": [SPAN]})
NOT_YET = (404, {"detail": "Trace not found"})


def models(server: StandIn, *, usage: Usage | None = USAGE, **changes: object):
    components = {AGENT: ComponentRun(AGENT, usage=usage)}
    values = {"status": RunStatus.COMPLETED, "job_id": JOB, "components": components, **changes}
    run = server.client().runs.name_models(Run(FLOW.id, "sync", **values), FLOW, {})
    return list(run.components[AGENT].usage_by_model)


def test_a_trace_that_comes_late_is_asked_for_again():
    server = StandIn().on("GET", TRACE, NOT_YET, NOT_YET, FOUND)
    assert models(server) == ["traced"]
    assert server.lines.count(f"GET {TRACE}") == 3


@pytest.mark.parametrize(
    "reply", [NOT_YET, (500, {}), (403, {}), (200, b"{"), httpx.ConnectError("gone")]
)
def test_without_a_trace_the_model_is_the_one_of_the_flow(reply: Answer):
    assert models(StandIn().on("GET", TRACE, reply)) == ["stored"]


def test_a_release_without_traces_is_not_asked():
    server = StandIn(version={**OLD, "version": "0.11.6", "main_version": "0.11.6"})
    assert models(server) == ["stored"]
    assert f"GET {TRACE}" not in server.lines


def test_a_run_without_tokens_or_end_takes_no_request():
    server = StandIn()
    assert models(server, usage=None) == models(server, status=RunStatus.IN_PROGRESS) == []
    assert server.requests == []
