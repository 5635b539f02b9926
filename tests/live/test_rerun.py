"""Runs that are run again, in both dialects."""

from __future__ import annotations

import pytest

from lfclient import RunStatus
from lfclient.flows.run_inputs import check_rerun
from tests.live.flows import ROWS
from tests.live.live_runner import LiveRunner, ended
from tests.live.releases import Make, oldest_and_newest

GIVEN = {"TextInput-a.input_value": "rain-sun-snow", "SplitText-s.separator": "-"}


@oldest_and_newest
@pytest.mark.parametrize("mode", ["background", "sync"])
def test_rerunning_a_stored_run_sends_the_same_values(
    live_runner: LiveRunner, make: Make, mode: str
):
    """Read from disk and checked against the flow as it is now."""
    flow = make(ROWS)
    first = live_runner.until(live_runner.start(flow, mode, **GIVEN), ended)
    live_runner.restart()
    stored = live_runner.runner.get(first.id, live_runner.owner)
    inputs = check_rerun(stored.overrides, flow, mode=stored.mode, server=live_runner.info)
    assert inputs.problems == ()
    again = live_runner.until(
        live_runner.start(flow, stored.mode, **inputs.reusable_overrides), ended
    )
    assert again.status is RunStatus.COMPLETED
    for record in (first, again):
        rows = [row["text"] for row in record.run.outputs["SplitText-s"].value]
        assert rows == ["rain", "sun", "snow"]
