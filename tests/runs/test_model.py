"""When a run ended, by the server's records."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.model import Run, RunStatus

FIRST = datetime(2026, 11, 24, 12, tzinfo=UTC)
LAST = FIRST + timedelta(seconds=8)
DONE = ComponentRun("a", ComponentState.DONE, ended_at=FIRST)
LATER = ComponentRun("b", ComponentState.DONE, ended_at=LAST)
RUN = Run(
    "f",
    "background",
    RunStatus.COMPLETED,
    outputs={"b": Output("b", OutputKind.MESSAGE, "hi")},
    components={"a": DONE, "b": LATER},
)


def test_a_completed_run_ended_with_its_last_component():
    assert RUN.ended_at == LAST


@pytest.mark.parametrize("components", [{}, {"a": DONE}, {"a": DONE, "b": ComponentRun("b")}])
def test_without_the_end_of_every_output_the_end_of_a_run_is_unknown(components):
    """A later run may have replaced the record of the last component."""
    assert replace(RUN, components=components).ended_at is None


def test_a_failed_run_ended_with_the_component_that_failed():
    failed = replace(LATER, state=ComponentState.FAILED)
    run = replace(RUN, status=RunStatus.FAILED, outputs={})
    assert replace(run, components={"a": DONE, "b": failed}).ended_at == LAST
    assert run.ended_at is None  # something else failed, as a worker that was lost


@pytest.mark.parametrize("status", [RunStatus.CANCELLED, RunStatus.IN_PROGRESS])
def test_a_run_that_may_have_ended_amid_a_component_tells_no_end(status):
    assert replace(RUN, status=status).ended_at is None
