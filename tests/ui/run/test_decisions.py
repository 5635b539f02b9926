"""Decisions of a run, on the Run and Compare pages."""

import re
from datetime import UTC, datetime

import pytest

from lfclient.runs.components import ComponentRun, Decision, HumanInput
from lfclient.runs.model import Run, RunStatus
from tests.ui.support.whole_pages import ONE, going_run, kept_run, opened, said

AT = datetime(2026, 1, 2, 16, 1, tzinfo=UTC)


def decided(label, status=RunStatus.COMPLETED):
    """Return a run with one answered question."""
    choice = (Decision(label.lower(), label),)
    asked = HumanInput("H:j", "# Pay *it*?", choice, "", "H", sent=label.lower(), sent_at=AT)
    told = {"H": ComponentRun("H", display_name="Human Input")}
    return Run(ONE, "background", status, job_id="j", components=told, decided=(asked,))


@pytest.mark.parametrize("make", [kept_run, going_run])
def test_a_run_shows_its_decisions(langflow_stand_in, make):
    status = RunStatus.COMPLETED if make is kept_run else RunStatus.IN_PROGRESS
    run = decided("Reject", status)
    record = make(langflow_stand_in.url, run=run, status=status, mode="background")
    shown = said(opened(run=record.id))
    assert re.search(r"Decided: \*\*Reject\*\*, 02 Jan( 2026)?, 16:01 ", shown)
    assert "Human Input: “Pay it?”" in shown


def test_compared_runs_show_their_decisions(langflow_stand_in):
    for number, label in enumerate(("Pay", "Refuse")):
        name = str(number) * 32
        kept_run(langflow_stand_in.url, id=name, submit_token=name, run=decided(label))
    app = opened("pages/compare.py", runs=f"{'0' * 32},{'1' * 32}")
    row = app.table[0].value.loc["**Decision**"]
    assert [words.partition(",")[0] for words in row] == ["Pay", "Refuse"]
