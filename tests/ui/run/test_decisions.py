"""Decisions of a run, on the Run and Compare pages."""

import re
from datetime import UTC, datetime

import pytest

from lfclient.runs.components import ComponentRun, Decision, HumanInput
from lfclient.runs.model import Run, RunStatus
from tests.ui.support.whole_pages import ONE, add_ended_run, add_running_run, open_app, page_text

AT = datetime(2026, 1, 2, 16, 1, tzinfo=UTC)


def run_with_decision(label, status=RunStatus.COMPLETED):
    """Return a run with one answered question."""
    choice = (Decision(label.lower(), label),)
    question = HumanInput("H:j", "# Pay *it*?", choice, "", "H", sent=label.lower(), sent_at=AT)
    components = {"H": ComponentRun("H", display_name="Human Input")}
    return Run(ONE, "background", status, job_id="j", components=components, decided=(question,))


@pytest.mark.parametrize("make", [add_ended_run, add_running_run])
def test_a_run_shows_its_decisions(langflow_stand_in, make):
    status = RunStatus.COMPLETED if make is add_ended_run else RunStatus.IN_PROGRESS
    run = run_with_decision("Reject", status)
    record = make(langflow_stand_in.url, run=run, status=status, mode="background")
    shown = page_text(open_app(run=record.id))
    assert re.search(r"Decided: \*\*Reject\*\*, 02 Jan( 2026)?, 16:01 ", shown)
    assert "Human Input: “Pay it?”" in shown


def test_compared_runs_show_their_decisions(langflow_stand_in):
    for number, label in enumerate(("Pay", "Refuse")):
        name = str(number) * 32
        add_ended_run(
            langflow_stand_in.url, id=name, submit_token=name, run=run_with_decision(label)
        )
    app = open_app("pages/compare.py", runs=f"{'0' * 32},{'1' * 32}")
    row = app.table[0].value.loc["**Decision**"]
    assert [words.partition(",")[0] for words in row] == ["Pay", "Refuse"]
