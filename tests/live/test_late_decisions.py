"""Decisions after their time limit, on real servers.

The shortest limit is a minute, so this flow's component has minutes of one second.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from lfclient import Flow, LangflowClient, RunStatus
from lfclient.console.samples import graph_builder
from lfclient.console.samples.graph_builder import Link, Node, Sample, components_by_type
from tests.live.live_runner import LiveRunner, ended, is_waiting, states
from tests.live.releases import with_events
from tests.support.servers import delete_flow
from tests.support.waiting import wait_for

pytestmark = with_events

MINUTE = '"Minutes": 60'
LATE = timedelta(seconds=0.5)  # server and test share a clock


def with_short_limit(component: dict[str, Any], fallback: bool) -> dict[str, Any]:
    """The component with its limit, and with the output that the editor adds for a fallback."""
    changed = copy.deepcopy(component)
    code = changed["template"]["code"]
    assert MINUTE in code["value"]
    code["value"] = code["value"].replace(MINUTE, '"Minutes": 1')
    if fallback:
        output = {**changed["outputs"][0], "name": "branch_fallback", "display_name": "Fallback"}
        changed["outputs"].append(output)
    return changed


def question_flow(fallback: bool) -> Sample:
    """A question with one answer for yes, and one for no or too late."""
    limit = {"timeout": {"value": 1, "unit": "Minutes"}, "enable_fallback": fallback}
    nodes = (
        Node("q", "ChatInput", {"input_value": "Go on?"}),
        Node("h", "HumanInput", limit),
        Node("yes", "ChatOutput"),
        Node("other", "ChatOutput"),
    )
    links = (
        Link("q", "message", "h", "prompt"),
        Link("h", "branch_approve", "yes"),
        Link("h", "branch_fallback" if fallback else "branch_reject", "other"),
    )
    return Sample("late", "", nodes, links)


@pytest.fixture
def flows(client: LangflowClient, catalogue: dict[str, Any]) -> Iterator[dict[bool, Flow]]:
    """The flow with a fallback and the flow without."""
    made = {}
    for fallback in (True, False):
        components = {name: dict(entry) for name, entry in components_by_type(catalogue).items()}
        components["HumanInput"] = with_short_limit(components["HumanInput"], fallback)
        data = graph_builder.build_graph(question_flow(fallback), {"all": components})
        made[fallback] = client.editor.create_flow(f"late {fallback} {uuid4().hex[:8]}", data).id
    yield {fallback: client.flow(flow_id) for fallback, flow_id in made.items()}
    for flow_id in made.values():
        delete_flow(client, flow_id)


def test_a_decision_after_the_limit_does_not_count(
    live_runner: LiveRunner, flows: dict[bool, Flow]
):
    """The run keeps waiting, then continues with its fallback; without one, on no branch."""
    waiting = {fallback: live_runner.start(flow) for fallback, flow in flows.items()}
    records = {
        fallback: live_runner.until(run_id, is_waiting) for fallback, run_id in waiting.items()
    }
    limits = [record.run.waiting_for.expires_at for record in records.values()]
    wait_for(lambda: datetime.now(UTC) > max(limits) + LATE)
    for fallback, run_id in waiting.items():
        record = live_runner.runner.get(run_id, live_runner.owner)
        assert record.status is RunStatus.SUSPENDED
        question = record.run.waiting_for
        assert question.fallback_action == ("fallback" if fallback else None)
        live_runner.runner.decide(run_id, live_runner.connection, question, "approve")
    for fallback, run_id in waiting.items():
        record = live_runner.until(run_id, ended)
        assert record.status is RunStatus.COMPLETED
        assert list(record.run.outputs) == (["ChatOutput-other"] if fallback else [])
        assert states(record)["ChatOutput-yes"] == "skipped"
        assert states(record)["ChatOutput-other"] == ("done" if fallback else "skipped")
