"""A run that waits for a person's decision."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lfclient.runs.components import Decision, HumanInput
from lfclient.runs.model import RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.run import approval
from tests.support.flows import edge, node
from tests.support.http_stand_in import NODE, flow
from tests.ui.support.runs import NOW, run_with
from tests.ui.support.whole_pages import ONE, add_running_run, button_labels, open_app, page_text

QUESTION = HumanInput(
    "A:j",
    "May **it** be paid?",
    (Decision("approve", "Approve"), Decision("reject", "Reject")),
    component_id="A",
    job_id="j",
    expires_at=NOW + timedelta(days=2, hours=3, minutes=59),
    fallback_action="reject",
)


def test_a_question_has_a_button_for_each_decision(langflow_stand_in, monkeypatch):
    sent = []
    monkeypatch.setattr(app_context().runner._supervisor, "send", sent.append)
    run = run_with(RunStatus.SUSPENDED, waiting_for=QUESTION)
    record = add_running_run(langflow_stand_in.url, status=RunStatus.SUSPENDED, run=run)
    app = open_app(run=record.id)
    assert "needs your approval" in page_text(app)
    assert "May **it** be paid?" in page_text(app)
    deadline = "Decide within 2 d 3 h. After that, the run continues with “Reject”."
    assert deadline in page_text(app)
    next(each for each in app.button if each.label == "Approve").click().run()
    kept = app_context().runner._cache.snapshot(record.id).run.waiting_for
    assert kept.sent == "approve"
    assert [(each.run_id, each.decision) for each in sent] == [(record.id, "approve")]
    assert "Sent: Approve" in page_text(app)
    assert all(each.disabled for each in app.button if each.label in ("Approve", "Reject"))


@pytest.mark.parametrize(
    ("fallback", "means"),
    [("reject", "the run continues with “Reject”"), (None, "the run goes no further")],
)
@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        (2.99, "min. After that, {}."),
        (-1, "has passed. Whatever you decide, {}."),
    ],
)
def test_a_question_with_a_deadline_explains_it(fallback, means, hours, sentence):
    late = replace(QUESTION, expires_at=NOW + timedelta(hours=hours), fallback_action=fallback)
    assert sentence.format(means) in approval.deadline_text(late)


def approval_flow():
    nodes = [NODE, node("HumanInput-h")]
    return flow(ONE, "Approval", nodes, [edge("ChatInput-a", "HumanInput-h")])


def test_a_flow_with_an_approval_runs_in_the_background_only(langflow_stand_in):
    langflow_stand_in.set_flows(approval_flow())
    langflow_stand_in.answers["GET /api/v2/workflows/pending"] = (200, [])
    app = open_app()
    assert "Options" not in button_labels(app)
    assert "runs in the background" in page_text(app)


def test_waiting_runs_of_a_flow_are_listed_and_can_be_opened(langflow_stand_in):
    langflow_stand_in.set_flows(approval_flow())
    line = {
        "job_id": "00000000-0000-4000-8000-000000000009",
        "request_id": "HumanInput-h:9",
        "prompt": "Ship it?",
        "session_id": "somebody",
        "options": [],
        "allowed_decisions": ["approve"],
    }
    langflow_stand_in.answers["GET /api/v2/workflows/pending"] = (200, [line])
    app = open_app()
    assert "Waiting for approval: 1" in page_text(app)
    assert "Ship it?" in page_text(app)
    next(each for each in app.button if each.label == "Open").click().run()
    (record,) = app_context().runner.store.recent(app_context().runner.store.unfinished()[0].owner)
    assert (record.job_id, record.flow_name) == (line["job_id"], "Approval")
